//! The score: what it adds up, and in which words.

use std::path::Path;

use crate::facts::{Effect, EffectKind, Facts, Invocation, Target, Undo};

use super::Context;

/// Paths that many effects of one line touch before they count as many.
const MANY: usize = 10;

/// A named anomaly; weights and texts stand in the policy.
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
}

impl Row {
    /// Every row with its name in policies.
    pub(super) const NAMES: [(&'static str, Self); 10] = [
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
    ];

    /// Whether the facts alone show the anomaly; a rule's `marks` can show it as well.
    pub(super) fn is_in(self, facts: &Facts, context: &Context) -> bool {
        let mut effects = facts.invocations.iter().flat_map(|invocation| &invocation.effects);
        let has = |kind: EffectKind| effects.clone().any(|effect| effect.kind == kind);
        match self {
            Self::Secrets => false,
            Self::Privileged => has(EffectKind::Privilege),
            Self::Persistence => has(EffectKind::Persist),
            Self::Gate => has(EffectKind::Gate),
            Self::Opaque => facts.opacities().next().is_some(),
            Self::Irreversible => effects.any(|effect| effect.undo == Undo::Irreversible),
            Self::Outside => effects.any(|effect| changes(effect) && !lies_inside(&effect.target, context)),
            Self::Exfiltration => {
                (has(EffectKind::Network) || has(EffectKind::Remote)) && effects.any(reads_a_file)
            }
            Self::Many => is_wide(effects),
            Self::Production => facts.invocations.iter().any(is_about_production),
        }
    }
}

/// Whether a word or a target's name speaks of production.
pub(super) fn is_about_production(invocation: &Invocation) -> bool {
    let words = invocation.words.iter().filter_map(|word| word.value.as_deref());
    let names = invocation.effects.iter().filter_map(name_of);
    words.chain(names).any(names_production)
}

const fn changes(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::Write | EffectKind::Delete | EffectKind::Persist)
}

const fn reads_a_file(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::Read)
        && matches!(effect.target, Target::Path { .. } | Target::Glob { .. } | Target::Unknown)
}

fn lies_inside(target: &Target, context: &Context) -> bool {
    let roots = context.workspace.as_deref().into_iter().chain([Path::new("/tmp"), Path::new("/dev/null")]);
    match target {
        Target::Path { resolved, .. } => roots.clone().any(|root| resolved.starts_with(root)),
        Target::Glob { pattern, .. } => roots.clone().any(|root| {
            use std::os::unix::ffi::OsStrExt as _;
            pattern.strip_prefix(root.as_os_str().as_bytes()).is_some_and(|below| below.starts_with(b"/"))
        }),
        Target::Nothing | Target::Name(_) | Target::Host { .. } => true,
        Target::Unknown => false,
    }
}

fn is_wide<'e>(effects: impl Iterator<Item = &'e Effect>) -> bool {
    let mut changed = 0;
    for effect in effects.filter(|effect| changes(effect)) {
        changed += 1;
        let wide = matches!(effect.target, Target::Path { recursive: true, .. } | Target::Glob { .. });
        if wide || changed > MANY {
            return true;
        }
    }
    false
}

fn name_of(effect: &Effect) -> Option<&[u8]> {
    match &effect.target {
        Target::Host { name: Some(name), .. } | Target::Name(name) => Some(name.as_bytes()),
        _ => None,
    }
}

fn names_production(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| !byte.is_ascii_alphanumeric());
    parts
        .any(|part| [&b"prod"[..], b"production", b"live"].iter().any(|name| part.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{context, effect, facts, host, invocation, opacity, path, tree};

    fn rows(facts: &Facts) -> Vec<&'static str> {
        let found = Row::NAMES.iter().filter(|(_, row)| row.is_in(facts, &context()));
        found.map(|(name, _)| *name).collect()
    }

    #[test]
    fn every_anomaly_is_seen() {
        use EffectKind::{Delete, Gate, Network, Persist, Privilege, Read, Write};
        for (words, effects, expected) in [
            ("ls", vec![effect(Read, path("/etc/hosts"))], vec![]),
            ("sudo", vec![effect(Privilege, Target::Nothing)], vec!["privileged"]),
            ("tee", vec![effect(Write, path("/etc/x"))], vec!["outside-workspace"]),
            ("tee", vec![effect(Write, path("/home/user/project/x"))], vec![]),
            ("rm", vec![effect(Delete, tree("/tmp/x"))], vec!["irreversible", "many-targets"]),
            (
                "curl",
                vec![effect(Read, path("/tmp/x")), effect(Network, host("example.com"))],
                vec!["network-and-local-data"],
            ),
            ("kubectl --context=eu-prod", vec![], vec!["production"]),
            ("reproduce products", vec![], vec![]),
            ("crontab", vec![effect(Persist, Target::Nothing)], vec!["persistence"]),
            ("gate", vec![effect(Gate, Target::Nothing)], vec!["gate"]),
        ] {
            assert_eq!(rows(&facts(vec![invocation(words, effects)])), expected, "{words}");
        }
        let mut opaque = invocation("foo", Vec::new());
        opaque.opaque = Some(opacity());
        assert_eq!(rows(&facts(vec![opaque])), ["opaque"]);
    }
}
