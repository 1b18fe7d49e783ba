//! The program as people and agents call it.

mod bad_input;
mod check;
mod configuration;
mod enforcement;
mod invariants;
mod questions;
mod score;
mod surroundings;
mod usage;
