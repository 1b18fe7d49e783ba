//! The approval protocol: request → verdict → permit.
//!
//! A [`Permit`] is the only thing that `exec` accepts, and it is made only here: from an `Allow` decision or from an
//! `Approve` verdict on the very request (I1). It carries the command itself, bound to a digest of everything that
//! decides what would run (I2).

mod binding;
#[cfg(test)]
pub(crate) mod example;
mod permit;
mod plan;
mod request;
mod verdict;

pub use binding::{Binding, FileIdentity};
pub use permit::{Ground, Permit, Refusal};
pub use plan::{Plan, Start};
pub use request::{Caller, Request, RequestId, StdinKind};
pub use verdict::{Reviewer, Verdict};
