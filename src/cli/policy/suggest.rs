//! `gate policy suggest`: whitelist entries that would have made questions of the past needless.

mod card;
mod effect;
mod memory;

use std::io::IsTerminal as _;

use anyhow::bail;

use crate::{
    audit::{By, Run, Verdict},
    cli::log::{Since, parse_since},
    exit::Exit,
    pipeline::Replay,
    policy::{self, Answer, Sample, Suggestion, WhitelistEntry},
    sys::{account::Account, clock, talk},
};

use super::{keys::Keys, lines::duration, person::person, say};
use memory::Memory;

const EXAMPLES: &str = "\
Commands that were approved again and again are put together where they differ
only in numbers or in the names of what they are done to. Shells, interpreters,
privileges and programs that start others are never generalised.

At a terminal one key answers each: a accepts it, d rejects it for good, s
leaves it, A and D do the same to all that follow, q leaves the rest.

Examples:
  gate policy suggest                      Look and answer
  gate policy suggest --since 7d --min 5   Approved five times within a week
  gate policy suggest --format json        For programs: one object a line
  gate policy suggest --accept 3f9a20c1    Without a terminal";

const OFFER: &str = "a accept  d reject for good  s leave  A, D all that follow  q quit";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How far to look back: `7d`, `30d`, `2026-01-31`
    #[arg(long, value_name = "TIME", value_parser = parse_since, default_value = "30d")]
    since: Since,
    /// How often something has to have been approved
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    min: u32,
    /// Print `text` for people or `json`, and ask nothing
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"])]
    format: Option<String>,
    /// Accept these suggestions
    #[arg(long, value_name = "ID", num_args = 1.., conflicts_with = "format")]
    accept: Vec<String>,
    /// Reject these suggestions for good
    #[arg(long, value_name = "ID", num_args = 1.., conflicts_with = "format")]
    reject: Vec<String>,
    /// How long accepted entries live; the policy's own time otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    life: Option<u64>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let past = Replay::look()?;
    let memory = Memory::of(&past.loaded.settings.state);
    let suggestions = suggestions(&past, arguments, &memory)?;
    let answering = !arguments.accept.is_empty() || !arguments.reject.is_empty();
    if answering {
        let by = person(&past.loaded)?;
        let accepted = named(&suggestions, &arguments.accept)?;
        let rejected = named(&suggestions, &arguments.reject)?;
        return apply(&past, arguments, &memory, &by, &accepted, &rejected);
    }
    if arguments.format.as_deref() == Some("json") {
        return say(&suggestions.iter().map(card::json).collect::<String>());
    }
    if suggestions.is_empty() {
        talk::say(&format!("nothing was approved {} times that could be whitelisted", arguments.min));
        return Ok(Exit::Success);
    }
    if arguments.format.is_none() && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return ask(&past, arguments, &memory, &suggestions);
    }
    say(&card::all(&suggestions))
}

/// What the log suggests, without what was rejected before.
fn suggestions(past: &Replay, arguments: &Arguments, memory: &Memory) -> anyhow::Result<Vec<Suggestion>> {
    let (runs, wholeness) = past.runs(arguments.since.from(clock::now_millis()))?;
    if let Err(broken) = &wholeness.chain {
        bail!("the audit log was changed: {broken}; nothing is suggested from what proves nothing");
    }
    let mut samples: Vec<Sample> = Vec::new();
    let (policy, whitelist) = (past.loaded.policy()?, past.loaded.whitelist()?);
    for run in &runs {
        let (Some(subject), Some(answer)) = (&run.subject, answer(run)) else { continue };
        let Some(again) = past.judge(subject, &policy, &whitelist)? else { continue };
        let request = run.request.as_ref().unwrap_or(&run.id);
        let from = (answer, request.as_str());
        samples.extend(policy::samples(&again.facts, &again.decision, &again.context, &policy, from)?);
    }
    let rejected = memory.rejected()?;
    let mut suggestions = policy::suggest(&samples, usize::try_from(arguments.min).unwrap_or(usize::MAX));
    suggestions.retain(|suggestion| !rejected.contains(&suggestion.id));
    Ok(suggestions)
}

/// How a human answered; `None` where nobody was asked.
fn answer(run: &Run) -> Option<Answer> {
    match run.verdict.as_ref()? {
        Verdict::Accepted(By::Reviewers(_)) => Some(Answer::Approved),
        Verdict::Accepted(_) => None,
        Verdict::Rejected { by: By::Reviewers(_), .. } => Some(Answer::Denied),
        Verdict::Rejected { .. } => Some(Answer::None),
    }
}

fn named(suggestions: &[Suggestion], ids: &[String]) -> anyhow::Result<Vec<Suggestion>> {
    let mut found = Vec::new();
    for id in ids {
        match suggestions.iter().find(|suggestion| suggestion.id == *id) {
            Some(suggestion) => found.push(suggestion.clone()),
            None => bail!(
                "nothing was changed: there is no suggestion {id:?} now; `gate policy suggest --format text` lists them"
            ),
        }
    }
    Ok(found)
}

/// One key for each suggestion.
fn ask(
    past: &Replay,
    arguments: &Arguments,
    memory: &Memory,
    suggestions: &[Suggestion],
) -> anyhow::Result<Exit> {
    let by = person(&past.loaded)?;
    let mut keys = Keys::open()?;
    say(&card::overview(suggestions))?;
    let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
    for (number, suggestion) in suggestions.iter().enumerate() {
        say(&card::one(suggestion, number + 1, suggestions.len()))?;
        match keys.press(OFFER, "adsADq")? {
            'a' => accepted.push(suggestion.clone()),
            'd' => rejected.push(suggestion.clone()),
            'A' => {
                accepted.extend(suggestions.iter().skip(number).cloned());
                break;
            }
            'D' => {
                rejected.extend(suggestions.iter().skip(number).cloned());
                break;
            }
            's' => {}
            _ => break,
        }
    }
    drop(keys);
    apply(past, arguments, memory, &by, &accepted, &rejected)
}

fn apply(
    past: &Replay,
    arguments: &Arguments,
    memory: &Memory,
    by: &Account,
    accepted: &[Suggestion],
    rejected: &[Suggestion],
) -> anyhow::Result<Exit> {
    let now = clock::now_millis() / 1000;
    let entry = |suggestion: &Suggestion| WhitelistEntry {
        by: by.name.clone(),
        approved: now,
        expires: now.saturating_add(arguments.life.unwrap_or(suggestion.life)),
        ..suggestion.entry.clone()
    };
    let added = past.loaded.whitelist_file().add(accepted.iter().map(entry).collect())?;
    memory.reject(rejected, &by.name, now)?;
    for entry in &added {
        let command = super::whitelist::command(entry);
        talk::say(&format!("{} lets this run: {}", entry.id, crate::ui::Printable::line(command.as_bytes())));
    }
    talk::say(&format!("{} accepted, {} rejected", added.len(), rejected.len()));
    Ok(Exit::Success)
}
