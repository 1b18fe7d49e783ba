//! The kinds of secrets.

use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use regex::Regex;

use super::{MAX_HELD, More};

include!(concat!(env!("OUT_DIR"), "/redaction.rs"));

/// One kind of secret.
#[derive(Debug)]
pub(super) struct Kind {
    /// What stands in its place.
    pub(super) label: &'static str,
    pattern: &'static str,
    /// The text that ends it, where it has many lines.
    pub(super) until: Option<&'static str>,
}

/// What stands where a secret may begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Harmless,
    /// That depends on text that has not come yet.
    Undecided,
    Secret(Range<usize>),
}

/// Regular expressions, each compiled when its kind is first suspected: most runs need none.
static COMPILED: LazyLock<[OnceLock<Option<Regex>>; KINDS.len()]> =
    LazyLock::new(|| std::array::from_fn(|_| OnceLock::new()));

impl Kind {
    /// Judges text that starts with one of this kind's literals.
    pub(super) fn judge(&self, text: &str, more: More) -> Judgement {
        let start = prefix(text, MAX_HELD);
        let line = match start.find(['\n', '\r']) {
            Some(end) => start.get(..end).unwrap_or_default(),
            None if text.len() < MAX_HELD && more == More::Possible => return Judgement::Undecided,
            None => start,
        };
        let Some(regex) = self.regex() else { return Judgement::Secret(0..line.len()) };
        let Some(captures) = regex.captures(line) else { return Judgement::Harmless };
        captures.get(1).or_else(|| captures.get(0)).map_or(Judgement::Harmless, |found| {
            // An empty secret would be found again for ever.
            if found.is_empty() { Judgement::Harmless } else { Judgement::Secret(found.range()) }
        })
    }

    /// `None` where the pattern is no regular expression, which a test excludes; then a whole line is cut out.
    fn regex(&self) -> Option<&Regex> {
        let index = KINDS.iter().position(|kind| std::ptr::eq(kind, self))?;
        let compiled = COMPILED.get(index)?;
        compiled.get_or_init(|| Regex::new(&format!(r"\A(?:{})", self.pattern)).ok()).as_ref()
    }
}

/// The first `length` bytes of a text, less where a character would be cut.
fn prefix(text: &str, length: usize) -> &str {
    (0..=length.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}
