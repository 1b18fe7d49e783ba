//! How much matching one decision may cost, so that no command line and no rule can make it slow.

use std::cell::Cell;

/// About half a microsecond of matching.
const BUDGET: u32 = 20_000;

/// What is left to spend on one decision. What is spent makes nothing match: the line is then high.
#[derive(Debug)]
pub(super) struct Work(Cell<u32>);

impl Work {
    pub(super) const fn of_a_decision() -> Self {
        Self(Cell::new(BUDGET))
    }

    /// For what is checked once, when a policy is compiled.
    pub(super) const fn without_end() -> Self {
        Self(Cell::new(u32::MAX))
    }

    pub(super) fn spend(&self, cost: usize) {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        self.0.set(self.0.get().saturating_sub(cost));
    }

    pub(super) const fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// The cost of one comparison of a path with a pattern.
pub(super) const fn of_path(path: usize, pattern: usize) -> usize {
    1 + path.saturating_mul(pattern) / 512
}

/// The cost of one comparison of a shell pattern with a pattern.
pub(super) const fn of_glob(glob: usize, pattern: usize) -> usize {
    3 + glob.saturating_mul(pattern) / 512
}

/// The cost of one comparison of an invocation's words, `bytes` in all, with a word pattern.
pub(super) fn of_words(words: usize, bytes: usize, parts: &[&[u8]]) -> usize {
    let searched = parts.iter().filter(|part| part.len() > 1 && part.contains(&b'*') && **part != b"**");
    let tries: usize = searched.map(|part| part.len().min(32)).sum();
    1 + words.saturating_mul(parts.len()) / 40 + bytes.saturating_mul(tries) / 512
}
