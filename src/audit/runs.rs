//! The log's events put together to runs.

use std::collections::HashMap;

use super::{By, Cause, Event, EventKind, Judgement, Octets, Recording, Subject};

/// What the log says of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Its identifier.
    pub id: String,
    /// Time of its first event, in milliseconds since the epoch.
    pub time: u64,
    /// What people called the request by, where a human was asked.
    pub request: Option<String>,
    /// What was to run, for whom.
    pub subject: Option<Box<Subject>>,
    /// What the policy said.
    pub judgement: Option<Judgement>,
    /// How it was decided, so far.
    pub verdict: Option<Verdict>,
    /// Name of the recording's file.
    pub recording: Option<String>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// What was copied from or to this machine.
    pub transfers: Vec<Transfer>,
    /// Where gate failed, why.
    pub error: Option<String>,
    /// Names of its events in their order.
    pub events: Vec<String>,
}

/// How a run was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It might run.
    Accepted(By),
    /// It did not run.
    Rejected {
        /// Who refused.
        by: By,
        /// Why.
        cause: Cause,
        /// Why, in words.
        reason: Option<String>,
    },
}

impl Verdict {
    /// Who decided.
    #[must_use]
    pub const fn by(&self) -> &By {
        match self {
            Self::Accepted(by) | Self::Rejected { by, .. } => by,
        }
    }

    /// One word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accepted(By::Reviewers(_)) => "approved",
            Self::Accepted(_) => "allowed",
            Self::Rejected { cause, .. } => cause.name(),
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code that the caller saw.
    pub code: u8,
    /// The signal that killed the command.
    pub signal: Option<u8>,
    /// How long it ran, in milliseconds.
    pub duration: u64,
    /// Bytes of output that passed through gate.
    pub output: Option<u64>,
    /// The recording as it was left.
    pub recording: Option<Recording>,
}

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What did it.
    pub verb: String,
    /// What was read or written.
    pub paths: Vec<Octets>,
    /// Bytes that came from the client.
    pub received: u64,
    /// Bytes that went to the client.
    pub sent: u64,
}

/// Puts events together, in the order of their runs' first events.
#[derive(Debug, Default)]
pub struct Runs {
    runs: Vec<Run>,
    places: HashMap<String, usize>,
}

impl Runs {
    /// Takes the next event of the log. What is no run's is left out.
    pub fn take(&mut self, event: Event) {
        if matches!(event.kind, EventKind::Recovered { .. } | EventKind::Other { .. }) {
            return;
        }
        let place = *self.places.entry(event.run.clone()).or_insert(self.runs.len());
        if place == self.runs.len() {
            self.runs.push(Run { id: event.run, time: event.time, ..Run::default() });
        }
        if let Some(run) = self.runs.get_mut(place) {
            run.take(event.kind);
        }
    }

    /// All of them.
    #[must_use]
    pub fn into_vec(self) -> Vec<Run> {
        self.runs
    }
}

impl Run {
    fn take(&mut self, kind: EventKind) {
        self.events.push(kind.name().to_owned());
        match kind {
            EventKind::Request { request, subject, judgement } => {
                self.about(Some(request), subject, judgement);
            }
            EventKind::Accept { request, subject, judgement, by, recording } => {
                self.about(request, subject, judgement);
                self.verdict = Some(Verdict::Accepted(by));
                self.recording = recording;
            }
            EventKind::Reject { request, subject, judgement, by, cause, reason } => {
                self.about(request, subject, judgement);
                self.verdict = Some(Verdict::Rejected { by, cause, reason });
            }
            EventKind::Exit { code, signal, duration, output, recording } => {
                self.exit = Some(Exit { code, signal, duration, output, recording });
            }
            EventKind::Transfer { verb, paths, received, sent } => {
                self.transfers.push(Transfer { verb, paths, received, sent });
            }
            EventKind::Error { message } => self.error = Some(message),
            EventKind::Recovered { .. } | EventKind::Other { .. } => {}
        }
    }

    fn about(&mut self, request: Option<String>, subject: Box<Subject>, judgement: Judgement) {
        self.request = request.or(self.request.take());
        self.subject = Some(subject);
        self.judgement = Some(judgement);
    }
}
