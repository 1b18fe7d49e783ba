//! Quotes (POSIX 2.2) and bash's `$'…'`.

use super::Piece;
use super::expansion::Context;
use super::parser::{Outcome, Parser};
use super::word::{Arity, Builder};

impl Parser<'_, '_> {
    /// Reads `'…'`.
    pub(super) fn single_quoted(&mut self, builder: &mut Builder) -> Outcome<()> {
        self.cursor.advance(1);
        let text = self.cursor.take_while(|byte| byte != b'\'');
        if text.contains(&b'\n') {
            self.check_text_newline()?;
        }
        builder.literal(text, true);
        if self.cursor.eat(b'\'') { Ok(()) } else { self.opaque("a single quote is not closed") }
    }

    /// Reads `\` and the byte that it quotes; joined lines are the caller's.
    pub(super) fn backslash(&mut self, builder: &mut Builder) -> Outcome<()> {
        self.cursor.advance(1);
        let Some(byte) = self.cursor.peek() else { return self.opaque("a backslash at the end") };
        self.cursor.advance(1);
        builder.literal(&[byte], true);
        Ok(())
    }

    /// Reads `"…"`.
    pub(super) fn double_quoted(&mut self, builder: &mut Builder) -> Outcome<()> {
        self.cursor.advance(1);
        builder.literal(b"", true);
        loop {
            let run = self.cursor.take_while(|byte| !matches!(byte, b'"' | b'\\' | b'$' | b'`' | b'\n'));
            builder.literal(run, true);
            match self.cursor.peek() {
                Some(b'"') => {
                    self.cursor.advance(1);
                    return Ok(());
                }
                Some(b'\\') => self.backslash_in_double_quotes(builder)?,
                Some(b'$') => match self.dollar(Context::Double)? {
                    Some((piece, arity)) => builder.expansion(piece, arity),
                    None => builder.literal(b"$", true),
                },
                Some(b'`') => {
                    let piece = self.backquoted(true)?;
                    builder.expansion(piece, Arity::One);
                }
                Some(_) => {
                    self.check_text_newline()?;
                    self.cursor.advance(1);
                    builder.literal(b"\n", true);
                }
                None => return self.opaque("a double quote is not closed"),
            }
        }
    }

    fn backslash_in_double_quotes(&mut self, builder: &mut Builder) -> Outcome<()> {
        match self.cursor.peek_at(1) {
            Some(byte @ (b'$' | b'`' | b'"' | b'\\')) => {
                self.cursor.advance(2);
                builder.literal(&[byte], true);
            }
            Some(b'\n') => self.cursor.advance(2),
            _ => {
                self.cursor.advance(1);
                builder.literal(b"\\", true);
            }
        }
        Ok(())
    }

    /// Reads `$'…'` with the escapes on which all versions of bash agree.
    pub(super) fn dollar_single_quoted(&mut self, builder: &mut Builder) -> Outcome<()> {
        self.bash_only("`$'` quotes in bash alone")?;
        self.cursor.advance(2);
        builder.literal(b"", true);
        loop {
            let run = self.cursor.take_while(|byte| !matches!(byte, b'\'' | b'\\' | b'\n'));
            builder.literal(run, true);
            match self.cursor.peek() {
                Some(b'\'') => {
                    self.cursor.advance(1);
                    return Ok(());
                }
                Some(b'\\') => {
                    let byte = self.escape()?;
                    builder.literal(&[byte], true);
                }
                Some(_) => {
                    self.check_text_newline()?;
                    self.cursor.advance(1);
                    builder.literal(b"\n", true);
                }
                None => return self.opaque("a `$'` quote is not closed"),
            }
        }
    }

    /// Reads one escape of `$'…'`.
    fn escape(&mut self) -> Outcome<u8> {
        let byte = match self.cursor.peek_at(1) {
            Some(byte @ (b'\\' | b'\'' | b'"' | b'?')) => byte,
            Some(b'a') => 0x07,
            Some(b'b') => 0x08,
            Some(b'e' | b'E') => 0x1b,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'v') => 0x0b,
            Some(b'0'..=b'7') => return self.numeric_escape(1, 8, 3),
            Some(b'x') => return self.numeric_escape(2, 16, 2),
            _ => return self.opaque("an escape in `$'…'` that not all versions of bash read alike"),
        };
        self.cursor.advance(2);
        Ok(byte)
    }

    fn numeric_escape(&mut self, skip: usize, radix: u32, longest: usize) -> Outcome<u8> {
        let mut ahead = self.cursor;
        ahead.advance(skip);
        let mut value = 0;
        let mut digits = 0;
        while digits < longest
            && let Some(digit) = ahead.peek().and_then(|byte| char::from(byte).to_digit(radix))
        {
            value = value * radix + digit;
            digits += 1;
            ahead.advance(1);
        }
        // bash uses the bytes 0x01 and 0x7f for itself, and ends the word at NUL.
        match u8::try_from(value) {
            Ok(byte) if digits > 0 && !matches!(byte, 0 | 0x01 | 0x7f) => {
                self.cursor = ahead;
                Ok(byte)
            }
            _ => self.opaque("an escape in `$'…'` that not all versions of bash read alike"),
        }
    }

    /// Reads `$"…"`: what it says depends on the caller's language.
    pub(super) fn dollar_double_quoted(&mut self, builder: &mut Builder) -> Outcome<()> {
        self.bash_only("`$\"` quotes in bash alone")?;
        self.cursor.advance(1);
        let mut translated = Builder::default();
        self.double_quoted(&mut translated)?;
        builder.literal(b"", true);
        builder.expansion(Piece::Other { quoted: true }, translated.arity());
        Ok(())
    }

    /// Refuses a newline in a quoted text while a here-document waits for its own.
    pub(super) fn check_text_newline(&self) -> Outcome<()> {
        if self.held > 0 || !self.pending.is_empty() {
            return self.opaque("quotes continue behind the line on which a here-document begins");
        }
        Ok(())
    }
}
