//! `[[ … ]]`, in the shapes *word*, *-u word*, *word op word*, joined by `!`, `&&`, `||`.

use super::bytes::ends_word;
use super::compound::Joined;
use super::parser::{Outcome, Parser};
use super::word::{Builder, Splitting};
use super::{CommandKind, Piece, Word};

/// `-v` and `-R` take the name of a variable and evaluate subscripts: not here.
const UNARY: &[u8] = b"abcdefghknoprstuwxzGLNOS";
const NUMERIC: [&[u8]; 6] = [b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge"];
const BINARY: [&[u8]; 9] = [b"=", b"==", b"!=", b"<", b">", b"=~", b"-nt", b"-ot", b"-ef"];

impl Parser<'_, '_> {
    /// Reads `[[ … ]]`; the cursor stands in front of it.
    pub(super) fn test_expression(&mut self, joined: Joined) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::Test, joined)?;
        self.cursor.advance(2);
        let mut words = Vec::new();
        loop {
            self.test_blank()?;
            while self.cursor.looking_at(b"! ") {
                self.cursor.advance(1);
                self.test_blank()?;
            }
            self.primary(&mut words)?;
            self.test_blank()?;
            if self.cursor.looking_at(b"]]") {
                break;
            }
            if !self.cursor.looking_at(b"&&") && !self.cursor.looking_at(b"||") {
                return self.opaque("a test of an unusual form");
            }
            self.operator(2)?;
            self.scope.conditional = true;
        }
        self.cursor.advance(2);
        if !self.cursor.peek().is_none_or(ends_word) {
            return self.opaque("a test is not closed");
        }
        self.scope = outer;
        self.state.amend(index, |command| command.words = words);
        self.redirections(index)
    }

    /// Steps over blanks, of which there must be one.
    fn test_blank(&mut self) -> Outcome<()> {
        if !matches!(self.cursor.peek(), Some(b' ' | b'\t')) {
            return self.opaque("a blank is missing in a test");
        }
        self.blanks();
        Ok(())
    }

    /// Reads one test without `!`, `&&`, `||`.
    fn primary(&mut self, words: &mut Vec<Word>) -> Outcome<()> {
        let first = self.operand()?;
        if let Some(operator) = unquoted(&first)
            && let [b'-', letter] = operator
        {
            if !UNARY.contains(letter) {
                return self.opaque("a test of an unusual form");
            }
            words.push(first);
            self.test_blank()?;
            words.push(self.operand()?);
            return Ok(());
        }
        let mark = self.cursor;
        self.test_blank()?;
        if self.cursor.looking_at(b"]]") || self.cursor.looking_at(b"&&") || self.cursor.looking_at(b"||") {
            self.cursor = mark;
            words.push(first);
            return Ok(());
        }
        self.comparison(first, words)
    }

    fn comparison(&mut self, first: Word, words: &mut Vec<Word>) -> Outcome<()> {
        let operator_mark = self.cursor.mark();
        let text = self.cursor.take_while(|byte| !matches!(byte, b' ' | b'\t' | b'\n'));
        let span = self.cursor.span_since(operator_mark);
        let numeric = NUMERIC.contains(&text);
        if !numeric && !BINARY.contains(&text) {
            return self.opaque("a test of an unusual form");
        }
        self.test_blank()?;
        let second = if text == b"=~" { self.pattern()? } else { self.operand()? };
        if numeric {
            self.arithmetic_word(&first)?;
            self.arithmetic_word(&second)?;
        }
        words.extend([first, Word::plain(span, text), second]);
        Ok(())
    }

    /// Reads an operand: a word that is not the end, and neither an operator.
    fn operand(&mut self) -> Outcome<Word> {
        if matches!(self.cursor.peek(), Some(b'<' | b'>' | b'#')) {
            return self.opaque("a test of an unusual form");
        }
        let word = self.word(Splitting::None)?;
        if matches!(unquoted(&word), Some(b"]]" | b"!")) {
            return self.opaque("a test of an unusual form");
        }
        Ok(word)
    }

    /// Reads a regular expression: parentheses and bars belong to it.
    fn pattern(&mut self) -> Outcome<Word> {
        let mark = self.cursor.mark();
        let mut builder = Builder::default();
        let mut open = 0_usize;
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b' ' | b'\t' if open == 0 => break,
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b'$' => {
                    self.pattern_dollar(&mut builder, open)?;
                    continue;
                }
                b'\'' if open == 0 => {
                    self.single_quoted(&mut builder)?;
                    continue;
                }
                b'"' if open == 0 => {
                    self.double_quoted(&mut builder)?;
                    continue;
                }
                b'\\' if self.cursor.peek_at(1).is_some_and(|next| next.is_ascii_graphic()) => {
                    self.cursor.advance(1)
                }
                b'|' | b'[' | b']' | b'{' | b'}' | b'*' | b'?' | b'!' | b'#' | b'~' => {}
                byte if super::bytes::is_plain(byte) || byte >= 0x80 => {}
                _ => return self.opaque("a regular expression of an unusual form"),
            }
            self.cursor.advance(1);
            builder.expansion(Piece::Other { quoted: false }, super::word::Arity::One);
        }
        if open > 0 || self.cursor.mark() == mark {
            return self.opaque("a regular expression of an unusual form");
        }
        builder.pieces.dedup();
        Ok(builder.finish(self.cursor.span_since(mark), Splitting::None))
    }

    fn pattern_dollar(&mut self, builder: &mut Builder, open: usize) -> Outcome<()> {
        match self.cursor.peek_at(1) {
            Some(b' ' | b'\t' | b')' | b'|') => {
                self.cursor.advance(1);
                builder.expansion(Piece::Other { quoted: false }, super::word::Arity::One);
                Ok(())
            }
            Some(_) if open == 0 => self.bare_dollar(builder),
            _ => self.opaque("a regular expression of an unusual form"),
        }
    }
}

fn unquoted(word: &Word) -> Option<&[u8]> {
    word.literal().filter(|_| !word.quoted)
}
