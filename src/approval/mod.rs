//! The approval protocol: request → verdict → permit.
//!
//! A [`Permit`] is the only thing that `exec` accepts, and it is made only here: from an `Allow` decision or from an
//! `Approve` verdict on the very request (I1). It carries the command itself, bound to a digest of everything that
//! decides what would run (I2).

mod ask;
mod binding;
pub mod client;
pub mod confirm;
pub mod directory;
#[cfg(test)]
pub(crate) mod example;
mod grants;
pub mod origin;
mod permit;
mod plan;
mod prompt;
mod request;
pub mod runs;
pub mod seat;
mod socket;
pub mod terminal;
mod verdict;
pub mod wire;

pub use ask::{Approvers, SecondTerminal, ask};
pub use binding::{Binding, FileIdentity};
pub use grants::{Again, Grants, Progress};
pub use permit::{Ground, Permit, Refusal};
pub use plan::{Input, Plan, Start};
pub use request::{Before, Caller, Request, RequestId, Session, StdinKind};
pub use verdict::{Extent, Reviewer, Verdict};
