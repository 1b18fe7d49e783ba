//! `NAME=value` in front of a command.

use super::bytes::{continues_name, ends_word};
use super::parser::{Outcome, Parser};
use super::{Assignment, Word};

impl Parser<'_, '_> {
    /// Reads an assignment, if what stands at the cursor is one.
    pub(super) fn assignment(&mut self) -> Outcome<Option<Assignment>> {
        let start = self.cursor;
        let mark = self.cursor.mark();
        let name = self.cursor.take_while(continues_name).to_vec();
        match self.cursor.peek() {
            Some(b'=' | b'+' | b'[') => {}
            Some(b'\\') if self.cursor.peek_at(1) == Some(b'\n') => {
                return self.opaque("a joined line directly behind a name");
            }
            _ => {
                self.cursor = start;
                return Ok(None);
            }
        }
        let subscript = self.subscript()?.is_some();
        let append = self.cursor.eat(b'+');
        if !self.cursor.eat(b'=') {
            if subscript || self.cursor.looking_at(b"\\\n") {
                return self.opaque("a word that begins like an assignment");
            }
            self.cursor = start;
            return Ok(None);
        }
        if append {
            self.bash_only("`+=` assigns in bash alone")?;
        }
        let array = self.cursor.peek() == Some(b'(');
        let values = if array { self.array(subscript)? } else { vec![self.assigned_word()?] };
        Ok(Some(Assignment { name, subscript, append, values, array, span: self.cursor.span_since(mark) }))
    }

    /// Reads `(WORD …)`.
    fn array(&mut self, subscript: bool) -> Outcome<Vec<Word>> {
        self.bash_only("arrays are bash's alone")?;
        if self.scope.substituted || subscript {
            return self.opaque("an array in a place of an unusual form");
        }
        self.cursor.advance(1);
        let mut values = Vec::new();
        loop {
            self.blanks();
            match self.cursor.peek() {
                Some(b'\n') => {
                    self.check_text_newline()?;
                    self.cursor.advance(1);
                }
                Some(b')') => break,
                Some(b'#' | b'[') | None => return self.opaque("an array of an unusual form"),
                Some(_) => self.words(&mut values)?,
            }
        }
        self.cursor.advance(1);
        if self.cursor.peek().is_none_or(|byte| ends_word(byte) && !matches!(byte, b'<' | b'>' | b'(')) {
            return Ok(values);
        }
        self.opaque("text directly behind an array")
    }
}
