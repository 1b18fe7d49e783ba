//! What a client writes → the complete commands in it.

use std::os::fd::{AsFd as _, BorrowedFd};

use anyhow::{Context as _, Result};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::read,
};

use crate::{
    exec::session::{Sentinel, State},
    syntax::{CommandKind, Complete, Dialect, Parse, Rest, complete, parse},
};

/// More is not read before what is there is decided: analysis takes no longer text.
const MOST: usize = 128 << 10;

/// What a client wrote and nobody has decided.
#[derive(Debug, Default)]
pub(super) struct Input {
    waiting: Vec<u8>,
    over: bool,
}

/// Complete commands that arrived together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// All of it.
    pub(super) text: Vec<u8>,
    /// The commands one by one, as lengths.
    parts: Vec<usize>,
    /// Whether there is something in it of which nobody knows where it ends.
    opaque: bool,
}

impl Input {
    /// Whether the client writes no more and nothing waits.
    pub(super) fn is_over(&self) -> bool {
        self.over && self.waiting.is_empty()
    }

    /// Reads what is there.
    pub(super) fn fill(&mut self, from: BorrowedFd<'_>) -> Result<()> {
        let mut buffer = [0; 16 << 10];
        loop {
            match read(from, &mut buffer) {
                Ok(0) => self.over = true,
                Ok(count) => self.waiting.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => {}
                Err(error) => return Err(error).context("standard input cannot be read"),
            }
            if self.over || self.waiting.len() >= MOST || !is_ready(from) {
                return Ok(());
            }
        }
    }

    /// Takes the commands that are complete by now; at the end of the input all that is left.
    pub(super) fn batch(&mut self, dialect: Dialect) -> Option<Batch> {
        if self.over && !self.waiting.is_empty() && !self.waiting.ends_with(b"\n") {
            self.waiting.push(b'\n');
        }
        let Complete { mut ends, rest } = complete(&self.waiting, dialect);
        let all = self.waiting.len();
        let whole = match rest {
            Rest::Nothing => false,
            Rest::Incomplete => self.over || all >= MOST,
            Rest::Opaque(_) => self.waiting.ends_with(b"\n"),
        };
        let opaque = whole && all > 0;
        if opaque {
            // A client that was not answered has written its sentinel behind what is not understood.
            ends.extend(last_sentinel(&self.waiting, ends.last().copied().unwrap_or(0)));
            ends.push(all);
        }
        let end = ends.last().copied()?;
        let text: Vec<u8> = self.waiting.drain(..end).collect();
        let starts = [0].into_iter().chain(ends.iter().copied());
        let parts =
            starts.zip(&ends).map(|(start, end)| end.saturating_sub(start)).filter(|length| *length > 0);
        Some(Batch { text, parts: parts.collect(), opaque })
    }
}

impl Batch {
    /// The commands, each with the sentinel that it is.
    pub(super) fn commands<'b>(&'b self, state: &State) -> Vec<(&'b [u8], Option<Sentinel>)> {
        let mut rest = self.text.as_slice();
        let mut commands = Vec::with_capacity(self.parts.len());
        for length in &self.parts {
            let (command, behind) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
            commands.push((command, Sentinel::of(command, state)));
            rest = behind;
        }
        commands
    }

    /// What is to be decided: everything but sentinels, unless the batch itself gives their words another meaning.
    pub(super) fn to_decide(&self, commands: &[(&[u8], Option<Sentinel>)], dialect: Dialect) -> Vec<u8> {
        let others = || commands.iter().filter(|(_, sentinel)| sentinel.is_none());
        let text: Vec<u8> = others().flat_map(|(text, _)| text.iter().copied()).collect();
        let all = self.opaque && !text.is_empty() || redefines_print(&text, dialect);
        if all { self.text.clone() } else { text }
    }
}

/// Whether a text defines a function by a name that a sentinel uses.
fn redefines_print(text: &[u8], dialect: Dialect) -> bool {
    let Parse::Understood(script) = parse(text, dialect) else { return false };
    script.commands.iter().any(|command| {
        matches!(&command.kind, CommandKind::Function { name } if [&b"echo"[..], b"printf", b"builtin"].contains(&name.as_slice()))
    })
}

/// Where the last line begins, behind `from`, if it could be a sentinel.
fn last_sentinel(text: &[u8], from: usize) -> Option<usize> {
    let before = text.strip_suffix(b"\n")?;
    let start = before.iter().rposition(|byte| *byte == b'\n')? + 1;
    (start > from && Sentinel::of(text.get(start..)?, &State::default()).is_some()).then_some(start)
}

fn is_ready(from: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::ZERO) == Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(text: &str, over: bool) -> Option<(String, Vec<usize>)> {
        let mut input = Input { waiting: text.into(), over };
        let batch = input.batch(Dialect::Bash)?;
        Some((String::from_utf8(batch.text).unwrap(), batch.parts))
    }

    #[test]
    fn complete_commands_are_taken_and_the_rest_waits() {
        assert_eq!(batch("a\nb\nif c\n", false), Some(("a\nb\n".to_owned(), vec![2, 2])));
        assert_eq!(batch("if c\n", false), None);
        assert_eq!(batch("if c\n", true), Some(("if c\n".to_owned(), vec![5])));
        assert_eq!(batch("a", true), Some(("a\n".to_owned(), vec![2])));
        assert_eq!(batch("", true), None);
    }

    #[test]
    fn a_sentinel_is_found_behind_what_is_not_understood() {
        assert_eq!(batch("a )\necho x $?\n", false), Some(("a )\necho x $?\n".to_owned(), vec![4, 10])));
        assert_eq!(batch("a )\nrm x\n", false), Some(("a )\nrm x\n".to_owned(), vec![9])));
        assert_eq!(batch("b\na )\necho x\n", false).unwrap().1, [2, 4, 7]);
    }

    #[test]
    fn what_is_decided_is_everything_but_sentinels() {
        let decided = |text: &str| {
            let mut input = Input { waiting: text.into(), over: false };
            let batch = input.batch(Dialect::Bash).unwrap();
            let commands = batch.commands(&State::default());
            String::from_utf8(batch.to_decide(&commands, Dialect::Bash)).unwrap()
        };
        assert_eq!(decided("echo one\nls\necho $?\nrm x\n"), "ls\nrm x\n");
        assert_eq!(decided("echo one\n"), "");
        assert_eq!(decided("echo() { rm x; }\necho one\n"), "echo() { rm x; }\necho one\n");
        assert_eq!(decided("a )\necho one\n"), "a )\necho one\n");
    }
}
