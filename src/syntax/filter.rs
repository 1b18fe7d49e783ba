//! What no understood text may contain: bytes that a person cannot see, or that shells and terminals read differently.
//!
//! Nothing is normalised: the bytes that were parsed are the bytes that run.

use super::Opaque;
use super::limits;

/// Refuses a text with a byte or character that is not plain text.
pub(super) fn check(source: &[u8]) -> Result<(), Opaque> {
    if source.len() > limits::SOURCE {
        return opaque("the text is longer than 128 KiB", 0);
    }
    if matches!(source.first(), Some(b'-' | b'+')) {
        return opaque("the shell would take a text that begins with `-` or `+` for an option", 0);
    }
    let mut ascii = true;
    for (at, &byte) in source.iter().enumerate() {
        match byte {
            b' '..=b'~' | b'\n' | b'\t' => {}
            0x80.. => ascii = false,
            _ => return opaque("the text holds a control character", at),
        }
    }
    if ascii { Ok(()) } else { check_characters(source) }
}

fn check_characters(source: &[u8]) -> Result<(), Opaque> {
    let text = match std::str::from_utf8(source) {
        Ok(text) => text,
        Err(error) => return opaque("the text is not UTF-8", error.valid_up_to()),
    };
    let mut after_emoji = false;
    for (at, character) in text.char_indices() {
        let joins = matches!(character, '\u{fe0f}' | '\u{200d}') && after_emoji;
        if is_hidden(character) && !joins {
            return opaque("the text holds a character that cannot be seen", at);
        }
        after_emoji = is_emoji(character) || joins;
    }
    Ok(())
}

fn opaque<T>(why: &'static str, at: usize) -> Result<T, Opaque> {
    Err(Opaque { why, at: u32::try_from(at).unwrap_or(u32::MAX) })
}

/// Characters that render as nothing, as a blank, or that change the order of what stands beside them.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{a0}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{1680}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}'
    )
}

/// Pictures behind which U+FE0F (picture style) and U+200D (joiner) are visible, because they choose the picture.
fn is_emoji(character: char) -> bool {
    matches!(
        character,
        '\u{2139}'
            | '\u{2190}'..='\u{21ff}'
            | '\u{2300}'..='\u{23ff}'
            | '\u{25a0}'..='\u{27bf}'
            | '\u{2900}'..='\u{297f}'
            | '\u{2b00}'..='\u{2bff}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_at(source: &[u8]) -> Option<u32> {
        check(source).err().map(|opaque| opaque.at)
    }

    #[test]
    fn plain_text_passes() {
        assert_eq!(refused_at(b"ls -la\n\tpwd ~"), None);
        assert_eq!(refused_at("echo ✅ — it’s fine…".as_bytes()), None);
    }

    #[test]
    fn control_characters_are_refused_where_they_stand() {
        for byte in (0..b' ').chain([0x7f]).filter(|byte| !matches!(byte, b'\n' | b'\t')) {
            assert_eq!(refused_at(&[b'l', b's', byte]), Some(2), "{byte:#x}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        assert_eq!(refused_at(b"ls \xff"), Some(3));
        assert_eq!(refused_at(b"ls \xc3"), Some(3));
    }

    #[test]
    fn hidden_characters_are_refused() {
        for hidden in [
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1680}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{202e}',
            '\u{2066}',
            '\u{3000}',
            '\u{3164}',
            '\u{e000}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{f0000}',
        ] {
            assert_eq!(refused_at(format!("a{hidden}").as_bytes()), Some(1), "{hidden:?}");
        }
    }

    #[test]
    fn picture_style_and_joiner_pass_behind_an_emoji_only() {
        assert_eq!(refused_at("echo '⚠️'".as_bytes()), None);
        assert_eq!(refused_at("echo '❤️\u{200d}🔥'".as_bytes()), None);
        assert_eq!(refused_at("echo 'a\u{fe0f}'".as_bytes()), Some(7));
        assert_eq!(refused_at("echo '⚠ \u{200d}'".as_bytes()), Some(10));
    }

    #[test]
    fn a_text_like_an_option_is_refused() {
        assert_eq!(refused_at(b"-x"), Some(0));
        assert_eq!(refused_at(b"+B"), Some(0));
    }

    #[test]
    fn the_longest_text_is_128_kib() {
        assert_eq!(refused_at(&vec![b'a'; 128 * 1024]), None);
        assert_eq!(refused_at(&vec![b'a'; 128 * 1024 + 1]), Some(0));
    }
}
