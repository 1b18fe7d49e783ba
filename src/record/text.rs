//! Bytes as they come from a program → text as a recording can hold it.

/// Decodes UTF-8 that comes in pieces. A character cut by the end of a piece is held until the rest of it comes; what is
/// no UTF-8 becomes U+FFFD, by the same rule as [`String::from_utf8_lossy`] over the whole.
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    held: [u8; 4],
    length: u8,
}

impl Utf8 {
    /// Decodes the next piece, and gives the text in as few parts as possible.
    pub fn push(&mut self, mut bytes: &[u8], emit: &mut impl FnMut(&str)) {
        while self.length > 0 {
            let Some((first, rest)) = bytes.split_first() else { return };
            if self.complete(*first, emit) {
                bytes = rest;
            }
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            // Nearly all output is this, and checking it as a whole is several times faster.
            if !text.is_empty() {
                emit(text);
            }
            return;
        }
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            if !chunk.valid().is_empty() {
                emit(chunk.valid());
            }
            let invalid = chunk.invalid();
            if chunks.peek().is_none() && is_cut(invalid) {
                self.hold(invalid);
            } else if !invalid.is_empty() {
                emit("\u{fffd}");
            }
        }
    }

    /// Gives what is held, as nothing more comes.
    pub fn finish(&mut self, emit: &mut impl FnMut(&str)) {
        if std::mem::take(&mut self.length) > 0 {
            emit("\u{fffd}");
        }
    }

    /// Adds one byte to what is held. Where it does not belong there, gives U+FFFD for what is held and `false`.
    fn complete(&mut self, byte: u8, emit: &mut impl FnMut(&str)) -> bool {
        let mut bytes = self.held;
        let length = usize::from(self.length);
        let Some(place) = bytes.get_mut(length) else { return false };
        *place = byte;
        let longer = bytes.get(..=length).unwrap_or_default();
        if let Ok(text) = std::str::from_utf8(longer) {
            self.length = 0;
            emit(text);
            true
        } else if is_cut(longer) {
            self.hold(longer);
            true
        } else {
            self.length = 0;
            emit("\u{fffd}");
            false
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        for (place, byte) in self.held.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.length = u8::try_from(bytes.len()).unwrap_or(0);
    }
}

/// Whether these bytes are a proper beginning of one character.
fn is_cut(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => false,
        Err(error) => error.valid_up_to() == 0 && error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
        let mut text = String::new();
        let mut utf8 = Utf8::default();
        for piece in pieces {
            utf8.push(piece, &mut |part| text.push_str(part));
        }
        utf8.finish(&mut |part| text.push_str(part));
        text
    }

    #[test]
    fn characters_are_held_across_pieces() {
        let bytes = "aé€😀z".as_bytes();
        assert_eq!(decode(bytes.chunks(1)), "aé€😀z");
        assert_eq!(decode([&b"\xf0\x9f"[..], b"\x98", b"\x80"]), "😀");
    }

    #[test]
    fn what_is_no_utf8_becomes_one_replacement_character_a_part() {
        assert_eq!(decode([&b"a\xff\xfeb"[..]]), "a\u{fffd}\u{fffd}b");
        assert_eq!(decode([&b"\xe2\x82"[..]]), "\u{fffd}");
        assert_eq!(decode([&b"\xe2"[..], b"A"]), "\u{fffd}A");
        assert_eq!(decode([&b"\xe2"[..], b"\xe2\x82\xac"]), "\u{fffd}€");
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_text(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), Just(0xe2), Just(0x82), Just(0xac), Just(0xf0), Just(0x9f)], 0..64),
            cuts in prop::collection::vec(1_usize..5, 1..64),
        ) {
            let mut pieces = vec![];
            let mut rest = &bytes[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (piece, tail) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = tail;
            }
            prop_assert_eq!(decode(pieces), String::from_utf8_lossy(&bytes));
        }
    }
}
