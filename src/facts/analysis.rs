//! Argument vectors → invocations: which program a name leads to, and what is written down of it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::syntax::Span;

use super::catalog::{Catalog, Entry};
use super::item::Item;
use super::names::{Printed, Proviso};
use super::path::{absolute, normalized, path_target};
use super::{Effect, EffectKind, Facts, Invocation, Opacity, Program, Target, Undo, World};

/// Wrappers within wrappers, re-parsed texts among them.
pub(super) const MAX_WRAPPERS: usize = 16;
/// Wrappers times words behind them: each wrapper's words hold all those of what it starts.
const MAX_WRAPPED_WORDS: usize = 1 << 14;
/// Shell texts within shell texts.
pub(super) const MAX_TEXTS: usize = 3;
/// How much one command line may do, in units of about three microseconds with all that is asked and judged for it.
pub(super) const BUDGET: usize = 8192;
/// What an invocation costs.
const INVOCATION_COST: usize = 8;
/// Words of invocations for one unit.
const WORDS_A_UNIT: usize = 16;
/// Bytes of a word for one unit.
const BYTES_A_UNIT: usize = 256;
/// What a look at all names in a directory costs.
const LOOK_COST: usize = 1600;
/// What an effect costs; each path among them costs questions to the file system.
const EFFECT_COST: usize = 2;

/// An analysis in the making.
pub(super) struct Analysis<'w> {
    pub(super) world: &'w dyn World,
    pub(super) catalog: &'w Catalog,
    pub(super) facts: Facts,
    /// What looks at names rest on.
    pub(super) provisos: Vec<Proviso>,
    /// Directories in which names were looked at, and whether none could be an option.
    pub(super) looked_at: Vec<(PathBuf, bool)>,
    left: usize,
}

/// The circumstances in which a command is started.
#[derive(Clone, Copy)]
pub(super) struct Scene<'s> {
    /// The working directory, where it is known.
    pub(super) cwd: Option<&'s Path>,
    /// The wrappers around it, outermost first.
    pub(super) via: &'s [String],
    /// How many shell texts it stands in.
    pub(super) texts: usize,
    /// The machine or container that it runs on, where that is not this one.
    pub(super) elsewhere: Option<&'s str>,
    /// Whether its environment is the one that the world knows.
    pub(super) certain_environment: bool,
    /// The text on its standard input, where the command line says it.
    pub(super) stdin: Option<&'s [u8]>,
    /// The names of files on it, where that is all there is.
    pub(super) printed: Option<&'s Printed>,
    /// The shell that looks its name up; `None` where a program starts it.
    pub(super) shell: Option<Names<'s>>,
    /// The span of everything, where the source is a text within the command line.
    pub(super) span: Option<Span>,
}

/// What a shell knows of names beside programs.
#[derive(Clone, Copy)]
pub(super) struct Names<'s> {
    /// The dialect that it reads.
    pub(super) dialect: crate::syntax::Dialect,
    /// Functions that the same text defines, with the certainty that they are defined by now.
    pub(super) functions: &'s [(&'s [u8], bool)],
}

/// What a name leads to, and what is known of it.
pub(super) struct Found {
    pub(super) program: Program,
    pub(super) entry: Option<&'static Entry>,
}

impl Scene<'_> {
    /// The span to write down for something at `span`.
    pub(super) fn place(&self, span: Span) -> Span {
        self.span.unwrap_or(span)
    }
}

impl<'w> Analysis<'w> {
    /// An analysis that has not begun.
    pub(super) fn new(world: &'w dyn World, catalog: &'w Catalog) -> Self {
        Self {
            world,
            catalog,
            facts: Facts::default(),
            provisos: Vec::new(),
            looked_at: Vec::new(),
            left: BUDGET,
        }
    }
}

impl Analysis<'_> {
    /// Writes down the invocation of an argument vector and everything that it starts in turn; returns its index.
    pub(super) fn invoke(&mut self, items: &[Item<'_>], scene: Scene<'_>) -> usize {
        let span = items.iter().map(|item| item.span).reduce(union).unwrap_or_default();
        let at = self.record(Program::Unknown, items, span, scene);
        let Some(first) = items.first() else {
            self.set_program(at, Program::Nothing);
            return at;
        };
        if scene.via.len() >= MAX_WRAPPERS || scene.via.len() * items.len() > MAX_WRAPPED_WORDS {
            self.opaque(at, "too many commands within commands", scene.place(span));
            return at;
        }
        let (Some(name), true) = (first.text(), first.is_one_word()) else {
            self.opaque(at, "the command's name is not known before the shell runs", scene.place(first.span));
            return at;
        };
        let rest = items.get(1..).unwrap_or_default();
        match self.function(name, scene) {
            Some(true) => self.set_program(at, Program::Function(name.to_owned())),
            Some(false) => {
                self.opaque(at, "a function may or may not be defined by this name", scene.place(first.span));
            }
            None => self.found(at, name, first, rest, scene),
        }
        at
    }

    fn found(&mut self, at: usize, name: &str, first: &Item<'_>, rest: &[Item<'_>], scene: Scene<'_>) {
        let found = self.find(name, scene);
        let builtin = matches!(found.program, Program::Builtin(_));
        self.set_program(at, found.program.clone());
        match found.entry {
            Some(entry) if builtin => self.builtin(at, name, entry, rest, scene),
            Some(entry) => self.perform(at, base_name(name), entry, rest, scene),
            None => self.unknown_program(at, &found.program, first, scene),
        }
    }

    /// Whether the name is a function's; `Some(false)`: perhaps.
    fn function(&self, name: &str, scene: Scene<'_>) -> Option<bool> {
        let functions = scene.shell?.functions;
        let mut defined =
            functions.iter().filter(|(known, _)| *known == name.as_bytes()).map(|(_, certain)| *certain);
        defined.next().map(|first| first || defined.any(|certain| certain))
    }

    /// What a name that is no function's leads to.
    pub(super) fn find(&self, name: &str, scene: Scene<'_>) -> Found {
        if scene.elsewhere.is_some() {
            let directory = name.strip_suffix(base_name(name)).unwrap_or("");
            let trusted = directory.is_empty() || SYSTEM_PREFIXES.contains(&directory);
            let entry = if trusted { self.catalog.program(base_name(name)) } else { None };
            return Found { program: Program::Elsewhere(name.to_owned()), entry };
        }
        if let Some(entry) = scene.shell.and_then(|names| self.builtin_entry(name, names)) {
            return Found { program: Program::Builtin(name.to_owned()), entry: Some(entry) };
        }
        let path = if name.contains('/') {
            absolute(name.as_bytes(), scene.cwd).map(|path| normalized(&path))
        } else {
            self.world.find_program(name.as_bytes())
        };
        let path = path.map(|path| self.world.stands_for(&path).unwrap_or(path));
        let unseen = path.is_none() && !name.contains('/');
        let trusted = unseen || path.as_deref().is_some_and(|path| self.is_system_program(path));
        let entry = if trusted { self.catalog.program(base_name(name)) } else { None };
        Found { program: Program::File { name: base_name(name).to_owned(), path }, entry }
    }

    /// In `sh` a program may have the name of what only bash has built in.
    fn builtin_entry(&self, name: &str, names: Names<'_>) -> Option<&'static Entry> {
        let entry = self.catalog.builtin(name)?;
        let bash_only = names.dialect == crate::syntax::Dialect::Sh && !SH_BUILTINS.contains(&name);
        (!bash_only || self.world.find_program(name.as_bytes()).is_none()).then_some(entry)
    }

    fn is_system_program(&self, path: &Path) -> bool {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
        self.world.is_system_program(path) && {
            let real = self.world.resolve(parent).path;
            real == parent || self.world.is_system_program(&real.join(name))
        }
    }

    fn unknown_program(&mut self, at: usize, program: &Program, first: &Item<'_>, scene: Scene<'_>) {
        let target = match program {
            Program::File { path: Some(path), .. } => {
                path_target(path.as_os_str().as_encoded_bytes(), None, false, self.world)
            }
            Program::File { name, .. } | Program::Elsewhere(name) => Target::Name(name.clone()),
            _ => Target::Unknown,
        };
        self.effect(
            at,
            EffectKind::Execute,
            target,
            Undo::Irreversible,
            "not in the catalog",
            first.span,
            scene,
        );
    }

    /// Writes down an invocation without effects.
    pub(super) fn record(
        &mut self,
        program: Program,
        items: &[Item<'_>],
        span: Span,
        scene: Scene<'_>,
    ) -> usize {
        self.facts.invocations.push(Invocation {
            program,
            words: items
                .iter()
                .map(|item| {
                    let argument = item.argument();
                    super::Argument { span: scene.place(argument.span), ..argument }
                })
                .collect(),
            via: scene.via.to_vec(),
            effects: Vec::new(),
            subs: Vec::new(),
            opaque: None,
            open_ended: false,
            span: scene.place(span),
        });
        self.spend(INVOCATION_COST + items.len() / WORDS_A_UNIT, scene.place(span));
        self.facts.invocations.len() - 1
    }

    /// Notes which subcommand an invocation's words lead to.
    pub(super) fn note_sub(&mut self, at: usize, name: &'static str) {
        if let Some(invocation) = self.facts.invocations.get_mut(at) {
            invocation.subs.push(name.into());
        }
    }

    /// Counts the words of a command before they are looked at; `false` where they are too many.
    pub(super) fn affords_words(&mut self, words: usize, span: Span) -> bool {
        self.spend(words / WORDS_A_UNIT, span);
        !self.is_over()
    }

    /// Counts the bytes that a word becomes; `false` where they are too many.
    pub(super) fn affords_bytes(&mut self, bytes: usize, span: Span) -> bool {
        self.spend(bytes / BYTES_A_UNIT, span);
        !self.is_over()
    }

    /// Counts looks at all names in directories; `false`, and nothing is opaque, where they are too many.
    pub(super) fn affords_looks(&mut self, directories: usize) -> bool {
        let left = self.left.checked_sub(directories.saturating_mul(LOOK_COST));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Counts what is written down; what is beyond the budget is opaque as a whole.
    fn spend(&mut self, cost: usize, span: Span) {
        match self.left.checked_sub(cost) {
            Some(left) => self.left = left,
            None => self.give_up("it does more than can be looked at in time", span),
        }
    }

    /// Makes the whole command line opaque.
    pub(super) fn give_up(&mut self, why: &str, span: Span) {
        self.facts.opaque.get_or_insert_with(|| Opacity { why: why.to_owned(), span });
    }

    /// Whether analysis gave up, because the command line does too much.
    pub(super) fn is_over(&self) -> bool {
        self.facts.opaque.is_some()
    }

    fn set_program(&mut self, at: usize, program: Program) {
        if let Some(invocation) = self.facts.invocations.get_mut(at) {
            invocation.program = program;
        }
    }

    /// Notes that analysis did not see everything; the first reason stays.
    pub(super) fn opaque(&mut self, at: usize, why: impl Into<Cow<'static, str>>, span: Span) {
        if let Some(invocation) = self.facts.invocations.get_mut(at)
            && invocation.opaque.is_none()
        {
            invocation.opaque = Some(Opacity { why: why.into().into_owned(), span });
        }
    }

    /// Notes that an invocation would run what comes on its standard input.
    pub(super) fn open_ended(&mut self, at: usize) {
        if let Some(invocation) = self.facts.invocations.get_mut(at) {
            invocation.open_ended = true;
        }
    }

    /// Notes an effect; what happens elsewhere is noted for that place as well.
    #[expect(clippy::too_many_arguments, reason = "an effect has that many sides")]
    pub(super) fn effect(
        &mut self,
        at: usize,
        kind: EffectKind,
        target: Target,
        undo: Undo,
        because: impl Into<Cow<'static, str>>,
        span: Span,
        scene: Scene<'_>,
    ) {
        self.spend(EFFECT_COST, scene.place(span));
        let Some(invocation) = self.facts.invocations.get_mut(at).filter(|_| self.facts.opaque.is_none())
        else {
            return;
        };
        let effect = Effect { kind, target, undo, because: because.into(), span: scene.place(span) };
        let named = |name: &str| matches!(name, "standard input" | "standard-input");
        invocation.open_ended |=
            kind == EffectKind::Execute && matches!(&effect.target, Target::Name(name) if named(name));
        if let Some((kind, target)) = scene.elsewhere.and_then(|place| elsewhere(place, kind, &effect.target))
        {
            invocation.effects.push(Effect { kind, target, ..effect.clone() });
        }
        invocation.effects.push(effect);
    }
}

/// What an effect on another machine is there: reading and listing stay what they are, everything else changes that
/// machine. The effect itself is kept beside it, so that what is never allowed here is never allowed there.
fn elsewhere(place: &str, kind: EffectKind, target: &Target) -> Option<(EffectKind, Target)> {
    let name = match target {
        Target::Path { path, .. } => format!("{place}:{}", path.display()),
        Target::Glob { pattern, .. } => format!("{place}:{}", String::from_utf8_lossy(pattern)),
        Target::Name(name) => format!("{place}:{name}"),
        Target::Unknown | Target::Nothing => place.to_owned(),
        Target::Host { .. } => return None,
    };
    let kind = if matches!(kind, EffectKind::Read | EffectKind::List) { kind } else { EffectKind::Remote };
    Some((kind, Target::Name(name)))
}

/// The last component of a name.
pub(super) fn base_name(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, base)| base)
}

/// The span from the first to the last of two.
pub(super) fn union(a: Span, b: Span) -> Span {
    Span { start: a.start.min(b.start), end: a.end.max(b.end) }
}

/// Where another machine keeps its programs.
const SYSTEM_PREFIXES: [&str; 6] =
    ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/", "/usr/local/sbin/"];

/// What every `sh` has built in.
const SH_BUILTINS: [&str; 39] = [
    ".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit",
    "export", "false", "fc", "fg", "getopts", "hash", "jobs", "kill", "local", "printf", "pwd", "read",
    "readonly", "return", "set", "shift", "test", "times", "trap", "true", "type", "ulimit", "umask",
    "unalias", "unset", "wait",
];
