//! The parser against real shells and real commands.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what fails in a test fails the test"
)]

mod agents;
mod differentials;
mod generator;
mod matching;
mod oracle;
mod shells;
mod text;
