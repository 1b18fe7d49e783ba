//! A command line → its facts.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use crate::shell::wrapper::Wrapped;
use crate::syntax::{Command, CommandKind, Connector, Dialect, Parse, Script, Span, parse};

use super::analysis::{Analysis, Scene};
use super::item::Item;
use super::{Catalog, CommandLine, EffectKind, Facts, Opacity, Program, Target, World};
use super::{disguise, transfer};

/// Words of an argument vector.
const MAX_WORDS: usize = 1 << 14;
/// Bytes of an argument vector.
const MAX_BYTES: usize = 1 << 17;

/// Finds every invocation that a command line could start, and what each would do.
///
/// Total: whatever is not understood is opaque in the answer.
#[must_use]
pub fn analyse(line: &CommandLine, world: &dyn World, catalog: &Catalog) -> Facts {
    if let Some(facts) = transfer::read(line, world) {
        return Facts { disguises: disguise::find(line, &facts), ..facts };
    }
    let mut analysis = Analysis::new(world, catalog);
    let scene = Scene {
        cwd: Some(world.cwd()),
        via: &[],
        texts: 0,
        elsewhere: None,
        certain_environment: true,
        stdin: None,
        printed: None,
        shell: None,
        span: None,
    };
    let mut simple = None;
    match line {
        CommandLine::Argv(words) if is_too_long(words) => {
            analysis.give_up("its words are more than can be looked at in time", Span::default());
        }
        CommandLine::Argv(words) => {
            let known = |(word, span): (_, Span)| Item::known(Vec::as_slice(word), span);
            let items: Vec<Item<'_>> = words.iter().zip(line.word_spans()).map(known).collect();
            simple = (!items.is_empty()).then(|| analysis.invoke(&items, scene));
        }
        CommandLine::Shell { text, dialect, options, .. } => {
            let script = analysis.whole_text(text, *dialect, scene);
            if options.is_empty() && script.is_some_and(|script| is_simple(&script, text)) {
                simple = Some(0);
            }
        }
        CommandLine::Wrapped(_) => {
            let text = match line.wrapped() {
                // Nothing at all would be asked about: nobody could judge it.
                Some(wrapped) if wrapped.command.is_empty() => b":".to_vec(),
                _ => line.text(),
            };
            let script = analysis.whole_text(&text, Dialect::Bash, scene);
            if let (Some(wrapped), Some(script)) = (line.wrapped(), script) {
                analysis.in_wrapper(&wrapped, &script);
            }
        }
    }
    analysis.check_provisos();
    let mut facts = settled(analysis.facts, simple);
    if !matches!(line, CommandLine::Argv(words) if is_too_long(words)) {
        facts.disguises = disguise::find(line, &facts);
    }
    facts
}

impl Analysis<'_> {
    /// Names that the line itself may make were not looked at.
    fn check_provisos(&mut self) {
        for proviso in std::mem::take(&mut self.provisos) {
            if proviso.fails(&self.facts) {
                self.opaque(
                    proviso.at,
                    "words that are names of files, which the line may change",
                    proviso.span,
                );
            }
        }
    }

    fn whole_text(&mut self, text: &[u8], dialect: Dialect, scene: Scene<'_>) -> Option<Script> {
        match parse(text, dialect) {
            Parse::Understood(script) => {
                self.script(&script, text, dialect, scene);
                Some(script)
            }
            Parse::Opaque(opaque) => {
                let span = Span { start: opaque.at, end: opaque.at.saturating_add(1) };
                self.facts.opaque = Some(Opacity { why: opaque.why.to_owned(), span });
                None
            }
        }
    }

    /// What runs behind a command in its wrapper is known, and so is the file that it writes, as long as the command
    /// changes neither what the names in the wrapper mean nor where the path leads.
    fn in_wrapper(&mut self, wrapped: &Wrapped<'_>, script: &Script) {
        let redefines = script.commands.iter().any(|command| match &command.kind {
            CommandKind::Function { name } => {
                wrapped.wrapper.calls.iter().any(|known| known.as_bytes() == name.as_slice())
            }
            _ => false,
        });
        let mut effects = self.facts.invocations.iter().flat_map(|invocation| &invocation.effects);
        let reassigns = !wrapped.wrapper.uses.is_empty()
            && effects.any(|effect| {
                effect.kind == EffectKind::Environment && may_set(&effect.target, wrapped.wrapper.uses)
            });
        let why = if redefines || reassigns {
            "changes what its wrapper does afterwards"
        } else if wrapped.file.is_some_and(|file| !is_its_own_place(file, self.world)) {
            "the file that its wrapper writes is a link"
        } else {
            return;
        };
        // The parts stay as strict as they are by themselves.
        self.opaque(0, why, Span::default());
    }
}

/// Whether something that is set could be one of these variables, an element of it included.
fn may_set(target: &Target, variables: &[&str]) -> bool {
    match target {
        Target::Name(name) => variables.iter().any(|variable| name.starts_with(variable)),
        _ => true,
    }
}

/// Whether no link leads from a path to somewhere else.
fn is_its_own_place(path: &[u8], world: &dyn World) -> bool {
    let path = Path::new(OsStr::from_bytes(path));
    world.resolve(path).path == path
}

fn is_too_long(words: &[Vec<u8>]) -> bool {
    words.len() > MAX_WORDS || words.iter().map(Vec::len).sum::<usize>() > MAX_BYTES
}

/// What is opaque as a whole has no parts; only a file can be executed directly.
fn settled(mut facts: Facts, simple: Option<usize>) -> Facts {
    if facts.opaque.is_some() {
        facts.invocations = Vec::new();
        return facts;
    }
    let executable = |at: &usize| {
        let invocation = facts.invocations.get(*at);
        invocation.is_some_and(|invocation| {
            matches!(invocation.program, Program::File { .. })
                && invocation.words.iter().all(|word| word.value.is_some())
        })
    };
    facts.simple = simple.filter(executable);
    facts
}

/// Whether the text is one simple command of literal words and nothing else.
fn is_simple(script: &Script, text: &[u8]) -> bool {
    let [command] = script.commands.as_slice() else { return false };
    let blank = |from: usize, to: usize| {
        text.get(from..to).is_some_and(|text| text.iter().all(|b| b" \t\n".contains(b)))
    };
    let start = usize::try_from(command.span.start).unwrap_or(usize::MAX);
    let end = usize::try_from(command.span.end).unwrap_or(usize::MAX);
    is_plain(command) && blank(0, start) && blank(end, text.len())
}

fn is_plain(command: &Command) -> bool {
    command.kind == CommandKind::Simple
        && command.level == 0
        && command.connector == Connector::First
        && !command.background
        && command.assignments.is_empty()
        && command.redirections.is_empty()
        && !command.words.is_empty()
        && command.words.iter().all(|word| word.literal().is_some())
}
