//! Recordings in asciicast, version 2 or 3.
//!
//! Pure: [`Encoder`], [`Header`], [`Utf8`]. Effect: [`Recorder`].

mod cast;
mod cast_reader;
mod channel;
mod custom;
mod decode;
mod disk;
mod dump;
mod encode;
mod file;
mod lines;
mod player;
mod question;
mod recorder;
mod redact;
mod screen;
mod text;

pub use cast::{CastEvent, Code, Format, Header};
pub use cast_reader::CastReader;
pub use custom::cut_secrets;
pub use decode::Decoder;
pub use dump::{convert, dump};
pub use encode::Encoder;
pub use player::{Key, Pace, Passing, Start, Watcher, play};
pub use recorder::{Failure, Input, Options, Outcome, Recorder, file_name};
pub use redact::{Origin, Redactor, redact};
pub use screen::Screen;
pub use text::Utf8;

#[cfg(test)]
mod tests;
