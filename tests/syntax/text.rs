//! Reads the escapes of the tables in `tests/data`.

/// Undoes `\n`, `\t`, `\xHH`, `\uHHHH`, and a backslash in front of anything else.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            bytes.extend(character.to_string().bytes());
            continue;
        }
        match rest.next() {
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => bytes.push(u8::try_from(hexadecimal(&mut rest, 2)).unwrap()),
            Some('u') => {
                let character = char::from_u32(hexadecimal(&mut rest, 4)).unwrap();
                bytes.extend(character.to_string().bytes());
            }
            Some(other) => bytes.extend(other.to_string().bytes()),
            None => bytes.push(b'\\'),
        }
    }
    bytes
}

fn hexadecimal(characters: &mut std::str::Chars<'_>, digits: usize) -> u32 {
    let text: String = characters.take(digits).collect();
    u32::from_str_radix(&text, 16).unwrap()
}
