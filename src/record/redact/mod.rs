//! Cuts secrets out of text before it reaches the disk, also where they come in pieces.
//!
//! What a secret looks like stands in `policies/redaction.toml`.

use std::borrow::Cow;

use kinds::Judgement;

mod kinds;
mod literals;

/// How much text is held back at most, until it is clear whether it is a secret.
const MAX_HELD: usize = 4096;
/// How much text is cut out at most for a secret of many lines whose end does not come.
const MAX_BLOCK: usize = 64 << 10;

/// Where a part of the text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was held back before.
    Held,
    /// It is of the piece that was just taken.
    Fresh,
}

/// Cuts secrets out of text that comes in pieces.
#[derive(Debug, Default)]
pub struct Redactor {
    held: String,
    block: Option<Block>,
    /// Bytes seen so far, up to where that no longer matters.
    seen: usize,
}

/// A secret of many lines that has begun.
#[derive(Debug)]
struct Block {
    until: &'static str,
    cut: usize,
}

/// Cuts the secrets out of a whole text.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut redactor = Redactor::default();
    redactor.push(text, &mut |part, _| out.push_str(part));
    redactor.finish(&mut |part, _| out.push_str(part));
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

impl Redactor {
    /// Takes the next piece, and gives what is clear of secrets; what may be the beginning of one is held back.
    pub fn push(&mut self, text: &str, emit: &mut impl FnMut(&str, Origin)) {
        self.seen = self.seen.saturating_add(text.len());
        if self.held.is_empty() {
            let kept = self.scan(text, 0, More::Possible, emit);
            self.held.push_str(text.get(kept..).unwrap_or_default());
        } else {
            let mut joined = std::mem::take(&mut self.held);
            let old = joined.len();
            joined.push_str(text);
            let kept = self.scan(&joined, old, More::Possible, emit);
            joined.drain(..kept);
            self.held = joined;
        }
    }

    /// Gives what is held back, as nothing more comes.
    pub fn finish(&mut self, emit: &mut impl FnMut(&str, Origin)) {
        let held = std::mem::take(&mut self.held);
        self.scan(&held, held.len(), More::Impossible, emit);
    }

    /// Whether something is held back.
    #[must_use]
    pub const fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Goes through `text`, whose first `old` bytes were held back; returns from where on it is to be held.
    fn scan(&mut self, text: &str, old: usize, more: More, emit: &mut impl FnMut(&str, Origin)) -> usize {
        let mut emitter = Emitter { text, old, from: 0, emit };
        let mut search = 0;
        loop {
            if self.block.is_some() {
                match self.leave_block(text, search, more) {
                    Ok(after) => (emitter.from, search) = (after, after),
                    Err(kept) => return kept,
                }
            }
            let Some((kind, at)) = literals::find(text, search, self.seen) else { break };
            match kind.judge(text.get(at..).unwrap_or_default(), more) {
                Judgement::Harmless => search = at + 1,
                Judgement::Undecided => {
                    emitter.clear_to(at);
                    return at;
                }
                Judgement::Secret(range) => {
                    emitter.clear_to(at + range.start);
                    emitter.replace(at + range.end, kind.label);
                    search = at + range.end;
                    self.block = kind.until.map(|until| Block { until, cut: 0 });
                }
            }
        }
        let kept = match more {
            More::Possible => text.len() - literals::partial(text.get(search..).unwrap_or_default()),
            More::Impossible => text.len(),
        };
        emitter.clear_to(kept);
        kept
    }

    /// Looks for the end of a block; `Err` where it has not come, with the place from where on text is to be held.
    fn leave_block(&mut self, text: &str, from: usize, more: More) -> Result<usize, usize> {
        let Some(block) = &mut self.block else { return Ok(from) };
        let rest = text.get(from..).unwrap_or_default();
        if let Some(at) = rest.find(block.until) {
            let after = from + at + block.until.len();
            self.block = None;
            return Ok(after);
        }
        block.cut += rest.len();
        if block.cut > MAX_BLOCK {
            self.block = None;
            return Ok(text.len());
        }
        match more {
            More::Impossible => Err(text.len()),
            More::Possible => Err(text.len() - literals::partial_of(rest, block.until)),
        }
    }
}

/// Whether more text can come after this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    Possible,
    Impossible,
}

/// Gives out text from left to right.
struct Emitter<'a, F> {
    text: &'a str,
    old: usize,
    from: usize,
    emit: &'a mut F,
}

impl<F: FnMut(&str, Origin)> Emitter<'_, F> {
    /// Gives what stands before `to`.
    fn clear_to(&mut self, to: usize) {
        let middle = self.old.clamp(self.from, to.max(self.from));
        for (range, origin) in [(self.from..middle, Origin::Held), (middle..to, Origin::Fresh)] {
            let part = self.text.get(range).unwrap_or_default();
            if !part.is_empty() {
                (self.emit)(part, origin);
            }
        }
        self.from = to;
    }

    /// Gives `label` in place of what stands before `to`.
    fn replace(&mut self, to: usize, label: &str) {
        (self.emit)(label, if to <= self.old { Origin::Held } else { Origin::Fresh });
        self.from = to;
    }
}

#[cfg(test)]
mod tests;
