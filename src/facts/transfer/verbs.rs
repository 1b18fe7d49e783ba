//! The grammars of scp, sftp and git; rsync has a file of its own.

use crate::syntax::Span;

use super::{Deed, Draft, Refusal, rsync, tables, words::Token};
use crate::facts::{EffectKind, World, path};

/// Most paths of one transfer: each costs questions to the file system.
pub(super) const MOST_OPERANDS: usize = 1024;

/// Reads the words of a far end; `None` where they are those of a program that is none.
pub(super) fn read(
    verb: &'static str,
    tokens: &[Token],
    world: &dyn World,
) -> Option<Result<Draft, Refusal>> {
    Some(match verb {
        "scp" => return scp(tokens),
        "rsync" => return rsync::read(tokens),
        "sftp-server" => sftp(tokens),
        git => git_end(git, tokens, world),
    })
}

/// A path that begins with a dash would be an option to somebody.
pub(super) fn check_operand(token: &Token) -> Result<(), Refusal> {
    if token.bytes.starts_with(b"-") {
        return Err(Refusal::new("a path that begins with a dash", token.span));
    }
    if token.bytes.is_empty() {
        return Err(Refusal::new("an empty path", token.span));
    }
    Ok(())
}

fn behind(tokens: &[Token]) -> Span {
    tokens.last().map(|token| Span { start: token.span.end, end: token.span.end }).unwrap_or_default()
}

/// `scp [-v] [-r] [-p] [-d] (-t PATH | -f PATH…)`.
fn scp(tokens: &[Token]) -> Option<Result<Draft, Refusal>> {
    let (name, rest) = tokens.split_first()?;
    let options = rest.iter().take_while(|token| token.bytes.starts_with(b"-") && token.bytes != b"--");
    let (far, wrong) = scp_letters(options.clone());
    let (end, _) = *far.first()?;
    let operands = rest.get(options.count()..).unwrap_or_default();
    let operands = match operands.split_first() {
        Some((dashes, operands)) if dashes.bytes == b"--" => operands,
        _ => operands,
    };
    Some(scp_draft(name, rest, end, &far, wrong, operands))
}

/// The letters that make it a far end, and the first word with one that no far end gets. Letters behind one that takes
/// a value are the value.
fn scp_letters<'t>(options: impl Iterator<Item = &'t Token>) -> (Vec<(u8, Span)>, Option<Span>) {
    const WITH_VALUE: &[u8] = b"cDFiJlMoPSX";
    let (mut far, mut wrong) = (Vec::new(), None);
    for token in options {
        for letter in token.bytes.iter().skip(1) {
            match letter {
                b't' | b'f' => far.push((*letter, token.span)),
                b'v' | b'r' | b'p' | b'd' => {}
                _ => wrong = wrong.or(Some(token.span)),
            }
            if WITH_VALUE.contains(letter) {
                break;
            }
        }
    }
    (far, wrong)
}

fn scp_draft(
    name: &Token,
    rest: &[Token],
    end: u8,
    far: &[(u8, Span)],
    wrong: Option<Span>,
    operands: &[Token],
) -> Result<Draft, Refusal> {
    if let Some(span) = wrong {
        return Err(Refusal::new("an option that the far end of scp does not take", span));
    }
    if let Some((_, span)) = far.get(1) {
        return Err(Refusal::new("more than one of -t and -f", *span));
    }
    operands.iter().try_for_each(check_operand)?;
    match operands {
        [] => return Err(Refusal::new("no path", behind(rest))),
        [_, second, ..] if end == b't' => return Err(Refusal::new("more than one path", second.span)),
        paths if paths.len() > MOST_OPERANDS => return Err(Refusal::new("too many paths", behind(rest))),
        _ => {}
    }
    let kind = if end == b't' { EffectKind::Write } else { EffectKind::Read };
    let deeds = operands.iter().map(|token| Deed::to(kind, token)).collect();
    let name = Token { bytes: b"scp".to_vec(), span: name.span };
    let words = [name].into_iter().chain(rest.iter().cloned()).collect();
    Ok(Draft { verb: "scp", words, deeds })
}

/// `sftp-server [-R] [-e] [-f FACILITY] [-l LEVEL] [-u UMASK]`, or `internal-sftp` with the same.
fn sftp(tokens: &[Token]) -> Result<Draft, Refusal> {
    let Some((name, rest)) = tokens.split_first() else {
        return Err(Refusal::new("no words", Span::default()));
    };
    let mut words = vec![Token { bytes: b"sftp-server".to_vec(), span: name.span }];
    let mut options = rest.iter();
    while let Some(token) = options.next() {
        let [b'-', letters @ ..] = token.bytes.as_slice() else {
            return Err(Refusal::new("an sftp server takes no operand", token.span));
        };
        words.push(token.clone());
        match letters {
            [letter, more @ ..] if tables::SFTP_TEXT.contains(letter) => {
                if more.is_empty() {
                    let value = options
                        .next()
                        .ok_or_else(|| Refusal::new("an option lacks its value", token.span))?;
                    check_operand(value)?;
                    words.push(value.clone());
                }
            }
            [_, ..] if letters.iter().all(|letter| tables::SFTP_NONE.contains(letter)) => {}
            _ => return Err(Refusal::new("an option that an sftp server does not take here", token.span)),
        }
    }
    // What the client asks for is judged when it does.
    Ok(Draft { verb: "sftp-server", words, deeds: Vec::new() })
}

/// `git-VERB REPOSITORY`, `git VERB REPOSITORY`, `git-lfs-transfer REPOSITORY (download|upload)`.
fn git_end(verb: &'static str, tokens: &[Token], world: &dyn World) -> Result<Draft, Refusal> {
    let apart = tokens.first().is_some_and(|first| super::words::is_git(&first.bytes));
    let names = if apart { 2 } else { 1 };
    let operands = tokens.get(names..).unwrap_or_default();
    operands.iter().try_for_each(check_operand)?;
    let span = tokens.first().map(|token| token.span).unwrap_or_default();
    let lfs = verb == "git-lfs-transfer";
    let (repository, operation) = match operands {
        [repository] if !lfs => (repository, None),
        [repository, operation] if lfs => (repository, Some(operation)),
        [] => return Err(Refusal::new("no repository", behind(tokens))),
        _ => return Err(Refusal::new("it takes one repository and nothing else", behind(tokens))),
    };
    let writes = match operation.map(|operation| operation.bytes.as_slice()) {
        None => verb == "git-receive-pack",
        Some(b"download") => false,
        Some(b"upload") => true,
        Some(_) => {
            return Err(Refusal::new("an operation that is neither download nor upload", behind(tokens)));
        }
    };
    let repository = Token { bytes: at_home(repository, world)?, span: repository.span };
    let kind = if writes { EffectKind::Write } else { EffectKind::Read };
    let mut deeds: Vec<Deed> =
        candidates(&repository, world).iter().map(|token| Deed::to(kind, token)).collect();
    if verb == "git-receive-pack" {
        deeds.push(Deed::hooks(span));
    }
    let name = Token { bytes: verb.as_bytes().to_vec(), span };
    let words = [name, repository].into_iter().chain(operation.cloned()).collect();
    Ok(Draft { verb, words, deeds })
}

/// git itself looks up `~` and `~name`.
fn at_home(repository: &Token, world: &dyn World) -> Result<Vec<u8>, Refusal> {
    use std::os::unix::ffi::OsStrExt as _;
    let Some(rest) = repository.bytes.strip_prefix(b"~") else { return Ok(repository.bytes.clone()) };
    match (world.home(), rest) {
        (Some(home), [] | [b'/', ..]) => Ok([home.as_os_str().as_bytes(), rest].concat()),
        _ => Err(Refusal::new("another account's home; write its path", repository.span)),
    }
}

/// Where git looks for a repository of this name: there, and with `.git` behind it.
fn candidates(repository: &Token, world: &dyn World) -> Vec<Token> {
    let mut bytes = repository.bytes.clone();
    while bytes.len() > 1 && bytes.last() == Some(&b'/') {
        bytes.pop();
    }
    bytes.extend_from_slice(b".git");
    let other = Token { bytes, span: repository.span };
    let exists = |token: &&Token| {
        path::absolute(&token.bytes, Some(world.cwd())).is_some_and(|path| world.resolve(&path).exists)
    };
    let found: Vec<Token> = [repository, &other].into_iter().filter(exists).cloned().collect();
    if found.is_empty() { vec![repository.clone()] } else { found }
}
