//! Runs what a [`Permit`](crate::approval::Permit) permits, and nothing else.
//!
//! The command comes from the permit and nowhere else (I2). Each standard descriptor is handled as what it is: the
//! caller's own terminal becomes a pty, everything else is inherited, or spliced through a pipe where it is recorded.

mod ended;

pub use ended::{Ended, Event, Sink, Stream};
