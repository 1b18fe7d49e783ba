//! Simple commands: assignments, words, redirections.

use super::bytes::{ends_word, is_plain, starts_name};
use super::parser::{Outcome, Parser, Scope};
use super::reserved::Reserved;
use super::word::Splitting;
use super::{Assignment, CommandKind, Connector, Redirection, Word};

/// What has been read of a simple command.
#[derive(Default)]
struct Parts {
    assignments: Vec<Assignment>,
    words: Vec<Word>,
    redirections: Vec<Redirection>,
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.assignments.is_empty() && self.words.is_empty() && self.redirections.is_empty()
    }
}

impl Parser<'_, '_> {
    /// Reads one simple command, or a function definition, which begins like one.
    pub(super) fn simple(&mut self, joined: (Connector, (u32, u16))) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::Simple, joined)?;
        let mut parts = Parts { words: Vec::with_capacity(4), ..Parts::default() };
        let mut end = self.cursor.offset();
        while self.part(&mut parts, index)? {
            end = self.cursor.offset();
            self.blanks();
        }
        if self.cursor.peek() == Some(b'(') {
            let alone = parts.assignments.is_empty() && parts.redirections.is_empty();
            return self.function(&parts.words, alone, outer, index);
        }
        if parts.is_empty() {
            return self.opaque("a command is missing");
        }
        if !parts.words.is_empty() && parts.assignments.iter().any(|assignment| assignment.array) {
            return self.opaque("an array in front of a command");
        }
        self.state.amend(index, |command| {
            command.span.end = end;
            command.assignments = parts.assignments;
            command.words = parts.words;
            command.redirections = parts.redirections;
        });
        self.scope = outer;
        Ok(())
    }

    /// Reads one assignment, word or redirection; returns whether there was one.
    fn part(&mut self, parts: &mut Parts, index: u32) -> Outcome<bool> {
        let Some(byte) = self.cursor.peek() else { return Ok(false) };
        match byte {
            b'\n' | b';' | b'|' | b')' | b'(' | b'#' => return Ok(false),
            b'&' if self.cursor.peek_at(1) != Some(b'>') => return Ok(false),
            b'0'..=b'9' | b'&' | b'<' | b'>' if self.redirection_follows() => {
                let ordinal = parts.redirections.len();
                parts.redirections.push(self.redirection(index, ordinal)?);
                return Ok(true);
            }
            _ if parts.words.is_empty() && starts_name(byte) => {
                if let Some(assignment) = self.assignment()? {
                    parts.assignments.push(assignment);
                    return Ok(true);
                }
            }
            _ => {}
        }
        if parts.words.is_empty() { self.command_word(parts) } else { self.words(&mut parts.words) }?;
        Ok(true)
    }

    /// Reads the word in command position.
    fn command_word(&mut self, parts: &mut Parts) -> Outcome<()> {
        let word = self.word(Splitting::Fields)?;
        if let Some(bytes) = word.literal().filter(|_| !word.quoted) {
            if Reserved::named(bytes).is_some() || bytes == b"]]" {
                return self.opaque("a reserved word where none may stand");
            }
            if !self.is_bash() && matches!(bytes, b"alias" | b"unalias") {
                return self.opaque("`alias` changes how the rest is read in some shells");
            }
        }
        parts.words.push(word);
        Ok(())
    }

    /// Reads a definition: one plain word stands in front of the cursor, and `(` at it.
    fn function(&mut self, words: &[Word], alone: bool, outer: Scope, index: u32) -> Outcome<()> {
        let [word] = words else { return self.opaque("a parenthesis inside a command") };
        let Some(name) = word.literal().filter(|_| alone && !word.quoted) else {
            return self.opaque("a parenthesis inside a command");
        };
        if word.span.end - word.span.start != u32::try_from(name.len()).unwrap_or(u32::MAX) {
            return self.opaque("a function name of an unusual form");
        }
        let name = name.to_vec();
        self.parentheses()?;
        self.scope = outer;
        self.function_body(index, name)
    }

    /// Reads a word that braces cannot multiply; a word that they would multiply is opaque.
    pub(super) fn word(&mut self, splitting: Splitting) -> Outcome<Word> {
        if let Some(word) = self.plain_word() {
            return Ok(word);
        }
        self.built_word(splitting)
    }

    /// Reads one word of a list of words: braces may make several of it, or none.
    pub(super) fn words(&mut self, words: &mut Vec<Word>) -> Outcome<()> {
        match self.plain_word() {
            Some(word) => words.push(word),
            None => self.built_words(words)?,
        }
        Ok(())
    }

    /// Reads a word that is made of plain bytes alone, if it is one: most are.
    fn plain_word(&mut self) -> Option<Word> {
        let rest = self.cursor.rest();
        let length = rest.iter().position(|&byte| !is_plain(byte)).unwrap_or(rest.len());
        if length == 0 {
            return None;
        }
        match rest.get(length) {
            Some(b'<' | b'>') => return None,
            Some(&byte) if !ends_word(byte) => return None,
            _ => {}
        }
        let mark = self.cursor.mark();
        self.cursor.advance(length);
        Some(Word::plain(self.cursor.span_since(mark), self.cursor.since(mark)))
    }
}
