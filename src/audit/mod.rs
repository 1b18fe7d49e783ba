//! The audit log: one JSON line an event, each with the hash of the line before it.
//!
//! Pure: [`Event`], [`Record`], [`verify`], [`Runs`]. Effect: [`Log`].

mod chain;
mod decode;
mod encode;
mod event;
mod glance;
mod log;
mod newest;
mod octets;
mod read;
mod runs;
mod timestamp;
mod verify;

pub use decode::Record;
pub use event::{By, Cause, Event, EventKind, Judgement, Recording, Reviewer, Subject};
pub use glance::{Glance, member};
pub use log::{Durability, Log, LogError};
pub use newest::Search;
pub use octets::Octets;
pub use read::Wholeness;
pub use runs::{Exit, Run, Runs, Transfer, Verdict};
pub use timestamp::{format_time, parse_time};
pub use verify::{Broken, Summary, Verifier, verify};

#[cfg(test)]
mod tests;
