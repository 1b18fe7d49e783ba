//! The one test binary.

mod exec;
mod support;
mod syntax;
