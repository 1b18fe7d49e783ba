//! What the audit log says: `request → accept | reject → exit | error`.

use serde::{Deserialize, Serialize};

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The run that it belongs to: a random identifier that all events of one run share.
    pub run: String,
    /// When, RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// A human was asked.
    Request {
        /// What people call the request by.
        id: String,
        /// The command line as text.
        command: String,
        /// The digest that an approval is bound to.
        digest: String,
    },
    /// It may run; written before it starts (I5).
    Accept {
        /// The command line as text.
        command: String,
        /// The digest of what runs.
        digest: String,
        /// The decision's tier.
        tier: String,
        /// `policy`, or the reviewer's name.
        by: String,
    },
    /// It may not run.
    Reject {
        /// The command line as text.
        command: String,
        /// Why.
        reason: String,
    },
    /// The run ended.
    Exit {
        /// The exit code that the caller saw.
        code: u8,
    },
    /// gate itself failed after `accept`.
    Error {
        /// What failed.
        message: String,
    },
}
