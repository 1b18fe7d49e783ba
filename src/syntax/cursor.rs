//! A place in a text, and where that text stands in the source.

use super::Span;

/// How offsets in a text become offsets in the source.
#[derive(Clone, Copy)]
enum Origin<'t> {
    /// The text is a part of the source that begins here.
    Slice(u32),
    /// The text was unescaped: one source offset for each byte, and one for its end.
    Map(&'t [u32]),
}

/// Reads a text byte by byte.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
    origin: Origin<'t>,
}

impl<'t> Cursor<'t> {
    /// Starts at the beginning of a part of the source that begins at `start`.
    pub(super) fn slice(bytes: &'t [u8], start: u32) -> Self {
        Self { bytes, at: 0, origin: Origin::Slice(start) }
    }

    /// Starts at the beginning of an unescaped text whose bytes stood at `map` in the source.
    pub(super) fn mapped(bytes: &'t [u8], map: &'t [u32]) -> Self {
        Self { bytes, at: 0, origin: Origin::Map(map) }
    }

    /// Returns the byte at the cursor.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Returns the byte `ahead` places behind the cursor.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Steps over `count` bytes.
    pub(super) fn advance(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }

    /// Steps over `byte` if it stands at the cursor.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Returns whether the rest begins with `text`.
    pub(super) fn looking_at(&self, text: &[u8]) -> bool {
        self.rest().starts_with(text)
    }

    /// Returns what is left.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Steps over the longest run of bytes that satisfy `belongs`, and returns it.
    pub(super) fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'t [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Returns the offset in this text.
    pub(super) fn mark(&self) -> usize {
        self.at
    }

    /// Returns the bytes from `mark` up to the cursor.
    pub(super) fn since(&self, mark: usize) -> &'t [u8] {
        self.bytes.get(mark..self.at).unwrap_or_default()
    }

    /// Returns the offset in the source.
    pub(super) fn offset(&self) -> u32 {
        self.offset_of(self.at)
    }

    /// Returns the offset in the source of the byte at `mark`.
    pub(super) fn offset_of(&self, mark: usize) -> u32 {
        match self.origin {
            Origin::Slice(start) => start.saturating_add(u32::try_from(mark).unwrap_or(u32::MAX)),
            Origin::Map(map) => map.get(mark).or(map.last()).copied().unwrap_or_default(),
        }
    }

    /// Returns the source span from `mark` up to the cursor.
    pub(super) fn span_since(&self, mark: usize) -> Span {
        Span { start: self.offset_of(mark), end: self.offset() }
    }
}
