//! A session: commands that arrive one after the other for one shell that lives on.
//!
//! Every complete command is decided before the shell sees it; a refusal is one line on standard error and a status of
//! 126, and the session goes on.

mod input;
mod piped;

pub use piped::piped;
