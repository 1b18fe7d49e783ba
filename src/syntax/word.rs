//! Words: unquoted bytes, quoted parts, expansions, up to an operator or a blank.

use super::bytes::{ends_word, is_plain};
use super::parser::{Outcome, Parser};
use super::{Piece, Word};

pub(super) use super::builder::{Arity, Builder, Splitting};

/// Where in a word the cursor stands, for the tilde.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    /// Unquoted `=` or `:`.
    Separator,
    Other,
}

impl Parser<'_, '_> {
    /// Reads a word with quotes, expansions or patterns that stays one word in the list.
    pub(super) fn built_word(&mut self, splitting: Splitting) -> Outcome<Word> {
        let mark = self.cursor.mark();
        let builder = self.build(Before::Start, false)?;
        if builder.brace && builder.may_expand() {
            return self.opaque("braces where they may make several words");
        }
        Ok(builder.finish(self.cursor.span_since(mark), splitting))
    }

    /// Reads such a word, and as many words as its braces make of it.
    pub(super) fn built_words(&mut self, words: &mut Vec<Word>) -> Outcome<()> {
        let mark = self.cursor.mark();
        let builder = self.build(Before::Start, false)?;
        let span = self.cursor.span_since(mark);
        if builder.brace && builder.may_expand() {
            self.bash_only("braces make several words in bash alone")?;
            return self.expand_braces(&builder, span, words);
        }
        words.push(builder.finish(span, Splitting::Fields));
        Ok(())
    }

    /// Reads the value of an assignment: one word, no pathname or brace expansion, tildes behind `:` too.
    pub(super) fn assigned_word(&mut self) -> Outcome<Word> {
        let mark = self.cursor.mark();
        let substitution = self.cursor.looking_at(b"<(") || self.cursor.looking_at(b">(");
        if self.cursor.peek().is_none_or(ends_word) && !substitution {
            return Ok(Word::plain(self.cursor.span_since(mark), b""));
        }
        let mut builder = self.build(Before::Start, true)?;
        builder.forget_globs();
        Ok(builder.finish(self.cursor.span_since(mark), Splitting::None))
    }

    /// Reads a word in which `*`, `?` and `[` mean themselves.
    pub(super) fn word_without_globs(&mut self) -> Outcome<Word> {
        let mark = self.cursor.mark();
        let mut builder = self.build(Before::Start, false)?;
        builder.forget_globs();
        Ok(builder.finish(self.cursor.span_since(mark), Splitting::None))
    }

    fn build(&mut self, before: Before, assignment: bool) -> Outcome<Builder> {
        let mark = self.cursor.mark();
        let mut builder = Builder::default();
        let mut before = before;
        if self.cursor.peek() == Some(b'#') {
            return self.opaque("a comment where a word must stand");
        }
        while let Some(byte) = self.cursor.peek() {
            if ends_word(byte) {
                match (byte, self.cursor.peek_at(1), before) {
                    (b'<' | b'>', Some(b'('), Before::Start) => return self.process_substitution(),
                    _ => break,
                }
            }
            before = self.part_of_word(&mut builder, byte, before, assignment)?;
        }
        if self.cursor.mark() == mark {
            return self.opaque("a word is missing");
        }
        self.check_word_end(mark)?;
        Ok(builder)
    }

    fn part_of_word(
        &mut self,
        builder: &mut Builder,
        byte: u8,
        before: Before,
        assignment: bool,
    ) -> Outcome<Before> {
        match byte {
            b'\'' => self.single_quoted(builder)?,
            b'"' => self.double_quoted(builder)?,
            b'\\' => {
                if self.cursor.peek_at(1) == Some(b'\n') {
                    self.cursor.advance(2);
                    return Ok(before);
                }
                self.backslash(builder)?;
            }
            b'$' => self.bare_dollar(builder)?,
            b'`' => {
                let piece = self.backquoted(false)?;
                builder.expansion(piece, Arity::Split);
            }
            b'~' => self.tilde(builder, before, assignment)?,
            b'*' | b'?' | b'[' => {
                self.cursor.advance(1);
                builder.glob(byte);
            }
            b'{' => {
                self.cursor.advance(1);
                builder.brace = true;
                builder.literal(b"{", false);
            }
            0x80.. => self.unquoted_character(builder)?,
            _ => return self.plain_run(builder, byte),
        }
        Ok(Before::Other)
    }

    fn plain_run(&mut self, builder: &mut Builder, first: u8) -> Outcome<Before> {
        let run = if is_plain(first) {
            self.cursor.take_while(is_plain)
        } else if matches!(first, b'!' | b'#' | b']' | b'}') {
            let mark = self.cursor.mark();
            self.cursor.advance(1);
            self.cursor.since(mark)
        } else {
            return self.opaque("a byte that no word holds");
        };
        builder.literal(run, false);
        Ok(if matches!(run.last(), Some(b'=' | b':')) { Before::Separator } else { Before::Other })
    }

    /// `~` alone or before `/` is the home directory; any other unquoted tilde in such a place is left to the shell.
    fn tilde(&mut self, builder: &mut Builder, before: Before, assignment: bool) -> Outcome<()> {
        self.cursor.advance(1);
        let home = match self.cursor.peek() {
            None | Some(b'/') => true,
            Some(b':') => assignment,
            Some(byte) => ends_word(byte),
        };
        match before {
            Before::Start if home => builder.expansion(Piece::Tilde, Arity::One),
            Before::Separator if home && assignment => builder.expansion(Piece::Tilde, Arity::One),
            Before::Start | Before::Separator => {
                builder.expansion(Piece::Other { quoted: false }, Arity::One)
            }
            Before::Other => builder.literal(b"~", false),
        }
        Ok(())
    }

    fn unquoted_character(&mut self, builder: &mut Builder) -> Outcome<()> {
        let run = self.cursor.take_while(|byte| byte >= 0x80);
        // The filter lets these two pass behind an emoji; outside quotes nobody means them.
        if run.windows(3).any(|bytes| bytes == "\u{fe0f}".as_bytes() || bytes == "\u{200d}".as_bytes()) {
            return self.opaque("a character that cannot be seen stands outside quotes");
        }
        builder.literal(run, false);
        Ok(())
    }

    /// `<(…)` or `>(…)` as a whole word.
    fn process_substitution(&mut self) -> Outcome<Builder> {
        self.bash_only("process substitution is bash's alone")?;
        let place = match self.cursor.peek() {
            Some(b'<') => super::Place::ProcessOutput,
            _ => super::Place::ProcessInput,
        };
        self.cursor.advance(2);
        let commands = self.substitution(place)?;
        if commands.0 == commands.1 || !self.cursor.eat(b')') {
            return self.opaque("a process substitution is not closed");
        }
        if !self.cursor.peek().is_none_or(|byte| ends_word(byte) && !matches!(byte, b'<' | b'>' | b'(')) {
            return self.opaque("text directly behind a process substitution");
        }
        let mut builder = Builder::default();
        builder.expansion(Piece::Substitution { quoted: false, commands }, Arity::One);
        Ok(builder)
    }

    /// Refuses what the shell may take for a part of a redirection.
    fn check_word_end(&self, mark: usize) -> Outcome<()> {
        let Some(byte @ (b'<' | b'>' | b'&')) = self.cursor.peek() else { return Ok(()) };
        let written = self.cursor.since(mark);
        if written.first() == Some(&b'{') && written.last() == Some(&b'}') {
            return self.opaque("a redirection that names a variable for its descriptor");
        }
        if byte == b'&' {
            return Ok(());
        }
        if self.cursor.peek_at(1) == Some(b'(') {
            return self.opaque("process substitution inside a word");
        }
        let digits = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'\\' | b'\n');
        if written.iter().all(digits) {
            return self.opaque("a number directly in front of a redirection");
        }
        Ok(())
    }
}
