//! What a program of the catalog does with its words.

use std::path::{Path, PathBuf};

use crate::syntax::Span;

use super::analysis::{Analysis, Scene};
use super::catalog::{
    Entry, Kind, OptionEntry, Reach, Slot, Stdin, Style, Template, TemplateTarget, glob_matches, look_up,
};
use super::directories::takes_up_environment;
use super::found::{found_name, named_below};
use super::item::Item;
use super::names::{Proviso, ProvisoKind, is_no_option};
use super::options::{Parsed, Part, may_match, parse, possible_slots};
use super::path::path_target;
use super::{Depth, EffectKind, Target, Undo};

/// One invocation of a program that the catalog knows.
pub(super) struct Work<'s> {
    /// Its index among the invocations.
    pub(super) at: usize,
    /// Its name, for what it starts.
    pub(super) name: &'s str,
    /// The circumstances.
    pub(super) scene: Scene<'s>,
    /// Where relative paths start.
    pub(super) base: Option<PathBuf>,
    /// Whether path operands mean everything below them.
    pub(super) recursive: bool,
    /// What the catalog says of undoing what operands name.
    pub(super) undo: Option<Undo>,
    /// Names that the environment of what it starts gets besides.
    pub(super) changes_environment: bool,
    /// The last operand that named a host or container.
    pub(super) place: Option<String>,
    /// The operands, for `find -exec`: where its paths begin; `None` where that is not known.
    pub(super) starts: Option<Vec<Vec<u8>>>,
    /// The pattern that every match's name ends the path with, for `find -name`.
    pub(super) named: Option<Vec<u8>>,
    /// What stands for an input word in the command that is started (`xargs -I`).
    pub(super) placeholder: Option<Vec<u8>>,
}

/// What the options make of the operands.
struct Shape {
    slots: Vec<Slot>,
    also: Option<Kind>,
    stdin: Option<Stdin>,
    retypes: Vec<(&'static str, Kind)>,
    cancels_effects: bool,
}

impl Analysis<'_> {
    /// Notes what a program of the catalog does with the words behind its name.
    pub(super) fn perform(
        &mut self,
        at: usize,
        name: &str,
        entry: &'static Entry,
        items: &[Item<'_>],
        scene: Scene<'_>,
    ) {
        let mut work = Work::new(at, name, scene);
        let mut scope = vec![entry];
        let mut rest = items;
        loop {
            let Some(entry) = scope.first().copied() else { return };
            if tells_of_itself(rest, &scope) {
                return;
            }
            let parsed = parse(rest, &scope);
            let read = parsed.read;
            let happens = !self.apply(&mut work, entry, parsed);
            if entry.subs.is_empty() || self.is_over() {
                return self.settle_sent_data(at);
            }
            rest = rest.get(read..).unwrap_or_default();
            match self.sub(&work, entry, rest, happens) {
                Some((name, sub)) => {
                    self.note_sub(at, name);
                    scope.insert(0, sub);
                }
                None => return,
            }
            rest = rest.get(1..).unwrap_or_default();
        }
    }

    /// The subcommand that the next word names; `happens`: no option takes the entry's own effects away.
    fn sub(
        &mut self,
        work: &Work<'_>,
        entry: &'static Entry,
        rest: &[Item<'_>],
        happens: bool,
    ) -> Option<(&'static str, &'static Entry)> {
        let Some(item) = rest.first() else {
            let Some(name) = entry.default_sub else {
                let span = Span::default();
                entry
                    .without_operands
                    .iter()
                    .filter(|_| happens)
                    .for_each(|template| self.template(work, template, "the bare command", span));
                return None;
            };
            return look_up(entry.subs, name).map(|sub| (name, sub));
        };
        let span = work.scene.place(item.span);
        let (Some(name), true) = (item.text(), item.is_one_word()) else {
            self.opaque(work.at, "the subcommand is not known before the shell runs", span);
            return None;
        };
        let sub = entry.subs.binary_search_by(|(known, _)| (*known).cmp(name)).ok();
        let sub = sub.and_then(|at| entry.subs.get(at)).copied();
        if sub.is_none() {
            self.opaque(work.at, format!("`{} {name}` is not in the catalog", work.name), span);
        }
        sub
    }

    /// Notes what one level's words do; `true`: an option takes the entry's own effects away.
    fn apply(&mut self, work: &mut Work<'_>, entry: &'static Entry, parsed: Parsed<'_>) -> bool {
        for doubt in parsed.doubts {
            self.opaque(work.at, doubt.why, work.scene.place(doubt.span));
        }
        if let Some(span) = parsed.unseen_read {
            let because = "a word that could be an option";
            let (kind, undo) = (EffectKind::Read, Undo::Harmless);
            self.effect(work.at, kind, Target::Unknown, undo, because, span, work.scene);
        }
        if let Some((reach, span)) = parsed.matched {
            self.matched(work, reach, span);
        }
        if let Some(why) = entry.opaque.filter(|_| {
            !takes_up_environment(work.name.as_bytes(), operands_of(&parsed.parts).map(Item::bytes))
        }) {
            self.opaque(work.at, why, work.scene.place(Span::default()));
        }
        work.undo = entry.undo.or(work.undo);
        // `env -i` and `env -u` take variables away.
        work.changes_environment |= work.name == "env";
        work.changes_environment |= entry.effects.iter().any(|effect| effect.kind == EffectKind::Privilege);
        let shape = self.shape(work, entry, &parsed.parts);
        let operands: Vec<&Item<'_>> = operands_of(&parsed.parts).collect();
        work.starts = operands.iter().map(|item| item.bytes().map(<[u8]>::to_vec)).collect();
        work.named = if entry.style == Style::Find { found_name(&parsed.parts) } else { None };
        self.parts(work, entry, &shape, &parsed.parts);
        self.stated(work, entry, &shape, &parsed.parts);
        let script_is_stdin = operands.first().is_none_or(|first| first.bytes() == Some(b"-"));
        match shape.stdin {
            Some(stdin) => self.standard_input(work, stdin),
            None if script_is_stdin => self.standard_input(work, entry.stdin),
            None => {}
        }
        self.missing_remote_command(work, &shape.slots, operands.len());
        shape.cancels_effects
    }

    /// A pattern could match a name that is an option: a look at the directory tells, where the shell itself is there.
    fn matched(&mut self, work: &Work<'_>, reach: Reach, span: Span) {
        let place = work.scene.place(span);
        let why = "a word that only the shell knows could be an option";
        let here = work.scene.cwd.filter(|_| work.scene.via.is_empty() && work.scene.elsewhere.is_none());
        let kind = if reach == Reach::Read { ProvisoKind::MatchedToRead } else { ProvisoKind::Matched };
        match here {
            Some(cwd) if self.has_no_options(cwd) => {
                self.provisos.push(Proviso { at: work.at, kind, span: place });
            }
            None if reach == Reach::Read => {}
            _ => self.opaque(work.at, why, place),
        }
    }

    /// Whether no name in a directory could be taken for an option; each directory is looked at once.
    fn has_no_options(&mut self, directory: &Path) -> bool {
        let same = |(seen, _): &&(PathBuf, bool)| seen == directory;
        if let Some((_, found)) = self.looked_at.iter().find(same) {
            return *found;
        }
        let found = self.affords_looks(1) && self.world.names_fit(directory, Depth::One, &is_no_option);
        self.looked_at.push((directory.to_owned(), found));
        found
    }

    /// Notes what the catalog states of the options and the program, behind the words: `tar -x -C d` writes to `d`.
    fn stated(&mut self, work: &Work<'_>, entry: &'static Entry, shape: &Shape, parts: &[Part<'_>]) {
        for part in parts {
            let Part::Option(option, _, span) = part else { continue };
            option.effects.iter().for_each(|template| self.template(work, template, option.names, *span));
        }
        for template in entry.effects.iter().filter(|_| !shape.cancels_effects) {
            self.template(work, template, "what it does", Span::default());
        }
        if entry.subs.is_empty() && lacks_operands(&shape.slots, parts) {
            for template in entry.without_operands {
                let recursive = template.recursive || work.recursive;
                self.template(work, &Template { recursive, ..*template }, "no operand", Span::default());
            }
        }
    }

    /// What the options that are present make of the operands.
    fn shape(&mut self, work: &mut Work<'_>, entry: &'static Entry, parts: &[Part<'_>]) -> Shape {
        let mut shape = Shape {
            slots: entry.operands.to_vec(),
            also: None,
            stdin: None,
            retypes: Vec::new(),
            cancels_effects: false,
        };
        let mut chosen: Option<&'static [Slot]> = None;
        let mut replaces = false;
        for part in parts {
            let Part::Option(option, values, span) = part else { continue };
            if let Some(slots) = option.operands {
                if chosen.is_some_and(|chosen| chosen != slots) {
                    self.opaque(
                        work.at,
                        "two options disagree about what the operands are",
                        work.scene.place(*span),
                    );
                }
                chosen = Some(slots);
            }
            replaces |= option.replaces_first_operand;
            work.recursive |= option.recursive;
            shape.cancels_effects |= option.cancels_effects;
            shape.also = option.operands_also.or(shape.also);
            shape.stdin = option.stdin.or(shape.stdin);
            shape.retypes.extend_from_slice(option.retypes);
            if matches!(option.names, "-I" | "-i,--replace") {
                work.placeholder = Some(values.first().and_then(Item::bytes).unwrap_or(b"{}").to_vec());
            }
        }
        if let Some(chosen) = chosen {
            shape.slots = chosen.to_vec();
        }
        if replaces && !shape.slots.is_empty() {
            shape.slots.remove(0);
        }
        shape
    }

    fn parts(&mut self, work: &mut Work<'_>, entry: &'static Entry, shape: &Shape, parts: &[Part<'_>]) {
        let mut slots = shape.slots.as_slice();
        let mut left = (0, Some(0));
        let mut rights = counts_behind(parts).into_iter().rev();
        for (index, part) in parts.iter().enumerate() {
            if self.is_over() {
                return;
            }
            let right = rights.next().unwrap_or((0, None));
            let item = match part {
                Part::Option(option, values, span) => {
                    self.option(work, option, values, *span, shape);
                    continue;
                }
                Part::Operand(item) => item,
            };
            if let Some((Slot { kind: Kind::Assignment, .. }, later)) = slots.split_first() {
                if self.assignment_operand(work, item) {
                    continue;
                }
                slots = later;
            }
            self.word_rules(work, entry, item);
            // A word that may become several stands in several places.
            let from = (left.0, item.max.and_then(|max| Some(left.1? + usize::from(max.max(1)) - 1)));
            let to = (right.0, item.max.and_then(|max| Some(right.1? + usize::from(max.max(1)) - 1)));
            let kinds = possible_slots(slots, from, to);
            left = more(left, item);
            match kinds.as_slice() {
                [Some(kind)] if kind.takes_the_rest() => {
                    let rest = parts.get(index..).unwrap_or_default();
                    self.options_behind_a_command(work, rest);
                    let words: Vec<Item<'_>> = operands_of(rest).cloned().collect();
                    self.started(work, *kind, &words);
                    return;
                }
                _ => kinds.iter().for_each(|kind| self.operand(work, *kind, item, shape)),
            }
        }
    }

    /// Options behind the first word of a command could be the command's own: versions of a program differ in that.
    fn options_behind_a_command(&mut self, work: &Work<'_>, rest: &[Part<'_>]) {
        let option = rest.iter().find_map(|part| match part {
            Part::Option(_, _, span) => Some(*span),
            Part::Operand(_) => None,
        });
        if let Some(span) = option {
            let why = "an option that could be that of the command or of what starts it";
            self.opaque(work.at, why, work.scene.place(span));
        }
    }

    fn operand(&mut self, work: &mut Work<'_>, kind: Option<Kind>, item: &Item<'_>, shape: &Shape) {
        match kind {
            None => {
                let why = "an operand that the catalog knows nothing of";
                self.opaque(work.at, why, work.scene.place(item.span));
            }
            Some(kind) if kind.takes_the_rest() => {
                let why = "where the command to be run begins is not known before the shell runs";
                self.opaque(work.at, why, work.scene.place(item.span));
            }
            Some(kind) => {
                self.word(work, kind, item, "operand", work.recursive);
                if let (Kind::Path(..), Some(also)) = (kind, shape.also) {
                    match (work.starts.as_deref(), work.named.as_deref(), item.bytes()) {
                        (Some(_), Some(name), Some(start)) => {
                            let content = named_below(start, name);
                            let also = match also {
                                Kind::Path(kind, _) => Kind::Path(kind, false),
                                other => other,
                            };
                            self.word(work, also, &Item { content, ..item.clone() }, "operand", false);
                        }
                        _ => self.word(work, also, item, "operand", work.recursive),
                    }
                }
            }
        }
    }

    fn option(
        &mut self,
        work: &mut Work<'_>,
        option: &'static OptionEntry,
        values: &[Item<'_>],
        span: Span,
        shape: &Shape,
    ) {
        if let Some(why) = option.opaque {
            self.opaque(work.at, why, work.scene.place(span));
        }
        if let Some(patterns) = option.harmless_values {
            let harmless = |value: &Item<'_>| {
                value.bytes().is_some_and(|bytes| patterns.iter().any(|p| glob_matches(p.as_bytes(), bytes)))
            };
            if !values.iter().all(harmless) {
                let why =
                    format!("option `{}` with a value that the catalog does not call harmless", option.names);
                self.opaque(work.at, why, work.scene.place(span));
            }
        }
        if option.values == [Kind::CommandUntil] {
            return self.started(work, Kind::CommandUntil, values);
        }
        let retyped =
            shape.retypes.iter().find(|(name, _)| option.names.split(',').any(|known| known == *name));
        for (value, kind) in values.iter().zip(option.values) {
            let kind = retyped.map_or(*kind, |(_, kind)| *kind);
            self.word(work, kind, value, option.names, false);
        }
    }

    fn word_rules(&mut self, work: &Work<'_>, entry: &'static Entry, item: &Item<'_>) {
        for rule in entry.words {
            if !rule.patterns.iter().any(|pattern| may_match(&item.content, pattern)) {
                continue;
            }
            for template in rule.effects {
                self.template(work, template, "operand", item.span);
            }
            if let Some(why) = rule.opaque {
                self.opaque(work.at, why, work.scene.place(item.span));
            }
        }
    }

    /// Notes an effect that the catalog states.
    pub(super) fn template(
        &mut self,
        work: &Work<'_>,
        template: &Template,
        because: &'static str,
        span: Span,
    ) {
        let target = match template.target {
            TemplateTarget::Nothing => Target::Nothing,
            TemplateTarget::Unknown => Target::Unknown,
            TemplateTarget::Host(name) => Target::Host { name: Some(name.to_owned()), port: None },
            TemplateTarget::Name(name) => Target::Name(name.to_owned()),
            TemplateTarget::Path(path) => match (path.strip_prefix('~'), self.world.home()) {
                (Some(below), Some(home)) => {
                    let path = home.join(below.trim_start_matches('/'));
                    path_target(path.as_os_str().as_encoded_bytes(), None, template.recursive, self.world)
                }
                (Some(_), None) => Target::Unknown,
                (None, _) => {
                    path_target(path.as_bytes(), work.base.as_deref(), template.recursive, self.world)
                }
            },
        };
        if template.kind == EffectKind::ProjectCode && matches!(target, Target::Name(_)) {
            self.code_of_another_directory(work, because, span);
        }
        self.effect(work.at, template.kind, target, template.undo, because, span, work.scene);
    }

    /// Project code that the line looks for where anybody can put files is that directory's, not the project's.
    fn code_of_another_directory(&mut self, work: &Work<'_>, because: &'static str, span: Span) {
        let Some(base) = work.base.as_deref().filter(|base| *base != self.world.cwd()) else { return };
        if ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|shared| base.starts_with(shared)) {
            let target = path_target(base.as_os_str().as_encoded_bytes(), None, false, self.world);
            let kind = EffectKind::ProjectCode;
            self.effect(work.at, kind, target, kind.usual_undo(), because, span, work.scene);
        }
    }

    /// `ssh HOST` without a command is a shell there.
    fn missing_remote_command(&mut self, work: &Work<'_>, slots: &[Slot], operands: usize) {
        let place = slots.iter().position(|slot| slot.kind == Kind::RemoteEval);
        if place.is_some_and(|place| operands <= place && operands > 0) {
            self.open_ended(work.at);
            self.opaque(work.at, "starts a shell on another machine", work.scene.place(Span::default()));
        }
    }
}

impl<'s> Work<'s> {
    /// Work that has not begun.
    pub(super) fn new(at: usize, name: &'s str, scene: Scene<'s>) -> Self {
        Self {
            at,
            name,
            scene,
            base: scene.cwd.map(std::borrow::ToOwned::to_owned),
            recursive: false,
            undo: None,
            changes_environment: false,
            place: None,
            starts: None,
            named: None,
            placeholder: None,
        }
    }
}

/// Whether nothing is asked for but the program's own description, which every program prints instead of working.
fn tells_of_itself(rest: &[Item<'_>], scope: &[&'static Entry]) -> bool {
    let [only] = rest else { return false };
    let Some(asked) = only.text().filter(|text| matches!(*text, "--help" | "--version")) else {
        return false;
    };
    // Tools that load the project load what it adds to their description.
    let runs_code =
        |template: &Template| matches!(template.kind, EffectKind::ProjectCode | EffectKind::Execute);
    if scope.iter().any(|entry| entry.effects.iter().any(runs_code)) {
        return false;
    }
    let reads_options = |entry: &&Entry| matches!(entry.style, Style::Gnu | Style::Exact | Style::SingleDash);
    let mut known = scope.iter().enumerate().filter(|(level, entry)| *level == 0 || entry.inherited);
    scope.first().is_some_and(reads_options)
        && known
            .any(|(_, entry)| look_up(entry.options, asked).is_some_and(|option| option.values.is_empty()))
}

fn operands_of<'p, 'a>(parts: &'p [Part<'a>]) -> impl Iterator<Item = &'p Item<'a>> {
    parts.iter().filter_map(|part| match part {
        Part::Operand(item) => Some(item),
        Part::Option(..) => None,
    })
}

/// Whether there may be no operand, or none in the place that takes many (`grep -r x`).
fn lacks_operands(slots: &[Slot], parts: &[Part<'_>]) -> bool {
    let heads = slots.iter().position(|slot| slot.repeated).unwrap_or(0);
    operands_of(parts).map(|item| usize::from(item.min)).sum::<usize>() <= heads
}

/// The fewest and the most operands, if bounded.
type Count = (usize, Option<usize>);

/// How many operands stand behind each part; the last part's count first.
fn counts_behind(parts: &[Part<'_>]) -> Vec<Count> {
    let counts = parts.iter().rev().scan((0, Some(0)), |behind, part| {
        let here = *behind;
        if let Part::Operand(item) = part {
            *behind = more(here, item);
        }
        Some(here)
    });
    counts.collect()
}

/// Adds a word to the fewest and the most words so far.
fn more(so_far: Count, item: &Item<'_>) -> Count {
    let most = item.max.and_then(|max| Some(so_far.1? + usize::from(max)));
    (so_far.0 + usize::from(item.min), most)
}
