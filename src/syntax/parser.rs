//! The state of one parse: where it reads, what it has found, and what encloses the place.

use super::cursor::Cursor;
use super::heredoc::Pending;
use super::limits;
use super::{Command, CommandKind, Connector, Dialect, Opaque, Place, Script, Span};

/// Either the part that was read, or why the whole text is not understood.
pub(super) type Outcome<T> = Result<T, Opaque>;

/// What is common to all texts of one parse (the source, and what stands in backquotes and here-documents).
pub(super) struct State {
    pub(super) script: Script,
    pub(super) dialect: Dialect,
    pipelines: u32,
    depth: u8,
    /// Bytes that braces have written.
    pub(super) brace_bytes: usize,
    /// The offset behind the last newline that ended a command, and with it its line.
    pub(super) newline: u32,
    /// Offsets behind the newlines at which a shell that reads line by line would run what it has read.
    pub(super) ends: Vec<u32>,
}

/// What encloses the place that is read.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) level: u16,
    pub(super) parent: Option<u32>,
    pub(super) place: Place,
    pub(super) current_shell: bool,
    pub(super) conditional: bool,
    /// Inside `$(…)`, backquotes, `<(…)` or `>(…)`, at whatever distance: bash prints and reads those again.
    pub(super) substituted: bool,
    /// Inside the text of a here-document.
    pub(super) in_here_document: bool,
    /// The command whose words and redirections are being read.
    pub(super) owner: Option<u32>,
}

/// Reads one text.
pub(super) struct Parser<'t, 's> {
    pub(super) cursor: Cursor<'t>,
    pub(super) state: &'s mut State,
    pub(super) scope: Scope,
    /// Here-documents whose text begins behind the next newline.
    pub(super) pending: Vec<Pending>,
    /// How many of them wait outside the substitution that is being read.
    pub(super) held: usize,
    /// Whether a here-document stands in the substitution that is being read: then nothing may follow its command.
    pub(super) sealed: bool,
}

impl State {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            script: Script::default(),
            dialect,
            pipelines: 0,
            depth: 0,
            brace_bytes: 0,
            newline: 0,
            ends: Vec::new(),
        }
    }

    /// Returns the index that the next command will have.
    pub(super) fn next_index(&self) -> u32 {
        u32::try_from(self.script.commands.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn next_pipeline(&mut self) -> u32 {
        self.pipelines += 1;
        self.pipelines - 1
    }

    /// Changes a command that is already in the list.
    pub(super) fn amend(&mut self, index: u32, change: impl FnOnce(&mut Command)) {
        if let Some(command) = self.script.commands.get_mut(index as usize) {
            change(command);
        }
    }

    /// Changes every command from `first` on.
    pub(super) fn amend_from(&mut self, first: u32, change: impl Fn(&mut Command)) {
        self.script.commands.iter_mut().skip(first as usize).for_each(change);
    }
}

impl Scope {
    pub(super) fn top() -> Self {
        Self {
            level: 0,
            parent: None,
            place: Place::Top,
            current_shell: true,
            conditional: false,
            substituted: false,
            in_here_document: false,
            owner: None,
        }
    }

    /// Returns the scope of the body of the compound command `parent`.
    pub(super) fn body(self, parent: u32) -> Self {
        Self { level: self.level + 1, parent: Some(parent), place: Place::Body, owner: None, ..self }
    }

    /// Returns the scope of a substitution in a word of the command that is being read.
    fn substitution(self, place: Place) -> Self {
        Self {
            level: self.level + 1,
            parent: self.owner,
            place,
            current_shell: false,
            substituted: true,
            owner: None,
            ..self
        }
    }
}

impl<'t, 's> Parser<'t, 's> {
    pub(super) fn new(cursor: Cursor<'t>, state: &'s mut State, scope: Scope) -> Self {
        Self { cursor, state, scope, pending: Vec::new(), held: 0, sealed: false }
    }

    /// Says that the text is not understood at the cursor.
    pub(super) fn opaque<T>(&self, why: &'static str) -> Outcome<T> {
        Err(Opaque { why, at: self.cursor.offset() })
    }

    pub(super) fn is_bash(&self) -> bool {
        self.state.dialect == Dialect::Bash
    }

    /// Refuses a form that dash does not know or reads differently.
    pub(super) fn bash_only(&self, why: &'static str) -> Outcome<()> {
        if self.is_bash() { Ok(()) } else { self.opaque(why) }
    }

    /// Counts one more level of nesting; every function that can reach itself again calls this.
    pub(super) fn enter(&mut self) -> Outcome<()> {
        if self.state.depth >= limits::DEPTH {
            return self.opaque("it is nested too deeply");
        }
        self.state.depth += 1;
        Ok(())
    }

    /// Counts one level less. After an error the count does not matter: the whole text is opaque.
    pub(super) fn leave(&mut self) {
        self.state.depth -= 1;
    }

    /// Puts a command into the list at the place where it begins; what stands inside it follows.
    pub(super) fn open(&mut self, kind: CommandKind, joined: (Connector, (u32, u16))) -> Outcome<u32> {
        if self.state.script.commands.len() >= limits::COMMANDS {
            return self.opaque("there are too many commands");
        }
        let index = self.state.next_index();
        let start = self.cursor.offset();
        let (connector, pipeline) = joined;
        self.state.script.commands.push(Command {
            kind,
            span: Span { start, end: start },
            level: self.scope.level,
            parent: self.scope.parent,
            place: self.scope.place,
            connector,
            pipeline,
            background: false,
            in_current_shell: self.scope.current_shell,
            conditional: self.scope.conditional,
            assignments: Vec::new(),
            words: Vec::new(),
            redirections: Vec::new(),
        });
        self.scope.owner = Some(index);
        Ok(index)
    }

    /// Reads the commands of a substitution up to, not over, its end; returns their range in the list.
    ///
    /// A here-document that began outside has its text behind the next newline, which must not stand in here.
    pub(super) fn substitution(&mut self, place: Place) -> Outcome<(u32, u32)> {
        self.enter()?;
        let outer = self.scope;
        self.scope = outer.substitution(place);
        let outer_pending = std::mem::take(&mut self.pending);
        self.held += outer_pending.len();
        let sealed = std::mem::take(&mut self.sealed);
        let first = self.state.next_index();
        self.list()?;
        self.sealed = sealed;
        if !self.pending.is_empty() {
            return self.opaque("a here-document has no text");
        }
        self.held -= outer_pending.len();
        self.pending = outer_pending;
        self.scope = outer;
        self.leave();
        Ok((first, self.state.next_index()))
    }
}
