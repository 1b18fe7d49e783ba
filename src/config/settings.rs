//! What gate is told to do: every value checked, every default filled in.

use std::{path::PathBuf, time::Duration};

use crate::{
    policy::{Shipped, Tier},
    record,
};

/// Everything that configuration decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether `/etc/gate/gate.toml` says that nothing else may loosen it.
    pub enforce: bool,
    /// Absolute path of the bash that runs command lines.
    pub shell: PathBuf,
    /// Absolute path of the shell that runs command lines given to `sh`.
    pub sh: PathBuf,
    /// Where rules come from, besides a project's own `.gate.toml`.
    pub policy: Vec<PolicySource>,
    /// How long a reviewer may take at most; `None` leaves it to the policy.
    pub timeout: Option<Duration>,
    /// Name of the agent, for scopes of rules and the audit log.
    pub agent: Option<String>,
    /// Directory of audit log, recordings, requests and whitelist.
    pub state: PathBuf,
    /// Directory of further catalog files.
    pub catalog: Option<PathBuf>,
    /// Who is asked, and where.
    pub approver: Approver,
    /// What is recorded.
    pub record: Record,
    /// How the audit log is kept.
    pub audit: Audit,
    /// Further names for the classes of environment variables.
    pub environment: EnvironmentClasses,
}

/// One place that rules come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// One that gate ships with.
    Shipped(Shipped),
    /// A file; absolute.
    File(PathBuf),
}

impl PolicySource {
    /// The policy that gate ships with, where it is one.
    #[must_use]
    pub const fn shipped(&self) -> Option<Shipped> {
        match self {
            Self::Shipped(shipped) => Some(*shipped),
            Self::File(_) => None,
        }
    }
}

/// Who is asked, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// When the question is put on the caller's own terminal.
    pub terminal: TerminalUse,
    /// Whether a second terminal may answer (`gate pending`, `gate approve`).
    pub socket: bool,
    /// Login names of those who may answer from a second terminal; empty means this account.
    pub reviewers: Vec<String>,
    /// How often the waiting wrapper says on standard error that it still waits; `None` is never. Some agents end a
    /// command that is silent for minutes.
    pub keep_alive: Option<Duration>,
}

/// When the question is put on the caller's own terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalUse {
    /// Where a person started gate from a terminal, and no agent is named or recognised.
    Auto,
    /// Wherever there is a terminal.
    Always,
    /// Not at all.
    Never,
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which runs are recorded.
    pub mode: RecordFrom,
    /// Version of asciicast.
    pub format: record::Format,
    /// Whether typed input is recorded; what is typed while echo is off never is.
    pub input: record::Input,
    /// Bytes at which a recording stops taking output.
    pub max_size: u64,
    /// The tier from which on a run ends when its recording cannot be written; `None` is never.
    pub strict: Option<Tier>,
    /// Regular expressions of what is to be redacted besides the secrets that gate knows.
    pub redact: Vec<String>,
}

/// Which runs are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFrom {
    /// None.
    Nothing,
    /// Those of this tier and above; low means all.
    Tier(Tier),
}

/// How the audit log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The tier from which on an accept is on disk before the command starts; what a human approved always is.
    pub durable: Tier,
}

/// Further names for the classes of environment variables; a trailing `*` stands for any rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentClasses {
    /// Never given to a command.
    pub strip: Vec<String>,
    /// Given, and shown in the approval.
    pub show: Vec<String>,
    /// Given without a word.
    pub pass: Vec<String>,
}

impl Record {
    /// Whether a run of this tier is recorded.
    #[must_use]
    pub fn covers(&self, tier: Tier) -> bool {
        matches!(self.mode, RecordFrom::Tier(from) if tier >= from)
    }

    /// Whether a run of this tier ends when its recording cannot be written.
    #[must_use]
    pub fn is_strict(&self, tier: Tier) -> bool {
        self.strict.is_some_and(|from| tier >= from)
    }
}

impl Audit {
    /// Whether an accept of this tier is on disk before the command starts.
    #[must_use]
    pub fn is_durable(&self, tier: Tier) -> bool {
        tier >= self.durable
    }
}

impl Settings {
    /// What is built in.
    #[must_use]
    pub fn built_in(state: PathBuf, catalog: Option<PathBuf>) -> Self {
        Self {
            enforce: false,
            shell: PathBuf::from("/bin/bash"),
            sh: PathBuf::from("/bin/sh"),
            policy: vec![PolicySource::Shipped(Shipped::Default)],
            timeout: None,
            agent: None,
            state,
            catalog,
            approver: Approver {
                terminal: TerminalUse::Auto,
                socket: true,
                reviewers: Vec::new(),
                keep_alive: None,
            },
            record: Record {
                mode: RecordFrom::Tier(Tier::Low),
                format: record::Format::V2,
                input: record::Input::Skip,
                max_size: 64 * 1024 * 1024,
                strict: Some(Tier::High),
                redact: Vec::new(),
            },
            audit: Audit { durable: Tier::Medium },
            environment: EnvironmentClasses::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_thresholds() {
        let mut settings = Settings::built_in("/s".into(), None);
        assert!(settings.record.covers(Tier::Low));
        assert!(settings.record.is_strict(Tier::High) && !settings.record.is_strict(Tier::Medium));
        assert!(settings.audit.is_durable(Tier::Medium) && !settings.audit.is_durable(Tier::Low));
        settings.record.mode = RecordFrom::Tier(Tier::Medium);
        settings.record.strict = None;
        assert!(!settings.record.covers(Tier::Low) && settings.record.covers(Tier::High));
        assert!(!settings.record.is_strict(Tier::High));
        settings.record.mode = RecordFrom::Nothing;
        assert!(!settings.record.covers(Tier::High));
    }
}
