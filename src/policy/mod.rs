//! Facts, context and rules → [`Decision`].
//!
//! The strictest part decides; the order of rules is irrelevant (I4). What no rule covers is asked, what is opaque is
//! never allowed (I3).

mod cache;
mod compile;
mod context;
mod decide;
mod decision;
mod source;
mod whitelist;

pub use cache::{Corrupt, Policy};
pub use compile::{Analyse, Compiled, compile};
pub use context::Context;
pub use decide::decide;
pub use decision::{Action, Decision, Part, Reason, Tier};
pub use source::{Layer, Source, SourceIdentity};
pub use whitelist::{Whitelist, WhitelistEntry, compile_whitelist};
