//! Writes JSON strings, fast: the audit log and every recording go through here on the way to the disk.
//!
//! Everything else about JSON is `serde_json`'s; writing is here because it stands on the path of each run.

/// What a byte needs inside a JSON string: `0` stands for itself, `u` is written as `\u00XX`, any other as `\` and it.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, and every index is a byte or a literal"
)]
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[0x22] = b'"';
    table[0x5c] = b'\\';
    // Terminals take DEL for a command, so that a recording shown with `cat` must not contain it.
    table[0x7f] = b'u';
    table
};

/// Appends `text` as a JSON string, quotes included.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len().saturating_add(2));
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends `text` as the inside of a JSON string.
pub fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    loop {
        let plain = plain_prefix(rest);
        let (clean, tail) = rest.split_at(plain);
        out.extend_from_slice(clean);
        let Some((byte, tail)) = tail.split_first() else { return };
        push_escape(out, *byte);
        rest = tail;
    }
}

/// Appends `text` as the inside of a JSON string, each newline as carriage return and newline: as a terminal would have
/// got it. `after_return` says whether the text before ended with a carriage return, and afterwards whether this one does.
pub fn push_escaped_for_terminal(out: &mut Vec<u8>, text: &str, after_return: &mut bool) {
    let mut rest = text.as_bytes();
    loop {
        let plain = plain_prefix(rest);
        let (clean, tail) = rest.split_at(plain);
        out.extend_from_slice(clean);
        *after_return &= clean.is_empty();
        let Some((byte, tail)) = tail.split_first() else { return };
        if *byte == b'\n' && !*after_return {
            out.extend_from_slice(br"\r\n");
        } else {
            push_escape(out, *byte);
        }
        *after_return = *byte == b'\r';
        rest = tail;
    }
}

/// Appends a number.
pub fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut rest = number;
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(20 - length..).unwrap_or_default());
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let escape = escape_of(byte);
    out.extend_from_slice(&[b'\\', escape]);
    if escape == b'u' {
        let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
        out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]);
    }
}

fn escape_of(byte: u8) -> u8 {
    ESCAPES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// How many leading bytes need no escape. Looks at eight bytes at a time: most output is plain text.
fn plain_prefix(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = special_bytes(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let rest = tail.iter().position(|byte| escape_of(*byte) != 0).unwrap_or(tail.len());
    words.len() * 8 + rest
}

/// Marks with its high bit at least the first byte of `word` (from the low end) that needs an escape. Borrows of the
/// subtractions can mark bytes above a marked one wrongly, and never below it.
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5c);
    let delete = word ^ (ONES * 0x7f);
    let equal = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (delete.wrapping_sub(ONES) & !delete);
    (below_space | equal) & HIGHS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn controls_quotes_and_backslashes_are_escaped() {
        assert_eq!(
            string("a\"b\\c\n\r\t\u{8}\u{c}\0\u{1b}\u{7f}é"),
            r#""a\"b\\c\n\r\t\b\f\u0000\u001b\u007fé""#
        );
    }

    #[test]
    fn every_byte_at_every_place_of_a_word_comes_back() {
        for byte in 0..=0x7f_u8 {
            for place in 0..24 {
                let mut bytes = [b'x'; 24];
                bytes[place] = byte;
                let text = std::str::from_utf8(&bytes).unwrap();
                assert_eq!(serde_json::from_str::<String>(&string(text)).unwrap(), text);
                assert!(string(text).bytes().all(|byte| byte >= 0x20 && byte != 0x7f));
            }
        }
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 12_345, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&string(&text)).unwrap(), text);
        }
    }
}
