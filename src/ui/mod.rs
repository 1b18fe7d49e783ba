//! Words and pictures for people: printable text, carets under what is meant.

mod diagnostic;
pub mod printable;

pub use diagnostic::{Diagnostic, Severity};
pub use printable::Printable;
