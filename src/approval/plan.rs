//! What exactly would be started.

use std::{path::PathBuf, sync::Arc};

/// Everything that `exec` needs to start a command; built before the decision, shown to the reviewer, bound by digest.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What is executed.
    pub start: Start,
    /// The whole environment of the child, each name once, in the order of the caller's; already cleaned.
    #[serde(with = "crate::octets")]
    pub environment: Arc<Vec<(Vec<u8>, Vec<u8>)>>,
    /// The working directory, as the kernel names it.
    #[serde(with = "crate::octets")]
    pub cwd: PathBuf,
    /// What its standard input is.
    pub input: Input,
}

/// What a command finds on its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The caller's.
    Caller,
    /// Nothing (`/dev/null`), unless the reviewer says otherwise: it would run whatever comes there.
    Nothing,
}

/// What is executed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Start {
    /// One program, without a shell.
    Program {
        /// Absolute path of the file, symbolic links not followed.
        #[serde(with = "crate::octets")]
        file: PathBuf,
        /// The argument vector, name first.
        #[serde(with = "crate::octets")]
        argv: Vec<Vec<u8>>,
    },
    /// A text for a shell, run as `SHELL … -c -- TEXT [NAME ARG…]`.
    Shell {
        /// Absolute path of the shell, pinned by configuration.
        #[serde(with = "crate::octets")]
        file: PathBuf,
        /// The whole argument vector, text and positional parameters included.
        #[serde(with = "crate::octets")]
        argv: Vec<Vec<u8>>,
    },
    /// A text for the shell of a session, which has state of its own.
    Line {
        /// Absolute path of the shell, pinned by configuration.
        #[serde(with = "crate::octets")]
        file: PathBuf,
        /// The text that the shell runs.
        #[serde(with = "crate::octets")]
        text: Vec<u8>,
        /// What the session defined and set that decides what the text does.
        #[serde(with = "crate::octets")]
        state: Vec<u8>,
    },
    /// No such program: starting it ends with 127 (or 126 where it is found but cannot be executed).
    Missing {
        /// The name as it was given.
        #[serde(with = "crate::octets")]
        name: Vec<u8>,
        /// Whether something of that name exists but cannot be executed.
        found: bool,
    },
}
