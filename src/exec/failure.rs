//! Why gate itself could not run something, or could not go on running it.

use std::{fmt, io};

use super::Ended;

/// Why a run failed for a reason that is not the command's.
#[derive(Debug)]
pub enum Failure {
    /// The working directory is no longer the one of the plan.
    Moved,
    /// The command could not be started for want of memory, processes or descriptors.
    Start(io::Error),
    /// The terminal, a pipe or a signal could not be set up or waited for.
    System(&'static str, io::Error),
    /// The sink took no more events and the recording is strict: the command was terminated, unless it had ended.
    Recording {
        /// The sink's error.
        error: io::Error,
        /// How the command ended.
        ended: Ended,
    },
    /// The session's shell cannot go on.
    Session(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(what) => formatter.write_str(what),
            Self::Moved => formatter.write_str("the working directory is not the one that was decided on"),
            Self::Start(error) => write!(formatter, "cannot start the command: {error}"),
            Self::System(what, error) => write!(formatter, "{what}: {error}"),
            Self::Recording { error, .. } => {
                write!(formatter, "the recording failed, and it is strict: {error}")
            }
        }
    }
}

/// Its cause stands in its text.
impl std::error::Error for Failure {}
