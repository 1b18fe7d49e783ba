//! One invocation before the rules: which of them speak, of what, how sternly.

use std::{
    collections::BTreeSet,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::facts::{Effect, EffectKind, Invocation, Program, Target};

use super::{
    Context, Corrupt, Policy, Tier,
    bytes::List,
    cache::{Patterns, Rule},
    candidates,
    index::NO_PATTERN,
    paths::{self, Contact, PathPattern, Touch},
    pattern, program,
    rule::Kinds,
    words,
    work::{self, Work},
};

/// What it costs to judge an invocation, besides comparing.
const JUDGING: usize = 20;

/// A rule that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The rule's number.
    pub(super) rule: u32,
    /// The effect that it speaks of, as an index in [`Judged::effects`]; `None` where it speaks of the invocation.
    pub(super) effect: Option<usize>,
    /// The tier that it calls for here.
    pub(super) tier: Tier,
    /// Whether it is only possible that the rule is meant.
    pub(super) possibly: bool,
}

/// An invocation with every rule that applies to it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// The effects that were judged: the invocation's, and running a program from an unexpected place.
    pub(super) effects: Vec<Effect>,
    pub(super) said: Vec<Said>,
}

/// The trees of an invocation in which a strict rule about this program protects names wherever they lie.
pub(super) fn searched(
    policy: &Policy<'_>,
    context: &Context,
    invocation: &Invocation,
    work: &Work,
) -> Result<Vec<PathBuf>, Corrupt> {
    let wide: Vec<&Effect> = invocation.effects.iter().filter(|effect| is_wide(&effect.target)).collect();
    if wide.is_empty() {
        return Ok(Vec::new());
    }
    let scopes = Scopes::Count;
    let court = Court { policy, context, invocation, effects: &[], scopes, work, said: Vec::new() };
    let mut kinds = Kinds::default();
    for (number, pattern) in court.found_commands()? {
        let rule = policy.rule(number)?;
        let floats = any_pattern(rule.paths()?, |pattern| paths::is_floating(pattern.below))?;
        if floats && rule.tier()? >= Tier::High && court.words(rule.command(pattern as usize)?)? != Touch::No
        {
            kinds = kinds.with(rule.kinds()?);
        }
    }
    Ok(wide.into_iter().filter(|effect| kinds.has(effect.kind)).filter_map(root).collect())
}

/// Whether the circumstances that a rule names have to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scopes {
    Count,
    /// For examples, which are analysed on a made-up machine.
    Ignored,
}

/// Applies all rules to an invocation; rules that others stand in for are already gone.
pub(super) fn judge(
    policy: &Policy<'_>,
    context: &Context,
    invocation: &Invocation,
    work: &Work,
) -> Result<Judged, Corrupt> {
    work.spend(JUDGING);
    let effects = program::effects(policy, context, invocation)?;
    let scopes = Scopes::Count;
    let mut court = Court { policy, context, invocation, effects: &effects, scopes, work, said: Vec::new() };
    court.commands()?;
    court.effects()?;
    court.set_aside()?;
    let said = court.said;
    Ok(Judged { effects, said })
}

/// Every rule that applies to an invocation in some circumstances, those that others stand in for among them.
pub(super) fn speakers(
    policy: &Policy<'_>,
    context: &Context,
    invocation: &Invocation,
) -> Result<Vec<u32>, Corrupt> {
    let effects = program::effects(policy, context, invocation)?;
    let (scopes, work) = (Scopes::Ignored, &Work::without_end());
    let mut court = Court { policy, context, invocation, effects: &effects, scopes, work, said: Vec::new() };
    court.commands()?;
    court.effects()?;
    Ok(court.said.iter().map(|said| said.rule).collect())
}

struct Court<'c> {
    policy: &'c Policy<'c>,
    context: &'c Context,
    invocation: &'c Invocation,
    effects: &'c [Effect],
    scopes: Scopes,
    work: &'c Work,
    said: Vec<Said>,
}

impl<'c> Court<'c> {
    fn commands(&mut self) -> Result<(), Corrupt> {
        for (number, pattern) in self.found_commands()? {
            if self.work.is_spent() {
                break;
            }
            self.command(number, pattern as usize)?;
        }
        Ok(())
    }

    /// The rules whose words could be the invocation's, each with the pattern by which it was found.
    fn found_commands(&self) -> Result<Vec<(u32, u32)>, Corrupt> {
        let Some(name) = name(self.invocation) else { return Ok(Vec::new()) };
        let second = self.invocation.words.get(1).map(|word| word.value.as_deref());
        let mut found = Vec::new();
        let names = [Some(name), self.path()];
        candidates::each_command(self.policy, names.into_iter().flatten(), second, &mut |rule, pattern| {
            found.push((rule, pattern));
            Ok(true)
        })?;
        Ok(found)
    }

    fn command(&mut self, number: u32, pattern: usize) -> Result<(), Corrupt> {
        let rule = self.policy.rule(number)?;
        let touch = self.words(rule.command(pattern)?)?;
        if touch == Touch::No || !self.in_scope(rule)? {
            return Ok(());
        }
        let kinds = rule.kinds()?;
        if kinds.is_empty() || kinds.has_nothing() && self.effects.is_empty() {
            let contact = Contact { all: touch == Touch::Certain, some: touch };
            self.say(rule, None, contact)?;
        }
        for (index, effect) in self.effects.iter().enumerate().filter(|(_, effect)| kinds.has(effect.kind)) {
            let contact = self.contact(rule, None, effect)?.or(self.found(rule, effect)?);
            let contact = Contact {
                all: contact.all && touch == Touch::Certain,
                some: if touch == Touch::Certain { contact.some } else { contact.some.min(Touch::Maybe) },
            };
            self.of_effect(rule, index, effect, contact)?;
        }
        Ok(())
    }

    /// How the invocation's words meet a pattern; the first is the program's name, or its path where the pattern
    /// has a slash.
    fn words(&self, parts: List<'_>) -> Result<Touch, Corrupt> {
        let Some(part) = parts.texts().next().transpose()? else { return Ok(Touch::No) };
        let first = if part.contains(&b'/') { self.path() } else { name(self.invocation) };
        // Most patterns that are tried are those for names of a certain form, and end here.
        let Some(first) = first.filter(|first| pattern::matches(part, first)) else { return Ok(Touch::No) };
        let parts = &parts.texts().collect::<Result<Vec<_>, _>>()?;
        let rest = self.invocation.words.iter().skip(1).map(|word| word.value.as_deref());
        let bytes = rest.clone().map(|word| word.map_or(0, <[u8]>::len)).sum();
        self.work.spend(work::of_words(self.invocation.words.len(), bytes, parts));
        if self.work.is_spent() {
            return Ok(Touch::Maybe);
        }
        Ok(words::touch(parts, std::iter::once(Some(first)).chain(rest)))
    }

    fn path(&self) -> Option<&'c [u8]> {
        match &self.invocation.program {
            Program::File { path: Some(path), .. } => Some(path.as_os_str().as_bytes()),
            _ => None,
        }
    }

    fn effects(&mut self) -> Result<(), Corrupt> {
        if self.effects.is_empty() {
            let mut found = Vec::new();
            candidates::each_of_nothing(self.policy, &mut |rule, _| {
                found.push(rule);
                Ok(true)
            })?;
            for number in found {
                let rule = self.policy.rule(number)?;
                if self.in_scope(rule)? {
                    self.say(rule, None, Contact::FULL)?;
                }
            }
        }
        for (index, effect) in self.effects.iter().enumerate() {
            if self.work.is_spent() {
                break;
            }
            candidates::each(self.policy, self.context, effect, &mut |number, pattern| {
                let rule = self.policy.rule(number)?;
                let contact = self.contact(rule, Some(pattern), effect)?;
                self.scoped_effect(rule, index, effect, contact)
            })?;
        }
        Ok(())
    }

    fn scoped_effect(
        &mut self,
        rule: Rule<'_>,
        index: usize,
        effect: &Effect,
        contact: Contact,
    ) -> Result<bool, Corrupt> {
        if contact == Contact::NONE || !self.in_scope(rule)? {
            return Ok(false);
        }
        self.of_effect(rule, index, effect, contact)
    }

    /// Lets a rule speak of an effect whose target meets it, unless another of its conditions fails.
    fn of_effect(
        &mut self,
        rule: Rule<'_>,
        index: usize,
        effect: &Effect,
        contact: Contact,
    ) -> Result<bool, Corrupt> {
        let strict = rule.tier()? >= Tier::High;
        let depth_fits = match &effect.target {
            Target::Unknown => strict || rule.recursive()?.is_none(),
            target => rule.recursive()?.is_none_or(|wanted| wanted == is_recursive(target)),
        };
        if !depth_fits || !rule.undo()?.has(effect.undo) {
            return Ok(false);
        }
        let elsewhere = matches!(self.invocation.program, Program::Elsewhere(_));
        if !strict && elsewhere && matches!(effect.target, Target::Path { .. } | Target::Glob { .. }) {
            return Ok(false);
        }
        for exception in rule.except()?.iter() {
            let met = self.meet(exception?, &effect.target);
            if if strict { met.all } else { met.some != Touch::No } {
                return Ok(false);
            }
        }
        self.say(rule, Some(index), contact)
    }

    fn say(&mut self, rule: Rule<'_>, effect: Option<usize>, contact: Contact) -> Result<bool, Corrupt> {
        let tier = match rule.tier()? {
            tier @ (Tier::Low | Tier::Medium) => {
                let by_words = !rule.commands()?.is_empty();
                (contact.all && !(by_words && self.is_foreign())).then_some(tier)
            }
            Tier::High => (contact.some != Touch::No).then_some(Tier::High),
            Tier::Deny => match contact.some {
                Touch::No => None,
                Touch::Maybe => Some(Tier::High),
                Touch::Certain => Some(Tier::Deny),
            },
        };
        let Some(tier) = tier else { return Ok(false) };
        let possibly = tier >= Tier::High && contact.some == Touch::Maybe;
        let new = Said { rule: rule.number, effect, tier, possibly };
        let same = self
            .said
            .iter_mut()
            .rev()
            .take_while(|said| said.effect == effect)
            .find(|said| said.rule == new.rule);
        match same {
            Some(old) if old.tier < new.tier || old.possibly && !new.possibly => *old = new,
            Some(_) => {}
            None => self.said.push(new),
        }
        Ok(true)
    }

    /// Whether words say nothing of what runs: a function of that name, or another machine's program.
    const fn is_foreign(&self) -> bool {
        matches!(self.invocation.program, Program::Function(_) | Program::Elsewhere(_) | Program::Unknown)
    }

    /// How an effect's target meets a rule: one of its patterns, or any of them.
    fn contact(&self, rule: Rule<'_>, number: Option<u32>, effect: &Effect) -> Result<Contact, Corrupt> {
        let (patterns, hosts, names) = (rule.paths()?, rule.hosts()?, rule.names()?);
        if patterns.is_empty() && hosts.is_empty() && names.is_empty() {
            return Ok(Contact::FULL);
        }
        match &effect.target {
            Target::Nothing => Ok(Contact::NONE),
            Target::Unknown => Ok(Contact::UNKNOWN),
            Target::Host { name: None, .. } if !hosts.is_empty() => Ok(Contact::UNKNOWN),
            Target::Host { name: Some(name), .. } => any_text(hosts, name.as_bytes()),
            Target::Host { name: None, .. } => Ok(Contact::NONE),
            Target::Name(name) => any_text(names, name.as_bytes()),
            Target::Path { .. } | Target::Glob { .. } => match number {
                Some(number) if number != NO_PATTERN && !patterns.is_empty() => {
                    Ok(self.meet_effect(patterns.get(number as usize)?, effect))
                }
                _ => patterns
                    .iter()
                    .try_fold(Contact::NONE, |met, pattern| Ok(met.or(self.meet_effect(pattern?, effect)))),
            },
        }
    }

    /// As [`Self::meet`], except that a name that is protected wherever it lies counts no more for whatever ends as
    /// `*.json` does than for a whole tree: there what a look finds decides.
    fn meet_effect(&self, pattern: PathPattern<'_>, effect: &Effect) -> Contact {
        let met = self.meet(pattern, &effect.target);
        let looks = matches!(effect.kind, EffectKind::Read | EffectKind::Execute | EffectKind::ProjectCode);
        let wide = matches!(&effect.target, Target::Glob { pattern, .. } if paths::ends_as_many_do(pattern));
        if met.some == Touch::Maybe && looks && wide && paths::is_floating(pattern.below) {
            Contact::NONE
        } else {
            met
        }
    }

    fn meet(&self, pattern: PathPattern<'_>, target: &Target) -> Contact {
        if let Target::Glob { pattern: glob, .. } = target
            && paths::glob_leads_apart(pattern, glob, self.context)
        {
            self.work.spend(1);
            return if self.work.is_spent() { Contact::UNKNOWN } else { Contact::NONE };
        }
        self.work.spend(match target {
            Target::Path { path, .. } => work::of_path(path.as_os_str().len(), pattern.below.len()),
            Target::Glob { pattern: glob, .. } => work::of_glob(glob.len(), pattern.below.len()),
            _ => 0,
        });
        if self.work.is_spent() {
            return Contact::UNKNOWN;
        }
        match target {
            Target::Path { path, resolved, recursive } => {
                paths::of_path(pattern, path, resolved, *recursive, self.context)
            }
            Target::Glob { pattern: glob, recursive } => {
                paths::of_glob(pattern, glob, *recursive, self.context)
            }
            Target::Unknown => Contact::UNKNOWN,
            Target::Nothing | Target::Host { .. } | Target::Name(_) => Contact::NONE,
        }
    }

    /// How the files that were found in an effect's tree meet a rule.
    fn found(&self, rule: Rule<'_>, effect: &Effect) -> Result<Contact, Corrupt> {
        for file in &self.context.found {
            self.work.spend(match &effect.target {
                Target::Glob { pattern, .. } => work::of_glob(pattern.len(), file.as_os_str().len()),
                _ => 1,
            });
            if self.work.is_spent() {
                return Ok(Contact::UNKNOWN);
            }
            if !reaches(&effect.target, file) {
                continue;
            }
            self.work.spend(rule.paths()?.iter().count());
            let meets = |pattern: PathPattern<'_>| {
                paths::of_path(pattern, file, file, false, self.context).some != Touch::No
            };
            if any_pattern(rule.paths()?, meets)? && !any_pattern(rule.except()?, meets)? {
                return Ok(Contact::UNKNOWN);
            }
        }
        Ok(Contact::NONE)
    }

    fn in_scope(&self, rule: Rule<'_>) -> Result<bool, Corrupt> {
        if self.scopes == Scopes::Ignored {
            return Ok(true);
        }
        let cwd = rule.when_cwd()?;
        if !cwd.is_empty() {
            let inside = |pattern| {
                paths::of_path(pattern, &self.context.cwd, &self.context.cwd, false, self.context).all
            };
            if !cwd.iter().try_fold(false, |any, pattern| Ok(any || inside(pattern?)))? {
                return Ok(false);
            }
        }
        let [user, host, agent] = rule.when_texts()?;
        let fits = |patterns: super::bytes::List<'_>, text: &str| -> Result<bool, Corrupt> {
            Ok(patterns.is_empty() || any_text(patterns, text.as_bytes())?.all)
        };
        let agent_fits = match &self.context.agent {
            Some(name) => fits(agent, name)?,
            None => agent.is_empty(),
        };
        Ok(agent_fits && fits(user, &self.context.user)? && fits(host, &self.context.host)?)
    }

    /// Takes away what rules that certainly apply stand in for. All at once, from what was said before any was taken
    /// away, so that order does not matter.
    fn set_aside(&mut self) -> Result<(), Corrupt> {
        let mut gone: BTreeSet<(u32, Option<usize>)> = BTreeSet::new();
        for said in self.said.iter().filter(|said| !said.possibly) {
            let rules = self.policy.rule(said.rule)?.instead_of()?;
            gone.extend(rules.into_iter().map(|rule| (rule, said.effect)));
        }
        let is_gone =
            |said: &Said| gone.contains(&(said.rule, None)) || gone.contains(&(said.rule, said.effect));
        self.said.retain(|said| !is_gone(said));
        Ok(())
    }
}

/// Whether a file can be what a wide target means.
fn reaches(target: &Target, file: &Path) -> bool {
    match target {
        Target::Path { path, resolved, recursive: true } => {
            file.starts_with(path) || file.starts_with(resolved)
        }
        Target::Glob { pattern, recursive } => paths::glob_reaches(pattern, *recursive, file),
        _ => false,
    }
}

pub(super) fn any_pattern(
    patterns: Patterns<'_>,
    meets: impl Fn(PathPattern<'_>) -> bool,
) -> Result<bool, Corrupt> {
    for pattern in patterns.iter() {
        if meets(pattern?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The name by which rules know the program.
fn name(invocation: &Invocation) -> Option<&[u8]> {
    match &invocation.program {
        Program::Builtin(name) | Program::Function(name) | Program::Elsewhere(name) => Some(name.as_bytes()),
        Program::File { name, .. } => Some(name.as_bytes()),
        Program::Nothing | Program::Unknown => None,
    }
}

const fn is_wide(target: &Target) -> bool {
    matches!(target, Target::Path { recursive: true, .. } | Target::Glob { .. })
}

/// The directory below which everything that an effect can reach lies.
fn root(effect: &Effect) -> Option<PathBuf> {
    match &effect.target {
        Target::Path { resolved, .. } => Some(resolved.clone()),
        Target::Glob { pattern, .. } => Some(paths::literal_directory(pattern)),
        _ => None,
    }
}

const fn is_recursive(target: &Target) -> bool {
    matches!(target, Target::Path { recursive: true, .. } | Target::Glob { recursive: true, .. })
}

fn any_text(patterns: super::bytes::List<'_>, text: &[u8]) -> Result<Contact, Corrupt> {
    for one in patterns.texts() {
        if pattern::matches(one?, text) {
            return Ok(Contact::FULL);
        }
    }
    Ok(Contact::NONE)
}
