//! The rules that gate ships with.

mod default;
mod manual;
mod scorecard;
mod whitelist;
