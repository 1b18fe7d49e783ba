//! What agents put around the commands of their models: undone where the whole text is a known wrapper, byte for byte.
//!
//! A person is to read the command and not the wrapper, and a wrapper that changes shell options and writes a file of
//! the agent's own would otherwise be asked about each time. One byte more or less, another file, a quote that the
//! command closes: then it is no wrapper, and the whole text is judged and shown. The table is
//! `policies/agents/wrappers.toml`, compiled at build time.

use std::{borrow::Cow, ops::Range};

include!(concat!(env!("OUT_DIR"), "/agents.rs"));

use super::probe::{Probe, Text};

/// A wrapper that some agent uses.
#[derive(Debug)]
pub struct Wrapper {
    /// Whose it is.
    pub client: &'static str,
    before: &'static [&'static [Piece]],
    command: Quoting,
    after: &'static [&'static [Piece]],
    /// The built-ins that the rest runs after the command.
    pub calls: &'static [&'static str],
    /// The variables that the rest reads after the command.
    pub uses: &'static [&'static str],
}

/// A part of what stands around a command; each has a length of its own.
#[derive(Debug)]
enum Piece {
    Literal(&'static str),
    Hex(usize),
    Alphanumeric(usize),
    /// Where the path of the file that the wrapper writes begins or ends.
    Mark,
}

/// How the command stands in its wrapper.
#[derive(Debug)]
enum Quoting {
    /// As one word, quoted where a shell would need it.
    Quoted,
    /// As it is.
    Verbatim,
    /// There is none.
    None,
}

/// A command in its wrapper.
#[derive(Debug)]
pub struct Wrapped<'t> {
    /// The wrapper.
    pub wrapper: &'static Wrapper,
    /// The command, as the shell reads it.
    pub command: Cow<'t, [u8]>,
    /// Where it stands in the whole text, its quotes included.
    pub span: Range<usize>,
    /// The file that the wrapper writes.
    pub file: Option<&'t [u8]>,
}

/// Finds the command in a text that is exactly a known wrapper around it.
#[must_use]
pub fn unwrap(text: &[u8]) -> Option<Wrapped<'_>> {
    WRAPPERS.iter().find_map(|wrapper| {
        wrapper.before.iter().find_map(|before| {
            let begun = follow(before, text, 0)?;
            wrapper.after.iter().find_map(|after| wrapper.between(text, &begun, after))
        })
    })
}

impl Wrapper {
    fn between<'t>(&'static self, text: &'t [u8], begun: &Followed, after: &[Piece]) -> Option<Wrapped<'t>> {
        let span = begun.end..text.len().checked_sub(length(after))?;
        let word = text.get(span.clone())?;
        let ended = follow(after, text, span.end)?;
        let command = match self.command {
            Quoting::Quoted => unquoted(word)?,
            Quoting::Verbatim if word.is_empty() => return None,
            Quoting::None if !word.is_empty() => return None,
            Quoting::Verbatim | Quoting::None => Cow::Borrowed(word),
        };
        let file = begun.file.clone().or(ended.file).and_then(|file| text.get(file));
        Some(Wrapped { wrapper: self, command, span, file })
    }
}

/// How far a pattern reached, and where the path in it stands.
struct Followed {
    end: usize,
    file: Option<Range<usize>>,
}

fn follow(pattern: &[Piece], text: &[u8], start: usize) -> Option<Followed> {
    let mut end = start;
    let mut marks = [None; 2];
    for piece in pattern {
        let rest = text.get(end..)?;
        let class =
            |count: usize, is: fn(&u8) -> bool| rest.get(..count).filter(|bytes| bytes.iter().all(is));
        end += match piece {
            Piece::Literal(literal) => rest.starts_with(literal.as_bytes()).then_some(literal.len())?,
            Piece::Hex(count) => class(*count, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))?.len(),
            Piece::Alphanumeric(count) => class(*count, u8::is_ascii_alphanumeric)?.len(),
            Piece::Mark => {
                *marks.iter_mut().find(|mark| mark.is_none())? = Some(end);
                0
            }
        };
    }
    let file = marks[0].zip(marks[1]).map(|(from, to)| from..to);
    Some(Followed { end, file })
}

fn length(pattern: &[Piece]) -> usize {
    let length = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.len(),
        Piece::Hex(count) | Piece::Alphanumeric(count) => *count,
        Piece::Mark => 0,
    };
    pattern.iter().map(length).sum()
}

/// Reads one word as `shlex.quote` writes it: plain characters, or single quotes with `'"'"'` for each single quote.
///
/// `eval` would take a command that begins with a dash for an option.
fn unquoted(word: &[u8]) -> Option<Cow<'_, [u8]>> {
    const QUOTE: &[u8] = br#"'"'"'"#;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"@%_+=:,./-".contains(byte);
    let command = if word.iter().all(plain) {
        Cow::Borrowed(word)
    } else {
        let inside = word.strip_prefix(b"'")?.strip_suffix(b"'")?;
        let mut parts = split(inside, QUOTE);
        let first = parts.next().filter(|part| !part.contains(&b'\''))?;
        let mut command = Cow::Borrowed(first);
        for part in parts {
            if part.contains(&b'\'') {
                return None;
            }
            let command = command.to_mut();
            command.push(b'\'');
            command.extend_from_slice(part);
        }
        command
    };
    (!matches!(*command, [] | [b'-', ..])).then_some(command)
}

fn split<'t>(text: &'t [u8], separator: &'static [u8]) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = memchr::memmem::find(text, separator) else { return rest.take() };
        rest = text.get(at + separator.len()..);
        text.get(..at)
    })
}

#[cfg(test)]
#[path = "wrapper_tests.rs"]
mod tests;
