//! What the audit log remembers: read from its end, where a human is asked.

use std::{ops::ControlFlow, path::Path};

use memchr::memmem::Finder;

use crate::{
    audit::{self, EventKind, Glance, Log, Record, format_time, member},
    facts::Catalog,
    policy::{Analyse as _, Deed, ExampleMachine, History, LocalTime, Memory, Question, deeds},
    sys,
};

/// How far back the log is read, in bytes.
const WINDOW: u64 = 32 << 20;

/// As many command lines of the log are taken apart before it is taken for granted that one is suspicious.
const LINES: usize = 64;

/// Longer command lines of the log are not taken apart.
const LONGEST: usize = 64 << 10;

/// The past as the log of a state directory tells it.
pub(super) struct LoggedPast<'h> {
    pub(super) state: &'h Path,
    pub(super) catalog: &'h Catalog,
}

impl History for LoggedPast<'_> {
    fn recall(&self, question: &Question) -> Option<Memory> {
        let machine = ExampleMachine::new(self.catalog.clone());
        let mut search = Search::of(question, &machine);
        Log::newest_first(self.state, WINDOW, &mut search).ok()?;
        Some(search.memory)
    }

    fn local_time(&self, now: u64) -> Option<LocalTime> {
        let (day, minute) = sys::clock::local(now)?;
        Some(LocalTime { day, minute })
    }
}

/// Goes through the log's lines. Most are only glanced at; the few that hold the names that are looked for are taken
/// apart as the command line itself was, on a made-up machine: names and kinds of effects do not depend on the real one.
struct Search<'q> {
    question: &'q Question,
    machine: &'q ExampleMachine,
    host: Vec<u8>,
    agent: Option<Vec<u8>>,
    requests_since: String,
    denied_since: String,
    names: Vec<Names<'q>>,
    accepted_left: usize,
    denied_left: usize,
    memory: Memory,
}

/// The words that a line has to hold to be of interest for a deed.
struct Names<'q> {
    deed: &'q Deed,
    words: Vec<Finder<'q>>,
}

impl<'q> Names<'q> {
    fn of(deed: &'q Deed) -> Self {
        let words =
            [deed.program.as_str()].into_iter().chain(deed.subs.split(' ').filter(|sub| !sub.is_empty()));
        Self { deed, words: words.map(Finder::new).collect() }
    }

    fn are_in(&self, line: &[u8]) -> bool {
        self.words.iter().all(|word| word.find(line).is_some())
    }

    /// Whether they stand there as words of their own: `sh` stands in every other line, but not so.
    fn stand_in(&self, line: &[u8]) -> bool {
        let is_end = |at: usize| {
            line.get(at).is_none_or(|byte| !(byte.is_ascii_alphanumeric() || b"-_.".contains(byte)))
        };
        let stands = |word: &Finder<'_>| {
            let length = word.needle().len();
            word.find_iter(line).any(|at| at.checked_sub(1).is_none_or(is_end) && is_end(at + length))
        };
        self.words.iter().all(stands)
    }
}

impl audit::Search for Search<'_> {
    /// A question or a denial, or the name of something that was not yet seen to be accepted.
    fn worth(&self, lines: &[u8]) -> bool {
        let missing = self.memory.accepted.iter().zip(&self.names).filter(|(accepted, _)| !**accepted);
        let mut first_words = missing.filter_map(|(_, names)| names.words.first());
        memchr::memmem::find(lines, b",\"event\":\"re").is_some()
            || self.accepted_left > 0 && first_words.any(|word| word.find(lines).is_some())
    }

    fn look(&mut self, line: &[u8]) -> ControlFlow<()> {
        let Some(glance) = Glance::of(line) else { return ControlFlow::Continue(()) };
        match glance.event() {
            b"accept" => self.accept(&glance),
            b"request" => self.request(&glance),
            b"reject" => self.reject(&glance),
            _ => {}
        }
        let counted = glance.time() < self.requests_since.as_bytes();
        let denied = self.memory.denied.is_some() || glance.time() < self.denied_since.as_bytes();
        if counted && denied && !self.memory.accepted.contains(&false) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl<'q> Search<'q> {
    fn of(question: &'q Question, machine: &'q ExampleMachine) -> Self {
        Self {
            question,
            machine,
            host: member("host", &question.host),
            agent: question.agent.as_deref().map(|agent| member("agent", agent)),
            requests_since: format_time(question.requests_since.saturating_mul(1000)),
            denied_since: format_time(question.denied_since.saturating_mul(1000)),
            names: question.deeds.iter().map(Names::of).collect(),
            accepted_left: LINES,
            denied_left: LINES,
            memory: Memory { accepted: vec![false; question.deeds.len()], ..Memory::default() },
        }
    }

    fn accept(&mut self, glance: &Glance<'_>) {
        let missing = |index: usize| self.memory.accepted.get(index) == Some(&false);
        let mut names = self.names.iter().enumerate();
        let wanted = names.any(|(index, names)| missing(index) && names.stand_in(glance.line()));
        if !wanted || self.accepted_left == 0 || !self.is_ours(glance) {
            return;
        }
        self.accepted_left -= 1;
        let done = self.deeds(glance).unwrap_or_default();
        for (deed, accepted) in self.question.deeds.iter().zip(&mut self.memory.accepted) {
            *accepted |= done.iter().any(|before| deed.repeats(before));
        }
    }

    /// For this agent on this machine.
    fn is_ours(&self, glance: &Glance<'_>) -> bool {
        let agent = self.agent.as_ref().map_or_else(|| !glance.has("agent"), |agent| glance.holds(agent));
        agent && glance.holds(&self.host)
    }

    fn request(&mut self, glance: &Glance<'_>) {
        if glance.time() >= self.requests_since.as_bytes() {
            self.memory.requests = self.memory.requests.saturating_add(1);
        }
    }

    fn reject(&mut self, glance: &Glance<'_>) {
        if !glance.has("request") {
            self.request(glance);
        }
        if self.memory.denied.is_some()
            || glance.time() < self.denied_since.as_bytes()
            || !glance.holds(b",\"cause\":\"denied\"")
            || !glance.holds(&self.host)
        {
            return;
        }
        let plain = without_quoting(glance.line());
        if !self.names.iter().any(|names| names.are_in(&plain)) {
            return;
        }
        let alike = |done: &Deed| self.names.iter().any(|names| names.deed.resembles(done));
        let done = if self.denied_left == 0 { None } else { self.deeds(glance) };
        self.denied_left = self.denied_left.saturating_sub(1);
        if done.is_none_or(|done| done.iter().any(alike)) {
            let time = std::str::from_utf8(glance.time()).ok().and_then(audit::parse_time);
            self.memory.denied = Some(time.map_or(self.question.now, |time| time / 1000));
        }
    }

    /// What a record's command line does; `None` where that is not known.
    fn deeds(&self, glance: &Glance<'_>) -> Option<Vec<Deed>> {
        let record = Record::parse(glance.line()).ok()?;
        let (EventKind::Accept { subject, .. } | EventKind::Reject { subject, .. }) = record.event.kind
        else {
            return None;
        };
        let text = subject.command.lossy();
        (text.len() <= LONGEST).then(|| deeds(&self.machine.analyse(&text)))
    }
}

/// A line without the characters that can be put into a name without changing it: `c''at`, `c\at`.
fn without_quoting(line: &[u8]) -> Vec<u8> {
    line.iter().copied().filter(|byte| !matches!(byte, b'\'' | b'"' | b'\\')).collect()
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
