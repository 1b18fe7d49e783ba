//! The program as people and agents call it.

mod check;
mod configuration;
mod enforcement;
mod invariants;
mod surroundings;
mod usage;
