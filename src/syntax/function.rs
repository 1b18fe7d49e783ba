//! Function definitions.

use super::bytes::ends_word;
use super::compound::Joined;
use super::parser::{Outcome, Parser};
use super::reserved::Reserved;
use super::{CommandKind, Connector};

/// POSIX 2.14: `sh` looks these up before functions, or refuses to define them.
const SPECIAL: [&[u8]; 15] = [
    b"break",
    b":",
    b"continue",
    b".",
    b"eval",
    b"exec",
    b"exit",
    b"export",
    b"readonly",
    b"return",
    b"set",
    b"shift",
    b"times",
    b"trap",
    b"unset",
];

impl Parser<'_, '_> {
    /// Reads `function NAME …` or `function NAME() …`.
    pub(super) fn function_keyword(&mut self, joined: Joined) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::Simple, joined)?;
        self.scope = outer;
        self.cursor.advance(Reserved::Function.length());
        self.blanks();
        let name = self.cursor.take_while(|byte| !ends_word(byte)).to_vec();
        if self.reserved_name(&name) {
            return self.opaque("a function name of an unusual form");
        }
        self.blanks();
        if self.cursor.peek() == Some(b'(') {
            self.parentheses()?;
        }
        self.function_body(index, name)
    }

    /// Steps over `()`.
    pub(super) fn parentheses(&mut self) -> Outcome<()> {
        self.cursor.advance(1);
        if self.cursor.eat(b')') { Ok(()) } else { self.opaque("a parenthesis inside a command") }
    }

    /// Reads the body, `{ … }` or `( … )`, and makes command `index` the definition.
    pub(super) fn function_body(&mut self, index: u32, name: Vec<u8>) -> Outcome<()> {
        if !is_function_name(&name, self.is_bash()) || self.reserved_name(&name) {
            return self.opaque("a function name of an unusual form");
        }
        let outer = self.scope;
        self.state.amend(index, |command| command.kind = CommandKind::Function { name });
        self.blanks();
        while self.cursor.peek() == Some(b'\n') && self.pending.is_empty() && self.held == 0 {
            self.cursor.advance(1);
            self.blanks();
        }
        self.enter()?;
        self.scope = outer.body(index);
        self.scope.conditional = true;
        self.scope.current_shell = false;
        let joined = (Connector::First, (self.state.next_pipeline(), 0));
        match self.cursor.peek() {
            Some(b'(') if !matches!(self.cursor.peek_at(1), Some(b'(' | b'\\')) => self.subshell(joined)?,
            Some(b'{') if self.reserved() == Some(Reserved::OpenBrace) => self.brace_group(joined)?,
            _ => return self.opaque("a function body of an unusual form"),
        }
        self.leave();
        self.scope = outer;
        let end = self.state.script.commands.get(index as usize + 1).map(|body| body.span.end);
        self.state.amend(index, |command| command.span.end = end.unwrap_or(command.span.end));
        Ok(())
    }

    fn reserved_name(&self, name: &[u8]) -> bool {
        Reserved::named(name).is_some() || (!self.is_bash() && SPECIAL.contains(&name))
    }
}

fn is_function_name(name: &[u8], bash: bool) -> bool {
    name.first().is_some_and(|&byte| super::bytes::starts_name(byte))
        && name
            .iter()
            .all(|&byte| super::bytes::continues_name(byte) || (bash && matches!(byte, b'-' | b'.' | b':')))
}
