//! A command line → its facts.

use crate::syntax::{Command, CommandKind, Connector, Parse, Script, Span, parse};

use super::analysis::{Analysis, Scene};
use super::disguise;
use super::item::Item;
use super::{Catalog, CommandLine, Facts, Opacity, Program, World};

/// Finds every invocation that a command line could start, and what each would do.
///
/// Total: whatever is not understood is opaque in the answer.
#[must_use]
pub fn analyse(line: &CommandLine, world: &dyn World, catalog: &Catalog) -> Facts {
    let mut analysis = Analysis { world, catalog, facts: Facts::default() };
    let scene = Scene {
        cwd: Some(world.cwd()),
        via: &[],
        texts: 0,
        elsewhere: None,
        certain_environment: true,
        stdin: None,
        shell: None,
        span: None,
    };
    let mut simple = None;
    match line {
        CommandLine::Argv(words) => {
            let known = |(word, span): (_, Span)| Item::known(Vec::as_slice(word), span);
            let items: Vec<Item<'_>> = words.iter().zip(line.word_spans()).map(known).collect();
            simple = (!items.is_empty()).then(|| analysis.invoke(&items, scene));
        }
        CommandLine::Shell { text, dialect, options, .. } => match parse(text, *dialect) {
            Parse::Understood(script) => {
                analysis.script(&script, text, *dialect, scene);
                if options.is_empty() && is_simple(&script, text) {
                    simple = Some(0);
                }
            }
            Parse::Opaque(opaque) => {
                let span = Span { start: opaque.at, end: opaque.at.saturating_add(1) };
                analysis.facts.opaque = Some(Opacity { why: opaque.why.to_owned(), span });
            }
        },
    }
    let mut facts = settled(analysis.facts, simple);
    facts.disguises = disguise::find(line, &facts);
    facts
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
