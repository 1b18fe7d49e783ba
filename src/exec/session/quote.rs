//! Strings as bash writes them for itself: `'…'`, `"…"` and `$'…'`, read and written.

/// A string that was read, and how many bytes of text it was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unquoted {
    pub(super) value: Vec<u8>,
    pub(super) length: usize,
}

/// Writes a string so that bash reads it as itself.
pub(super) fn quote(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in bytes {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// Reads the string at the beginning of a text, up to a blank or newline outside of quotes.
pub(super) fn unquote(text: &[u8]) -> Option<Unquoted> {
    let mut value = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        at += match rest {
            [] | [b' ' | b'\n' | b')', ..] => break,
            [b'\'', inside @ ..] => {
                let end = inside.iter().position(|byte| *byte == b'\'')?;
                value.extend_from_slice(inside.get(..end)?);
                end + 2
            }
            [b'"', inside @ ..] => 1 + double(inside, &mut value)?,
            [b'$', b'\'', inside @ ..] => 2 + ansi(inside, &mut value)?,
            [b'\\', byte, ..] => {
                value.push(*byte);
                2
            }
            [byte, ..] => {
                value.push(*byte);
                1
            }
        };
    }
    Some(Unquoted { value, length: at })
}

/// Reads `…"`; returns its length.
fn double(text: &[u8], value: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at..)? {
            [b'"', ..] => return Some(at + 1),
            [b'\\', byte @ (b'"' | b'\\' | b'$' | b'`'), ..] => {
                value.push(*byte);
                at += 2;
            }
            [byte, ..] => {
                value.push(*byte);
                at += 1;
            }
            [] => return None,
        }
    }
}

/// Reads `…'` behind `$'`; returns its length.
fn ansi(text: &[u8], value: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at..)? {
            [b'\'', ..] => return Some(at + 1),
            [b'\\', digit @ b'0'..=b'7', ..] => {
                let digits = text.get(at + 1..at + 4)?;
                let number =
                    std::str::from_utf8(digits).ok().and_then(|it| u16::from_str_radix(it, 8).ok())?;
                let _ = digit;
                value.push(u8::try_from(number).ok()?);
                at += 4;
            }
            [b'\\', letter, ..] => {
                value.push(escaped(*letter)?);
                at += 2;
            }
            [byte, ..] => {
                value.push(*byte);
                at += 1;
            }
            [] => return None,
        }
    }
}

const fn escaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'E' | b'e' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'\'' | b'"' | b'?' => letter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, usize)> {
        unquote(text.as_bytes()).map(|read| (String::from_utf8(read.value).unwrap(), read.length))
    }

    #[test]
    fn each_way_of_quoting_is_read() {
        assert_eq!(read("'a b'\\''c' d"), Some(("a b'c".to_owned(), 10)));
        assert_eq!(read("\"a \\\"\\$\\`\\\\ \\n\"\n"), Some(("a \"$`\\ \\n".to_owned(), 15)));
        assert_eq!(read("$'a\\n\\E\\001\\'b'"), Some(("a\n\u{1b}\u{1}'b".to_owned(), 15)));
        assert_eq!(read("plain rest"), Some(("plain".to_owned(), 5)));
        assert_eq!(read("'open"), None);
        assert_eq!(read("\"open\\\""), None);
        assert_eq!(read("$'open\\"), None);
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in ["", "a", "it's", "a\nb", "$x `y` \"z\" \\"] {
            let quoted = quote(text.as_bytes());
            assert_eq!(unquote(&quoted).unwrap(), Unquoted { value: text.into(), length: quoted.len() });
        }
    }
}
