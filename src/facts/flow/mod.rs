//! Where data goes within one text: from what commands print, variables hold and files were given, into what runs as
//! code or leaves the machine.
//!
//! This only adds effects and words for them; what is not followed here is no less opaque than before.

mod holding;
mod sinks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::syntax::{
    Command, CommandKind, Piece, Place, Redirection, RedirectionOperator, Script, Span, Word,
};

use super::analysis::{Analysis, Scene};
use super::{Effect, EffectKind, Facts, Invocation, Program, Target, Undo};

use holding::{Holding, Origin, reads_content};
use sinks::{Note, is_sink};

/// Rounds in which what flows is collected: a function may use what is set behind it.
const ROUNDS: usize = 3;

/// What flows in one script.
struct Flow<'s> {
    script: &'s Script,
    source: &'s [u8],
    /// The first invocation of each command, and the one behind the last.
    starts: &'s [usize],
    /// The command behind the last one that stands in each command.
    ends: Vec<usize>,
    /// The member in front of each command in its pipeline.
    before: Vec<Option<usize>>,
    /// What each command finds on its standard input, and what it prints.
    inputs: Vec<Holding>,
    outputs: Vec<Holding>,
    functions: BTreeMap<&'s [u8], Vec<usize>>,
    variables: BTreeMap<&'s [u8], Holding>,
    files: BTreeMap<PathBuf, Holding>,
    /// Descriptors that `exec` opened.
    descriptors: BTreeMap<u16, Holding>,
    /// Descriptors that lead to another machine, with its name.
    connections: BTreeMap<u16, String>,
}

/// Names of what is fetched times places into which it may be, in one script.
const MAX_FETCHED_FILES: usize = 4096;

impl Analysis<'_> {
    /// Notes what flows between the commands of a script whose invocations are the ones from `starts` on.
    pub(super) fn flows(&mut self, script: &Script, source: &[u8], starts: &[usize], scene: Scene<'_>) {
        let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else { return };
        let own = self.facts.invocations.get(first..last).unwrap_or_default();
        if scene.elsewhere.is_some() || !own.iter().any(|one| is_sink(one, script.commands.len())) {
            return;
        }
        if own.iter().map(fetched_files).sum::<usize>() > MAX_FETCHED_FILES {
            return self.give_up("it fetches into more files than can be looked at in time", Span::default());
        }
        let mut flow = Flow::new(script, source, starts);
        for _ in 0..ROUNDS {
            flow.collect(&self.facts);
        }
        let notes: Vec<Note> =
            (0..script.commands.len()).flat_map(|index| flow.sinks(index, &self.facts, scene)).collect();
        notes.into_iter().for_each(|note| self.note(note));
    }

    /// Notes an effect in front of what is stated, so that people read it first.
    fn note(&mut self, note: Note) {
        let Some(invocation) = self.facts.invocations.get_mut(note.at) else { return };
        let target = Target::Name(note.name);
        if let Some(stated) = note.instead_of {
            let same = |effect: &&mut Effect| effect.kind == note.kind && effect.target == stated;
            if let Some(effect) = invocation.effects.iter_mut().find(same) {
                effect.target = target;
            }
            return;
        }
        let (kind, undo) = (note.kind, Undo::Irreversible);
        let effect = Effect { kind, target, undo, because: "data flow".into(), span: note.span };
        if !invocation.effects.contains(&effect) {
            invocation.effects.insert(0, effect);
        }
    }
}

impl<'s> Flow<'s> {
    fn new(script: &'s Script, source: &'s [u8], starts: &'s [usize]) -> Self {
        let count = script.commands.len();
        let mut ends: Vec<usize> = (1..=count).collect();
        for (index, command) in script.commands.iter().enumerate().rev() {
            let end = ends.get(index).copied().unwrap_or(index + 1);
            let parent = command.parent.and_then(|parent| usize::try_from(parent).ok());
            if let Some(parents) = parent.and_then(|parent| ends.get_mut(parent)) {
                *parents = end.max(*parents);
            }
        }
        let mut members: BTreeMap<u32, usize> = BTreeMap::new();
        let before = script.commands.iter().enumerate().map(|(index, command)| {
            let (pipeline, place) = command.pipeline;
            members.insert(pipeline, index).filter(|_| place > 0)
        });
        Self {
            before: before.collect(),
            inputs: vec![Holding::default(); count],
            outputs: vec![Holding::default(); count],
            functions: functions(script),
            script,
            source,
            starts,
            ends,
            variables: BTreeMap::new(),
            files: BTreeMap::new(),
            descriptors: BTreeMap::new(),
            connections: BTreeMap::new(),
        }
    }

    /// One round over all commands.
    fn collect(&mut self, facts: &Facts) {
        for (index, command) in self.script.commands.iter().enumerate() {
            let given = self.given(index, command);
            if let Some(kept) = self.inputs.get_mut(index) {
                *kept = given;
            }
            let mut output = given;
            for (at, invocation) in self.invocations(index, facts) {
                output.join(Holding::of(invocation, at));
                if let Program::Function(name) = &invocation.program {
                    let bodies = self.functions.get(name.as_bytes()).into_iter().flatten();
                    bodies.for_each(|body| output.join(self.subtree(*body)));
                }
            }
            let words: Vec<Holding> = command.words.iter().map(|word| self.of_word(index, word)).collect();
            words.iter().for_each(|word| output.join(*word));
            self.keep_variables(index, command, given, &words, facts);
            if let Some(kept) = self.outputs.get_mut(index) {
                kept.join(output);
            }
            self.keep_files(index, facts);
            self.keep_descriptors(command, index, facts);
        }
    }

    fn keep_variables(
        &mut self,
        index: usize,
        command: &'s Command,
        given: Holding,
        words: &[Holding],
        facts: &Facts,
    ) {
        for assignment in &command.assignments {
            for value in &assignment.values {
                let held = self.of_word(index, value);
                self.variables.entry(&assignment.name).or_default().join(held);
            }
        }
        let mut all = given;
        words.iter().for_each(|word| all.join(*word));
        match &command.kind {
            CommandKind::For { name } => self.variables.entry(name).or_default().join(all),
            CommandKind::Simple => {
                let called = command.words.iter().find_map(Word::literal).unwrap_or_default();
                let sets = matches!(
                    called,
                    b"read"
                        | b"mapfile"
                        | b"readarray"
                        | b"printf"
                        | b"export"
                        | b"declare"
                        | b"local"
                        | b"readonly"
                        | b"typeset"
                );
                // `read x < file`
                for (_, invocation) in self.invocations(index, facts).filter(|_| sets) {
                    let at = self.starts.get(index).copied().unwrap_or_default();
                    all.join(Holding {
                        code: None,
                        local: invocation.effects.iter().any(reads_content).then_some(at),
                    });
                }
                for word in command.words.iter().skip(1).filter(|_| sets && !all.is_empty()) {
                    let name = prefix(word).split(|byte| matches!(byte, b'=' | b'+' | b'[')).next();
                    self.variables.entry(name.unwrap_or_default()).or_default().join(all);
                }
                let passes = called == b"set" || self.functions.contains_key(called);
                if passes && !all.is_empty() {
                    self.variables.entry(PARAMETERS).or_default().join(all);
                }
            }
            _ => {}
        }
    }

    /// Files that a command writes hold what it prints.
    fn keep_files(&mut self, index: usize, facts: &Facts) {
        let printed = self.subtree(index);
        let mut written = Vec::new();
        for (_, invocation) in self.invocations(index, facts) {
            if !writes_a_file(invocation) {
                continue;
            }
            let fetched: Vec<&Path> = fetched_names(invocation).collect();
            let printed = if compiles(invocation) { self.of_sources(invocation, printed) } else { printed };
            for effect in invocation.effects.iter().filter(|effect| effect.kind == EffectKind::Write) {
                let Target::Path { resolved, .. } = &effect.target else { continue };
                written.push((resolved.clone(), printed));
                written.extend(fetched.iter().map(|name| (resolved.join(name), printed)));
            }
        }
        for (path, printed) in written {
            self.files.entry(path).or_default().join(printed);
        }
    }

    /// What is in a program that is compiled: what the line put into its sources, or pipes in from elsewhere.
    fn of_sources(&self, invocation: &Invocation, printed: Holding) -> Holding {
        let strange = printed.code.is_some_and(|(origin, _)| origin > Origin::Read);
        let mut held = if strange { printed } else { Holding::default() };
        for effect in invocation.effects.iter().filter(|effect| reads_content(effect)) {
            let Target::Path { resolved, .. } = &effect.target else { continue };
            held.join(self.files.get(resolved).copied().unwrap_or_default());
        }
        held
    }

    /// `exec 3< file`, `exec 3> /dev/tcp/host/port`.
    fn keep_descriptors(&mut self, command: &Command, index: usize, facts: &Facts) {
        if command.words.first().and_then(Word::literal) != Some(b"exec") || command.words.len() > 1 {
            return;
        }
        let Some(&at) = self.starts.get(index) else { return };
        let effects = facts.invocations.get(at).map_or(&[] as &[Effect], |invocation| &invocation.effects);
        for redirection in &command.redirections {
            let Some(descriptor) = redirection.descriptor else { continue };
            for effect in effects.iter().filter(|effect| effect.because.starts_with("redirection")) {
                if reads_content(effect) {
                    let held = Holding { code: Some((Origin::Read, at)), local: Some(at) };
                    self.descriptors.entry(descriptor).or_default().join(held);
                }
                if let Some(host) = distant_host(effect) {
                    self.connections.insert(descriptor, host);
                }
            }
        }
    }

    fn invocations<'f>(
        &self,
        index: usize,
        facts: &'f Facts,
    ) -> impl Iterator<Item = (usize, &'f Invocation)> + use<'f, 's> {
        let from = self.starts.get(index).copied().unwrap_or(usize::MAX);
        let to = self.starts.get(index + 1).copied().unwrap_or(from);
        let own = facts.invocations.get(from..to).unwrap_or_default();
        own.iter().enumerate().map(move |(offset, invocation)| (from + offset, invocation))
    }

    /// What a command finds on its standard input: its own redirections and pipe, and what is around it.
    fn given(&self, index: usize, command: &Command) -> Holding {
        let mut given = Holding::default();
        let mut reads = false;
        for redirection in &command.redirections {
            given.join(self.of_word(index, &redirection.target));
            reads |= redirection.operator == RedirectionOperator::Read;
            let input = redirection.operator == RedirectionOperator::DuplicateInput;
            let held =
                descriptor(redirection).filter(|_| input).and_then(|number| self.descriptors.get(&number));
            given.join(held.copied().unwrap_or_default());
        }
        if reads && command.kind != CommandKind::Simple {
            let at = self.starts.get(index).copied().unwrap_or_default();
            given.join(Holding { code: Some((Origin::Read, at)), local: Some(at) });
        }
        if let Some(Some(before)) = self.before.get(index) {
            given.join(self.subtree(*before));
        }
        let parent = command.parent.and_then(|parent| usize::try_from(parent).ok());
        let around = match command.place {
            Place::Body => &self.inputs,
            Place::ProcessInput => &self.outputs,
            Place::Top | Place::Capture | Place::ProcessOutput => return given,
        };
        given.join(parent.and_then(|parent| around.get(parent)).copied().unwrap_or_default());
        given
    }

    /// What a command and everything in it prints.
    fn subtree(&self, index: usize) -> Holding {
        self.of_commands(index, self.ends.get(index).copied().unwrap_or(index))
    }

    fn of_commands(&self, from: usize, to: usize) -> Holding {
        let mut held = Holding::default();
        self.outputs.get(from..to).unwrap_or_default().iter().for_each(|output| held.join(*output));
        held
    }

    /// What stands in a word when the shell has expanded it.
    fn of_word(&self, index: usize, word: &Word) -> Holding {
        let mut held = Holding::default();
        let mut other = false;
        for piece in &word.pieces {
            match piece {
                Piece::Substitution { commands: (from, to), .. } => {
                    let from = usize::try_from(*from).unwrap_or(usize::MAX);
                    held.join(self.of_commands(from, usize::try_from(*to).unwrap_or(0)));
                }
                Piece::Variable { name, .. } => held.join(self.variable(name)),
                Piece::Parameter { .. } => held.join(self.variable(PARAMETERS)),
                Piece::Other { .. } => other = true,
                Piece::Literal { .. } | Piece::Tilde | Piece::Glob(_) => {}
            }
        }
        if other {
            held.join(self.of_other(index, word));
        }
        held
    }

    fn variable(&self, name: &[u8]) -> Holding {
        self.variables.get(name).copied().unwrap_or_default()
    }

    /// `${x#y}`, `${x:-$(…)}`: every variable that is named in it, every command that stands in it.
    fn of_other(&self, index: usize, word: &Word) -> Holding {
        let mut held = Holding::default();
        let text = self.slice(word.span);
        for name in text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')) {
            held.join(self.variable(name));
        }
        let end = self.ends.get(index).copied().unwrap_or(index);
        let inner = self.script.commands.get(index + 1..end).unwrap_or_default();
        let from = index + 1 + inner.partition_point(|command| command.span.start < word.span.start);
        let to = index + 1 + inner.partition_point(|command| command.span.start < word.span.end);
        held.join(self.of_commands(from, to));
        held
    }

    fn slice(&self, span: Span) -> &'s [u8] {
        let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
        self.source.get(range).unwrap_or_default()
    }
}

/// The functions of a script, with their definitions.
fn functions(script: &Script) -> BTreeMap<&[u8], Vec<usize>> {
    let mut functions: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (index, command) in script.commands.iter().enumerate() {
        if let CommandKind::Function { name } = &command.kind {
            functions.entry(name).or_default().push(index);
        }
    }
    functions
}

/// The number behind `<&` or `>&`.
fn descriptor(redirection: &Redirection) -> Option<u16> {
    std::str::from_utf8(redirection.target.literal()?).ok()?.parse().ok()
}

/// Stands for all positional parameters among the variables.
const PARAMETERS: &[u8] = b"@";

/// The host of an effect on the network, in words, where that is not this machine.
fn distant_host(effect: &Effect) -> Option<String> {
    let Target::Host { name, port } = &effect.target else { return None };
    let Some(name) = name else { return Some("a host that only the shell knows".to_owned()) };
    let here = matches!(name.as_str(), "localhost" | "::1" | "0.0.0.0")
        || is_loopback(name)
        || name.ends_with(".localhost");
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    (!here).then(|| format!("{name}{port}"))
}

/// `127.0.0.1`, but not `127.evil.example`.
fn is_loopback(name: &str) -> bool {
    name.starts_with("127.") && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Each name of what is fetched in each place that is written.
fn fetched_files(invocation: &Invocation) -> usize {
    let places = invocation.effects.iter().filter(|effect| effect.kind == EffectKind::Write).count();
    if places == 0 { 0 } else { places * fetched_names(invocation).count() }
}

/// Whether what an invocation prints could be in a file that it writes: rights and dates are no content.
fn writes_a_file(invocation: &Invocation) -> bool {
    let keeps_content =
        holding::name(invocation).is_some_and(|name| matches!(name, "chmod" | "chown" | "chgrp" | "touch"));
    !keeps_content && invocation.effects.iter().any(|effect| effect.kind == EffectKind::Write)
}

/// Whether what an invocation writes is made of the sources that it reads: the project's code, as those are.
fn compiles(invocation: &Invocation) -> bool {
    const COMPILERS: [&str; 10] =
        ["cc", "gcc", "g++", "c++", "clang", "clang++", "rustc", "go", "ghc", "javac"];
    holding::name(invocation).is_some_and(|name| COMPILERS.contains(&name))
}

/// The names that files get which are fetched into a directory: the last part of each URL.
fn fetched_names(invocation: &Invocation) -> impl Iterator<Item = &Path> {
    let words = invocation.words.iter().filter_map(|word| std::str::from_utf8(word.value.as_deref()?).ok());
    words.filter(|word| word.contains("://")).filter_map(|url| {
        let path = url.split(['?', '#']).next()?;
        path.rsplit('/').next().filter(|name| !name.is_empty()).map(Path::new)
    })
}

fn prefix(word: &Word) -> &[u8] {
    match &word.value {
        crate::syntax::Value::Static(bytes) => bytes,
        crate::syntax::Value::Dynamic { prefix, .. } => prefix,
    }
}
