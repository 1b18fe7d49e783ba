//! The lines of a recording that wait to be written.

use crate::json::{push_escaped, push_escaped_for_terminal};

use super::{Code, Encoder, Format, Header, redact};

/// Output that comes within this time of the event's start becomes one event, in microseconds.
const COALESCE: u64 = 10_000;

/// Whole lines, and at their end perhaps an event whose text still grows.
#[derive(Debug)]
pub(super) struct Lines {
    encoder: Encoder,
    bytes: Vec<u8>,
    /// When the open event began.
    open: Option<u64>,
}

impl Lines {
    pub(super) fn new(format: Format, header: &Header) -> Self {
        let redacted = |text: &Option<String>| text.as_deref().map(|text| redact(text).into_owned());
        let header =
            Header { command: redacted(&header.command), title: redacted(&header.title), ..header.clone() };
        let encoder = Encoder::new(format);
        let mut bytes = Vec::with_capacity(1024);
        encoder.header(&mut bytes, &header);
        Self { encoder, bytes, open: None }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Adds a whole event.
    pub(super) fn event(&mut self, at: u64, code: Code, text: &str) {
        self.close_event();
        self.encoder.event(&mut self.bytes, at, code, text);
    }

    /// Adds output as it is.
    pub(super) fn output(&mut self, at: u64, text: &str) {
        self.open_event(at);
        push_escaped(&mut self.bytes, text);
    }

    /// Adds output whose newlines need a carriage return; see [`push_escaped_for_terminal`].
    pub(super) fn output_with_returns(&mut self, at: u64, text: &str, after_return: &mut bool) {
        self.open_event(at);
        push_escaped_for_terminal(&mut self.bytes, text, after_return);
    }

    /// Ends the open event.
    pub(super) fn close_event(&mut self) {
        if self.open.take().is_some() {
            Encoder::close(&mut self.bytes);
        }
    }

    /// Goes on with the open event, or opens another where that one is too old.
    fn open_event(&mut self, at: u64) {
        if self.open.is_some_and(|since| at.saturating_sub(since) > COALESCE) {
            self.close_event();
        }
        if self.open.is_none() {
            self.encoder.open(&mut self.bytes, at, Code::Output);
            self.open = Some(at);
        }
    }
}
