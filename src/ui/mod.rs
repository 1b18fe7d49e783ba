//! Words and pictures for people: printable text, carets under what is meant, explanations.

mod diagnostic;
mod explain;
mod highlight;
pub mod printable;
mod refusal;
mod style;

pub use diagnostic::{Diagnostic, Severity};
pub use explain::{Detail, Explanation};
pub use highlight::highlight;
pub use printable::Printable;
pub use refusal::refusal;
pub use style::{Role, Style};
