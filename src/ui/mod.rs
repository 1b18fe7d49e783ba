//! Words and pictures for people: carets under what is meant.

mod diagnostic;

pub use diagnostic::{Diagnostic, Severity};
