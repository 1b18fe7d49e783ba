//! Text → the words of one simple command, each known exactly.

use std::os::unix::ffi::OsStrExt as _;

use crate::syntax::{CommandKind, Connector, Dialect, Parse, Piece, Span, Word, parse};

use super::{super::World, tables};

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) bytes: Vec<u8>,
    pub(super) span: Span,
}

/// What a text that begins like the far end of a copy consists of.
#[derive(Debug)]
pub(super) enum Source {
    /// Words.
    Words(Vec<Token>),
    /// More than one line.
    Broken(Span),
}

/// Names by which a far end is called, each with the verb that it is.
const NAMES: [(&[u8], &str); 8] = [
    (b"scp", "scp"),
    (b"rsync", "rsync"),
    (b"sftp-server", "sftp-server"),
    (b"internal-sftp", "sftp-server"),
    (b"git-upload-pack", "git-upload-pack"),
    (b"git-receive-pack", "git-receive-pack"),
    (b"git-upload-archive", "git-upload-archive"),
    (b"git-lfs-transfer", "git-lfs-transfer"),
];

/// The verb that a text begins with, if it could be the far end of a copy; costs next to nothing where it cannot.
pub(super) fn verb(text: &[u8]) -> Option<&'static str> {
    let text = text.trim_ascii_start();
    let first = text.split(u8::is_ascii_whitespace).next()?;
    let rest = text.get(first.len()..).unwrap_or_default().trim_ascii_start();
    match called(first)? {
        "git" => subcommand(rest),
        "scp" if !has_far_letter(rest) => None,
        "rsync" if !holds(rest, b"--server") => None,
        verb => Some(verb),
    }
}

/// What a program's name or path is called here; a path counts only where it is one of the fixed places.
fn called(word: &[u8]) -> Option<&'static str> {
    let Some(slash) = word.iter().rposition(|byte| *byte == b'/') else {
        return if word == b"git" { Some("git") } else { named(word) };
    };
    let (directory, name) = (word.get(..=slash)?, word.get(slash.checked_add(1)?..)?);
    let verb = if name == b"git" { "git" } else { named(name)? };
    let program = if name.starts_with(b"git-") && name != b"git-lfs-transfer" { "git" } else { verb };
    let place =
        |place: &&str| place.as_bytes().strip_prefix(directory).is_some_and(|rest| !rest.contains(&b'/'));
    tables::files(program).iter().any(place).then_some(verb)
}

/// Whether a word is git itself, so that the next one says what it does.
pub(super) fn is_git(word: &[u8]) -> bool {
    called(word) == Some("git")
}

fn named(name: &[u8]) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, verb)| *verb)
}

/// `git upload-pack` is `git-upload-pack`.
fn subcommand(rest: &[u8]) -> Option<&'static str> {
    let sub = rest.split(u8::is_ascii_whitespace).next()?;
    NAMES.iter().find(|(name, _)| name.strip_prefix(b"git-") == Some(sub)).map(|(_, verb)| *verb)
}

/// Whether a word that begins with a dash holds one of the letters that make scp a far end.
fn has_far_letter(rest: &[u8]) -> bool {
    let mut words = rest.split(u8::is_ascii_whitespace);
    words.any(|word| word.starts_with(b"-") && word.iter().any(|byte| b"tf".contains(byte)))
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// The words of a text that is one simple command of known words; `None` for any other.
pub(super) fn read(text: &[u8], dialect: Dialect, world: &dyn World) -> Option<Source> {
    if text.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        let at = text.iter().position(|byte| matches!(byte, b'\n' | b'\r' | 0)).unwrap_or(0);
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        return Some(Source::Broken(Span { start, end: start.saturating_add(1) }));
    }
    let Parse::Understood(script) = parse(text, dialect) else { return None };
    let [command] = script.commands.as_slice() else { return None };
    let is_plain = command.kind == CommandKind::Simple
        && command.level == 0
        && command.connector == Connector::First
        && !command.background
        && command.assignments.is_empty()
        && command.redirections.is_empty()
        && is_blank_outside(text, command.span);
    if !is_plain {
        return None;
    }
    command.words.iter().map(|word| token(word, world)).collect::<Option<_>>().map(Source::Words)
}

/// A word that is known, the home directory in front of it included.
fn token(word: &Word, world: &dyn World) -> Option<Token> {
    let span = word.span;
    if let Some(bytes) = word.literal() {
        return Some(Token { bytes: bytes.to_vec(), span });
    }
    let (Piece::Tilde, rest) = word.pieces.split_first()? else { return None };
    let rest = match rest {
        [] => &[][..],
        [Piece::Literal { bytes, .. }] => bytes,
        _ => return None,
    };
    let home = world.home()?.as_os_str().as_bytes();
    Some(Token { bytes: [home, rest].concat(), span })
}

/// A `!` in front of a command is in no span.
fn is_blank_outside(text: &[u8], span: Span) -> bool {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let blank = |part: Option<&[u8]>| part.is_some_and(|part| part.iter().all(|byte| b" \t".contains(byte)));
    blank(text.get(..at(span.start))) && blank(text.get(at(span.end)..))
}
