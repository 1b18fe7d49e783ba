//! Recordings in asciicast, version 2 or 3.
//!
//! Pure: [`Encoder`], [`Header`], [`Utf8`]. Effect: [`Recorder`].

mod cast;
mod channel;
mod encode;
mod file;
mod lines;
mod question;
mod recorder;
mod redact;
mod text;

pub use cast::{CastEvent, Code, Format, Header};
pub use encode::Encoder;
pub use recorder::{Failure, Input, Options, Outcome, Recorder, file_name};
pub use redact::{Origin, Redactor, redact};
pub use text::Utf8;

#[cfg(test)]
mod tests;
