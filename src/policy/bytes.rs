//! Flat bytes with offsets: how a compiled policy is written, and how it is read where it lies.
//!
//! Every offset is checked against the length when it is followed, so that damaged bytes are an error and never a
//! panic. Numbers are little-endian 32-bit words.

use std::collections::HashMap;

use super::Corrupt;

/// Where a text or list lies: offset in bytes, then length in bytes or in records.
pub(super) type Place = [u32; 2];

/// Bytes under construction.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    texts: HashMap<Vec<u8>, Place>,
}

impl Writer {
    /// Starts with `length` zero bytes, to be filled in by [`Writer::set`].
    pub(super) fn with_head(length: usize) -> Self {
        Self { bytes: vec![0; length], texts: HashMap::new() }
    }

    /// Writes a text, each different one once.
    pub(super) fn text(&mut self, text: &[u8]) -> Place {
        if let Some(place) = self.texts.get(text) {
            return *place;
        }
        let place = [position(self.bytes.len()), position(text.len())];
        self.bytes.extend_from_slice(text);
        self.texts.insert(text.to_vec(), place);
        place
    }

    /// Writes records of equal length, one behind the other.
    pub(super) fn list<const N: usize>(&mut self, records: &[[u32; N]]) -> Place {
        let place = [position(self.bytes.len()), position(records.len())];
        for word in records.iter().flatten() {
            self.bytes.extend_from_slice(&word.to_le_bytes());
        }
        place
    }

    /// Writes texts and then the list of their places.
    pub(super) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t [u8]>) -> Place {
        let places: Vec<Place> = texts.into_iter().map(|text| self.text(text)).collect();
        self.list(&places)
    }

    /// Overwrites words in the head.
    pub(super) fn set(&mut self, offset: usize, words: &[u32]) {
        for (index, word) in words.iter().enumerate() {
            let start = offset + index * 4;
            if let Some(slot) = self.bytes.get_mut(start..start + 4) {
                slot.copy_from_slice(&word.to_le_bytes());
            }
        }
    }

    pub(super) fn length(&self) -> u32 {
        position(self.bytes.len())
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Offsets beyond 32 bits become the largest one, which no reader can follow.
pub(super) fn position(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The two words of a number, low first.
pub(super) const fn split(value: u64) -> [u32; 2] {
    [(value & 0xffff_ffff) as u32, (value >> 32) as u32]
}

#[cfg(test)]
thread_local! {
    /// How many numbers this thread has read, to prove what a decision costs.
    pub(super) static READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Bytes to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn word(self, offset: usize) -> Result<u32, Corrupt> {
        #[cfg(test)]
        READS.set(READS.get() + 1);
        let bytes = self.0.get(offset..).and_then(<[u8]>::first_chunk).ok_or(Corrupt)?;
        Ok(u32::from_le_bytes(*bytes))
    }

    pub(super) fn long(self, offset: usize) -> Result<u64, Corrupt> {
        #[cfg(test)]
        READS.set(READS.get() + 1);
        let bytes = self.0.get(offset..).and_then(<[u8]>::first_chunk).ok_or(Corrupt)?;
        Ok(u64::from_le_bytes(*bytes))
    }

    /// The text whose place stands at `offset`.
    pub(super) fn text(self, offset: usize) -> Result<&'a [u8], Corrupt> {
        let (start, length) = (self.word(offset)? as usize, self.word(offset + 4)? as usize);
        self.0.get(start..).and_then(|rest| rest.get(..length)).ok_or(Corrupt)
    }

    /// The same as UTF-8.
    pub(super) fn string(self, offset: usize) -> Result<&'a str, Corrupt> {
        std::str::from_utf8(self.text(offset)?).map_err(|_| Corrupt)
    }

    /// The list of `words`-word records whose place stands at `offset`.
    pub(super) fn list(self, offset: usize, words: usize) -> Result<List<'a>, Corrupt> {
        let (start, count) = (self.word(offset)? as usize, self.word(offset + 4)? as usize);
        let length = count.checked_mul(words * 4).ok_or(Corrupt)?;
        let end = start.checked_add(length).filter(|end| *end <= self.0.len()).ok_or(Corrupt)?;
        debug_assert!(end >= start);
        Ok(List { bytes: self, start, count, stride: words * 4 })
    }
}

/// Records of equal length.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'a> {
    bytes: Bytes<'a>,
    start: usize,
    count: usize,
    stride: usize,
}

impl<'a> List<'a> {
    pub(super) const fn len(self) -> usize {
        self.count
    }

    pub(super) const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The offset of a record.
    pub(super) fn at(self, index: usize) -> Result<usize, Corrupt> {
        if index < self.count { Ok(self.start + index * self.stride) } else { Err(Corrupt) }
    }

    /// The offsets of all records.
    pub(super) fn offsets(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |index| self.start + index * self.stride)
    }

    /// All texts of a list of places.
    pub(super) fn texts(self) -> impl Iterator<Item = Result<&'a [u8], Corrupt>> {
        self.offsets().map(move |offset| self.bytes.text(offset))
    }

    /// The index of the first record for which `before` says no; records for which it says yes come first.
    pub(super) fn partition(
        self,
        mut before: impl FnMut(usize) -> Result<bool, Corrupt>,
    ) -> Result<usize, Corrupt> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.at(middle)?)? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// FNV-1a over tagged parts: the keys of the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64);

impl Hash {
    pub(super) const fn new(tag: u8, detail: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).byte(tag).byte(detail)
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// Goes on with a part; a mark behind it keeps `ab`,`c` apart from `a`,`bc`.
    pub(super) fn part(self, part: &[u8]) -> Self {
        part.iter().fold(self, |hash, byte| hash.byte(*byte)).byte(b'/')
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::with_head(16);
        let places = [writer.text(b"one"), writer.text(b"two"), writer.text(b"one")];
        assert_eq!(places[0], places[2]);
        let list = writer.list(&places);
        writer.set(8, &list);
        let bytes = writer.into_bytes();
        let read: Vec<_> = Bytes(&bytes).list(8, 2).unwrap().texts().collect();
        assert_eq!(read, [Ok(&b"one"[..]), Ok(b"two"), Ok(b"one")]);
    }

    #[test]
    fn no_offset_reaches_outside() {
        let mut writer = Writer::with_head(8);
        writer.set(0, &[u32::MAX, u32::MAX]);
        let bytes = writer.into_bytes();
        assert_eq!(Bytes(&bytes).text(0), Err(Corrupt));
        assert!(Bytes(&bytes).list(0, 4).is_err());
        assert_eq!(Bytes(&bytes).word(5), Err(Corrupt));
        assert_eq!(Bytes(&bytes).word(usize::MAX), Err(Corrupt));
    }
}
