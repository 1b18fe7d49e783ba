//! Facts, context and rules → [`Decision`].
//!
//! The strictest part decides; the order of rules is irrelevant (I4). What no rule covers is asked, what is opaque is
//! never allowed (I3).

mod context;
mod decision;

pub use context::Context;
pub use decision::{Action, Decision, Part, Reason, Tier};
