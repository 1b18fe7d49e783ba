//! The operating system: clock, identifiers, files, processes. The only module where `unsafe` may be allowed.

pub mod clock;
pub mod ids;
pub mod inherited;
pub mod process;
pub mod signal;
