//! Writes asciicast lines.

use crate::json::{push_escaped, push_number, push_string};

use super::{Code, Format, Header};

/// Writes the lines of one recording, one after the other.
#[derive(Clone, Debug)]
pub struct Encoder {
    format: Format,
    /// Time of the last event: in microseconds for version 2, in milliseconds for version 3.
    last: u64,
}

impl Encoder {
    /// Starts a recording.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format, last: 0 }
    }

    /// Appends the header's line.
    pub fn header(&self, out: &mut Vec<u8>, header: &Header) {
        let size = |given: u16, default: u16| u64::from(if given == 0 { default } else { given });
        let (columns, rows) = (size(header.columns, 80), size(header.rows, 24));
        match self.format {
            Format::V2 => {
                out.extend_from_slice(b"{\"version\":2,\"width\":");
                push_number(out, columns);
                out.extend_from_slice(b",\"height\":");
                push_number(out, rows);
            }
            Format::V3 => self.terminal(out, header, columns, rows),
        }
        if let Some(timestamp) = header.timestamp {
            out.extend_from_slice(b",\"timestamp\":");
            push_number(out, timestamp);
        }
        for (name, value) in [("command", &header.command), ("title", &header.title)] {
            if let Some(value) = value {
                member(out, name, value);
            }
        }
        self.environment(out, header);
        out.extend_from_slice(b"}\n");
    }

    /// Appends a whole event. `at` is in microseconds since the start, and is taken for no earlier than the event before.
    pub fn event(&mut self, out: &mut Vec<u8>, at: u64, code: Code, text: &str) {
        self.open(out, at, code);
        push_escaped(out, text);
        Self::close(out);
    }

    /// Appends an event up to the start of its text, which follows in any number of [`push_escaped`].
    pub(super) fn open(&mut self, out: &mut Vec<u8>, at: u64, code: Code) {
        out.push(b'[');
        match self.format {
            Format::V2 => {
                self.last = at.max(self.last);
                push_decimal(out, self.last, 1_000_000);
            }
            // Each interval is the difference of two rounded times, so that rounding never adds up.
            Format::V3 => {
                let millis = (at.saturating_add(500) / 1000).max(self.last);
                push_decimal(out, millis - self.last, 1000);
                self.last = millis;
            }
        }
        out.extend_from_slice(b", \"");
        push_escaped(out, code.letter().encode_utf8(&mut [0; 4]));
        out.extend_from_slice(b"\", \"");
    }

    /// Appends the end of an event.
    pub(super) fn close(out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"]\n");
    }

    fn terminal(&self, out: &mut Vec<u8>, header: &Header, columns: u64, rows: u64) {
        out.extend_from_slice(b"{\"version\":3,\"term\":{\"cols\":");
        push_number(out, columns);
        out.extend_from_slice(b",\"rows\":");
        push_number(out, rows);
        if let Some((_, value)) = header.environment.iter().find(|(name, _)| name == "TERM") {
            member(out, "type", value);
        }
        out.push(b'}');
    }

    /// Version 3 has the terminal's type elsewhere.
    fn environment(&self, out: &mut Vec<u8>, header: &Header) {
        let mut separator = ",\"env\":{";
        for (name, value) in &header.environment {
            if self.format == Format::V2 || name != "TERM" {
                out.extend_from_slice(separator.as_bytes());
                push_string(out, name);
                out.push(b':');
                push_string(out, value);
                separator = ",";
            }
        }
        if separator == "," {
            out.push(b'}');
        }
    }
}

fn member(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    push_string(out, value);
}

/// Appends a number of `units` to a second in seconds, with all its decimals.
fn push_decimal(out: &mut Vec<u8>, number: u64, units: u64) {
    push_number(out, number / units);
    out.push(b'.');
    let mut unit = units / 10;
    while unit > 0 {
        out.push(b'0'.saturating_add(u8::try_from(number / unit % 10).unwrap_or(0)));
        unit /= 10;
    }
}
