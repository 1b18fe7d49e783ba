//! The parser against real shells and real commands.

mod agents;
mod differentials;
mod forms;
mod generator;
mod matching;
mod oracle;
mod properties;
mod shells;
mod text;
