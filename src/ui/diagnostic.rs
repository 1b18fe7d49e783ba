//! One finding in a text, shown with its line and a caret: for policies and for command lines alike.
//!
//! Everything that comes from the text is made printable first (I6), so that a caret stands under what is meant
//! whatever the text holds: tabs, wide characters, control characters, bytes that are no UTF-8.

use std::{fmt, ops::Range};

use unicode_width::UnicodeWidthChar as _;

const TAB: usize = 4;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text is used, but not all of it as written.
    Warning,
}

/// One finding: what, where, and what was perhaps meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where the text came from: a path, `built-in`, `command`.
    pub origin: String,
    /// Line of the first byte meant, from 1.
    pub line: u32,
    /// Column of the first byte meant, from 1, counted in characters.
    pub column: u32,
    /// The bytes meant, as offsets in the text.
    pub span: Range<usize>,
    /// What is the matter: one clause, no full stop.
    pub message: String,
    /// What was perhaps meant, or what to do.
    pub suggestion: Option<String>,
    excerpt: Vec<u8>,
    marked: Range<usize>,
}

impl Diagnostic {
    /// Makes an error about `span` in `text`; a span outside of the text is cut to it.
    #[must_use]
    pub fn error(origin: &str, text: &[u8], span: Range<usize>, message: impl Into<String>) -> Self {
        let start = span.start.min(text.len());
        let end = span.end.clamp(start, text.len());
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let rest = text.get(start..).unwrap_or_default();
        let line_end = rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| start + at);
        let in_line = text.get(line_start..start).unwrap_or_default();
        Self {
            severity: Severity::Error,
            origin: origin.to_owned(),
            line: number(before.iter().filter(|byte| **byte == b'\n').count()),
            column: number(String::from_utf8_lossy(in_line).chars().count()),
            span: start..end,
            message: message.into(),
            suggestion: None,
            excerpt: text.get(line_start..line_end).unwrap_or_default().to_vec(),
            marked: start - line_start..end.min(line_end).max(start) - line_start,
        }
    }

    /// The same finding as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same finding with what was perhaps meant.
    #[must_use]
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// The same finding with the nearest of `known` as "did you mean", where one is near.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(written, known) {
            Some(near) => self.suggest(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// The line meant and, below it, carets under the bytes meant; both printable, tabs expanded.
    #[must_use]
    pub fn excerpt(&self) -> [String; 2] {
        let before = visible(self.excerpt.get(..self.marked.start).unwrap_or_default(), 0);
        let marked = visible(self.excerpt.get(self.marked.clone()).unwrap_or_default(), width(&before));
        let column = width(&before) + width(&marked);
        let after = visible(self.excerpt.get(self.marked.end..).unwrap_or_default(), column);
        let carets = "^".repeat(width(&marked).max(1));
        let blanks = " ".repeat(width(&before));
        [format!("{before}{marked}{after}"), format!("{blanks}{carets}")]
    }
}

impl fmt::Display for Diagnostic {
    /// `origin:line:column: message`, the source line, the carets with the suggestion; no newline at the end.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = visible(self.origin.as_bytes(), 0);
        let message = visible(self.message.as_bytes(), 0);
        let kind = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        writeln!(formatter, "{origin}:{}:{}: {kind}{message}", self.line, self.column)?;
        let [line, carets] = self.excerpt();
        let gutter = self.line.to_string();
        let blank = " ".repeat(gutter.len());
        writeln!(formatter, "{gutter} | {line}")?;
        write!(formatter, "{blank} | {carets}")?;
        match &self.suggestion {
            Some(suggestion) => write!(formatter, " {}", visible(suggestion.as_bytes(), 0)),
            None => Ok(()),
        }
    }
}

/// The one of `known` that is nearest to `written`, unless even that is far off.
#[must_use]
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

fn number(counted: usize) -> u32 {
    u32::try_from(counted).unwrap_or(u32::MAX).saturating_add(1)
}

/// `bytes` as text that a terminal shows as it stands: tabs to the next stop, everything that is not plainly visible
/// escaped.
fn visible(bytes: &[u8], column: usize) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut column = column;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            column += push_visible(&mut out, character, column);
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
            column += 4;
        }
    }
    out
}

fn push_visible(out: &mut String, character: char, column: usize) -> usize {
    if character == '\t' {
        let blanks = TAB - column % TAB;
        out.push_str(&" ".repeat(blanks));
        return blanks;
    }
    match character.width() {
        Some(width) if width > 0 && !is_misleading(character) => {
            out.push(character);
            width
        }
        _ => {
            let escape = character.escape_unicode().to_string();
            out.push_str(&escape);
            escape.len()
        }
    }
}

/// Characters that have a width and still do not look like what they are: blanks other than the blank, bidi controls,
/// private use.
fn is_misleading(character: char) -> bool {
    (character.is_whitespace() && character != ' ')
        || matches!(character, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
        || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

fn width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_file_line_column_line_and_caret() {
        let text = b"version = 1\n[[rule]]\ntire = \"low\"\n";
        let found = Diagnostic::error("policy.toml", text, 21..25, "unknown key `tire`")
            .did_you_mean("tire", ["id", "tier", "reason"]);
        assert_eq!(
            found.to_string(),
            "policy.toml:3:1: unknown key `tire`\n\
             3 | tire = \"low\"\n  | ^^^^ did you mean `tier`?"
        );
    }

    #[test]
    fn a_far_word_is_not_suggested() {
        let found = Diagnostic::error("p", b"colour", 0..6, "unknown").did_you_mean("colour", ["id", "tier"]);
        assert_eq!(found.suggestion, None);
        assert_eq!(nearest("mach", ["match", "no_match"]), Some("match"));
        assert_eq!(nearest("x", ["id"]), None);
    }

    fn picture(text: &[u8], span: Range<usize>) -> String {
        let [line, carets] = Diagnostic::error("command", text, span, "x").excerpt();
        format!("{line}\n{carets}")
    }

    #[test]
    fn carets_stand_under_tabs_and_wide_characters() {
        assert_eq!(picture(b"\trm\tx", 1..3), "    rm  x\n    ^^");
        assert_eq!(picture("日本 rm".as_bytes(), 7..9), "日本 rm\n     ^^");
        assert_eq!(picture("echo 日".as_bytes(), 5..8), "echo 日\n     ^^");
        assert_eq!(picture(b"a\tb", 1..2), "a   b\n ^^^");
    }

    #[test]
    fn control_bidi_and_broken_bytes_are_visible_and_counted() {
        assert_eq!(picture(b"a\x1b[31m rm", 7..9), "a\\u{1b}[31m rm\n            ^^");
        assert_eq!(picture("\u{202e}rm".as_bytes(), 3..5), "\\u{202e}rm\n        ^^");
        assert_eq!(picture(b"\xffrm", 1..3), "\\xffrm\n    ^^");
        assert_eq!(picture("\u{a0}rm".as_bytes(), 2..4), "\\u{a0}rm\n      ^^");
        let found = Diagnostic::error("\x1b]0;x", b"", 0..0, "\x07");
        assert!(!found.to_string().contains(['\x1b', '\x07']));
    }

    #[test]
    fn only_the_line_meant_is_shown_of_many() {
        let text = b"echo a\nrm -rf /\necho b";
        assert_eq!(picture(text, 7..9), "rm -rf /\n^^");
        assert_eq!(picture(text, 14..22), "rm -rf /\n       ^");
        let found = Diagnostic::error("command", text, 14..22, "x");
        assert_eq!((found.line, found.column), (2, 8));
    }

    #[test]
    fn a_span_outside_of_the_text_is_cut_and_one_caret_stays() {
        assert_eq!(picture(b"ab", 9..12), "ab\n  ^");
        assert_eq!(picture(b"", 0..0), "\n^");
        assert_eq!(picture("é".as_bytes(), 1..2), "\\xc3\\xa9\n    ^^^^");
    }

    proptest::proptest! {
        #[test]
        fn rendering_never_panics_and_never_prints_a_control_character(
            text in proptest::collection::vec(proptest::num::u8::ANY, 0..60), start in 0usize..70, end in 0usize..70,
        ) {
            let shown = Diagnostic::error("o", &text, start..end, String::from_utf8_lossy(&text)).to_string();
            proptest::prop_assert!(shown.chars().all(|character| character == '\n' || !character.is_control()));
            proptest::prop_assert_eq!(shown.lines().count(), 3);
        }
    }
}
