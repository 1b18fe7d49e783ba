//! What the configuration wants cut out besides the secrets that gate knows.

use std::{io, mem};

use regex::Regex;

use super::redact;

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

/// Cuts secrets out of a command line as recordings do: those that gate knows, and what the configuration names.
/// Bytes that are not UTF-8 stay.
///
/// # Errors
/// Where one of the patterns is no regular expression.
pub fn cut_secrets(text: &[u8], patterns: &[String]) -> io::Result<Vec<u8>> {
    let custom = Custom::new(patterns)?;
    let mut cut = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        let known = redact(chunk.valid());
        match &custom {
            Some(custom) => cut.extend_from_slice(custom.cut(known.into_owned()).as_bytes()),
            None => cut.extend_from_slice(known.as_bytes()),
        }
        cut.extend_from_slice(chunk.invalid());
    }
    Ok(cut)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_out_of_command_lines_whatever_else_is_in_them() {
        let text = b"curl -H tok=ghp_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE1 \xff ACME-12345 x";
        assert_eq!(
            cut_secrets(text, &["ACME-[0-9]+".to_owned()]).unwrap(),
            b"curl -H tok=[redacted github-token] \xff [redacted] x"
        );
        assert_eq!(cut_secrets(b"ls \xfe", &[]).unwrap(), b"ls \xfe");
        assert!(cut_secrets(b"ls", &["(".to_owned()]).is_err());
    }
}
