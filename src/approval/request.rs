//! What is asked of a human.

use std::path::PathBuf;

use crate::{
    facts::{CommandLine, Facts},
    policy::Decision,
};

use super::{Binding, FileIdentity, Plan};

/// One question: may this run?
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What people call it by.
    pub id: RequestId,
    /// The command line as it arrived.
    pub command_line: CommandLine,
    /// What would be started.
    pub plan: Plan,
    /// What analysis knows.
    pub facts: Facts,
    /// What the policy says.
    pub decision: Decision,
    /// Who asks, from where.
    pub caller: Caller,
    /// The files that the plan depends on, as they were when it was decided; the working directory among them.
    pub files: Vec<FileIdentity>,
    /// Variables that change what runs and are passed on, in the order of the environment.
    #[serde(with = "crate::octets")]
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// When it was asked, in milliseconds since the epoch.
    pub asked_at: u64,
    /// The session that it belongs to, where one is known.
    pub session: Option<Session>,
}

/// What a request belongs to, for people to read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its name.
    pub id: String,
    /// What a person said that it is for.
    pub goal: Option<String>,
    /// What ran in it last, the newest at the end.
    pub before: Vec<Before>,
}

/// A run before this one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Its command line, without secrets.
    pub command: String,
    /// What became of it: a clause.
    pub outcome: String,
}

impl Request {
    /// What an approval is bound to; computed from the very parts that are shown.
    #[must_use]
    pub fn binding(&self) -> Binding {
        Binding::of(&self.plan, &self.files)
    }
}

/// A short identifier, unique among the requests of this machine: six letters and digits without look-alikes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RequestId(String);

impl RequestId {
    const ALPHABET: &'static [u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

    /// Makes an identifier from random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 6]) -> Self {
        Self(
            random
                .iter()
                .filter_map(|byte| Self::ALPHABET.get(usize::from(byte % 31)))
                .map(|byte| char::from(*byte))
                .collect(),
        )
    }

    /// Reads an identifier that a person typed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 6 && text.bytes().all(|byte| Self::ALPHABET.contains(&byte)))
            .then(|| Self(text.to_owned()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the identifier of a request")
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Who asks, from where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Name of the account.
    pub user: String,
    /// Numeric identifier of the account.
    pub uid: u32,
    /// Name of this machine.
    pub host: String,
    /// Name of the agent, where one is configured or recognised.
    pub agent: Option<String>,
    /// The working directory, as the kernel names it.
    #[serde(with = "crate::octets")]
    pub cwd: PathBuf,
    /// The name of the session that it belongs to, where that is known without a look at the process tree.
    pub session: Option<String>,
    /// What the command's standard input is.
    pub stdin: StdinKind,
    /// This process.
    pub pid: u32,
}

/// What a standard input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StdinKind {
    /// A terminal.
    Terminal,
    /// A pipe or socket: something unseen may be fed in.
    Pipe,
    /// A regular file.
    File,
    /// `/dev/null` or closed.
    Nothing,
    /// Anything else.
    Other,
}
