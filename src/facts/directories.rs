//! Where the commands of a script run: what `cd` does along the way, and where that is not known.

use std::path::{Path, PathBuf};

use crate::syntax::{Command, CommandKind, Connector, Script, Word};

use super::item::Item;
use super::path::absolute;

/// The working directory along a script.
pub(super) struct Directories {
    /// Commands whose directory is not known, because a `cd` in a loop, branch or function may have run before them.
    unknown: Vec<std::ops::Range<usize>>,
    /// At the top level, behind the commands so far.
    here: Option<PathBuf>,
    /// As long as only `&&` follows: where `cd` leads if it succeeds.
    if_chained: Option<PathBuf>,
    /// Within one compound command: its index, and where its commands run.
    within: Option<(usize, Option<PathBuf>)>,
}

impl Directories {
    pub(super) fn new(start: Option<&Path>, script: &Script) -> Self {
        let unknown = (0..script.commands.len()).filter_map(|index| blurred_by(script, index)).collect();
        Self { unknown, here: start.map(Path::to_owned), if_chained: None, within: None }
    }

    /// Where the command at `index` runs.
    pub(super) fn at(&mut self, script: &Script, index: usize) -> Option<PathBuf> {
        let command = script.commands.get(index)?;
        if command.level == 0 {
            self.within = None;
            if self.if_chained.is_some() && command.connector != Connector::And && !is_piped(command) {
                // `cd` may have failed.
                self.here = None;
                self.if_chained = None;
            }
        }
        if self.unknown.iter().any(|range| range.contains(&index)) {
            return None;
        }
        let outer = self.if_chained.clone().or_else(|| self.here.clone());
        match &self.within {
            Some((head, directory)) if is_below(script, index, *head) => directory.clone(),
            _ => outer,
        }
    }

    /// Notes what the command at `index` does to the working directory.
    pub(super) fn after(
        &mut self,
        script: &Script,
        index: usize,
        items: &[Item<'_>],
        functions: &[(&[u8], usize, bool)],
        world: &dyn super::World,
    ) {
        let Some(command) = script.commands.get(index) else { return };
        let changes = changes_directory(command) || functions.iter().any(|(name, ..)| *name == b"cd");
        if !changes || command.kind != CommandKind::Simple {
            return;
        }
        let target = match items {
            [cd, target] if cd.bytes() == Some(b"cd") && functions.is_empty() => {
                target.bytes().filter(|bytes| !bytes.starts_with(b"-") && !bytes.is_empty())
            }
            _ => None,
        };
        let from = self.at(script, index);
        let to = target.and_then(|target| absolute(target, from.as_deref()));
        let exists = to.as_deref().is_some_and(|to| world.resolve(to).directory);
        self.changed(script, index, command, to, exists);
    }

    fn changed(
        &mut self,
        script: &Script,
        index: usize,
        command: &Command,
        to: Option<PathBuf>,
        exists: bool,
    ) {
        if command.level > 0 {
            if is_first_of_subshell(script, index) {
                let to = to.filter(|_| exists || siblings_are_chained(script, index));
                self.within = Some((outermost(script, index), to));
            }
            return;
        }
        if !command.in_current_shell || command.background {
            return;
        }
        match to {
            Some(to) if exists && !command.conditional => {
                self.here = Some(to);
                self.if_chained = None;
            }
            Some(to) => self.if_chained = Some(to),
            None => (self.here, self.if_chained) = (None, None),
        }
    }
}

/// `source .venv/bin/activate`: it changes which programs of the project are found, and is run as the project's code.
pub(super) fn takes_up_environment<'w>(
    name: &[u8],
    mut operands: impl Iterator<Item = Option<&'w [u8]>>,
) -> bool {
    let script = operands.next().flatten().unwrap_or_default();
    matches!(name, b"source" | b".")
        && operands.next().is_none()
        && script.ends_with(b"/bin/activate")
        && !script.split(|byte| *byte == b'/').any(|part| part == b"..")
}

/// Whether a command's name says that it may change the working directory.
fn changes_directory(command: &Command) -> bool {
    let mut words = command.words.iter().map(Word::literal);
    if words.next().flatten().is_some_and(|name| takes_up_environment(name, words)) {
        return false;
    }
    let name =
        command.words.iter().map(Word::literal).find(|word| !matches!(word, Some(b"command" | b"builtin")));
    command.kind == CommandKind::Simple
        && match name {
            Some(Some(name)) => {
                matches!(name, b"cd" | b"pushd" | b"popd" | b"chdir" | b"eval" | b"source" | b"." | b"trap")
            }
            Some(None) => true,
            None => false,
        }
}

/// The commands whose directory is not known because of the one at `index`.
fn blurred_by(script: &Script, index: usize) -> Option<std::ops::Range<usize>> {
    let command =
        script.commands.get(index).filter(|command| command.level > 0 && changes_directory(command))?;
    if is_first_of_subshell(script, index) {
        return None;
    }
    let top = outermost(script, index);
    let in_function = ancestors(script, index).any(|at| {
        script.commands.get(at).is_some_and(|head| matches!(head.kind, CommandKind::Function { .. }))
    });
    if command.in_current_shell || in_function {
        return Some(top..usize::MAX);
    }
    let below = script.commands.iter().skip(top + 1).take_while(|command| command.level > 0).count();
    Some(top..top + below + 1)
}

/// Whether a command is the first of a subshell at the top level, so that a `cd` there holds for those behind it.
fn is_first_of_subshell(script: &Script, index: usize) -> bool {
    let Some(command) = script.commands.get(index) else { return false };
    let top = outermost(script, index);
    let plain_head = script.commands.get(top).is_some_and(|head| {
        matches!(head.kind, CommandKind::Group | CommandKind::Simple) && head.level == 0 && !head.conditional
    });
    let (pipeline, _) = command.pipeline;
    // A second part of the head (`else`, another substitution) would start anew.
    command.level == 1
        && index == top + 1
        && command.connector == Connector::First
        && !command.conditional
        && !command.in_current_shell
        && plain_head
        && command.parent.and_then(|parent| usize::try_from(parent).ok()) == Some(top)
        && script.commands.iter().filter(|other| other.pipeline.0 == pipeline).count() == 1
}

/// Whether everything behind a command in its subshell runs only if it succeeds.
fn siblings_are_chained(script: &Script, index: usize) -> bool {
    let Some(command) = script.commands.get(index) else { return false };
    let behind = script.commands.iter().skip(index + 1).take_while(|next| next.level > 0);
    behind.filter(|next| next.parent == command.parent).all(|next| next.connector == Connector::And)
}

fn is_piped(command: &Command) -> bool {
    command.pipeline.1 > 0 || command.connector == Connector::Pipe
}

fn ancestors(script: &Script, index: usize) -> impl Iterator<Item = usize> + '_ {
    let parent = |at: &usize| {
        let parent = script.commands.get(*at)?.parent?;
        usize::try_from(parent).ok().filter(|parent| parent < at)
    };
    std::iter::successors(parent(&index), move |at| parent(at))
}

fn is_below(script: &Script, index: usize, head: usize) -> bool {
    ancestors(script, index).any(|at| at == head)
}

fn outermost(script: &Script, index: usize) -> usize {
    ancestors(script, index).last().unwrap_or(index)
}
