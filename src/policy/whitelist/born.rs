//! Entries that are born of an approval.

use crate::facts::{Argument, Effect, Facts, Invocation, Program, Target};

use super::{
    super::{Action, Context, Corrupt, Decision, Policy, Tier, judge, work::Work},
    WhitelistEntry, is_never_covered,
    target::effect_of,
    template::escape,
};

/// The entries that "approve and whitelist" makes: one for each medium part that is still asked; none where the
/// decision forbids it. They have no identifiers yet.
///
/// # Errors
/// [`Corrupt`] where the compiled policy is damaged.
pub fn whitelist_entries(
    facts: &Facts,
    decision: &Decision,
    context: &Context,
    policy: &Policy<'_>,
    (by, request): (&str, &str),
) -> Result<Vec<WhitelistEntry>, Corrupt> {
    let Some(life) = decision.whitelist_for else { return Ok(Vec::new()) };
    let mut entries: Vec<WhitelistEntry> = Vec::new();
    for (invocation, part) in facts.invocations.iter().zip(&decision.parts) {
        if part.action != Action::Ask || part.tier != Tier::Medium || !is_exact(invocation) {
            continue;
        }
        let effects = judge::judge(policy, context, invocation, &Work::of_a_decision())?.effects;
        let named: Option<Vec<String>> = effects.iter().map(effect_of).collect();
        let (Some(words), Some(effects)) = (words_of(invocation), named) else { continue };
        let Some(cwd) = directory(context) else { continue };
        let entry = WhitelistEntry {
            id: String::new(),
            words,
            via: invocation.via.clone(),
            effects: Some(effects),
            host: Some(context.host.clone()),
            cwd: Some(cwd),
            agent: context.agent.clone(),
            by: by.to_owned(),
            approved: context.now,
            expires: context.now.saturating_add(life.as_secs()),
            requests: vec![request.to_owned()],
            renewed: None,
            revoked: None,
        };
        entries.push(entry);
    }
    Ok(entries)
}

/// The working directory, where an entry can name it; without a name it would hold everywhere.
pub(super) fn directory(context: &Context) -> Option<String> {
    context.cwd.to_str().filter(|cwd| !cwd.contains(['*', '\\'])).map(str::to_owned)
}

/// The words, escaped; `None` where one is not known or is no text.
pub(super) fn words_of(invocation: &Invocation) -> Option<Vec<String>> {
    let word = |word: &Argument| {
        let text = std::str::from_utf8(word.value.as_deref()?).ok()?;
        Some(escape(text).into_owned())
    };
    invocation.words.iter().map(word).collect()
}

/// Whether the text of an invocation says exactly what it does, so that the same text does the same again, and an entry
/// may cover it at all.
pub(in super::super) fn is_coverable(invocation: &Invocation, effects: &[Effect], context: &Context) -> bool {
    is_exact(invocation) && !is_never_covered(invocation, effects, context)
}

/// Whether the text of an invocation says exactly what it does, so that the same text does the same again.
pub(super) fn is_exact(invocation: &Invocation) -> bool {
    let known = |effect: &Effect| !matches!(effect.target, Target::Unknown | Target::Host { name: None, .. });
    let text =
        |value: &Option<Vec<u8>>| value.as_deref().is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
    invocation.opaque.is_none()
        && invocation.program != Program::Unknown
        && invocation.words.iter().all(|word| text(&word.value))
        && invocation.effects.iter().all(known)
}
