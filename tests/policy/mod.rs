//! The rules that gate ships with.

mod commands;
mod default;
mod hostile;
mod manual;
mod scorecard;
mod whitelist;
