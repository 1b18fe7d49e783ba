//! What only the past and the clock can say of a request: looked up where a human is asked, because it costs time.

use crate::facts::{Facts, Invocation, Program};

use super::{
    super::{Context, Corrupt, Decision, Policy, Tier, cache::ScoreEntry, rule::Kinds},
    Row,
    terms::Days,
};

/// As many parts of one line are compared with the past; whatever is beyond counts as new.
const MOST: usize = 8;

/// What one invocation does, as far as it can be compared with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Base name of the program.
    pub program: String,
    /// The path by which it was called; empty where that was a name.
    path: Vec<u8>,
    /// The subcommands, joined by blanks.
    pub subs: String,
    kinds: Kinds,
}

impl Deed {
    /// The deed of an invocation; `None` where no program is started, or none that is known.
    #[must_use]
    pub fn of(invocation: &Invocation) -> Option<Self> {
        let (Program::Builtin(name) | Program::Elsewhere(name) | Program::File { name, .. }) =
            &invocation.program
        else {
            return None;
        };
        let written = invocation.words.first().and_then(|word| word.value.as_deref()).unwrap_or_default();
        Some(Self {
            program: name.rsplit_once('/').map_or(&**name, |(_, base)| base).to_owned(),
            path: if written.contains(&b'/') { written.to_vec() } else { Vec::new() },
            subs: invocation.subs.join(" "),
            kinds: invocation
                .effects
                .iter()
                .fold(Kinds::default(), |kinds, effect| kinds.with(Kinds::of(effect.kind))),
        })
    }

    /// Whether it is the same program, called in the same way, with the same subcommands.
    #[must_use]
    pub fn repeats(&self, before: &Self) -> bool {
        self.program == before.program && self.path == before.path && self.subs == before.subs
    }

    /// Whether it does at least what the other does, with the same program and subcommands.
    #[must_use]
    pub fn resembles(&self, before: &Self) -> bool {
        let all = self.kinds.with(before.kinds) == self.kinds;
        all && self.program == before.program && self.subs == before.subs
    }

    fn text(&self) -> String {
        let path = String::from_utf8_lossy(&self.path);
        let name = if path.is_empty() { self.program.as_str() } else { &path };
        if self.subs.is_empty() { name.to_owned() } else { format!("{name} {}", self.subs) }
    }
}

/// Every deed of a command line.
#[must_use]
pub fn deeds(facts: &Facts) -> Vec<Deed> {
    facts.invocations.iter().filter_map(Deed::of).collect()
}

/// What is asked of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is to be compared with what was accepted or denied.
    pub deeds: Vec<Deed>,
    /// For whom it is to be accepted before; the name is the agent's own choice, so a new name has no past.
    pub agent: Option<String>,
    /// On which machine.
    pub host: String,
    /// Seconds since the epoch.
    pub now: u64,
    /// Since when requests are counted, in seconds since the epoch.
    pub requests_since: u64,
    /// Since when denials count, in seconds since the epoch.
    pub denied_since: u64,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// For each deed whether it was accepted before, for this agent on this machine.
    pub accepted: Vec<bool>,
    /// How often this account asked, under whatever name.
    pub requests: u32,
    /// When something like one of the deeds was denied last, in seconds since the epoch.
    pub denied: Option<u64>,
}

/// A moment on the machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// The day, from Monday (0) to Sunday (6).
    pub day: u8,
    /// Minutes since midnight.
    pub minute: u16,
}

/// What was before, and what time it is.
pub trait History {
    /// Looks it up; `None` where it cannot be: then everything is as suspicious as it can be.
    fn recall(&self, question: &Question) -> Option<Memory>;

    /// The time where the machine stands, whatever the caller's environment says; `None` where that is not known.
    fn local_time(&self, now: u64) -> Option<LocalTime>;
}

/// A past that is known: for examples and tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// What was accepted, for whoever asks.
    pub accepted: Vec<Deed>,
    /// What was denied, each with its time.
    pub denied: Vec<(u64, Deed)>,
    /// Times of requests.
    pub requests: Vec<u64>,
    /// What the machine's clock shows.
    pub local_time: Option<LocalTime>,
}

impl History for Past {
    fn recall(&self, question: &Question) -> Option<Memory> {
        let known = |deed: &Deed| self.accepted.iter().any(|before| deed.repeats(before));
        let like = |before: &Deed| question.deeds.iter().any(|deed| deed.resembles(before));
        let denied = self.denied.iter().filter(|(time, deed)| *time >= question.denied_since && like(deed));
        let requests = self.requests.iter().filter(|time| **time >= question.requests_since).count();
        Some(Memory {
            accepted: question.deeds.iter().map(known).collect(),
            requests: u32::try_from(requests).unwrap_or(u32::MAX),
            denied: denied.map(|(time, _)| *time).max(),
        })
    }

    fn local_time(&self, _: u64) -> Option<LocalTime> {
        self.local_time
    }
}

/// Adds to a decision's score what the past and the clock say. They never change what is to be done.
///
/// # Errors
/// [`Corrupt`] where the compiled policy is damaged.
pub fn weigh_past(
    decision: &mut Decision,
    facts: &Facts,
    context: &Context,
    policy: &Policy<'_>,
    history: &dyn History,
) -> Result<(), Corrupt> {
    let entries: Vec<ScoreEntry<'_>> = policy.score_rows()?.collect::<Result<_, _>>()?;
    let entries: Vec<_> = entries.into_iter().filter(|entry| entry.row.needs_the_past()).collect();
    let since = |row: Row| -> Result<u64, Corrupt> {
        let entry = entries.iter().find(|entry| entry.row == row);
        Ok(context.now.saturating_sub(entry.map_or(Ok(0), ScoreEntry::within)?.into()))
    };
    let strange = strange_parts(decision, facts);
    let question = Question {
        deeds: strange.deeds,
        agent: context.agent.clone(),
        host: context.host.clone(),
        now: context.now,
        requests_since: since(Row::Burst)?,
        denied_since: since(Row::Denied)?,
    };
    let asks = entries.iter().any(|entry| entry.row != Row::Hours);
    let memory = if asks { history.recall(&question) } else { None };
    for entry in &entries {
        let shown = match (entry.row, &memory) {
            (Row::Hours, _) => at_odd_hours(entry, history.local_time(context.now))?,
            (_, None) => Some("the audit log cannot be read".to_owned()),
            (Row::New, Some(memory)) => strange.beyond.clone().or_else(|| first_new(&question, memory)),
            (Row::Burst, Some(memory)) => {
                let within = entry.within()?;
                (memory.requests >= entry.threshold()?).then(|| counted(memory.requests, within))
            }
            (Row::Denied, Some(memory)) => memory.denied.map(|time| ago(context.now.saturating_sub(time))),
            _ => None,
        };
        if let Some(detail) = shown {
            decision.weigh(entry, &detail)?;
        }
    }
    Ok(())
}

/// The parts that do not run by themselves anyway.
struct Strange {
    deeds: Vec<Deed>,
    /// What has no deed to compare, in words.
    beyond: Option<String>,
}

fn strange_parts(decision: &Decision, facts: &Facts) -> Strange {
    let mut strange = Strange { deeds: Vec::new(), beyond: None };
    if facts.opaque.is_some() {
        strange.beyond = Some("something that is not understood".to_owned());
    }
    for (index, invocation) in facts.invocations.iter().enumerate() {
        if decision.parts.get(index).is_some_and(|part| part.tier == Tier::Low) {
            continue;
        }
        match Deed::of(invocation) {
            Some(deed) if strange.deeds.contains(&deed) => {}
            Some(deed) if strange.deeds.len() < MOST => strange.deeds.push(deed),
            Some(deed) => strange.beyond = Some(deed.text()),
            None if invocation.program == Program::Unknown => {
                strange.beyond = Some("a program that is not known before it runs".to_owned());
            }
            None => {}
        }
    }
    strange
}

fn first_new(question: &Question, memory: &Memory) -> Option<String> {
    let known = |index: usize| memory.accepted.get(index).is_some_and(|accepted| *accepted);
    let new: Vec<String> = question
        .deeds
        .iter()
        .enumerate()
        .filter(|(index, _)| !known(*index))
        .map(|(_, deed)| deed.text())
        .collect();
    (!new.is_empty()).then(|| new.join(", "))
}

fn at_odd_hours(entry: &ScoreEntry<'_>, time: Option<LocalTime>) -> Result<Option<String>, Corrupt> {
    let (hours, days) = (entry.hours()?, entry.days()?);
    if hours.contain_all() && days == Days::ALL {
        return Ok(None);
    }
    let Some(time) = time else { return Ok(Some("the time of this machine is not known".to_owned())) };
    let usual = days.contain(time.day) && hours.contain(time.minute);
    let day = Days::NAMES.get(usize::from(time.day)).copied().unwrap_or("?");
    Ok((!usual).then(|| format!("{day} {:02}:{:02}", time.minute / 60, time.minute % 60)))
}

fn counted(requests: u32, within: u32) -> String {
    format!("{requests} in {}", duration(within.into()))
}

fn ago(seconds: u64) -> String {
    if seconds < 60 { "just now".to_owned() } else { format!("{} ago", duration(seconds)) }
}

/// A duration as policies write it, in its largest whole unit.
fn duration(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length);
    unit.map_or_else(|| format!("{seconds}s"), |(length, name)| format!("{}{name}", seconds / length))
}
