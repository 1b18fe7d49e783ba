//! Words that are certainly one, whatever their value is, and variables that count.

use crate::syntax::{Command, CommandKind, Piece, Place, Word};

use super::variables::{Effect, Variables, effect_on_variables};

impl<'s> Variables<'s> {
    /// The one command of a substitution that prints a word of letters and digits, and nothing else.
    pub(super) fn prints(&self, (first, end): (u32, u32)) -> Option<&'s str> {
        let command = self.script.commands.get(usize::try_from(first).ok()?).filter(|_| first + 1 == end)?;
        let alone = command.kind == CommandKind::Simple
            && command.place == Place::Capture
            && command.assignments.is_empty()
            && command.redirections.is_empty();
        let words: Vec<&str> = command
            .words
            .iter()
            .map(|word| std::str::from_utf8(word.literal()?).ok())
            .collect::<Option<_>>()?;
        let (name, rest) = words.split_first().filter(|_| alone)?;
        let known = match (*name, rest) {
            ("pwd", []) | ("nproc", _) | ("whoami" | "arch", []) => true,
            ("id", ["-u" | "-g"]) | ("uname", ["-s" | "-m" | "-r"]) => true,
            ("date", [format]) => format.strip_prefix('+').is_some_and(is_plain_date),
            ("git", ["rev-parse", "HEAD"] | ["rev-parse", "--short", "HEAD"]) => true,
            _ => false,
        };
        let own = |other: &Command| {
            matches!(&other.kind, CommandKind::Function { name: defined } if defined == name.as_bytes())
                || effect_on_variables(other) == Some(Effect::Anything)
        };
        (known && !self.script.commands.iter().any(own)).then_some(*name)
    }

    /// Whether every substitution in a word prints one plain word, so that the whole is one word.
    pub(super) fn is_one_word(&self, word: &Word) -> bool {
        let plain = |piece: &Piece| match piece {
            Piece::Literal { .. } => true,
            Piece::Substitution { commands, .. } => self.prints(*commands).is_some_and(|name| name != "pwd"),
            Piece::Variable { quoted, .. } | Piece::Other { quoted } => *quoted,
            _ => false,
        };
        word.pieces.iter().all(plain) && !self.sets(b"IFS")
    }

    /// Whether a word is an integer, or arithmetic that gives one.
    pub(super) fn is_integer_word(&self, word: &Word) -> bool {
        match word.literal() {
            Some(bytes) => is_integer_text(bytes),
            None => {
                let text = self.slice(word.span);
                let inside = text.strip_prefix(b"$((").and_then(|text| text.strip_suffix(b"))"));
                matches!(word.pieces.as_slice(), [Piece::Other { .. }])
                    && inside.is_some_and(|inside| !inside.windows(3).any(|window| window == b"$(("))
            }
        }
    }

    /// Whether a command is the head of `for ((NAME=0; …))`, or stands inside of one.
    pub(super) fn is_counted(&self, name: &[u8], index: usize) -> bool {
        let counts = |at: usize| {
            let head = self.script.commands.get(at).filter(|head| head.kind == CommandKind::ArithmeticFor)?;
            let from = usize::try_from(head.span.start).ok()?;
            let text =
                self.source.get(from..)?.strip_prefix(b"for")?.trim_ascii_start().strip_prefix(b"((")?;
            let text = text.trim_ascii_start().strip_prefix(name)?.trim_ascii_start().strip_prefix(b"=")?;
            let digits = text.trim_ascii_start();
            let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let behind = digits.get(length..)?.trim_ascii_start();
            (length > 0 && behind.starts_with(b";")).then_some(())
        };
        let parent = |at: &usize| {
            let parent = self.script.commands.get(*at)?.parent?;
            usize::try_from(parent).ok()
        };
        std::iter::successors(Some(index), parent).any(|at| counts(at).is_some())
    }
}

/// Whether a format of `date` gives letters, digits and a few signs.
fn is_plain_date(format: &str) -> bool {
    let mut parts = format.split('%');
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte));
    parts.next().is_some_and(plain)
        && parts.all(|part| part.starts_with(|first| "YymdHMSsFTjNuw".contains(first)) && plain(part))
}

/// `-5`
pub(super) fn is_integer_text(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}
