//! What analysis says of commands that people labelled, and of commands in disguise.

mod corpus;
mod disguises;
mod flow;
mod properties;
