//! What the audit log says: `request → accept | reject → exit | error`.

use super::Octets;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in milliseconds since the epoch.
    pub time: u64,
    /// The run that it belongs to: a random identifier that all events of one run share.
    pub run: String,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A human is asked.
    Request {
        /// What people call the request by.
        request: String,
        /// What is to run, for whom.
        subject: Box<Subject>,
        /// What the policy says.
        judgement: Judgement,
    },
    /// It may run; written before it starts (I5).
    Accept {
        /// The request that was approved; `None` where nobody was asked.
        request: Option<String>,
        /// What runs, for whom.
        subject: Box<Subject>,
        /// What the policy says.
        judgement: Judgement,
        /// Who let it run.
        by: By,
        /// Name of the recording's file, where there is to be one.
        recording: Option<String>,
    },
    /// It does not run.
    Reject {
        /// The request that was not approved; `None` where nobody was asked.
        request: Option<String>,
        /// What was to run, for whom.
        subject: Box<Subject>,
        /// What the policy says.
        judgement: Judgement,
        /// Who refused.
        by: By,
        /// Why.
        cause: Cause,
        /// Why, in the words of the reviewer or of the policy.
        reason: Option<String>,
    },
    /// The run ended.
    Exit {
        /// The exit code that the caller sees.
        code: u8,
        /// The signal that killed the command.
        signal: Option<u8>,
        /// How long it ran, in milliseconds.
        duration: u64,
        /// Bytes of output that passed through gate; `None` where it went past gate.
        output: Option<u64>,
        /// The recording as it was left.
        recording: Option<Recording>,
    },
    /// Files were copied from or to this machine; their content is in no recording.
    Transfer {
        /// What did it: `scp`, `rsync`, `git-upload-pack`, `get` and `put` of an sftp session.
        verb: String,
        /// What was read or written.
        paths: Vec<Octets>,
        /// Bytes that came from the client.
        received: u64,
        /// Bytes that went to the client.
        sent: u64,
    },
    /// gate itself failed.
    Error {
        /// What failed.
        message: String,
    },
    /// A writer found the line before it torn and closed it; see [`verify`](super::verify).
    Recovered {
        /// Length of the torn line in bytes.
        torn: u64,
    },
    /// Something that a later version of gate writes.
    Other {
        /// The event's name.
        name: String,
    },
}

impl EventKind {
    /// The event's name in the log.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Request { .. } => "request",
            Self::Accept { .. } => "accept",
            Self::Reject { .. } => "reject",
            Self::Exit { .. } => "exit",
            Self::Transfer { .. } => "transfer",
            Self::Error { .. } => "error",
            Self::Recovered { .. } => "recovered",
            Self::Other { name } => name,
        }
    }
}

/// What is to run, for whom, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Name of the account.
    pub user: String,
    /// Numeric identifier of the account.
    pub uid: u32,
    /// Name of the machine.
    pub host: String,
    /// Name of the agent, where one is known.
    pub agent: Option<String>,
    /// Name of the session, where one is known.
    pub session: Option<String>,
    /// The working directory.
    pub cwd: Octets,
    /// The command line as text.
    pub command: Octets,
    /// The digest that an approval is bound to, in hexadecimal.
    pub digest: String,
    /// Names of the environment variables that change what runs; never their values.
    pub environment: Vec<String>,
}

/// What the policy says, as far as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// `allow`, `ask` or `deny`.
    pub action: String,
    /// `low`, `medium`, `high` or `deny`.
    pub tier: String,
    /// 0–100.
    pub score: u8,
    /// Identifiers of the rules that had a say.
    pub rules: Vec<String>,
}

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The policy.
    Policy,
    /// gate itself: nobody answered, or something changed.
    Gate,
    /// People: one, unless the policy wants several.
    Reviewers(Vec<Reviewer>),
    /// Whoever accepted the run with this identifier, of which this one is a part.
    Within(String),
}

/// A human who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Account name.
    pub name: String,
    /// Numeric identifier of the account.
    pub uid: u32,
    /// How the answer came: `terminal`, `socket`.
    pub channel: String,
}

/// Why something does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The policy or a reviewer said no.
    Denied,
    /// Nobody answered in time.
    TimedOut,
    /// The question was taken back before an answer came.
    Withdrawn,
    /// Nobody can be asked.
    Unattended,
    /// Between the approval and the start something changed that decides what would run.
    Drifted,
}

impl Cause {
    pub(super) const ALL: [Self; 5] =
        [Self::Denied, Self::TimedOut, Self::Withdrawn, Self::Unattended, Self::Drifted];

    /// The name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::TimedOut => "timed-out",
            Self::Withdrawn => "withdrawn",
            Self::Unattended => "unattended",
            Self::Drifted => "drifted",
        }
    }
}

/// A recording as it was left when its run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file's content in hexadecimal: whoever changes the recording is found out.
    pub sha256: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Bytes of output that are not in it: it reached its limit, or the disk failed.
    pub lost: u64,
}
