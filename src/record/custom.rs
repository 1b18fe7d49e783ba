//! What the configuration wants cut out besides the secrets that gate knows.

use std::{io, mem};

use regex::Regex;

/// What stands in its place.
const LABEL: &str = "[redacted]";
/// A longer line is looked at in parts.
const MAX_LINE: usize = 4096;

/// Cuts out matches of regular expressions, line by line: text waits for the end of its line.
#[derive(Clone, Debug)]
pub(super) struct Custom {
    patterns: Vec<Regex>,
    line: String,
    /// When the line began, in microseconds since the start.
    since: u64,
}

impl Custom {
    /// Compiles the expressions; `None` where there are none.
    ///
    /// # Errors
    /// Where one is no regular expression.
    pub(super) fn new(patterns: &[String]) -> io::Result<Option<Self>> {
        let compiled: Result<Vec<Regex>, _> = patterns.iter().map(|pattern| Regex::new(pattern)).collect();
        let patterns = compiled.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok((!patterns.is_empty()).then(|| Self { patterns, line: String::new(), since: 0 }))
    }

    /// Takes text, and gives lines with the time at which they began.
    pub(super) fn push(&mut self, at: u64, text: &str, emit: &mut impl FnMut(u64, &str)) {
        for part in text.split_inclusive(['\n', '\r']) {
            if self.line.is_empty() {
                self.since = at;
            }
            self.line.push_str(part);
            if part.ends_with(['\n', '\r']) || self.line.len() >= MAX_LINE {
                self.finish(emit);
            }
        }
    }

    /// Gives what waits.
    pub(super) fn finish(&mut self, emit: &mut impl FnMut(u64, &str)) {
        if !self.line.is_empty() {
            let line = mem::take(&mut self.line);
            emit(self.since, &self.cut(line));
        }
    }

    /// Cuts the matches out of a text.
    pub(super) fn cut(&self, text: String) -> String {
        self.patterns.iter().fold(text, |text, pattern| pattern.replace_all(&text, LABEL).into_owned())
    }
}
