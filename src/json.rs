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
    push_parts(out, text.as_bytes(), |out, byte, _| push_escape(out, byte));
}

/// Appends `text` as the inside of a JSON string, each newline as carriage return and newline: as a terminal would have
/// got it. `after_return` says whether the text before ended with a carriage return, and afterwards whether this one does.
pub fn push_escaped_for_terminal(out: &mut Vec<u8>, text: &str, after_return: &mut bool) {
    let plain_end = push_parts(out, text.as_bytes(), |out, byte, before| {
        if byte == b'\n' && !(*after_return && before == Before::Escape) {
            out.extend_from_slice(br"\r\n");
        } else {
            push_escape(out, byte);
        }
        *after_return = byte == b'\r';
    });
    *after_return &= plain_end == Before::Escape;
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

/// What stands directly before a place in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A byte that was escaped, or the text's beginning.
    Escape,
    Plain,
}

/// Copies what needs no escape and gives the rest to `escape`, byte by byte; tells what the text ends with. Most output
/// is plain text, of which many bytes are looked at and copied at a time; where escapes are dense, eight.
fn push_parts(out: &mut Vec<u8>, bytes: &[u8], mut escape: impl FnMut(&mut Vec<u8>, u8, Before)) -> Before {
    out.reserve(bytes.len().saturating_add(bytes.len() / 8));
    let mut before = Before::Escape;
    let mut rest = bytes;
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        let marks = special_bytes(u64::from_le_bytes(*word));
        if marks == 0 {
            out.extend_from_slice(word);
            rest = push_plain_blocks(out, tail);
            before = Before::Plain;
            continue;
        }
        let plain = marks.trailing_zeros() as usize / 8;
        // Eight bytes are copied faster than a number of them.
        out.extend_from_slice(word);
        out.truncate(out.len().saturating_sub(8 - plain));
        if plain > 0 {
            before = Before::Plain;
        }
        let Some((byte, tail)) = rest.get(plain..).and_then(<[u8]>::split_first) else { return before };
        escape(out, *byte, before);
        before = Before::Escape;
        rest = tail;
    }
    for byte in rest {
        if escape_of(*byte) == 0 {
            out.push(*byte);
            before = Before::Plain;
        } else {
            escape(out, *byte, before);
            before = Before::Escape;
        }
    }
    before
}

/// Copies blocks in which no byte needs an escape; gives what follows them.
fn push_plain_blocks<'a>(out: &mut Vec<u8>, mut bytes: &'a [u8]) -> &'a [u8] {
    while let Some((block, rest)) = bytes.split_first_chunk::<32>()
        && is_plain(block)
    {
        out.extend_from_slice(block);
        bytes = rest;
    }
    bytes
}

/// Whether no byte needs an escape; without a branch, so that the compiler compares many bytes at a time.
fn is_plain(block: &[u8; 32]) -> bool {
    let special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\') | (byte == 0x7f);
    !block.iter().fold(false, |found, byte| found | special(*byte))
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
    fn every_byte_at_every_place_of_words_and_blocks_comes_back() {
        for byte in 0..=0x7f_u8 {
            for place in 0..80 {
                let mut bytes = [b'x'; 80];
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

    /// A carriage return before each newline that has none.
    fn as_on_a_terminal(text: &str) -> String {
        text.replace("\r\n", "\n").replace('\n', "\r\n")
    }

    proptest! {
        #[test]
        fn a_terminal_gets_its_returns_whatever_the_pieces(
            parts in prop::collection::vec(prop::sample::select(vec!["\n", "\r", "\"", "plain", "sixteen bytes, or"]), 0..40),
            size in 1_usize..90,
        ) {
            let text = parts.concat();
            let (mut out, mut after_return) = (vec![b'"'], false);
            for piece in text.as_bytes().chunks(size) {
                push_escaped_for_terminal(&mut out, std::str::from_utf8(piece).unwrap(), &mut after_return);
                prop_assert_eq!(after_return, piece.ends_with(b"\r"));
            }
            out.push(b'"');
            let back: String = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(back, as_on_a_terminal(&text));
        }

        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&string(&text)).unwrap(), text);
        }
    }
}
