//! Untrusted text, made safe and honest to show (I6).
//!
//! Whatever could hide, move or fake something on a terminal, a page or in a message becomes visible: `\x1b`,
//! `\u{202e}`, `\xff`. Nothing is cut, and two different texts never look the same: where a backslash stands before
//! something that could be taken for such an escape, each backslash of the run is doubled.

mod table;

use std::{fmt, fmt::Write as _, str::Chars};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text that is safe to show; made only here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Printable(String);

/// What becomes of newlines and tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// They become `⏎` and `→`: the text stays on one line.
    Mark,
    /// They stay: the text is laid out by the caller.
    Keep,
}

/// One character of the source, or one byte that is none, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// Offset of its first byte in the source.
    pub at: usize,
    /// How it is shown.
    pub shown: Shown,
}

/// How one character is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plain(char),
    /// A backslash that stands before something like an escape: `\\`.
    Backslash,
    /// A newline or tab as a mark: `⏎`, `→`.
    Mark(char),
    /// A control character or a byte that is no UTF-8: `\x1b`.
    Byte(u8),
    /// Any other character that is not shown as it is: `\u{202e}`.
    Code(char),
}

impl Shown {
    /// Whether the source holds something else than what is seen.
    #[must_use]
    pub const fn is_escaped(self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// Columns on a terminal; a newline that is kept has none.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Plain(character) => character.width().unwrap_or(0),
            Self::Mark(_) => 1,
            Self::Backslash => 2,
            Self::Byte(_) => 4,
            Self::Code(character) => 4 + hexadecimal_digits(character),
        }
    }

    fn begins_like_an_escape(self) -> bool {
        matches!(self, Self::Plain('x' | 'u') | Self::Byte(_) | Self::Code(_))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(character) | Self::Mark(character) => formatter.write_char(*character),
            Self::Backslash => formatter.write_str("\\\\"),
            Self::Byte(byte) => write!(formatter, "\\x{byte:02x}"),
            Self::Code(character) => write!(formatter, "\\u{{{:x}}}", u32::from(*character)),
        }
    }
}

impl Printable {
    /// Makes bytes printable on one line.
    #[must_use]
    pub fn line(bytes: &[u8]) -> Self {
        Self::new(bytes, Breaks::Mark)
    }

    /// Makes bytes printable; newlines and tabs stay.
    #[must_use]
    pub fn text(bytes: &[u8]) -> Self {
        Self::new(bytes, Breaks::Keep)
    }

    fn new(bytes: &[u8], breaks: Breaks) -> Self {
        let mut shown = String::with_capacity(bytes.len());
        for glyph in glyphs(bytes, breaks) {
            let _ = write!(shown, "{}", glyph.shown);
        }
        Self(shown)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Columns on a terminal, if it stands on one line.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.width()
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl From<&str> for Printable {
    fn from(text: &str) -> Self {
        Self::line(text.as_bytes())
    }
}

/// Shows each character of `bytes`, in order; offsets lead back to the source.
#[must_use]
pub fn glyphs(bytes: &[u8], breaks: Breaks) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        push_text(&mut glyphs, at, chunk.valid(), breaks);
        at += chunk.valid().len();
        for (offset, byte) in chunk.invalid().iter().enumerate() {
            glyphs.push(Glyph { at: at + offset, shown: Shown::Byte(*byte) });
        }
        at += chunk.invalid().len();
    }
    double_backslashes(&mut glyphs);
    glyphs
}

fn push_text(glyphs: &mut Vec<Glyph>, at: usize, text: &str, breaks: Breaks) {
    let mut word = Word::default();
    for (offset, character) in text.char_indices() {
        if word.end <= offset {
            word = Word::at(text, offset);
        }
        glyphs.push(Glyph { at: at + offset, shown: show(character, &word, breaks) });
    }
}

fn show(character: char, word: &Word, breaks: Breaks) -> Shown {
    match (character, breaks) {
        (' '..='~', _) | ('\n' | '\t', Breaks::Keep) => Shown::Plain(character),
        ('\n', Breaks::Mark) => Shown::Mark('⏎'),
        ('\t', Breaks::Mark) => Shown::Mark('→'),
        ('⏎' | '→', Breaks::Mark) => Shown::Code(character),
        ('\0'..='\x1f' | '\x7f', _) => Shown::Byte(character as u8),
        _ if !has_a_shape(character) => Shown::Code(character),
        _ if word.deceptive && holds(table::LOOK_ALIKE_LETTERS, character) => Shown::Code(character),
        _ => Shown::Plain(character),
    }
}

fn has_a_shape(character: char) -> bool {
    holds(table::SHOWN, character) && character.width().is_some_and(|width| width > 0)
}

/// A run of letters and digits: homoglyphs deceive within one.
#[derive(Default)]
struct Word {
    /// Offset behind it.
    end: usize,
    /// Whether its look-alike letters can be taken for ASCII: it holds ASCII letters or digits as well, or nothing
    /// in it is unmistakable.
    deceptive: bool,
}

impl Word {
    fn at(text: &str, start: usize) -> Self {
        let rest = text.get(start..).unwrap_or_default();
        let letters = || Chars::clone(&rest.chars()).take_while(|character| character.is_alphanumeric());
        let length = letters().map(char::len_utf8).sum::<usize>().max(1);
        let ascii = letters().any(|letter| letter.is_ascii_alphanumeric());
        let unmistakable =
            letters().any(|letter| !letter.is_ascii() && !holds(table::LOOK_ALIKE_LETTERS, letter));
        Self { end: start + length, deceptive: ascii || !unmistakable }
    }
}

fn double_backslashes(glyphs: &mut [Glyph]) {
    let mut before_escape = false;
    for glyph in glyphs.iter_mut().rev() {
        if glyph.shown == Shown::Plain('\\') {
            if before_escape {
                glyph.shown = Shown::Backslash;
            }
        } else {
            before_escape = glyph.shown.begins_like_an_escape();
        }
    }
}

fn holds(ranges: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    let next = ranges.partition_point(|(first, _)| *first <= code);
    next.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, last)| code <= *last)
}

fn hexadecimal_digits(character: char) -> usize {
    u32::from(character).checked_ilog2().map_or(1, |bits| bits as usize / 4 + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> String {
        Printable::line(text.as_bytes()).to_string()
    }

    #[test]
    fn everyday_text_stays_as_it_is() {
        for text in [
            "grep -rn 'foo' src/ | head -20",
            r"find . -name '*.rs' -exec wc -l {} \;",
            r"sed 's/\//\\/g'",
            "größe café naïve",
            "Привет, мир",
            "Ελληνικά",
            "日本語のファイル.txt",
            "✓ done … 3 °C €5",
            "🦀",
        ] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn what_hides_moves_or_fakes_is_made_visible() {
        for (text, shown) in [
            ("\x1b[2J", r"\x1b[2J"),
            ("a\rb\x08\x7f\0", r"a\x0db\x08\x7f\x00"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\u{202e}gpj.exe", r"\u{202e}gpj.exe"),
            ("a\u{200b}b\u{feff}c\u{ad}d", r"a\u{200b}b\u{feff}c\u{ad}d"),
            ("a\u{a0}b\u{3000}c\u{2028}d", r"a\u{a0}b\u{3000}c\u{2028}d"),
            ("e\u{301}", r"e\u{301}"),
            ("\u{e0041}\u{e000}\u{10ffff}\u{378}", r"\u{e0041}\u{e000}\u{10ffff}\u{378}"),
            ("\u{fe0f}\u{e0100}\u{3164}\u{2800}", r"\u{fe0f}\u{e0100}\u{3164}\u{2800}"),
            ("שלום", r"\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn look_alikes_are_made_visible() {
        for (text, shown) in [
            ("/еtc/passwd", r"/\u{435}tc/passwd"),
            ("раураl.com", r"\u{440}\u{430}\u{443}\u{440}\u{430}l.com"),
            ("соса.ru", r"\u{441}\u{43e}\u{441}\u{430}.ru"),
            ("ο", r"\u{3bf}"),
            ("ｒｍ 𝐫𝐦", r"\u{ff52}\u{ff4d} \u{1d42b}\u{1d426}"),
            ("a∕b⁄c", r"a\u{2215}b\u{2044}c"),
            ("–rf ‘x’ ；", r"\u{2013}rf \u{2018}x\u{2019} \u{ff1b}"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_made_visible() {
        assert_eq!(Printable::line(b"a\xff\xc3(\xed\xa0\x80").as_str(), r"a\xff\xc3(\xed\xa0\x80");
    }

    #[test]
    fn breaks_are_kept_or_marked() {
        assert_eq!(Printable::line("a\n\tb".as_bytes()).as_str(), "a⏎→b");
        assert_eq!(Printable::text("a\n\tb→".as_bytes()).as_str(), "a\n\tb→");
        assert_eq!(line("a⏎→"), r"a\u{23ce}\u{2192}");
    }

    #[test]
    fn a_written_escape_does_not_look_like_a_made_one() {
        for (text, shown) in [
            (r"\x1b", r"\\x1b"),
            ("\x1b", r"\x1b"),
            ("\\\x1b", r"\\\x1b"),
            (r"\\u{202e}", r"\\\\u{202e}"),
            (r"\n \\ \;", r"\n \\ \;"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn offsets_lead_back_to_the_source() {
        let source = "é\x1b日\n".as_bytes();
        let offsets: Vec<usize> = glyphs(source, Breaks::Mark).iter().map(|glyph| glyph.at).collect();
        assert_eq!(offsets, [0, 2, 3, 6]);
    }

    #[test]
    fn tables_are_sorted() {
        for ranges in [table::SHOWN, table::LOOK_ALIKE_LETTERS] {
            assert!(ranges.iter().all(|(first, last)| first <= last));
            assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }

    #[test]
    fn every_single_character_shows_differently_and_has_a_width() {
        let mut seen = HashMap::new();
        for character in (char::MIN..='\u{1ffff}').chain('\u{e0000}'..='\u{e0fff}') {
            let shown = line(&character.to_string());
            assert_safe(&shown);
            assert_eq!(Printable::from(character.to_string().as_str()).width(), width_by_glyph(character));
            assert_eq!(seen.insert(shown, character), None);
        }
    }

    fn width_by_glyph(character: char) -> usize {
        glyphs(character.to_string().as_bytes(), Breaks::Mark).iter().map(|glyph| glyph.shown.width()).sum()
    }

    fn assert_safe(shown: &str) {
        for character in shown.chars() {
            assert!(!character.is_control(), "{shown:?}");
            assert!(character.width().is_some_and(|width| width > 0), "{shown:?}");
            assert!(!('\u{200b}'..='\u{200f}').contains(&character), "{shown:?}");
            assert!(!('\u{202a}'..='\u{202e}').contains(&character), "{shown:?}");
            assert!(!('\u{2060}'..='\u{206f}').contains(&character), "{shown:?}");
            assert!(!('\u{e000}'..='\u{f8ff}').contains(&character), "{shown:?}");
        }
    }

    /// Undoes what [`Printable::line`] does; possible only because no two texts look the same.
    fn undo(shown: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = shown;
        while let Some(first) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches('\\').len();
            let behind = &rest[run..];
            if run == 0 {
                match first {
                    '⏎' => bytes.push(b'\n'),
                    '→' => bytes.push(b'\t'),
                    _ => bytes.extend(first.to_string().bytes()),
                }
                rest = &rest[first.len_utf8()..];
            } else if !behind.starts_with(['x', 'u']) {
                bytes.extend(std::iter::repeat_n(b'\\', run));
                rest = behind;
            } else {
                bytes.extend(std::iter::repeat_n(b'\\', run / 2));
                rest = if run.is_multiple_of(2) {
                    literal(&mut bytes, behind)
                } else {
                    escape(&mut bytes, behind)
                };
            }
        }
        bytes
    }

    fn literal<'a>(bytes: &mut Vec<u8>, behind: &'a str) -> &'a str {
        bytes.push(behind.as_bytes()[0]);
        &behind[1..]
    }

    fn escape<'a>(bytes: &mut Vec<u8>, behind: &'a str) -> &'a str {
        if let Some(code) = behind.strip_prefix("u{") {
            let (code, rest) = code.split_once('}').unwrap();
            let character = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
            bytes.extend(character.to_string().bytes());
            rest
        } else {
            bytes.push(u8::from_str_radix(&behind[1..3], 16).unwrap());
            &behind[3..]
        }
    }

    const PIECES: &[&str] = &["\\", "x1b", "u{41}", "\x1b", "\n", "е", "ж", "\u{202e}", "→", "a", " "];

    proptest! {
        #[test]
        fn whatever_is_shown_is_safe(bytes in prop::collection::vec(any::<u8>(), 0..64), text in "\\PC{0,20}") {
            assert_safe(Printable::line(&bytes).as_str());
            assert_safe(&line(&text));
        }

        #[test]
        fn no_two_texts_look_the_same(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
            bytes in prop::collection::vec(any::<u8>(), 0..24),
        ) {
            let text = pieces.concat().into_bytes();
            prop_assert_eq!(undo(Printable::line(&text).as_str()), text);
            prop_assert_eq!(undo(Printable::line(&bytes).as_str()), bytes);
        }
    }
}
