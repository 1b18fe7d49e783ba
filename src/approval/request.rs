//! What is asked of a human.

use std::path::PathBuf;

use crate::{
    facts::{CommandLine, Facts},
    policy::Decision,
};

use super::{Binding, Plan};

/// One question: may this run?
#[derive(Clone, Debug)]
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
    /// What an approval is bound to.
    pub binding: Binding,
    /// Variables that change what runs and are passed on, in the order of the environment.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// When it was asked, in milliseconds since the epoch.
    pub asked_at: u64,
}

/// A short identifier, unique among the requests of this machine: six letters and digits without look-alikes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(String);

impl RequestId {
    const ALPHABET: &'static [u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz7";

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

/// Who asks, from where.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub cwd: PathBuf,
    /// What the command's standard input is.
    pub stdin: StdinKind,
    /// This process.
    pub pid: u32,
}

/// What a standard input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
