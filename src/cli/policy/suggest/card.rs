//! A suggestion on a screen.

use std::fmt::Write as _;

use crate::policy::{Answer, Suggestion, WhitelistEntry, days};

use super::{
    super::{
        lines::{fitted, width},
        whitelist::{command, scope},
    },
    effect,
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
    let mut text = overview(suggestions);
    for (number, suggestion) in suggestions.iter().enumerate() {
        text.push_str(&one(suggestion, number + 1, suggestions.len()));
        text.push('\n');
    }
    text.push_str("Accept with `gate policy suggest --accept ID`, reject with `--reject ID`.\n");
    text
}

/// One suggestion: what, how often, what accepting it means, what it lets run and what not.
pub(super) fn one(suggestion: &Suggestion, number: usize, count: usize) -> String {
    let width = width();
    let entry = &suggestion.entry;
    let approved = format!("{number} of {count}   approved {} times, denied 0", suggestion.approved);
    let gap = width.saturating_sub(approved.chars().count()).min(72 - 8);
    let mut text = format!("\n{approved}{:>gap$}\n\n", suggestion.id);
    let _ = writeln!(text, "    {}\n", fitted(&command(entry), width.saturating_sub(4)));
    let mut line = |name: &str, value: &str| {
        let shown = fitted(value, width.saturating_sub(14));
        let _ = writeln!(text, "  {}", format!("{name:<12}{shown}").trim_end());
    };
    line("if accepted", &format!("runs without a question for {}", days(suggestion.life)));
    line("", &scope(entry));
    let effects = entry.effects.iter().flatten();
    for (head, effect) in heads("effects").zip(effects) {
        line(head, &effect::in_words(effect, entry.cwd.as_deref()));
    }
    let holes = holes(entry);
    if !holes.is_empty() {
        line("where", &holes);
    }
    for (head, (command, times)) in heads("lets run").zip(suggestion.covered.iter().take(SHOWN)) {
        let times = if *times > 1 { format!("   ({times} times)") } else { String::new() };
        line(head, &format!("{command}{times}"));
    }
    let more = suggestion.covered.len().saturating_sub(SHOWN);
    if more > 0 {
        line("", &format!("and {more} more that were approved"));
    }
    for (head, (command, answer)) in heads("still asks").zip(&suggestion.missed) {
        line(head, &format!("{command}{}", answered(*answer)));
    }
    line(
        if suggestion.missed.is_empty() { "still asks" } else { "" },
        "for any other words, place or effect",
    );
    text
}

/// What the holes of an entry's words stand for.
fn holes(entry: &WhitelistEntry) -> String {
    let meanings = [
        ("{number}", "{number} is any digits"),
        ("{word}", "{word} is any one name, without a slash"),
        ("{path}", "{path} is any names with slashes between them"),
    ];
    let stands = |(hole, _): &(&str, &str)| entry.words.iter().any(|word| word.contains(hole));
    meanings.iter().filter(|hole| stands(hole)).map(|(_, meaning)| *meaning).collect::<Vec<_>>().join("; ")
}

/// A name for the first line, and none for those below it.
fn heads(first: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(first).chain(std::iter::repeat(""))
}

const fn answered(answer: Answer) -> &'static str {
    match answer {
        Answer::Approved => "   (was approved)",
        Answer::Denied => "   (was denied)",
        Answer::None => "   (was not answered)",
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
