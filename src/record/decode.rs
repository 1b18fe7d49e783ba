//! Reads asciicast, versions 2 and 3, line by line.

use serde_json::{Map, Value};

use super::{CastEvent, Code, Format, Header};

/// Reads the events of one recording.
#[derive(Clone, Debug)]
pub struct Decoder {
    format: Format,
    /// Time of the last event in microseconds.
    last: u64,
}

impl Decoder {
    /// Starts with the first line. Members of the header that are not known here are passed over.
    ///
    /// # Errors
    /// In words, where the line is no asciicast header of version 2 or 3.
    pub fn new(first: &[u8]) -> Result<(Self, Header), String> {
        let value =
            serde_json::from_slice(first).map_err(|_| "the first line is no asciicast header".to_owned())?;
        let Value::Object(header) = value else {
            return Err("the first line is no asciicast header".to_owned());
        };
        let format = match header.get("version").and_then(Value::as_u64) {
            Some(2) => Format::V2,
            Some(3) => Format::V3,
            Some(other) => return Err(format!("asciicast version {other} is not read here, only 2 and 3")),
            None => return Err("the first line is no asciicast header".to_owned()),
        };
        Ok((Self { format, last: 0 }, read_header(&header, format)?))
    }

    /// The recording's version.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Reads the next line; `None` for an empty line or a comment.
    ///
    /// # Errors
    /// In words, where the line is no event. As the last line of a file that means that the recording was cut there.
    pub fn event(&mut self, line: &[u8]) -> Result<Option<CastEvent>, String> {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(None);
        }
        let (time, code, text): (f64, String, String) =
            serde_json::from_slice(line).map_err(|_| "it is no event: [TIME, CODE, TEXT]".to_owned())?;
        let mut letters = code.chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else {
            return Err(format!("it has no code of one letter: {code:?}"));
        };
        let at = match self.format {
            Format::V2 => micros(time).max(self.last),
            Format::V3 => self.last.saturating_add(micros(time)),
        };
        self.last = at;
        Ok(Some(CastEvent { at, code: Code::of(letter), text }))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such a conversion saturates")]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

fn read_header(header: &Map<String, Value>, format: Format) -> Result<Header, String> {
    let size =
        |member: Option<&Value>| member.and_then(Value::as_u64).and_then(|size| u16::try_from(size).ok());
    let term = header.get("term");
    let (columns, rows) = match format {
        Format::V2 => (header.get("width"), header.get("height")),
        Format::V3 => (term.and_then(|term| term.get("cols")), term.and_then(|term| term.get("rows"))),
    };
    let (Some(columns), Some(rows)) = (size(columns), size(rows)) else {
        return Err("the header has no size of the terminal".to_owned());
    };
    let string = |value: &Value| value.as_str().map(str::to_owned);
    let mut environment = vec![];
    if let Some(variables) = header.get("env").and_then(Value::as_object) {
        environment.extend(variables.iter().filter_map(|(name, value)| Some((name.clone(), string(value)?))));
    }
    if let Some(kind) = term.and_then(|term| term.get("type")).and_then(string) {
        environment.push(("TERM".to_owned(), kind));
    }
    Ok(Header {
        columns,
        rows,
        timestamp: header.get("timestamp").and_then(Value::as_u64),
        command: header.get("command").and_then(string),
        title: header.get("title").and_then(string),
        environment,
    })
}
