//! The score: what it adds up, and in which words.

mod past;
mod production;
mod terms;

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use crate::facts::{Effect, EffectKind, Facts, Target, Undo};

use super::{Context, Corrupt, Decision, Reason, Tier, cache::ScoreEntry};

pub use past::{Deed, History, LocalTime, Memory, Past, Question, deeds, weigh_past};
pub(super) use production::is_about_production;
pub(super) use terms::{Days, Hours, Key, Terms, minute};

/// Where the machine's own policy lies.
const MACHINE_POLICY: &str = "/etc/gate";

/// A named anomaly; weights, texts and terms stand in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Row {
    Privileged,
    Secrets,
    Outside,
    Irreversible,
    Exfiltration,
    Opaque,
    Many,
    Production,
    Persistence,
    Gate,
    Obfuscated,
    New,
    Hours,
    Burst,
    Denied,
}

impl Row {
    /// Every row with its name in policies, in the order of declaration.
    pub(super) const NAMES: [(&'static str, Self); 15] = [
        ("privileged", Self::Privileged),
        ("secrets", Self::Secrets),
        ("outside-workspace", Self::Outside),
        ("irreversible", Self::Irreversible),
        ("network-and-local-data", Self::Exfiltration),
        ("opaque", Self::Opaque),
        ("many-targets", Self::Many),
        ("production", Self::Production),
        ("persistence", Self::Persistence),
        ("gate", Self::Gate),
        ("obfuscated", Self::Obfuscated),
        ("new", Self::New),
        ("outside-hours", Self::Hours),
        ("burst", Self::Burst),
        ("denied-before", Self::Denied),
    ];

    /// The name in policies and in JSON.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, row)| *row == self).map_or("", |(name, _)| name)
    }

    /// Whether only the log or the clock can show it.
    pub(super) const fn needs_the_past(self) -> bool {
        matches!(self, Self::New | Self::Hours | Self::Burst | Self::Denied)
    }
}

impl ScoreEntry<'_> {
    /// Whether the facts alone show the anomaly, with what shows it where there is more to say; a rule's `marks` can
    /// show it as well.
    pub(super) fn shown_by(&self, facts: &Facts, context: &Context) -> Result<Option<String>, Corrupt> {
        let mut effects = facts.invocations.iter().flat_map(|invocation| &invocation.effects);
        let has = |kind: EffectKind| effects.clone().any(|effect| effect.kind == kind);
        let shown = match self.row {
            Row::Secrets | Row::New | Row::Hours | Row::Burst | Row::Denied => false,
            Row::Privileged => has(EffectKind::Privilege),
            Row::Persistence => has(EffectKind::Persist),
            Row::Gate => has(EffectKind::Gate) || effects.any(|effect| touches_gate(effect, context)),
            Row::Opaque => facts.opacities().next().is_some(),
            Row::Irreversible => effects.any(|effect| effect.undo == Undo::Irreversible),
            Row::Outside => effects.any(|effect| changes(effect) && !lies_inside(&effect.target, context)),
            Row::Exfiltration => {
                let talks = has(EffectKind::Network) || has(EffectKind::Remote);
                talks && effects.any(|effect| reads_a_file(effect) || sends_what_it_was_given(effect))
            }
            Row::Many => is_wide(effects, self.threshold()?),
            Row::Production => return production::shown(facts, context, self),
            Row::Obfuscated => return self.disguise(facts),
        };
        Ok(shown.then(String::new))
    }

    fn disguise(&self, facts: &Facts) -> Result<Option<String>, Corrupt> {
        if facts.disguises.is_empty() {
            return Ok(None);
        }
        let threshold = self.threshold()?;
        let mut disguises = facts.disguises.iter();
        let found = disguises.find(|disguise| disguise.length.is_none_or(|length| length >= threshold));
        Ok(found.map(|found| found.why.to_string()))
    }
}

impl Decision {
    /// Adds a row to the score; what is listed first weighs most.
    pub(super) fn weigh(&mut self, entry: &ScoreEntry<'_>, detail: &str) -> Result<(), Corrupt> {
        let (weight, text) = (entry.weight()?, entry.text()?);
        if weight == 0 {
            return Ok(());
        }
        let text = if detail.is_empty() { text.to_owned() } else { format!("{text}: {detail}") };
        self.score = self.score.saturating_add(weight).min(100);
        let row = Some(entry.row.name().to_owned());
        self.reasons.push(Reason { rule: None, row, tier: Tier::Low, text, weight, span: None });
        self.reasons.sort_by_key(|reason| std::cmp::Reverse((reason.weight, reason.tier)));
        Ok(())
    }
}

fn touches_gate(effect: &Effect, context: &Context) -> bool {
    let Target::Path { path, resolved, .. } = &effect.target else { return false };
    let mut own =
        context.gate_paths.iter().map(std::path::PathBuf::as_path).chain([Path::new(MACHINE_POLICY)]);
    own.any(|own| path.starts_with(own) || resolved.starts_with(own))
}

const fn changes(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::Write | EffectKind::Delete | EffectKind::Persist)
}

const fn reads_a_file(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::Read)
        && matches!(effect.target, Target::Path { .. } | Target::Glob { .. } | Target::Unknown)
}

/// Whether analysis followed local data to another machine: see `facts::flow`.
fn sends_what_it_was_given(effect: &Effect) -> bool {
    effect.kind == EffectKind::Remote
        && matches!(&effect.target, Target::Name(name) if name.starts_with("sent-data "))
}

fn lies_inside(target: &Target, context: &Context) -> bool {
    let roots = context.workspace.as_deref().into_iter().chain([Path::new("/tmp"), Path::new("/dev/null")]);
    match target {
        Target::Path { resolved, .. } => roots.clone().any(|root| resolved.starts_with(root)),
        Target::Glob { pattern, .. } => roots.clone().any(|root| {
            pattern.strip_prefix(root.as_os_str().as_bytes()).is_some_and(|below| below.starts_with(b"/"))
        }),
        Target::Nothing | Target::Name(_) | Target::Host { .. } => true,
        Target::Unknown => false,
    }
}

fn is_wide<'e>(effects: impl Iterator<Item = &'e Effect>, threshold: u32) -> bool {
    let mut changed = 0;
    for effect in effects.filter(|effect| changes(effect)) {
        changed += 1;
        let wide = matches!(effect.target, Target::Path { recursive: true, .. } | Target::Glob { .. });
        if wide || changed > threshold {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
