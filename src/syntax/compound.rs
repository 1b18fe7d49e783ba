//! Compound commands (POSIX 2.9.4, and bash's own).

use super::bytes::{ends_word, is_name};
use super::parser::{Outcome, Parser, Scope};
use super::reserved::Reserved;
use super::word::Splitting;
use super::{CommandKind, Connector, Piece, Value, Word};

/// How a command is joined to the one before, and its place in a pipeline.
pub(super) type Joined = (Connector, (u32, u16));

/// How often a body runs, as far as its compound command decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// As often as the compound command itself.
    Once,
    /// Perhaps not, or more than once.
    Perhaps,
}

impl Parser<'_, '_> {
    /// Reads one command of any kind.
    pub(super) fn command(&mut self, joined: Joined) -> Outcome<()> {
        if self.cursor.peek() == Some(b'(') {
            return match self.cursor.peek_at(1) {
                Some(b'(') => self.arithmetic_command(joined),
                Some(b'\\') => self.opaque("a joined line directly behind a parenthesis"),
                _ => self.subshell(joined),
            };
        }
        let Some(reserved) = self.reserved() else { return self.simple(joined) };
        if matches!(reserved, Reserved::Select | Reserved::Function | Reserved::OpenTest) {
            self.bash_only("a reserved word in bash alone")?;
        }
        match reserved {
            Reserved::If => self.if_clause(joined),
            Reserved::For => self.for_clause(joined, reserved),
            Reserved::Select => self.for_clause(joined, reserved),
            Reserved::While | Reserved::Until => self.loop_clause(joined, reserved),
            Reserved::Case => self.case_clause(joined),
            Reserved::OpenBrace => self.brace_group(joined),
            Reserved::OpenTest => self.test_expression(joined),
            Reserved::Function => self.function_keyword(joined),
            Reserved::Coproc => self.opaque("a coprocess"),
            _ => self.opaque("a reserved word where none may stand"),
        }
    }

    /// Reads the list inside a compound command; something must stand in it.
    fn body(&mut self, index: u32, outer: Scope, runs: Runs) -> Outcome<()> {
        self.enter()?;
        self.scope = outer.body(index);
        self.scope.conditional |= runs == Runs::Perhaps;
        self.full_list()?;
        self.scope = outer;
        self.leave();
        Ok(())
    }

    /// Steps over the reserved word that must stand at the cursor.
    fn expect(&mut self, reserved: Reserved, why: &'static str) -> Outcome<()> {
        if self.reserved() != Some(reserved) {
            return self.opaque(why);
        }
        self.cursor.advance(reserved.length());
        Ok(())
    }

    /// `( … )`.
    pub(super) fn subshell(&mut self, joined: Joined) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::Group, joined)?;
        self.cursor.advance(1);
        self.body(index, Scope { current_shell: false, ..outer }, Runs::Once)?;
        self.scope = outer;
        if !self.cursor.eat(b')') {
            return self.opaque("a parenthesis is not closed");
        }
        self.redirections(index)
    }

    /// `{ …; }`.
    pub(super) fn brace_group(&mut self, joined: Joined) -> Outcome<()> {
        let outer = self.scope;
        if !matches!(self.cursor.peek_at(1), Some(b' ' | b'\t' | b'\n')) {
            return self.opaque("a `{` without a blank behind it");
        }
        let index = self.open(CommandKind::Group, joined)?;
        self.cursor.advance(1);
        self.body(index, outer, Runs::Once)?;
        self.expect(Reserved::CloseBrace, "a brace is not closed")?;
        self.redirections(index)
    }

    fn if_clause(&mut self, joined: Joined) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::Group, joined)?;
        self.cursor.advance(Reserved::If.length());
        self.body(index, outer, Runs::Once)?;
        self.expect(Reserved::Then, "`then` is missing")?;
        self.body(index, outer, Runs::Perhaps)?;
        while self.reserved() == Some(Reserved::Elif) {
            self.cursor.advance(Reserved::Elif.length());
            self.body(index, outer, Runs::Perhaps)?;
            self.expect(Reserved::Then, "`then` is missing")?;
            self.body(index, outer, Runs::Perhaps)?;
        }
        if self.reserved() == Some(Reserved::Else) {
            self.cursor.advance(Reserved::Else.length());
            self.body(index, outer, Runs::Perhaps)?;
        }
        self.expect(Reserved::Fi, "`fi` is missing")?;
        self.redirections(index)
    }

    fn loop_clause(&mut self, joined: Joined, reserved: Reserved) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::Group, joined)?;
        self.cursor.advance(reserved.length());
        self.body(index, outer, Runs::Perhaps)?;
        self.do_group(index, outer)
    }

    /// `do …; done` and the redirections behind it.
    fn do_group(&mut self, index: u32, outer: Scope) -> Outcome<()> {
        self.expect(Reserved::Do, "`do` is missing")?;
        self.body(index, outer, Runs::Perhaps)?;
        self.expect(Reserved::Done, "`done` is missing")?;
        self.redirections(index)
    }

    fn for_clause(&mut self, joined: Joined, reserved: Reserved) -> Outcome<()> {
        let outer = self.scope;
        let index = self.open(CommandKind::ArithmeticFor, joined)?;
        self.cursor.advance(reserved.length());
        self.blanks();
        if reserved == Reserved::For && self.cursor.looking_at(b"((") {
            self.arithmetic_for()?;
        } else {
            self.for_words(index)?;
        }
        self.scope = outer;
        self.do_group(index, outer)
    }

    /// `((…;…;…))` up to the `do`.
    fn arithmetic_for(&mut self) -> Outcome<()> {
        use super::arithmetic::Until;
        self.bash_only("`for ((` is bash's alone")?;
        self.cursor.advance(2);
        let mark = self.cursor.mark();
        for _ in 0..2 {
            self.arithmetic(Until::Semicolon)?;
            self.cursor.advance(1);
        }
        self.arithmetic(Until::Parentheses)?;
        self.check_parentheses(mark)?;
        self.cursor.advance(2);
        self.separator()
    }

    /// `NAME in WORDS;` up to the `do`.
    fn for_words(&mut self, index: u32) -> Outcome<()> {
        let start = self.cursor.mark();
        let name = self.cursor.take_while(|byte| !ends_word(byte)).to_vec();
        if !is_name(&name) {
            return self.opaque("a loop over an unusual name");
        }
        let all = all_arguments(self.cursor.span_since(start).end);
        self.blanks();
        let mut words = Vec::new();
        if self.cursor.peek() == Some(b';') {
            words.push(all);
            self.separator()?;
        } else {
            self.lines()?;
            if self.reserved() == Some(Reserved::In) {
                self.cursor.advance(Reserved::In.length());
                self.words_until(&mut words)?;
                self.separator()?;
            } else {
                words.push(all);
            }
        }
        self.state.amend(index, |command| {
            command.kind = CommandKind::For { name };
            command.words = words;
        });
        Ok(())
    }

    fn words_until(&mut self, words: &mut Vec<Word>) -> Outcome<()> {
        loop {
            self.blanks();
            match self.cursor.peek() {
                None | Some(b'\n' | b';' | b'#') => return Ok(()),
                Some(_) => self.words(words)?,
            }
        }
    }

    /// `;` or newlines in front of a `do`.
    fn separator(&mut self) -> Outcome<()> {
        self.blanks();
        if self.cursor.peek() == Some(b';') {
            self.operator(1)?;
        }
        self.lines()
    }

    fn case_clause(&mut self, joined: Joined) -> Outcome<()> {
        let outer = self.scope;
        if outer.substituted {
            return self.opaque("`case` inside a substitution");
        }
        let index = self.open(CommandKind::Case, joined)?;
        self.cursor.advance(Reserved::Case.length());
        self.blanks();
        let mut words = vec![self.word(Splitting::None)?];
        self.lines()?;
        self.expect(Reserved::In, "`in` is missing")?;
        self.lines()?;
        while self.reserved() != Some(Reserved::Esac) {
            self.patterns(index, &mut words)?;
            if !self.case_item(index, outer)? {
                break;
            }
        }
        self.expect(Reserved::Esac, "`esac` is missing")?;
        self.state.amend(index, |command| command.words = words);
        self.scope = outer;
        self.redirections(index)
    }

    /// `(A | B)`, the first parenthesis as one likes.
    fn patterns(&mut self, index: u32, words: &mut Vec<Word>) -> Outcome<()> {
        self.scope.owner = Some(index);
        let conditional = std::mem::replace(&mut self.scope.conditional, true);
        if self.cursor.eat(b'(') {
            self.blanks();
            if self.reserved() == Some(Reserved::Esac) {
                return self.opaque("`esac` as a pattern");
            }
        }
        loop {
            self.blanks();
            if self.cursor.peek() == Some(b'#') {
                return self.opaque("a pattern of an unusual form");
            }
            words.push(self.word(Splitting::None)?);
            self.blanks();
            match self.cursor.peek() {
                Some(b'|') => self.cursor.advance(1),
                Some(b')') => break,
                _ => return self.opaque("a pattern is not closed"),
            }
        }
        self.cursor.advance(1);
        self.scope.conditional = conditional;
        Ok(())
    }

    /// The commands of one pattern, and `;;`; returns whether another pattern may follow.
    fn case_item(&mut self, index: u32, outer: Scope) -> Outcome<bool> {
        self.enter()?;
        self.scope = outer.body(index);
        self.scope.conditional = true;
        self.list()?;
        self.scope = outer;
        self.leave();
        let length = if self.cursor.looking_at(b";;&") {
            3
        } else if self.cursor.looking_at(b";;") || self.cursor.looking_at(b";&") {
            2
        } else {
            return Ok(false);
        };
        if !self.cursor.looking_at(b";;") || length == 3 {
            self.bash_only("`;&` is bash's alone")?;
        }
        self.operator(length)?;
        self.lines()?;
        Ok(true)
    }
}

/// The word over which a loop without `in` goes.
fn all_arguments(at: u32) -> Word {
    Word {
        span: super::Span { start: at, end: at },
        value: Value::Dynamic { prefix: Vec::new(), min: 0, max: None },
        quoted: true,
        pieces: vec![Piece::Parameter { symbol: b'@', quoted: true }],
    }
}
