//! The audit log: one JSON line an event, chained by hashes.

mod event;

pub use event::{Event, EventKind};
