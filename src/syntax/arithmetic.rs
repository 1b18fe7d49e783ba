//! Arithmetic: only shapes in which the shell can see no command but the ones in `$(…)`.

use super::bytes::{continues_name, starts_name};
use super::expansion::Context;
use super::parser::{Outcome, Parser};
use super::{CommandKind, Connector, Piece, Span, Value, Word};

/// What ends an arithmetic expression; the cursor stays in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// `))`
    Parentheses,
    /// `;`
    Semicolon,
    /// `:` or `}`
    ColonOrBrace,
}

impl Parser<'_, '_> {
    /// Reads `((…))`; the cursor stands in front of it.
    pub(super) fn arithmetic_command(&mut self, joined: (Connector, (u32, u16))) -> Outcome<()> {
        self.bash_only("`((` is arithmetic in bash alone")?;
        let outer = self.scope;
        let index = self.open(CommandKind::Arithmetic, joined)?;
        self.cursor.advance(2);
        self.arithmetic_parentheses()?;
        self.scope = outer;
        self.redirections(index)
    }

    /// Reads an expression and the `))` behind it; something must stand in it.
    pub(super) fn arithmetic_parentheses(&mut self) -> Outcome<()> {
        let mark = self.cursor.mark();
        self.arithmetic(Until::Parentheses)?;
        if self.cursor.since(mark).iter().all(|&byte| matches!(byte, b' ' | b'\t')) {
            return self.opaque("arithmetic without an expression");
        }
        self.check_parentheses(mark)?;
        self.cursor.advance(2);
        Ok(())
    }

    /// Refuses a parenthesis in quotes or braces: bash counts parentheses to tell arithmetic from `( (…) )`, and one
    /// that does not count for us may count for it.
    pub(super) fn check_parentheses(&self, mark: usize) -> Outcome<()> {
        let mut quote = None;
        let mut braces = 0_usize;
        let mut before = 0;
        for &byte in self.cursor.since(mark) {
            match (byte, quote) {
                (b'\n', _) => return self.opaque("a newline in arithmetic"),
                (b'(' | b')', _) if quote.is_some() || braces > 0 || before == b'\\' => {
                    return self.opaque("a quoted parenthesis in arithmetic");
                }
                (b'\'' | b'"' | b'`', None) => quote = Some(byte),
                (byte, Some(open)) if byte == open => quote = None,
                (b'{', None) if before == b'$' => braces += 1,
                (b'}', None) => braces = braces.saturating_sub(1),
                _ => {}
            }
            before = byte;
        }
        Ok(())
    }

    /// Reads an expression up to its end, and notes every name in it.
    pub(super) fn arithmetic(&mut self, until: Until) -> Outcome<()> {
        self.enter()?;
        let mut open = 0_usize;
        // Two operands side by side would make one name that is not written anywhere.
        let mut operand = false;
        loop {
            let Some(byte) = self.cursor.peek() else { return self.opaque("arithmetic is not closed") };
            let next = self.cursor.peek_at(1);
            let ends = match until {
                Until::Parentheses => open == 0 && byte == b')' && next == Some(b')'),
                Until::Semicolon => open == 0 && byte == b';',
                Until::ColonOrBrace => open == 0 && matches!(byte, b':' | b'}'),
            };
            if ends {
                self.leave();
                return Ok(());
            }
            match byte {
                b'$' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' if operand => {
                    return self.opaque("two operands side by side in arithmetic");
                }
                b'<' | b'>' if next == Some(b'(') => {
                    return self.opaque("arithmetic that looks like process substitution");
                }
                b'$' => self.arithmetic_dollar()?,
                byte if starts_name(byte) => self.arithmetic_variable()?,
                b'0'..=b'9' => {
                    self.cursor.take_while(|byte| byte.is_ascii_alphanumeric());
                }
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b'?' if until == Until::ColonOrBrace => {
                    return self.opaque("arithmetic of an unusual form");
                }
                b' ' | b'\t' => {}
                byte if b"+-*/%<>=!&|^~,?:".contains(&byte) => {}
                _ => return self.opaque("arithmetic of an unusual form"),
            }
            operand = matches!(byte, b'$' | b'0'..=b'9') || starts_name(byte);
            self.cursor.advance(usize::from(!operand));
        }
    }

    fn arithmetic_variable(&mut self) -> Outcome<()> {
        let mark = self.cursor.mark();
        let name = self.cursor.take_while(continues_name);
        if self.cursor.peek() == Some(b'\\') {
            return self.opaque("arithmetic of an unusual form");
        }
        self.arithmetic_name(name, self.cursor.span_since(mark));
        Ok(())
    }

    fn arithmetic_dollar(&mut self) -> Outcome<()> {
        let mark = self.cursor.mark();
        let length = self.cursor.looking_at(b"${#");
        let Some((piece, _)) = self.dollar(Context::Double)? else {
            return self.opaque("arithmetic of an unusual form");
        };
        let nested = self.cursor.since(mark).starts_with(b"$((");
        let span = self.cursor.span_since(mark);
        match piece {
            Piece::Other { .. } if length || nested => Ok(()),
            Piece::Other { .. } => self.opaque("arithmetic on an expansion of an unusual form"),
            piece => self.arithmetic_piece(&piece, span),
        }
    }

    /// Notes the names in an operand of `-eq` and its like.
    pub(super) fn arithmetic_word(&mut self, word: &Word) -> Outcome<()> {
        match &word.value {
            Value::Static(bytes) => {
                let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
                if digits.iter().all(u8::is_ascii_digit) {
                    return Ok(());
                }
                if !super::bytes::is_name(bytes) {
                    return self.opaque("arithmetic of an unusual form");
                }
                self.arithmetic_name(bytes, word.span);
                Ok(())
            }
            Value::Dynamic { .. } => match word.pieces.as_slice() {
                [piece] => self.arithmetic_piece(piece, word.span),
                _ => self.opaque("arithmetic of an unusual form"),
            },
        }
    }

    fn arithmetic_piece(&mut self, piece: &Piece, span: Span) -> Outcome<()> {
        match piece {
            Piece::Variable { name, .. } => self.arithmetic_name(name, span),
            // These are numbers, whatever happens.
            Piece::Parameter { symbol: b'#' | b'?' | b'$' | b'!', .. } => {}
            Piece::Parameter { symbol, .. } => self.arithmetic_name(&[*symbol], span),
            Piece::Substitution { .. } => self.arithmetic_name(b"$(", span),
            _ => return self.opaque("arithmetic on an expansion of an unusual form"),
        }
        Ok(())
    }

    /// Notes that the value of `name` is evaluated.
    pub(super) fn arithmetic_name(&mut self, name: &[u8], span: Span) {
        self.state.script.arithmetic_names.push((name.to_vec(), span));
    }
}
