//! Words and pictures for people: printable text, carets under what is meant, commands explained.

mod diagnostic;
pub mod explain;
mod highlight;
pub mod printable;
mod refusal;
pub mod style;

pub use diagnostic::{Diagnostic, Severity};
pub use printable::Printable;
pub use refusal::refusal;
pub use style::Style;
