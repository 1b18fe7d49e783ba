//! The lines of a recording that wait to be written.

use crate::json::{push_escaped, push_escaped_for_terminal};

use super::{Code, Encoder, Format, Header, custom::Custom, disk::Batch, redact};

/// Output that comes within this time of the event's start becomes one event, in microseconds.
const COALESCE: u64 = 10_000;

/// Whole lines, and at their end perhaps an event whose text still grows.
#[derive(Debug)]
pub(super) struct Lines {
    encoder: Encoder,
    batch: Batch,
    /// When the open event began.
    open: Option<u64>,
}

impl Lines {
    /// Starts a recording; gives the header's line, too.
    pub(super) fn new(format: Format, header: &Header, custom: Option<&Custom>) -> (Self, Vec<u8>) {
        let redacted = |text: &str| {
            let text = redact(text).into_owned();
            match custom {
                Some(custom) => custom.cut(text),
                None => text,
            }
        };
        let header = Header {
            command: header.command.as_deref().map(redacted),
            title: header.title.as_deref().map(redacted),
            environment: header
                .environment
                .iter()
                .map(|(name, value)| (name.clone(), redacted(value)))
                .collect(),
            ..*header
        };
        let encoder = Encoder::new(format);
        let mut line = Vec::with_capacity(512);
        encoder.header(&mut line, &header);
        (Self { encoder, batch: Batch::default(), open: None }, line)
    }

    /// How many bytes there are.
    pub(super) const fn len(&self) -> usize {
        self.batch.lines.len()
    }

    /// Counts bytes of output that the lines stand for.
    pub(super) const fn count(&mut self, output: u64) {
        self.batch.output += output;
    }

    /// Ends the open event, and gives all lines to be taken.
    pub(super) fn whole(&mut self) -> &mut Batch {
        self.close_event();
        &mut self.batch
    }

    /// Adds a whole event.
    pub(super) fn event(&mut self, at: u64, code: Code, text: &str) {
        self.close_event();
        self.encoder.event(&mut self.batch.lines, at, code, text);
    }

    /// Adds output as it is.
    pub(super) fn output(&mut self, at: u64, text: &str) {
        self.open_event(at);
        push_escaped(&mut self.batch.lines, text);
    }

    /// Adds output whose newlines need a carriage return; see [`push_escaped_for_terminal`].
    pub(super) fn output_with_returns(&mut self, at: u64, text: &str, after_return: &mut bool) {
        self.open_event(at);
        push_escaped_for_terminal(&mut self.batch.lines, text, after_return);
    }

    /// Ends the open event.
    pub(super) fn close_event(&mut self) {
        if self.open.take().is_some() {
            Encoder::close(&mut self.batch.lines);
        }
    }

    /// Goes on with the open event, or opens another where that one is too old.
    fn open_event(&mut self, at: u64) {
        if self.open.is_some_and(|since| at.saturating_sub(since) > COALESCE) {
            self.close_event();
        }
        if self.open.is_none() {
            self.encoder.open(&mut self.batch.lines, at, Code::Output);
            self.open = Some(at);
        }
    }
}
