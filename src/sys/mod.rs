//! The operating system: clock, identifiers, files, processes. The only module where `unsafe` may be allowed.

pub mod account;
pub mod allocator;
pub mod ancestry;
pub mod caller;
pub mod clock;
pub mod descriptors;
pub mod files;
pub mod ids;
pub mod inherited;
pub mod map;
pub mod monitor;
pub mod peer;
pub mod process;
pub mod pty;
pub mod signal;
pub mod stdin;
pub mod talk;
pub mod terminal;
pub mod tracked;
pub mod tree;
pub mod world;
