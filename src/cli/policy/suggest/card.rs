//! A suggestion on a screen.

use std::fmt::Write as _;

use crate::policy::{Answer, Suggestion, days};

use super::super::{
    lines::{fitted, width},
    whitelist::{command, scope},
};

/// Commands that are shown of those that it covers.
const SHOWN: usize = 3;

/// All of them, one line each, so that nobody answers for what was not shown.
pub(super) fn overview(suggestions: &[Suggestion]) -> String {
    if suggestions.len() < 2 {
        return String::new();
    }
    let mut text = format!("{} suggestions, by how often the like was approved:\n\n", suggestions.len());
    for suggestion in suggestions {
        let command = fitted(&command(&suggestion.entry), width().saturating_sub(7));
        let _ = writeln!(text, "{:>5}  {command}", suggestion.approved);
    }
    text
}

/// All of them, for a place where nobody can press a key.
pub(super) fn all(suggestions: &[Suggestion]) -> String {
    let mut text = String::new();
    for (number, suggestion) in suggestions.iter().enumerate() {
        text.push_str(&one(suggestion, number + 1, suggestions.len()));
        text.push('\n');
    }
    text.push_str("Accept with `gate policy suggest --accept ID`, reject with `--reject ID`.\n");
    text
}

/// One suggestion: what, how often, what it lets run and what not.
pub(super) fn one(suggestion: &Suggestion, number: usize, count: usize) -> String {
    let width = width();
    let mut text = format!(
        "\n{number} of {count}   {}   approved {} times, denied 0\n\n",
        suggestion.id, suggestion.approved
    );
    let _ = writeln!(text, "  {}", fitted(&command(&suggestion.entry), width.saturating_sub(2)));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<11}{}", fitted(value, width.saturating_sub(13)));
    };
    line("", "");
    let effects = suggestion.entry.effects.iter().flatten();
    heads("may").zip(effects).for_each(|(head, effect)| line(head, effect));
    line("where", &scope(&suggestion.entry));
    line("lives", &days(suggestion.life));
    for (head, (command, times)) in heads("lets run").zip(suggestion.covered.iter().take(SHOWN)) {
        let times = if *times > 1 { format!("   ({times} times)") } else { String::new() };
        line(head, &format!("{command}{times}"));
    }
    let more = suggestion.covered.len().saturating_sub(SHOWN);
    if more > 0 {
        line("", &format!("and {more} more"));
    }
    if suggestion.missed.is_empty() {
        line("still asks", "whatever differs in anything else");
    }
    for (head, (command, answer)) in heads("still asks").zip(&suggestion.missed) {
        line(head, &format!("{command}{}", answered(*answer)));
    }
    text
}

/// A name for the first line, and none for those below it.
fn heads(first: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(first).chain(std::iter::repeat(""))
}

const fn answered(answer: Answer) -> &'static str {
    match answer {
        Answer::Approved => "   (approved)",
        Answer::Denied => "   (denied)",
        Answer::None => "   (not answered)",
    }
}

/// The same as one JSON object on one line.
pub(super) fn json(suggestion: &Suggestion) -> String {
    let entry = &suggestion.entry;
    let object = serde_json::json!({
        "id": suggestion.id,
        "words": entry.words,
        "via": entry.via,
        "effects": entry.effects,
        "host": entry.host,
        "cwd": entry.cwd,
        "agent": entry.agent,
        "seconds": suggestion.life,
        "approved": suggestion.approved,
        "denied": 0,
        "requests": entry.requests,
        "covered": suggestion.covered.iter().map(|(command, times)| {
            serde_json::json!({"command": command, "times": times})
        }).collect::<Vec<_>>(),
        "missed": suggestion.missed.iter().map(|(command, answer)| {
            let answer = match answer {
                Answer::Approved => "approved",
                Answer::Denied => "denied",
                Answer::None => "none",
            };
            serde_json::json!({"command": command, "answer": answer})
        }).collect::<Vec<_>>(),
    });
    format!("{object}\n")
}
