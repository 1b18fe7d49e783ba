//! The answer as one JSON object on one line; its keys are a contract with whoever reads it.

use serde::Serialize;

use crate::{
    facts::{Effect, Facts, Invocation, Program},
    policy::{Decision, Reason, effect_text},
    syntax::Span,
};

#[derive(Serialize)]
struct Answer<'a> {
    action: &'static str,
    tier: &'static str,
    score: u8,
    rules: Vec<&'a str>,
    reasons: Vec<AnswerReason<'a>>,
    opaque: Option<&'a str>,
    invocations: Vec<AnswerInvocation<'a>>,
}

#[derive(Serialize)]
struct AnswerReason<'a> {
    rule: Option<&'a str>,
    row: Option<&'a str>,
    tier: &'static str,
    text: &'a str,
    weight: u8,
    span: Option<[u32; 2]>,
}

#[derive(Serialize)]
struct AnswerInvocation<'a> {
    program: Option<&'a str>,
    words: Vec<Option<String>>,
    via: Vec<&'a str>,
    effects: Vec<AnswerEffect<'a>>,
    opaque: Option<&'a str>,
    span: [u32; 2],
}

#[derive(Serialize)]
struct AnswerEffect<'a> {
    kind: &'static str,
    text: String,
    undo: &'static str,
    because: &'a str,
    span: [u32; 2],
}

/// The object, newline included.
pub(super) fn line(facts: &Facts, decision: &Decision) -> serde_json::Result<String> {
    let answer = Answer {
        action: decision.action.name(),
        tier: decision.tier.name(),
        score: decision.score,
        rules: decision.rules(),
        reasons: decision.reasons.iter().map(reason).collect(),
        opaque: facts.opacities().next().map(|opacity| &*opacity.why),
        invocations: facts.invocations.iter().map(invocation).collect(),
    };
    serde_json::to_string(&answer).map(|line| line + "\n")
}

fn reason(reason: &Reason) -> AnswerReason<'_> {
    AnswerReason {
        rule: reason.rule.as_deref(),
        row: reason.row.as_deref(),
        tier: reason.tier.name(),
        text: &reason.text,
        weight: reason.weight,
        span: reason.span.map(offsets),
    }
}

fn invocation(invocation: &Invocation) -> AnswerInvocation<'_> {
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    AnswerInvocation {
        program: match &invocation.program {
            Program::Nothing | Program::Unknown => None,
            Program::Builtin(name)
            | Program::Function(name)
            | Program::Elsewhere(name)
            | Program::File { name, .. } => Some(name),
        },
        words: invocation.words.iter().map(|word| word.value.as_deref().map(text)).collect(),
        via: invocation.via.iter().map(|name| &**name).collect(),
        effects: invocation.effects.iter().map(effect).collect(),
        opaque: invocation.opaque.as_ref().map(|opacity| &*opacity.why),
        span: offsets(invocation.span),
    }
}

fn effect(effect: &Effect) -> AnswerEffect<'_> {
    AnswerEffect {
        kind: effect.kind.name(),
        text: effect_text(effect),
        undo: effect.undo.name(),
        because: &effect.because,
        span: offsets(effect.span),
    }
}

const fn offsets(span: Span) -> [u32; 2] {
    [span.start, span.end]
}
