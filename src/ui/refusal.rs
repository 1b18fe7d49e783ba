//! What a refused caller reads: which part, which rule, why, and what it may do next.

use crate::{
    approval::Request,
    policy::{Action, Reason},
    syntax::Span,
};

use super::{Diagnostic, Printable};

/// Reasons that are told; the rest is counted.
const REASONS: usize = 3;
/// Columns of a source line that are shown around what is meant.
const WINDOW: usize = 160;

/// The lines of a refusal, without the `gate: ` in front of each: headline, reasons with carets, hint.
#[must_use]
pub fn refusal(request: &Request, headline: &str, hint: &str) -> Vec<String> {
    let text = request.command_line.text();
    let mut lines = vec![Printable::line(headline.as_bytes()).to_string()];
    let reasons = reasons(request);
    for (reason, span) in reasons.iter().take(REASONS) {
        lines.push(format!("  {}", told(reason)));
        lines.extend(span.map(|span| excerpt(&text, span)).into_iter().flatten());
    }
    if let more @ 1.. = reasons.len().saturating_sub(REASONS) {
        lines.push(format!("  and {more} more; `gate check` shows them all"));
    }
    lines.push(format!("hint: {}", Printable::line(hint.as_bytes())));
    lines
}

/// The reasons of the parts that were not allowed, strictest first, each once.
fn reasons(request: &Request) -> Vec<(&Reason, Option<Span>)> {
    let decision = &request.decision;
    let strictest = |reason: &&Reason| reason.tier == decision.tier;
    let mut told: Vec<(&Reason, Option<Span>)> = Vec::new();
    for (part, invocation) in decision.parts.iter().zip(&request.facts.invocations) {
        let refused = part.action != Action::Allow;
        for reason in part.reasons.iter().filter(strictest).filter(|_| refused) {
            if !told.iter().any(|(known, _)| known.text == reason.text && known.rule == reason.rule) {
                told.push((reason, Some(reason.span.unwrap_or(invocation.span))));
            }
        }
    }
    if told.is_empty() {
        told.extend(decision.reasons.iter().take(1).map(|reason| (reason, reason.span)));
    }
    told
}

fn told(reason: &Reason) -> String {
    let text = Printable::line(reason.text.as_bytes());
    let tier = reason.tier.name();
    match &reason.rule {
        Some(rule) => format!("{text} ({tier}, rule {})", Printable::line(rule.as_bytes())),
        None => format!("{text} ({tier}, no rule covers it)"),
    }
}

/// The source line with carets under the span; of a long line the part around it, with what is left out counted.
fn excerpt(text: &[u8], span: Span) -> [String; 2] {
    let finding = Diagnostic::error("command", text, span.start as usize..span.end as usize, "");
    let [line, carets] = finding.excerpt();
    if line.chars().count() <= WINDOW {
        return [format!("  {line}"), format!("  {carets}")];
    }
    let start = carets.chars().take_while(|mark| *mark == ' ').count().saturating_sub(WINDOW / 4);
    let shown: String = line.chars().skip(start).take(WINDOW).collect();
    let marks: String = carets.chars().skip(start).take(WINDOW).collect();
    let before = format!("[{start} more] ");
    let after = line.chars().count().saturating_sub(start + WINDOW);
    [format!("  {before}{shown} [{after} more]"), format!("  {}{marks}", " ".repeat(before.len()))]
}
