//! What runs or sends what flows into it.

use std::collections::BTreeMap;

use crate::facts::analysis::Scene;
use crate::facts::{Effect, EffectKind, Facts, Invocation, Program, Target};
use crate::syntax::{Command, Piece, Redirection, RedirectionOperator, Span, Word};

use super::holding::{Holding, Origin, name, wording};
use super::{Flow, descriptor, distant_host};

/// Effects that are noted for one invocation.
const MAX_NOTES: usize = 8;

/// An effect that is to be noted, with the invocation that has it.
pub(super) struct Note {
    pub(super) at: usize,
    pub(super) kind: EffectKind,
    pub(super) name: String,
    pub(super) span: Span,
    /// The target of the stated effect that it says more precisely.
    pub(super) instead_of: Option<Target>,
}

/// A word that something flows into.
#[derive(Debug, Default)]
struct Filled {
    held: Holding,
    /// Whether the output of a command stands in it.
    substituted: bool,
    /// A secret of the environment that it names.
    secret: Option<String>,
}

/// What flows into one command.
struct Sink<'f> {
    words: BTreeMap<Span, Filled>,
    given: Option<Holding>,
    facts: &'f Facts,
}

impl Flow<'_> {
    /// What of it all a command runs or sends.
    pub(super) fn sinks(&self, index: usize, facts: &Facts, scene: Scene<'_>) -> Vec<Note> {
        let Some(command) = self.script.commands.get(index) else { return Vec::new() };
        let sink =
            Sink { words: self.words(index, command, scene), given: self.inputs.get(index).copied(), facts };
        let mut notes = Vec::new();
        let here =
            |(_, invocation): &(usize, &Invocation)| !matches!(invocation.program, Program::Elsewhere(_));
        for (at, invocation) in self.invocations(index, facts).filter(here) {
            let runs = self.runs(at, invocation, &sink);
            notes.extend(runs.into_iter().chain(sink.sends(at, invocation)).take(MAX_NOTES));
        }
        notes.extend(self.sends_by_descriptor(index, command, facts, scene).into_iter().take(MAX_NOTES));
        notes
    }

    /// What stands in the words of a command, by the span that is written down for them.
    fn words(&self, index: usize, command: &Command, scene: Scene<'_>) -> BTreeMap<Span, Filled> {
        let mut words: BTreeMap<Span, Filled> = BTreeMap::new();
        for word in command.words.iter().filter(|word| !word.pieces.is_empty()) {
            let held = self.of_word(index, word);
            let secret = self.secret_variable(word);
            if held.is_empty() && secret.is_none() {
                continue;
            }
            let filled = words.entry(scene.place(word.span)).or_default();
            filled.held.join(held);
            filled.substituted |= word.pieces.iter().any(|piece| matches!(piece, Piece::Substitution { .. }));
            filled.secret = filled.secret.take().or(secret);
        }
        words
    }

    /// Code that comes from elsewhere in the line.
    fn runs(&self, at: usize, invocation: &Invocation, sink: &Sink<'_>) -> Vec<Note> {
        let kind = EffectKind::Execute;
        let mut notes = Vec::new();
        let runs = |effect: &&Effect| matches!(effect.kind, EffectKind::Execute | EffectKind::ProjectCode);
        for effect in invocation.effects.iter().filter(runs) {
            let span = effect.span;
            match &effect.target {
                Target::Name(name) if matches!(name.as_str(), "standard input" | "standard-input") => {
                    let Some(code) = sink.given.and_then(|given| given.code) else { continue };
                    let instead_of = Some(effect.target.clone());
                    notes.push(Note { at, kind, name: wording(code, sink.facts), span, instead_of });
                }
                Target::Path { resolved, path, .. } => {
                    let code = self.files.get(resolved).and_then(|held| held.code);
                    let Some(code) = code.filter(|(_, from)| *from != at) else { continue };
                    let name = format!("{}, {}", path.display(), wording(code, sink.facts));
                    notes.push(Note { at, kind, name, span, instead_of: None });
                }
                _ => {}
            }
        }
        if name(invocation).is_some_and(is_interpreter) {
            let code = |(span, filled): (&Span, &Filled)| {
                let code = filled.held.code?;
                (filled.substituted || code.0 >= Origin::Decoded).then_some((*span, code))
            };
            notes.extend(sink.words.iter().filter_map(|word| code((word.0, word.1))).take(1).map(
                |(span, code)| Note { at, kind, name: wording(code, sink.facts), span, instead_of: None },
            ));
        }
        notes
    }

    /// `cat secret >&3`, where 3 leads to another machine.
    fn sends_by_descriptor(
        &self,
        index: usize,
        command: &Command,
        facts: &Facts,
        scene: Scene<'_>,
    ) -> Vec<Note> {
        let (Some(&at), false) = (self.starts.get(index), self.connections.is_empty()) else {
            return Vec::new();
        };
        let Some(from) = self.subtree(index).local else { return Vec::new() };
        let output =
            |redirection: &&Redirection| redirection.operator == RedirectionOperator::DuplicateOutput;
        let note = |redirection: &Redirection| {
            let host = self.connections.get(&descriptor(redirection)?)?;
            let name = format!("{SENT} {} to {host}", wording((Origin::Read, from), facts));
            let span = scene.place(redirection.span);
            Some(Note { at, kind: EffectKind::Remote, name, span, instead_of: None })
        };
        command.redirections.iter().filter(output).filter_map(note).collect()
    }

    /// A variable of the environment whose name says that it is a secret.
    fn secret_variable(&self, word: &Word) -> Option<String> {
        let names = word.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { name, .. } => std::str::from_utf8(name).ok(),
            _ => None,
        });
        let secret = |name: &&str| SECRETS.iter().any(|part| name.to_ascii_uppercase().contains(part));
        let mut secrets = names.filter(secret);
        secrets.next().map(|name| format!("the variable {name}"))
    }
}

impl Sink<'_> {
    /// Local data that goes to another machine.
    fn sends(&self, at: usize, invocation: &Invocation) -> Vec<Note> {
        let kind = EffectKind::Remote;
        let stated = Some(Target::Name(SENT.to_owned())).filter(|sent| {
            invocation.effects.iter().any(|effect| effect.kind == kind && effect.target == *sent)
        });
        let mut notes = Vec::new();
        for effect in &invocation.effects {
            let Some(host) = distant_host(effect) else { continue };
            let span = effect.span;
            let to = |what: String| format!("{SENT} {what} to {host}");
            if let Some(what) = self.words.get(&span).and_then(|word| self.told(word, &effect.target)) {
                notes.push(Note { at, kind, name: to(what), span, instead_of: None });
            }
            if let Some(from) = self.handed_over(at, invocation, stated.is_some()) {
                let name = to(wording((Origin::Read, from), self.facts));
                notes.push(Note { at, kind, name, span, instead_of: stated.clone() });
            }
            if notes.len() >= MAX_NOTES {
                break;
            }
        }
        notes
    }

    /// What a word tells the host that it names.
    fn told(&self, word: &Filled, target: &Target) -> Option<String> {
        let unseen = matches!(target, Target::Host { name: None, .. });
        let local = word.held.local.map(|from| wording((Origin::Read, from), self.facts));
        let tells = |code: &(Origin, usize)| unseen || word.substituted && !self.describes_a_machine(code.1);
        let printed = word.held.code.filter(tells).map(|code| wording(code, self.facts));
        local.or(printed).or_else(|| word.secret.clone())
    }

    /// Whether a command prints what many machines have in common, as names of downloads do.
    fn describes_a_machine(&self, at: usize) -> bool {
        let called = self.facts.invocations.get(at).and_then(name);
        called.is_some_and(|called| matches!(called, "uname" | "arch" | "date" | "dpkg" | "nproc"))
    }

    /// The invocation that read what this one sends, by its standard input or its words.
    fn handed_over(&self, at: usize, invocation: &Invocation, sends: bool) -> Option<usize> {
        let by_words = invocation.via.iter().any(|name| name == "xargs")
            && invocation.words.iter().any(|word| word.value.is_none());
        let by_input = sends || starts_elsewhere(at, self.facts);
        let given = self.given.and_then(|given| given.local).filter(|_| by_words || by_input);
        let of_words = || self.words.values().find_map(|word| word.held.local);
        given.or_else(|| of_words().filter(|_| sends))
    }
}

/// The name of what is sent, as the catalog has it.
const SENT: &str = "sent-data";

/// Parts of names of variables that hold secrets.
const SECRETS: [&str; 7] = ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE", "API_KEY"];

/// Whether a program or built-in runs the text or file that it is given.
fn is_interpreter(name: &str) -> bool {
    const NAMES: [&str; 21] = [
        ".", "ash", "awk", "bash", "bun", "dash", "deno", "eval", "fish", "ksh", "lua", "node", "perl",
        "php", "python", "ruby", "sh", "source", "tclsh", "trap", "zsh",
    ];
    let plain = name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    NAMES.contains(&name) || NAMES.contains(&plain)
}

/// Whether an invocation may run or send what flows into it.
pub(super) fn is_sink(invocation: &Invocation, commands: usize) -> bool {
    invocation.effects.iter().any(|effect| match effect.kind {
        EffectKind::Network | EffectKind::Remote => true,
        EffectKind::Execute | EffectKind::ProjectCode => commands > 1,
        _ => false,
    }) || commands > 1 && name(invocation).is_some_and(is_interpreter)
}

/// Whether what an invocation starts runs on another machine, and reads what it is given.
fn starts_elsewhere(at: usize, facts: &Facts) -> bool {
    let next = facts.invocations.get(at + 1);
    next.is_some_and(|next| matches!(next.program, Program::Elsewhere(_)) && !next.via.is_empty())
}
