//! Finds the places where a secret may begin.

use std::sync::LazyLock;

use aho_corasick::packed;

use super::kinds::{KINDS, Kind, LITERALS};

/// From this much text on, building a searcher that looks at many bytes at a time pays.
const MUCH: usize = 16 << 10;

/// For each byte, where the literals that start with it begin in [`LITERALS`] and how many they are.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static STARTS: [(u8, u8); 256] = {
    let mut starts = [(0, 0); 256];
    let mut index = LITERALS_LENGTH;
    while index > 0 {
        index -= 1;
        let first = LITERALS[index].0.as_bytes()[0] as usize;
        starts[first] = (index as u8, starts[first].1 + 1);
    }
    starts
};

/// The bytes of literals that others follow: most text ends with a newline, and that is none of them.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static GOES_ON: [bool; 256] = {
    let mut goes_on = [false; 256];
    let mut index = 0;
    while index < LITERALS_LENGTH {
        let literal = LITERALS[index].0.as_bytes();
        let mut place = 0;
        while place + 1 < literal.len() {
            goes_on[literal[place] as usize] = true;
            place += 1;
        }
        index += 1;
    }
    goes_on
};

const LITERALS_LENGTH: usize = {
    assert!(LITERALS.len() <= 32);
    LITERALS.len()
};

/// `None` on processors that have nothing to look at many bytes at a time.
static SEARCHER: LazyLock<Option<packed::Searcher>> =
    LazyLock::new(|| packed::Searcher::new(LITERALS.iter().map(|(literal, _)| literal)));

/// The first literal in `text` from `from` on.
pub(super) fn find(text: &str, from: usize, seen: usize) -> Option<(&'static Kind, usize)> {
    let (literal, at) = match if seen < MUCH { None } else { SEARCHER.as_ref() } {
        Some(searcher) => {
            let found = searcher.find_in(text.as_bytes(), aho_corasick::Span::from(from..text.len()))?;
            (found.pattern().as_usize(), found.start())
        }
        None => find_bytewise(text.as_bytes(), from)?,
    };
    LITERALS.get(literal).and_then(|(_, kind)| KINDS.get(*kind)).map(|kind| (kind, at))
}

/// How many bytes at the end of `text` are the beginning of a literal.
pub(super) fn partial(text: &str) -> usize {
    let can_go_on = |byte: &u8| GOES_ON.get(usize::from(*byte)).is_some_and(|goes_on| *goes_on);
    if !text.as_bytes().last().is_some_and(can_go_on) {
        return 0;
    }
    LITERALS.iter().map(|(literal, _)| partial_of(text, literal)).max().unwrap_or(0)
}

/// How many bytes at the end of `text` are the beginning of `literal`, and not all of it.
pub(super) fn partial_of(text: &str, literal: &str) -> usize {
    let longest = literal.len().saturating_sub(1).min(text.len());
    (1..=longest)
        .rev()
        .find(|length| literal.get(..*length).is_some_and(|start| text.ends_with(start)))
        .unwrap_or(0)
}

fn find_bytewise(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut rest = text.get(from..)?;
    loop {
        let at = rest.iter().position(|byte| candidates(*byte).1 > 0)?;
        let (_, candidate) = rest.split_at_checked(at)?;
        let (first, count) = candidates(*candidate.first()?);
        let range = usize::from(first)..usize::from(first) + usize::from(count);
        let matching = |(literal, _): &(&str, usize)| candidate.starts_with(literal.as_bytes());
        if let Some(found) = LITERALS.get(range.clone())?.iter().position(matching) {
            return Some((range.start + found, text.len() - candidate.len()));
        }
        rest = candidate.get(1..)?;
    }
}

fn candidates(byte: u8) -> (u8, u8) {
    STARTS.get(usize::from(byte)).copied().unwrap_or_default()
}
