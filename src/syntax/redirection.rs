//! Redirections.

use super::bytes::{ends_word, is_number};
use super::heredoc::Pending;
use super::parser::{Outcome, Parser};
use super::word::Splitting;
use super::{CommandKind, Place, Redirection, RedirectionOperator, Word};

use RedirectionOperator as Operator;

impl Parser<'_, '_> {
    /// Returns whether a redirection begins at the cursor, not a word.
    pub(super) fn redirection_follows(&self) -> bool {
        let rest = self.cursor.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let operator = rest.get(digits..).unwrap_or_default();
        match operator {
            [b'<' | b'>', b'(', ..] => false,
            [b'<' | b'>', ..] => true,
            [b'&', b'>', ..] => digits == 0,
            _ => false,
        }
    }

    /// Reads the redirections behind a compound command, and ends the command.
    pub(super) fn redirections(&mut self, index: u32) -> Outcome<()> {
        let outer = self.scope;
        self.scope.owner = Some(index);
        let mut end = self.cursor.offset();
        let mut redirections = Vec::new();
        self.blanks();
        while self.redirection_follows() {
            redirections.push(self.redirection(index, redirections.len())?);
            end = self.cursor.offset();
            self.blanks();
        }
        self.scope = outer;
        self.state.amend(index, |command| {
            command.redirections = redirections;
            command.span.end = end;
        });
        Ok(())
    }

    /// Reads one redirection, the one with number `ordinal` of command `command`.
    pub(super) fn redirection(&mut self, command: u32, ordinal: usize) -> Outcome<Redirection> {
        let mark = self.cursor.mark();
        let descriptor = self.descriptor()?;
        let (operator, strip) = self.redirection_operator()?;
        self.blanks();
        let target = match operator {
            Operator::DuplicateInput | Operator::DuplicateOutput => self.duplicated()?,
            Operator::HereString => self.word_without_globs()?,
            Operator::HereDocument => self.delimiter()?,
            _ => self.word(Splitting::None)?,
        };
        let operator = match operator {
            Operator::DuplicateOutput if !target.literal().is_some_and(is_descriptor) => {
                self.bash_only("`>&` with a file name")?;
                if descriptor.is_some() {
                    return self.opaque("`>&` with a descriptor in front and a file name behind");
                }
                Operator::WriteBoth
            }
            Operator::DuplicateInput if !target.literal().is_some_and(is_descriptor) => {
                return self.opaque("`<&` without a descriptor");
            }
            operator => operator,
        };
        if operator == Operator::HereDocument {
            self.pending.push(Pending { command, ordinal, strip, quoted: target.quoted, scope: self.scope });
        }
        Ok(Redirection {
            descriptor,
            operator,
            target,
            here_document: None,
            span: self.cursor.span_since(mark),
        })
    }

    fn descriptor(&mut self) -> Outcome<Option<u16>> {
        let digits = self.cursor.take_while(|byte| byte.is_ascii_digit());
        let longest = if self.is_bash() { 3 } else { 1 };
        if digits.len() > longest {
            return self.opaque("a descriptor that not all shells know");
        }
        if digits.is_empty() {
            return Ok(None);
        }
        Ok(Some(digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))))
    }

    /// Reads the operator; also returns whether it is `<<-`.
    fn redirection_operator(&mut self) -> Outcome<(Operator, bool)> {
        const OPERATORS: [(&[u8], Operator); 13] = [
            (b"<<<", Operator::HereString),
            (b"<<-", Operator::HereDocument),
            (b"<<", Operator::HereDocument),
            (b"<&", Operator::DuplicateInput),
            (b"<>", Operator::ReadWrite),
            (b"<", Operator::Read),
            (b">>", Operator::Append),
            (b">|", Operator::Clobber),
            (b">&", Operator::DuplicateOutput),
            (b">", Operator::Write),
            (b"&>>", Operator::AppendBoth),
            (b"&>|", Operator::AppendBoth),
            (b"&>", Operator::WriteBoth),
        ];
        let Some(&(text, operator)) = OPERATORS.iter().find(|(text, _)| self.cursor.looking_at(text)) else {
            return self.opaque("a redirection of an unusual form");
        };
        if text == b"&>|" {
            return self.opaque("a redirection of an unusual form");
        }
        if matches!(operator, Operator::HereString | Operator::WriteBoth | Operator::AppendBoth) {
            self.bash_only("a redirection that bash alone knows")?;
        }
        self.operator(text.len())?;
        Ok((operator, text == b"<<-"))
    }

    /// The word behind `>&` or `<&`, plain and unquoted: bash before 5.3 expands it twice.
    fn duplicated(&mut self) -> Outcome<Word> {
        let mark = self.cursor.mark();
        let bytes = self.cursor.take_while(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte));
        let ends = self.cursor.peek().is_none_or(|byte| ends_word(byte) && byte != b'(');
        let number_before_operator = is_number(bytes) && matches!(self.cursor.peek(), Some(b'<' | b'>'));
        let closes = bytes.first() == Some(&b'-') || (bytes.last() == Some(&b'-') && !is_descriptor(bytes));
        if bytes.is_empty() || !ends || number_before_operator || (closes && bytes != b"-") {
            return self.opaque("`>&` or `<&` with anything but a plain word");
        }
        if bytes.first().is_some_and(u8::is_ascii_digit) && !is_descriptor(bytes) {
            return self.opaque("`>&` or `<&` with anything but a plain word");
        }
        if is_number(bytes) && bytes.len() > if self.is_bash() { 3 } else { 1 } {
            return self.opaque("a descriptor that not all shells know");
        }
        Ok(Word::plain(self.cursor.span_since(mark), bytes))
    }

    fn owner_is_simple(&self) -> bool {
        let owner = self.scope.owner.and_then(|owner| self.state.script.commands.get(owner as usize));
        owner.is_some_and(|command| command.kind == CommandKind::Simple)
    }

    /// The word behind `<<`: it is not expanded, only its quotes are removed.
    fn delimiter(&mut self) -> Outcome<Word> {
        if self.scope.in_here_document {
            return self.opaque("a here-document inside the text of another");
        }
        if self.scope.substituted {
            let nested = self.scope.place == Place::Body || self.sealed;
            if nested || !self.owner_is_simple() {
                return self.opaque("a here-document in a substitution, but not of its last simple command");
            }
            self.sealed = true;
        }
        let mark = self.cursor.mark();
        let word = self.word(Splitting::None)?;
        let joined = self.cursor.since(mark).contains(&b'\n');
        match word.literal() {
            Some(bytes) if !bytes.is_empty() && !joined => Ok(word),
            _ => self.opaque("a here-document with a delimiter of an unusual form"),
        }
    }
}

fn is_descriptor(bytes: &[u8]) -> bool {
    bytes == b"-" || is_number(bytes)
}
