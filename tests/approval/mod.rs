//! People decide: on their own terminal, or from a second one; nobody else does.

#![expect(clippy::disallowed_methods, reason = "the tests start gate, not gated commands")]

mod asking;
mod elsewhere;
mod here;
mod several;
mod words;
