//! Every command of a script, in order, with what it inherits from the commands before and around it.

use std::path::Path;

use crate::syntax::{
    Command, CommandKind, Dialect, Piece, Redirection, RedirectionOperator, Script, Span, Word,
};

use super::analysis::{Analysis, Names, Scene};
use super::directories::Directories;
use super::item::Item;
use super::kinds::is_stream;
use super::names::{Printed, printed_into};
use super::path::targets;
use super::variables::Variables;
use super::{EffectKind, Program, Target, Undo};

/// Functions of one script; every command's name is looked up among them.
const MAX_FUNCTIONS: usize = 256;

/// A script under analysis.
struct Walk<'s> {
    script: &'s Script,
    scene: Scene<'s>,
    variables: Variables<'s>,
    functions: Vec<(&'s [u8], usize, bool)>,
    cwd: Directories,
    /// Names in arithmetic, each with the command that evaluates it.
    arithmetic: Vec<(usize, &'s [u8], Span)>,
    dialect: Dialect,
}

impl Analysis<'_> {
    /// Analyses every command of a script whose text is `source`.
    pub(super) fn script(&mut self, script: &Script, source: &[u8], dialect: Dialect, scene: Scene<'_>) {
        let world = self.world;
        let functions = functions(script);
        if functions.len() > MAX_FUNCTIONS {
            return self.give_up("it defines too many functions", scene.place(Span::default()));
        }
        let mut walk = Walk {
            script,
            scene,
            variables: Variables::new(script, source, world, scene.certain_environment),
            functions,
            cwd: Directories::new(scene.cwd, script),
            arithmetic: arithmetic(script),
            dialect,
        };
        let mut starts = Vec::with_capacity(script.commands.len() + 1);
        for (index, command) in script.commands.iter().enumerate() {
            if !self.affords_words(command.words.len(), scene.place(command.span)) {
                return;
            }
            starts.push(self.facts.invocations.len());
            let printed = is_fed(command)
                .then(|| {
                    let cwd = walk.cwd.at(script, index);
                    printed_into((script, source), index, (&self.facts, cwd.as_deref()), &starts)
                })
                .flatten();
            self.listed(&mut walk, index, command, printed.as_ref());
        }
        if self.is_over() {
            return;
        }
        starts.push(self.facts.invocations.len());
        self.flows(script, source, &starts, scene);
    }

    fn listed<'s>(
        &mut self,
        walk: &mut Walk<'s>,
        index: usize,
        command: &'s Command,
        printed: Option<&Printed>,
    ) {
        let cwd = walk.cwd.at(walk.script, index);
        let mut items: Vec<Item<'_>> = Vec::with_capacity(command.words.len());
        for word in &command.words {
            let item = walk.variables.item(word, index, cwd.as_deref());
            if !self.affords_bytes(item.content.length(), walk.scene.place(word.span)) {
                return;
            }
            items.push(item);
        }
        let functions: Vec<(&[u8], bool)> =
            walk.functions.iter().map(|(name, at, surely)| (*name, *surely && *at < index)).collect();
        let stdin = walk.stdin(index, cwd.as_deref());
        let scene = Scene {
            cwd: cwd.as_deref(),
            stdin: stdin.as_deref(),
            printed,
            certain_environment: walk.scene.certain_environment
                && (items.is_empty() || !walk.variables.any()),
            shell: Some(Names { dialect: walk.dialect, functions: &functions }),
            ..walk.scene
        };
        if let Some(at) = self.head(command, &items, scene) {
            if let Some(word) = command.words.first().filter(|word| walk.variables.hides(word)) {
                self.opaque(at, "the command's name stands in a variable", scene.place(word.span));
            }
            self.assignments(walk, at, index, command, scene);
            for redirection in &command.redirections {
                if self.is_over() {
                    return;
                }
                let item = walk.variables.item(&redirection.target, index, scene.cwd);
                self.redirection(at, redirection, &item, scene);
                if command.kind == CommandKind::Simple && items.is_empty() {
                    self.emptied(at, redirection, &item, scene);
                }
            }
            self.arithmetic(walk, Some(at), index, command, scene);
            self.drop_if_empty(at, command);
        } else {
            self.arithmetic(walk, None, index, command, scene);
        }
        walk.cwd.after(walk.script, index, &items, &walk.functions, self.world);
    }

    /// Writes the command down; `None` for the head of a compound command that does nothing itself.
    fn head(&mut self, command: &Command, items: &[Item<'_>], scene: Scene<'_>) -> Option<usize> {
        match &command.kind {
            CommandKind::Simple if !items.is_empty() => {
                let certain_environment = scene.certain_environment && command.assignments.is_empty();
                Some(self.invoke(items, Scene { certain_environment, ..scene }))
            }
            CommandKind::Test => {
                let at = self.record(Program::Builtin("[[".to_owned()), &[], command.span, scene);
                self.conditional(at, items, scene);
                Some(at)
            }
            CommandKind::For { name } => {
                let at = self.record(Program::Nothing, &[], command.span, scene);
                let value = items.first().filter(|_| items.len() == 1);
                self.assigns(at, name, value, command.span, scene);
                Some(at)
            }
            CommandKind::Function { name } if name == b"builtin" && self.world.is_session() => {
                let at = self.record(Program::Nothing, &[], command.span, scene);
                self.opaque(at, "it takes away the built-in that a session needs", scene.place(command.span));
                Some(at)
            }
            CommandKind::Group | CommandKind::Function { .. } if command.redirections.is_empty() => None,
            _ => Some(self.record(Program::Nothing, &[], command.span, scene)),
        }
    }

    fn assignments<'s>(
        &mut self,
        walk: &Walk<'s>,
        at: usize,
        index: usize,
        command: &'s Command,
        scene: Scene<'_>,
    ) {
        let reads = command.words.first().and_then(Word::literal) == Some(b"read");
        for assignment in &command.assignments {
            if assignment.name == b"IFS" && reads {
                // Splits what this one command reads.
                continue;
            }
            let whole = !assignment.array && !assignment.append;
            let value = assignment.values.first().map(|word| walk.variables.item(word, index, scene.cwd));
            let value = value.unwrap_or_else(|| Item::known(b"".as_slice(), assignment.span));
            self.assigns(at, &assignment.name, whole.then_some(&value), assignment.span, scene);
        }
    }

    fn redirection(&mut self, at: usize, redirection: &Redirection, item: &Item<'_>, scene: Scene<'_>) {
        use RedirectionOperator as Operator;
        if self.world.is_session() && redirection.descriptor.is_some_and(|descriptor| descriptor >= KEPT) {
            self.opaque(at, KEPT_WHY, scene.place(redirection.span));
        }
        let (because, kinds): (_, &[EffectKind]) = match redirection.operator {
            Operator::Read => ("redirection <", &[EffectKind::Read]),
            Operator::Write => ("redirection >", &[EffectKind::Write]),
            Operator::Clobber => ("redirection >|", &[EffectKind::Write]),
            Operator::Append => ("redirection >>", &[EffectKind::Write]),
            Operator::ReadWrite => ("redirection <>", &[EffectKind::Read, EffectKind::Write]),
            Operator::WriteBoth => ("redirection &>", &[EffectKind::Write]),
            Operator::AppendBoth => ("redirection &>>", &[EffectKind::Write]),
            Operator::DuplicateInput | Operator::DuplicateOutput => {
                return self.duplication(at, redirection, item, scene);
            }
            Operator::HereDocument => return,
            Operator::HereString if !is_captured(&redirection.target) => return,
            Operator::HereString => {
                let (kind, undo) = (EffectKind::Read, Undo::Harmless);
                return self.effect(
                    at,
                    kind,
                    Target::Unknown,
                    undo,
                    "redirection <<<",
                    redirection.span,
                    scene,
                );
            }
        };
        if item.bytes().is_some_and(is_stream) && item.bytes() != Some(b"-")
            || item.content == super::item::Content::Pipe
        {
            return;
        }
        if let Some(target) = network(item) {
            return self.effect(
                at,
                EffectKind::Network,
                target,
                Undo::Harmless,
                because,
                redirection.span,
                scene,
            );
        }
        for target in targets(&item.content, scene.cwd, false, self.world) {
            for kind in kinds {
                let undo = kind.usual_undo();
                self.effect(at, *kind, target.clone(), undo, because, redirection.span, scene);
            }
        }
    }

    /// `> file` alone throws away what was in it.
    fn emptied(&mut self, at: usize, redirection: &Redirection, item: &Item<'_>, scene: Scene<'_>) {
        let empties = matches!(
            redirection.operator,
            RedirectionOperator::Write | RedirectionOperator::Clobber | RedirectionOperator::WriteBoth
        );
        if !empties || item.bytes().is_some_and(is_stream) {
            return;
        }
        for target in targets(&item.content, scene.cwd, false, self.world) {
            if matches!(&target, Target::Path { resolved, .. } if self.world.resolve(resolved).exists) {
                let (kind, undo) = (EffectKind::Delete, EffectKind::Delete.usual_undo());
                self.effect(
                    at,
                    kind,
                    target,
                    undo,
                    "redirection >, and nothing more",
                    redirection.span,
                    scene,
                );
            }
        }
    }

    /// `>&2`, `<&3`, `>&-`; anything else is a file or code.
    fn duplication(&mut self, at: usize, redirection: &Redirection, item: &Item<'_>, scene: Scene<'_>) {
        let descriptor = |bytes: &[u8]| {
            let digits = bytes.strip_suffix(b"-").unwrap_or(bytes);
            digits.iter().all(u8::is_ascii_digit)
        };
        if !item.bytes().is_some_and(descriptor) {
            self.opaque(at, "a descriptor that only the shell knows", scene.place(redirection.span));
        } else if self.world.is_session() && item.bytes().is_some_and(is_kept) {
            self.opaque(at, KEPT_WHY, scene.place(redirection.span));
        }
    }

    /// Names in arithmetic are code unless their values are certainly integers.
    fn arithmetic(
        &mut self,
        walk: &Walk<'_>,
        at: Option<usize>,
        index: usize,
        command: &Command,
        scene: Scene<'_>,
    ) {
        let from = walk.arithmetic.partition_point(|(owner, ..)| *owner < index);
        for (owner, name, span) in walk.arithmetic.iter().skip(from).take_while(|(owner, ..)| *owner == index)
        {
            if walk.variables.is_integer(name, *owner) {
                continue;
            }
            let at = at.unwrap_or_else(|| self.record(Program::Nothing, &[], command.span, scene));
            let name = String::from_utf8_lossy(name);
            self.opaque(at, format!("arithmetic evaluates the value of `{name}`"), scene.place(*span));
        }
    }

    /// The head of a compound command that does nothing itself is no invocation.
    fn drop_if_empty(&mut self, at: usize, command: &Command) {
        let last = at + 1 == self.facts.invocations.len();
        let empty = self.facts.invocations.get(at).is_some_and(|invocation| {
            invocation.program == Program::Nothing
                && invocation.effects.is_empty()
                && invocation.opaque.is_none()
        });
        if last && empty && command.kind != CommandKind::Simple {
            self.facts.invocations.pop();
        }
    }
}

/// The first descriptor that a shell may use for itself.
pub(super) const KEPT: u16 = 10;
pub(super) const KEPT_WHY: &str = "a descriptor that the session's shell may use for itself";

/// Whether a number is that of a descriptor which a shell may use for itself.
fn is_kept(bytes: &[u8]) -> bool {
    let digits = bytes.strip_suffix(b"-").unwrap_or(bytes);
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u16>().ok());
    !digits.is_empty() && number.is_none_or(|number| number >= KEPT)
}

impl Walk<'_> {
    /// The text on a command's standard input, where the script says it.
    fn stdin(&self, index: usize, cwd: Option<&Path>) -> Option<Vec<u8>> {
        let command = self.script.commands.get(index)?;
        // The text of a group around it is shared: which part of that a command reads is not known.
        match command.redirections.iter().rev().find(|redirection| changes_stdin(redirection)) {
            Some(own) => self.redirected(own, index, cwd),
            None => self.echoed(index),
        }
    }

    /// The text that a plain `echo` in front of a command, and nothing else, pipes into it.
    fn echoed(&self, index: usize) -> Option<Vec<u8>> {
        let (command, before) =
            (self.script.commands.get(index)?, self.script.commands.get(index.checked_sub(1)?)?);
        let piped = command.pipeline == (before.pipeline.0, 1) && before.pipeline.1 == 0;
        let plain = before.redirections.is_empty() && before.assignments.is_empty();
        let shadowed = self.functions.iter().any(|(name, ..)| *name == b"echo");
        if !piped || !plain || shadowed || before.kind != CommandKind::Simple {
            return None;
        }
        let words: Vec<&[u8]> = before.words.iter().map(Word::literal).collect::<Option<_>>()?;
        let (name, words) = words.split_first()?;
        // What a backslash or an option means differs between shells; only the first word can begin the options.
        let optional = words.first().is_some_and(|first| first.starts_with(b"-"));
        if *name != b"echo" || optional || words.iter().any(|word| word.contains(&b'\\')) {
            return None;
        }
        let mut text = words.join(&b' ');
        text.push(b'\n');
        Some(text)
    }

    fn redirected(&self, redirection: &Redirection, index: usize, cwd: Option<&Path>) -> Option<Vec<u8>> {
        match redirection.operator {
            RedirectionOperator::HereDocument => redirection.here_document.as_ref()?.text.clone(),
            RedirectionOperator::HereString => {
                let head = self.script.commands.get(index)?;
                let same = head.redirections.iter().find(|other| other.span == redirection.span)?;
                let mut text = self.variables.item(&same.target, index, cwd).bytes()?.to_vec();
                text.push(b'\n');
                Some(text)
            }
            RedirectionOperator::Read if redirection.target.literal() == Some(b"/dev/null") => {
                Some(Vec::new())
            }
            _ => None,
        }
    }
}

/// Whether a command takes words from its standard input.
fn is_fed(command: &Command) -> bool {
    command.words.first().and_then(Word::literal) == Some(b"xargs")
}

pub(super) fn changes_stdin(redirection: &Redirection) -> bool {
    use RedirectionOperator as Operator;
    let default = match redirection.operator {
        Operator::Read
        | Operator::ReadWrite
        | Operator::DuplicateInput
        | Operator::HereDocument
        | Operator::HereString => 0,
        _ => 1,
    };
    redirection.descriptor.unwrap_or(default) == 0
}

/// Whether the output of a command is in a word.
fn is_captured(word: &Word) -> bool {
    word.pieces.iter().any(|piece| matches!(piece, Piece::Substitution { .. } | Piece::Other { .. }))
}

/// bash itself talks to the network for `/dev/tcp/HOST/PORT`.
fn network(item: &Item<'_>) -> Option<Target> {
    let prefix = item.content.prefix();
    let rest = prefix.strip_prefix(b"/dev/tcp/").or_else(|| prefix.strip_prefix(b"/dev/udp/"))?;
    let text = std::str::from_utf8(rest).ok().filter(|_| item.bytes().is_some());
    let (name, port) = text.and_then(|text| text.split_once('/')).unzip();
    Some(Target::Host {
        name: name.map(str::to_ascii_lowercase),
        port: port.and_then(|port| port.parse().ok()),
    })
}

/// Names in arithmetic with the innermost command around each; where none is, the last one that began before it.
fn arithmetic(script: &Script) -> Vec<(usize, &[u8], Span)> {
    let owner = |span: Span| {
        let begun = script.commands.partition_point(|command| command.span.start <= span.start);
        let around = |(_, command): &(usize, &Command)| command.span.end >= span.end;
        let innermost = script.commands.iter().enumerate().take(begun).rev().find(around);
        innermost.map_or_else(|| begun.saturating_sub(1), |(index, _)| index)
    };
    let mut names: Vec<_> =
        script.arithmetic_names.iter().map(|(name, span)| (owner(*span), name.as_slice(), *span)).collect();
    names.sort_by_key(|(owner, ..)| *owner);
    names
}

/// Functions with the index of their definition and whether it certainly is in force behind it.
fn functions(script: &Script) -> Vec<(&[u8], usize, bool)> {
    let defined = script.commands.iter().enumerate().filter_map(|(index, command)| match &command.kind {
        CommandKind::Function { name } => {
            let surely = command.level == 0 && !command.conditional && !command.background;
            Some((name.as_slice(), index, surely && !calls_itself(script, index, name)))
        }
        _ => None,
    });
    let mut functions: Vec<_> = defined.collect();
    if !functions.is_empty() && script.commands.iter().any(may_remove_functions) {
        functions.iter_mut().for_each(|(_, _, surely)| *surely = false);
    }
    functions
}

/// Whether the body of a function runs the function: nobody knows how often.
fn calls_itself(script: &Script, index: usize, name: &[u8]) -> bool {
    let Some(definition) = script.commands.get(index) else { return true };
    let body = script.commands.iter().skip(index + 1);
    body.take_while(|command| command.span.start < definition.span.end)
        .any(|command| command.words.first().and_then(Word::literal) == Some(name))
}

/// Whether a command may remove a function, or run a text that does.
fn may_remove_functions(command: &Command) -> bool {
    const NAMES: [&[u8]; 7] = [b"unset", b"eval", b"source", b".", b"trap", b"enable", b"alias"];
    let unseen = |word: &Word| word.literal().is_none();
    command.kind == CommandKind::Simple
        && (command.words.first().is_some_and(unseen)
            || command.words.iter().filter_map(Word::literal).any(|word| NAMES.contains(&word)))
}
