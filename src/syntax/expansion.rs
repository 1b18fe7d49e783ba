//! What `$` and backquotes begin.

use super::bytes::{continues_name, starts_name};
use super::cursor::Cursor;
use super::parser::{Outcome, Parser};
use super::word::{Arity, Builder};
use super::{Piece, Place};

/// What quotes surround an expansion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// None.
    Bare,
    /// Double quotes.
    Double,
    /// The text of a here-document: as double quotes, but `"` means itself.
    HereDocument,
}

impl Context {
    pub(super) fn is_quoted(self) -> bool {
        self != Self::Bare
    }

    /// Returns how many words an expansion with one value becomes.
    pub(super) fn arity(self) -> Arity {
        if self.is_quoted() { Arity::One } else { Arity::Split }
    }
}

impl Parser<'_, '_> {
    /// Reads whatever an unquoted `$` begins.
    pub(super) fn bare_dollar(&mut self, builder: &mut Builder) -> Outcome<()> {
        match self.cursor.peek_at(1) {
            Some(b'\'') => self.dollar_single_quoted(builder),
            Some(b'"') => self.dollar_double_quoted(builder),
            _ => {
                match self.dollar(Context::Bare)? {
                    Some((piece, arity)) => builder.expansion(piece, arity),
                    None => builder.literal(b"$", false),
                }
                Ok(())
            }
        }
    }

    /// Reads an expansion, or the `$` alone where it stands for itself.
    pub(super) fn dollar(&mut self, context: Context) -> Outcome<Option<(Piece, Arity)>> {
        let quoted = context.is_quoted();
        match self.cursor.peek_at(1) {
            Some(byte) if starts_name(byte) => {
                self.cursor.advance(1);
                self.variable(context).map(Some)
            }
            Some(symbol @ (b'0'..=b'9' | b'@' | b'*' | b'?' | b'$' | b'!' | b'#' | b'-')) => {
                self.cursor.advance(2);
                // bash takes the second `$` of `$$(` for the beginning of a substitution when it looks for its end.
                let ambiguous = match self.cursor.peek() {
                    Some(b'(' | b'{' | b'[' | b'`') => true,
                    Some(b'\'' | b'"') => context == Context::Bare,
                    _ => false,
                };
                if symbol == b'$' && ambiguous {
                    return self.opaque("`$$` in front of a character that may change its meaning");
                }
                let arity = if symbol == b'@' && quoted { Arity::Many } else { context.arity() };
                Ok(Some((Piece::Parameter { symbol, quoted }, arity)))
            }
            Some(b'(') => self.dollar_parenthesis(context).map(Some),
            Some(b'{') => self.parameter(context).map(Some),
            Some(b'[') => self.opaque("`$[` is arithmetic in bash alone"),
            Some(b'`' | b'}') => self.opaque("a `$` in front of a character that may change its meaning"),
            Some(b'\\') if self.cursor.peek_at(2) == Some(b'\n') => {
                self.opaque("a joined line directly behind `$`")
            }
            Some(0x80..) => self.opaque("a `$` in front of a character that some shells take for a letter"),
            _ => {
                self.cursor.advance(1);
                Ok(None)
            }
        }
    }

    fn variable(&mut self, context: Context) -> Outcome<(Piece, Arity)> {
        let quoted = context.is_quoted();
        let name = self.cursor.take_while(continues_name);
        if self.cursor.looking_at(b"\\\n") {
            return self.opaque("a joined line directly behind a name");
        }
        let piece = match name {
            b"_" => Piece::Parameter { symbol: b'_', quoted },
            name => Piece::Variable { name: name.to_vec(), quoted },
        };
        Ok((piece, context.arity()))
    }

    /// Reads `$(…)` or `$((…))`.
    fn dollar_parenthesis(&mut self, context: Context) -> Outcome<(Piece, Arity)> {
        let quoted = context.is_quoted();
        self.cursor.advance(2);
        if self.cursor.looking_at(b"\\\n") {
            return self.opaque("a joined line directly behind `$(`");
        }
        if self.cursor.eat(b'(') {
            self.arithmetic_parentheses()?;
            return Ok((Piece::Other { quoted }, context.arity()));
        }
        let commands = self.substitution(Place::Capture)?;
        if !self.cursor.eat(b')') {
            return self.opaque("a command substitution is not closed");
        }
        Ok((Piece::Substitution { quoted, commands }, context.arity()))
    }

    /// Reads `` `…` ``: removes the backslashes first, as the shell does, and reads the commands from what is left.
    pub(super) fn backquoted(&mut self, quoted: bool) -> Outcome<Piece> {
        let (text, map) = self.unescape_backquotes(quoted)?;
        let cursor = Cursor::mapped(&text, &map);
        let mut inner = Parser::new(cursor, self.state, self.scope);
        let commands = inner.substitution(Place::Capture)?;
        if inner.cursor.peek().is_some() {
            return inner.opaque("the commands in backquotes end early");
        }
        Ok(Piece::Substitution { quoted, commands })
    }

    fn unescape_backquotes(&mut self, quoted: bool) -> Outcome<(Vec<u8>, Vec<u32>)> {
        self.cursor.advance(1);
        let mut text = Vec::new();
        let mut map = Vec::new();
        loop {
            let escaped = match (self.cursor.peek(), self.cursor.peek_at(1)) {
                (Some(b'`'), _) => break,
                (None, _) => return self.opaque("a backquote is not closed"),
                (Some(b'\n'), _) => return self.opaque("a newline in backquotes"),
                (Some(b'\\'), Some(b'$' | b'`' | b'\\')) => true,
                (Some(b'\\'), Some(b'\n')) => return self.opaque("a newline in backquotes"),
                (Some(b'\\'), Some(b'"')) if quoted => {
                    if self.scope.in_here_document {
                        return self.opaque("an escaped quote in backquotes in a here-document");
                    }
                    true
                }
                _ => false,
            };
            map.push(self.cursor.offset());
            self.cursor.advance(usize::from(escaped));
            text.extend(self.cursor.peek());
            self.cursor.advance(1);
        }
        map.push(self.cursor.offset());
        self.cursor.advance(1);
        Ok((text, map))
    }
}
