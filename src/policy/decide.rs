//! Facts and rules → decision.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::{
    facts::{Effect, Facts, Invocation, Program, Target},
    syntax::Span,
};

use super::{
    Action, Context, Corrupt, Decision, Part, Policy, Reason, Tier, Whitelist, effect_text, floor,
    judge::{self, Judged, Said},
    score::Row,
    whitelist::{self, Covering, format_seconds},
    work::Work,
};

/// Most reasons that one rule, or that no rule, gives for one part.
const REPEATS: usize = 3;

/// Most reasons of a decision that are there because no rule covers something.
const UNCOVERED: usize = 32;

/// What the policy says of a command line.
///
/// The strictest part decides. Neither the order of rules nor that of parts matters, and one more part never makes
/// the action milder (I4). What is opaque is never allowed (I3).
///
/// # Errors
/// [`Corrupt`] where the compiled policy or whitelist is damaged: compile again, and never take it for a yes.
pub fn decide(
    facts: &Facts,
    context: &Context,
    policy: &Policy<'_>,
    whitelist: &Whitelist<'_>,
) -> Result<Decision, Corrupt> {
    let bench: Bench<'_> =
        Bench { policy, context, whitelist, line: floor::Line::of(facts), work: Work::of_a_decision() };
    let mut outcomes = Vec::with_capacity(facts.invocations.len());
    for invocation in &facts.invocations {
        outcomes.push(bench.part(invocation)?);
    }
    let mut whole = bench.line(facts)?;
    for outcome in &outcomes {
        whole.include(outcome);
    }
    bench.decision(facts, whole, outcomes)
}

/// The directories whose files count in a decision about these facts: trees that a program reads for which a strict
/// rule protects names wherever they lie. Mostly none, and then nobody needs to look.
///
/// # Errors
/// [`Corrupt`] where the compiled policy is damaged.
pub fn trees_to_look_at(
    facts: &Facts,
    context: &Context,
    policy: &Policy<'_>,
) -> Result<Vec<PathBuf>, Corrupt> {
    let (work, mut trees) = (Work::of_a_decision(), BTreeSet::new());
    let here = |invocation: &&Invocation| !matches!(invocation.program, Program::Elsewhere(_));
    for invocation in facts.invocations.iter().filter(here) {
        trees.extend(judge::searched(policy, context, invocation, &work)?);
    }
    Ok(trees.into_iter().collect())
}

/// What is said of one invocation, or of the line.
#[derive(Clone, Debug)]
struct Outcome {
    part: Part,
    ttl: Option<u32>,
    reviewers: u8,
    marks: BTreeSet<Row>,
    /// Whether a whitelist entry could cover it.
    coverable: bool,
}

/// Whether an effect stands there for strict rules alone: what happens elsewhere is noted for that place, and behind that
/// as it would be here.
fn is_twin(invocation: &Invocation, effects: &[Effect], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| effects.get(before));
    let (Some(effect), Some(before)) = (effects.get(index), before) else { return false };
    matches!(invocation.program, Program::Elsewhere(_))
        && matches!(before.target, Target::Name(_))
        && before.span == effect.span
        && before.because == effect.because
}

/// What tells a path on another machine from one on this.
const fn there(invocation: &Invocation, effect: &Effect) -> &'static str {
    match (&invocation.program, &effect.target) {
        (Program::Elsewhere(_), Target::Path { .. } | Target::Glob { .. }) => " there",
        _ => "",
    }
}

struct Bench<'b> {
    policy: &'b Policy<'b>,
    context: &'b Context,
    whitelist: &'b Whitelist<'b>,
    line: floor::Line<'b>,
    work: Work,
}

impl Outcome {
    const fn mildest() -> Self {
        let part = Part { action: Action::Allow, tier: Tier::Low, reasons: Vec::new() };
        Self { part, ttl: None, reviewers: 1, marks: BTreeSet::new(), coverable: false }
    }

    fn raise(&mut self, tier: Tier) {
        self.part.tier = self.part.tier.max(tier);
    }

    /// Adds a reason that no rule gave; raising the tier is another matter.
    fn note(&mut self, tier: Tier, text: String, span: Option<Span>) {
        self.part.reasons.push(Reason { rule: None, row: None, tier, text, weight: 0, span });
    }

    fn live_at_most(&mut self, ttl: u32) {
        self.ttl = Some(self.ttl.map_or(ttl, |old| old.min(ttl)));
    }

    fn include(&mut self, other: &Self) {
        self.part.action = self.part.action.max(other.part.action);
        self.raise(other.part.tier);
        self.reviewers = self.reviewers.max(other.reviewers);
        self.marks.extend(&other.marks);
        if let Some(ttl) = other.ttl {
            self.live_at_most(ttl);
        }
    }
}

/// The reason that a whitelist entry gives. No rule is called so, because a rule's name has no colon.
fn whitelisted(covering: Covering<'_>, invocation: &Invocation) -> Reason {
    let Covering { id, by, expires } = covering;
    Reason {
        row: None,
        rule: Some(format!("whitelist:{id}")),
        tier: Tier::Medium,
        text: format!("whitelisted by {by} until {}", format_seconds(expires)),
        weight: 0,
        span: Some(invocation.span),
    }
}

impl Bench<'_> {
    fn part(&self, invocation: &Invocation) -> Result<Outcome, Corrupt> {
        let judged = judge::judge(self.policy, self.context, invocation, &self.work)?;
        let mut outcome = Outcome::mildest();
        for said in &judged.said {
            self.speak(&mut outcome, invocation, &judged, said)?;
        }
        self.uncovered(&mut outcome, invocation, &judged)?;
        self.keep_floor(&mut outcome, invocation, &judged);
        if self.work.is_spent() {
            outcome.raise(Tier::High);
            let text = "too many words and paths to compare with the rules in time".to_owned();
            let span = Some(invocation.span);
            outcome.note(Tier::High, text, span);
        }
        if let Some(opacity) = &invocation.opaque {
            outcome.raise(Tier::High);
            let text = format!("not understood: {}", opacity.why);
            let span = Some(opacity.span);
            outcome.note(Tier::High, text, span);
        }
        outcome.part.action = self.action(&mut outcome, invocation, &judged)?;
        outcome.coverable = outcome.part.tier == Tier::Medium
            && outcome.part.action == Action::Ask
            && whitelist::is_coverable(invocation, &judged.effects, self.context);
        outcome.part.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.tier));
        Ok(outcome)
    }

    /// Raises what is high whatever the rules say.
    fn keep_floor(&self, outcome: &mut Outcome, invocation: &Invocation, judged: &Judged) {
        for floor in floor::of(invocation, &judged.effects, &self.line, self.context) {
            if outcome.part.tier < Tier::High {
                let effect = floor.effect.and_then(|index| judged.effects.get(index));
                let why = floor.why;
                let text = effect.map_or_else(
                    || format!("{why}: always asked"),
                    |effect| format!("{why}: {}, always asked", effect_text(effect)),
                );
                let span = Some(effect.map_or(invocation.span, |effect| effect.span));
                outcome.note(Tier::High, text, span);
            }
            outcome.raise(Tier::High);
        }
    }

    fn speak(
        &self,
        outcome: &mut Outcome,
        invocation: &Invocation,
        judged: &Judged,
        said: &Said,
    ) -> Result<(), Corrupt> {
        let rule = self.policy.rule(said.rule)?;
        outcome.raise(said.tier);
        if said.tier == Tier::High {
            outcome.reviewers = outcome.reviewers.max(rule.reviewers()?);
        }
        if said.tier == Tier::Medium {
            outcome.live_at_most(rule.ttl()?);
        }
        let effect = said.effect.and_then(|index| judged.effects.get(index));
        // What may be anything shows nothing in particular.
        let anything = said.possibly && effect.is_some_and(|effect| effect.target == Target::Unknown);
        if !anything {
            outcome.marks.extend(rule.marks()?);
        }
        let id = rule.id()?;
        let repeats = outcome.part.reasons.iter().filter(|reason| reason.rule.as_deref() == Some(id)).count();
        if repeats >= REPEATS {
            return Ok(());
        }
        let reason = rule.reason()?;
        let perhaps = if said.possibly { "perhaps " } else { "" };
        let text = effect.map_or_else(
            || format!("{perhaps}{reason}"),
            |effect| format!("{perhaps}{reason}: {}{}", effect_text(effect), there(invocation, effect)),
        );
        let span = effect.map_or(invocation.span, |effect| effect.span);
        let rule = Some(id.to_owned());
        outcome.part.reasons.push(Reason {
            rule,
            row: None,
            tier: said.tier,
            text,
            weight: 0,
            span: Some(span),
        });
        Ok(())
    }

    /// What no rule covers is asked: an effect of which neither an effect rule nor a command rule speaks.
    fn uncovered(
        &self,
        outcome: &mut Outcome,
        invocation: &Invocation,
        judged: &Judged,
    ) -> Result<(), Corrupt> {
        if judged.said.iter().any(|said| said.effect.is_none()) {
            return Ok(());
        }
        let covered: BTreeSet<usize> = judged.said.iter().filter_map(|said| said.effect).collect();
        let open =
            judged.effects.iter().enumerate().filter(|(index, _)| {
                !covered.contains(index) && !is_twin(invocation, &judged.effects, *index)
            });
        let text = |effect| format!("no rule covers this: {}", effect_text(effect));
        let mut texts: Vec<_> = open.take(REPEATS).map(|(_, effect)| (text(effect), effect.span)).collect();
        if judged.effects.is_empty() {
            texts.push(("no rule covers this".to_owned(), invocation.span));
        }
        if texts.is_empty() {
            return Ok(());
        }
        outcome.raise(Tier::Medium);
        outcome.live_at_most(self.policy.ttl()?);
        for (text, span) in texts {
            outcome.note(Tier::Medium, text, Some(span));
        }
        Ok(())
    }

    fn action(
        &self,
        outcome: &mut Outcome,
        invocation: &Invocation,
        judged: &Judged,
    ) -> Result<Action, Corrupt> {
        Ok(match outcome.part.tier {
            Tier::Low => Action::Allow,
            Tier::Medium => match self.whitelist.covering(invocation, &judged.effects, self.context)? {
                Some(covering) => {
                    outcome.part.reasons.push(whitelisted(covering, invocation));
                    Action::Allow
                }
                None => Action::Ask,
            },
            Tier::High => Action::Ask,
            Tier::Deny => Action::Deny,
        })
    }

    /// What is said of the line as a whole, before its parts.
    fn line(&self, facts: &Facts) -> Result<Outcome, Corrupt> {
        let mut whole = Outcome::mildest();
        if let Some(refused) = facts.transfer.as_ref().and_then(|transfer| transfer.refused.as_ref()) {
            whole.part.action = Action::Deny;
            whole.raise(Tier::Deny);
            whole.note(
                Tier::Deny,
                format!("no client sends such a copy ({})", refused.why),
                Some(refused.span),
            );
            return Ok(whole);
        }
        let (tier, text, span) = match &facts.opaque {
            Some(opacity) => (Tier::High, format!("not understood: {}", opacity.why), Some(opacity.span)),
            None if facts.invocations.is_empty() => {
                (Tier::Medium, "nothing that could be judged".to_owned(), None)
            }
            None => return Ok(whole),
        };
        whole.part.action = Action::Ask;
        whole.raise(tier);
        whole.live_at_most(self.policy.ttl()?);
        whole.note(tier, text, span);
        Ok(whole)
    }

    fn decision(&self, facts: &Facts, whole: Outcome, outcomes: Vec<Outcome>) -> Result<Decision, Corrupt> {
        let tier = whole.part.tier;
        let can_live = tier == Tier::Medium
            && whole.part.action == Action::Ask
            && !facts.invocations.is_empty()
            && outcomes.iter().all(|outcome| outcome.part.action == Action::Allow || outcome.coverable);
        let mut reasons = whole.part.reasons;
        for outcome in &outcomes {
            for reason in &outcome.part.reasons {
                let same =
                    |old: &Reason| old.rule.is_some() && old.rule == reason.rule && old.tier >= reason.tier;
                let many = || reasons.iter().filter(|old| old.rule.is_none()).count() >= UNCOVERED;
                if !(reasons.iter().any(same) || reason.rule.is_none() && many()) {
                    reasons.push(reason.clone());
                }
            }
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.tier));
        if let Some(first) = reasons.first_mut() {
            first.weight = self.policy.base(tier)?;
        }
        let mut decision = Decision {
            action: whole.part.action,
            tier,
            score: self.policy.base(tier)?,
            reasons,
            parts: outcomes.into_iter().map(|outcome| outcome.part).collect(),
            timeout: self.policy.timeout()?,
            whitelist_for: can_live.then_some(whole.ttl).flatten().map(|ttl| Duration::from_secs(ttl.into())),
            reviewers: whole.reviewers,
        };
        for entry in self.policy.score_rows()? {
            let entry = entry?;
            let marked = whole.marks.contains(&entry.row).then(String::new);
            if let Some(detail) = entry.shown_by(facts, self.context)?.or(marked) {
                decision.weigh(&entry, &detail)?;
            }
        }
        Ok(decision)
    }
}
