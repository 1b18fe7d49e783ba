//! Words and pictures for people: printable text, carets under what is meant.

mod diagnostic;
pub mod printable;
mod refusal;

pub use diagnostic::{Diagnostic, Severity};
pub use printable::Printable;
pub use refusal::refusal;
