//! Lists, and-or lists and pipelines, and what separates them.

use super::Connector;
use super::parser::{Outcome, Parser};
use super::reserved::Reserved;

impl Parser<'_, '_> {
    /// Reads commands up to, not over, whatever ends a list: the end of the text, `)`, `;;`, or a reserved word such
    /// as `done`. Returns whether there was any.
    pub(super) fn list(&mut self) -> Outcome<bool> {
        let mut connector = Connector::First;
        loop {
            let before = self.cursor.offset();
            self.lines()?;
            if self.scope.level == 0 && self.state.newline > before {
                self.state.ends.push(self.state.newline);
            }
            if self.at_list_end() {
                return Ok(connector != Connector::First);
            }
            self.check_sealed()?;
            let first = self.state.next_index();
            self.and_or(connector)?;
            if matches!(self.cursor.peek(), Some(b';' | b'&')) {
                self.check_sealed()?;
            }
            connector = match self.cursor.peek() {
                Some(b';') if matches!(self.cursor.peek_at(1), Some(b';' | b'&')) => return Ok(true),
                Some(b';') => {
                    self.operator(1)?;
                    Connector::Sequence
                }
                Some(b'&') => {
                    self.operator(1)?;
                    self.state.amend_from(first, |command| {
                        command.background = true;
                        command.in_current_shell = false;
                    });
                    Connector::Background
                }
                Some(b'\n' | b'#') => Connector::Sequence,
                None | Some(b')') => return Ok(true),
                Some(_) => return self.opaque("a `;` or a newline is missing"),
            };
        }
    }

    /// Refuses anything behind a command with a here-document in a substitution: bash 5.2 prints the substitution and
    /// reads the print, in which the operator behind the text is moved or lost.
    fn check_sealed(&self) -> Outcome<()> {
        if self.sealed {
            return self.opaque("something behind a here-document in a substitution");
        }
        Ok(())
    }

    /// Reads a list that may not be empty.
    pub(super) fn full_list(&mut self) -> Outcome<()> {
        if self.list()? { Ok(()) } else { self.opaque("a command is missing") }
    }

    fn at_list_end(&self) -> bool {
        match self.cursor.peek() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.cursor.peek_at(1), Some(b';' | b'&')),
            Some(_) => self.reserved().is_some_and(Reserved::ends_list),
        }
    }

    fn and_or(&mut self, connector: Connector) -> Outcome<()> {
        let outer = self.scope;
        let mut connector = connector;
        loop {
            self.pipeline(connector)?;
            connector = if self.cursor.looking_at(b"&&") {
                Connector::And
            } else if self.cursor.looking_at(b"||") {
                Connector::Or
            } else {
                break;
            };
            self.check_sealed()?;
            self.operator(2)?;
            self.lines()?;
            self.scope.conditional = true;
        }
        self.scope = outer;
        Ok(())
    }

    fn pipeline(&mut self, connector: Connector) -> Outcome<()> {
        let outer = self.scope;
        self.pipeline_prefix()?;
        let number = self.state.next_pipeline();
        let first = self.state.next_index();
        let mut place = 0;
        let mut connector = connector;
        loop {
            self.command((connector, (number, place)))?;
            self.blanks();
            if self.cursor.peek() != Some(b'|') || self.cursor.peek_at(1) == Some(b'|') {
                break;
            }
            self.pipe()?;
            self.lines()?;
            if place == 0 {
                self.state.amend_from(first, |command| command.in_current_shell = false);
                self.scope.current_shell = false;
            }
            connector = Connector::Pipe;
            place += 1;
        }
        self.scope = outer;
        Ok(())
    }

    /// Reads `!` or `time` in front of a pipeline, once, where every shell takes it for the reserved word.
    fn pipeline_prefix(&mut self) -> Outcome<()> {
        match self.reserved() {
            Some(Reserved::Bang) => self.cursor.advance(1),
            Some(Reserved::Time) => {
                self.bash_only("`time` is a program in some shells")?;
                if self.scope.level > 0 {
                    return self.opaque("`time` is a program in some shells when it is nested");
                }
                self.cursor.advance(4);
            }
            _ => return Ok(()),
        }
        if !matches!(self.cursor.peek(), Some(b' ' | b'\t')) {
            return self.opaque("`!` and `time` need a blank behind them");
        }
        self.blanks();
        match self.cursor.peek() {
            Some(b'-' | b'\n' | b'#' | b';') | None => {
                self.opaque("`!` and `time` need a command behind them")
            }
            _ if matches!(self.reserved(), Some(Reserved::Bang | Reserved::Time)) => {
                self.opaque("`!` or `time` is repeated")
            }
            _ => Ok(()),
        }
    }

    fn pipe(&mut self) -> Outcome<()> {
        if self.cursor.peek_at(1) == Some(b'&') {
            self.bash_only("`|&` is no pipe in some shells")?;
            return self.operator(2);
        }
        self.operator(1)
    }

    /// Steps over an operator of `length` bytes, which a joined line must not make longer.
    pub(super) fn operator(&mut self, length: usize) -> Outcome<()> {
        self.cursor.advance(length);
        if self.cursor.looking_at(b"\\\n") {
            self.blanks();
            if matches!(self.cursor.peek(), Some(b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b'-')) {
                return self.opaque("a joined line may make the operator longer");
            }
        }
        Ok(())
    }

    /// Steps over blanks and joined lines.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.cursor.peek() {
                Some(b' ' | b'\t') => self.cursor.advance(1),
                Some(b'\\') if self.cursor.peek_at(1) == Some(b'\n') => self.cursor.advance(2),
                _ => return,
            }
        }
    }

    /// Steps over blanks, comments and newlines, and reads the here-documents behind the newlines.
    pub(super) fn lines(&mut self) -> Outcome<()> {
        loop {
            self.blanks();
            match self.cursor.peek() {
                Some(b'\n') => self.newline()?,
                Some(b'#') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn newline(&mut self) -> Outcome<()> {
        if self.held > 0 {
            return self.opaque("a substitution continues behind the line on which a here-document begins");
        }
        self.cursor.advance(1);
        if !self.pending.is_empty() {
            self.here_documents()?;
        }
        self.state.newline = self.cursor.offset();
        Ok(())
    }

    fn comment(&mut self) -> Outcome<()> {
        if self.scope.substituted {
            return self.opaque("a comment inside a substitution");
        }
        self.cursor.take_while(|byte| byte != b'\n');
        Ok(())
    }
}
