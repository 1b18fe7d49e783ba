//! `${…}`.

use super::arithmetic::Until;
use super::bytes::{continues_name, starts_name};
use super::expansion::Context;
use super::parser::{Outcome, Parser};
use super::word::{Arity, Builder};
use super::{Piece, Span};

/// What stands behind `${`.
enum Subject {
    Name(Vec<u8>),
    Symbol(u8),
    /// `${12}`.
    Number,
}

impl Parser<'_, '_> {
    /// Reads `${…}`; the cursor stands at the `$`.
    pub(super) fn parameter(&mut self, context: Context) -> Outcome<(Piece, Arity)> {
        self.enter()?;
        self.cursor.advance(2);
        let expansion = if self.cursor.peek() == Some(b'#') && self.cursor.peek_at(1) != Some(b'}') {
            self.length(context)?
        } else {
            self.value(context)?
        };
        self.leave();
        Ok(expansion)
    }

    /// `${#NAME}`; the cursor stands at the `#`.
    fn length(&mut self, context: Context) -> Outcome<(Piece, Arity)> {
        self.cursor.advance(1);
        match self.subject()? {
            Subject::Symbol(b'@' | b'*' | b'0'..=b'9') | Subject::Number => {}
            Subject::Symbol(_) => return self.opaque("a length of an unusual form"),
            Subject::Name(_) => {
                self.subscript()?;
            }
        }
        self.close()?;
        Ok((Piece::Other { quoted: context.is_quoted() }, context.arity()))
    }

    fn value(&mut self, context: Context) -> Outcome<(Piece, Arity)> {
        let quoted = context.is_quoted();
        let subject = self.subject()?;
        let mut many = matches!(subject, Subject::Symbol(b'@'));
        let subscripted = match &subject {
            Subject::Name(_) => self.subscript()?,
            _ => None,
        };
        many |= subscripted == Some(b'@');
        let plain = self.cursor.eat(b'}');
        if !plain {
            if matches!(subject, Subject::Symbol(b'?' | b'$' | b'!' | b'-' | b'#')) {
                return self.opaque("an operator on a special parameter");
            }
            many |= self.modifier(context)? == Arity::Many;
            self.close()?;
        }
        let arity = if many && quoted { Arity::Many } else { context.arity() };
        let piece = match subject {
            _ if !plain || subscripted.is_some() => Piece::Other { quoted },
            Subject::Name(name) if name == b"_" => Piece::Parameter { symbol: b'_', quoted },
            Subject::Name(name) => Piece::Variable { name, quoted },
            Subject::Symbol(symbol) => Piece::Parameter { symbol, quoted },
            Subject::Number => Piece::Other { quoted },
        };
        Ok((piece, arity))
    }

    fn subject(&mut self) -> Outcome<Subject> {
        match self.cursor.peek() {
            Some(byte) if starts_name(byte) => {
                Ok(Subject::Name(self.cursor.take_while(continues_name).to_vec()))
            }
            Some(b'0'..=b'9') => match self.cursor.take_while(|byte| byte.is_ascii_digit()) {
                [digit] => Ok(Subject::Symbol(*digit)),
                _ => Ok(Subject::Number),
            },
            Some(symbol @ (b'@' | b'*' | b'?' | b'$' | b'-' | b'#')) => {
                self.cursor.advance(1);
                Ok(Subject::Symbol(symbol))
            }
            _ => self.opaque("a parameter expansion of an unusual form"),
        }
    }

    /// Reads `[…]` behind a name, if it stands there; returns its first byte.
    pub(super) fn subscript(&mut self) -> Outcome<Option<u8>> {
        if self.cursor.peek() != Some(b'[') {
            return Ok(None);
        }
        self.bash_only("arrays are bash's alone")?;
        self.cursor.advance(1);
        let first = self.cursor.peek();
        let mark = self.cursor.mark();
        match first {
            Some(b'@' | b'*') => self.cursor.advance(1),
            Some(b'0'..=b'9') => {
                self.cursor.take_while(|byte| byte.is_ascii_digit());
            }
            Some(byte) if byte == b'$' || starts_name(byte) => {
                self.cursor.advance(usize::from(byte == b'$'));
                let start = self.cursor.offset();
                let name = self.cursor.take_while(continues_name);
                if !name.first().is_some_and(|&byte| starts_name(byte)) {
                    return self.opaque("a subscript of an unusual form");
                }
                self.arithmetic_name(name, Span { start, end: self.cursor.offset() });
            }
            _ => return self.opaque("a subscript of an unusual form"),
        }
        if self.cursor.since(mark).is_empty() || !self.cursor.eat(b']') {
            return self.opaque("a subscript of an unusual form");
        }
        Ok(first)
    }

    fn close(&mut self) -> Outcome<()> {
        if self.cursor.eat(b'}') { Ok(()) } else { self.opaque("a parameter expansion is not closed") }
    }

    /// Reads an operator and its operand, up to the `}`.
    fn modifier(&mut self, context: Context) -> Outcome<Arity> {
        match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (Some(b':'), Some(b'-' | b'+' | b'?')) => self.cursor.advance(2),
            (Some(b'-' | b'+' | b'?'), _) => self.cursor.advance(1),
            (Some(b'='), _) | (Some(b':'), Some(b'=')) => {
                return self.opaque("an expansion that assigns");
            }
            (Some(byte @ (b'#' | b'%')), next) => self.cursor.advance(1 + usize::from(next == Some(byte))),
            (Some(b':'), _) => return self.substring(),
            (Some(byte @ (b'/' | b'^' | b',')), next) => {
                self.bash_only("an expansion that bash alone knows")?;
                self.cursor.advance(1 + usize::from(next == Some(byte)));
            }
            _ => return self.opaque("a parameter expansion of an unusual form"),
        }
        let conditional = std::mem::replace(&mut self.scope.conditional, true);
        let mut operand = Builder::default();
        while self.cursor.peek() != Some(b'}') {
            match context {
                Context::Bare => self.bare_operand(&mut operand)?,
                Context::Double | Context::HereDocument => self.quoted_operand(&mut operand, context)?,
            }
        }
        self.scope.conditional = conditional;
        Ok(operand.arity())
    }

    /// `${NAME:OFFSET:LENGTH}`; the cursor stands at the first colon.
    fn substring(&mut self) -> Outcome<Arity> {
        self.bash_only("an expansion that bash alone knows")?;
        self.cursor.advance(1);
        self.arithmetic(Until::ColonOrBrace)?;
        if self.cursor.eat(b':') {
            self.arithmetic(Until::ColonOrBrace)?;
        }
        Ok(Arity::One)
    }

    /// Reads one part of an operand outside double quotes.
    fn bare_operand(&mut self, operand: &mut Builder) -> Outcome<()> {
        match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (Some(b'\''), _) => self.single_quoted(operand),
            (Some(b'"'), _) => self.double_quoted(operand),
            (Some(b'\\'), next) if next != Some(b'\n') => self.backslash(operand),
            (Some(b'$'), _) => self.bare_dollar(operand),
            (Some(b'`'), _) => {
                let piece = self.backquoted(false)?;
                operand.expansion(piece, Arity::Split);
                Ok(())
            }
            (Some(b'<' | b'>'), Some(b'(')) | (Some(b'\n' | b'{' | b'\\'), _) | (None, _) => {
                self.opaque("a parameter expansion with an operand of an unusual form")
            }
            (Some(b'(' | b')' | b';' | b'&' | b'|' | b'<' | b'>'), _) if !self.is_bash() => {
                self.opaque("a parameter expansion with an operator in its operand")
            }
            (Some(byte), _) => {
                self.cursor.advance(1);
                operand.literal(&[byte], false);
                Ok(())
            }
        }
    }

    /// Reads one part of an operand inside double quotes or a here-document, where shells differ on quotes.
    fn quoted_operand(&mut self, operand: &mut Builder, context: Context) -> Outcome<()> {
        match self.cursor.peek() {
            Some(b'$') => {
                match self.dollar(context)? {
                    Some((piece, arity)) => operand.expansion(piece, arity),
                    None => operand.literal(b"$", true),
                }
                Ok(())
            }
            Some(b'\\') => match self.cursor.peek_at(1) {
                Some(b'/' | b'.' | b',' | b':' | b'-' | b'_' | b' ') => self.backslash(operand),
                _ => self.opaque("a backslash in an expansion in double quotes"),
            },
            Some(b'"') if context == Context::Double => self.quotes_in_operand(operand),
            Some(byte) if is_plain_in_operand(byte) => {
                let run = self.cursor.take_while(is_plain_in_operand);
                operand.literal(run, true);
                Ok(())
            }
            _ => self.opaque("quotes or operators in an expansion in double quotes"),
        }
    }

    /// `"${x:-"a b"}"` with nothing in the inner quotes that bash could read in two ways.
    fn quotes_in_operand(&mut self, operand: &mut Builder) -> Outcome<()> {
        self.bash_only("quotes in an expansion in double quotes")?;
        self.cursor.advance(1);
        let run =
            self.cursor.take_while(|byte| byte.is_ascii_alphanumeric() || b" _./:,-=+@%".contains(&byte));
        operand.literal(run, true);
        if self.cursor.eat(b'"') { Ok(()) } else { self.opaque("quotes in an expansion in double quotes") }
    }
}

fn is_plain_in_operand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b" _./:,-=+@%^*?#~[]".contains(&byte)
}
