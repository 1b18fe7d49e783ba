//! Texts in which typed holes may stand: `/tmp/build-{number}`.
//!
//! A backslash makes the next character literal, so that every text can be written. What a hole takes is made of
//! characters that need no backslash; a text therefore matches as it is escaped, and is never unescaped.

use std::borrow::Cow;

/// Most holes of one text.
const MOST_HOLES: usize = 2;
/// The longest text that is compared with a text that has holes.
const LONGEST: usize = 255;
/// The most digits of a number.
const DIGITS: usize = 19;

/// What a hole stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hole {
    /// Decimal digits.
    Number,
    /// A name: letters, digits and `_ . + -`, not beginning with `.` or `-`.
    Word,
    /// Such names with a slash between them.
    Path,
}

impl Hole {
    const ALL: [(&'static str, Self); 3] =
        [("{number}", Self::Number), ("{word}", Self::Word), ("{path}", Self::Path)];

    /// As it is written.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Number => "{number}",
            Self::Word => "{word}",
            Self::Path => "{path}",
        }
    }

    /// Whether it stands for a text.
    pub(crate) fn takes(self, text: &[u8]) -> bool {
        match self {
            Self::Number => (1..=DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit),
            Self::Word => is_name(text),
            Self::Path => text.len() <= LONGEST && text.split(|byte| *byte == b'/').all(is_name),
        }
    }

    fn at_start(template: &[u8]) -> Option<(Self, usize)> {
        Self::ALL
            .into_iter()
            .find(|(name, _)| template.starts_with(name.as_bytes()))
            .map(|(name, hole)| (hole, name.len()))
    }
}

fn is_name(text: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-');
    (1..=LONGEST).contains(&text.len())
        && !matches!(text.first(), Some(b'.' | b'-'))
        && text.iter().all(plain)
}

/// Escapes a word, so that it stands for itself.
pub(crate) fn escape(word: &str) -> Cow<'_, str> {
    escape_with(word, &['\\', '{'])
}

/// Escapes a part of a text whose parts are separated by blanks.
pub(crate) fn escape_part(part: &str) -> Cow<'_, str> {
    escape_with(part, &['\\', '{', ' '])
}

fn escape_with<'t>(text: &'t str, special: &[char]) -> Cow<'t, str> {
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        if special.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    Cow::Owned(escaped)
}

/// Whether a template has no holes, so that it stands for one text only.
pub(crate) fn is_literal(template: &str) -> bool {
    first_hole(template.as_bytes()).is_none()
}

/// The offset of the first hole.
pub(super) fn first_hole(template: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(byte) = template.get(at) {
        match byte {
            b'\\' => at += 2,
            b'{' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Whether a hole may begin behind this text: at the beginning, or where a name can end.
pub(crate) fn is_border(before: &[u8]) -> bool {
    before.last().is_none_or(|last| !last.is_ascii_alphanumeric() && last.is_ascii())
}

/// Checks a template.
///
/// # Errors
/// The offset of what is wrong, and a clause for people.
pub(super) fn check(template: &str) -> Result<(), (usize, &'static str)> {
    let bytes = template.as_bytes();
    let (mut at, mut holes, mut behind_hole) = (0, 0, false);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'{' {
            let rest = bytes.get(at..).unwrap_or_default();
            let (hole, length) =
                Hole::at_start(rest).ok_or((at, "the holes are {number}, {word} and {path}; write `\\{`"))?;
            let before = bytes.get(..at).unwrap_or_default();
            place(hole, before, behind_hole).map_err(|why| (at, why))?;
            holes += 1;
            (at, behind_hole) = (at + length, true);
            continue;
        }
        if behind_hole && byte.is_ascii_alphanumeric() {
            return Err((at, "behind a hole stands no letter or digit"));
        }
        behind_hole = false;
        at += 1 + usize::from(*byte == b'\\');
    }
    match (holes > MOST_HOLES, at > bytes.len()) {
        (true, _) => Err((0, "a text has at most two holes")),
        (_, true) => Err((bytes.len() - 1, "a character is missing behind `\\`")),
        _ => Ok(()),
    }
}

fn place(hole: Hole, before: &[u8], behind_hole: bool) -> Result<(), &'static str> {
    if behind_hole || !is_border(before) {
        return Err("a hole begins a word, or stands behind a character that is no letter or digit");
    }
    if hole == Hole::Path && !matches!(before.last(), None | Some(b'/' | b' ' | b'=')) {
        return Err("{path} begins a word, or stands behind `/` or `=`");
    }
    if before.starts_with(b"-") && !before.contains(&b'=') {
        return Err("an option has holes only behind its `=`");
    }
    Ok(())
}

/// Whether an escaped text is one of those that a template stands for.
pub(super) fn matches(template: &[u8], text: &[u8]) -> bool {
    let Some(hole_at) = first_hole(template) else { return template == text };
    let (lead, rest) = template.split_at_checked(hole_at).unwrap_or((template, &[]));
    let Some((hole, length)) = Hole::at_start(rest) else { return false };
    let Some(text) = text.strip_prefix(lead).filter(|text| text.len() <= LONGEST) else { return false };
    let behind = rest.get(length..).unwrap_or_default();
    if behind.is_empty() {
        return hole.takes(text);
    }
    (1..=text.len()).any(|end| {
        let (taken, left) = text.split_at_checked(end).unwrap_or((text, &[]));
        hole.takes(taken) && matches(behind, left)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(template: &str, text: &str) -> bool {
        check(template).unwrap();
        matches(template.as_bytes(), escape(text).as_bytes())
    }

    #[test]
    fn a_hole_takes_what_its_type_says_and_nothing_else() {
        for (template, takes, leaves) in [
            (
                "/tmp/build-{number}",
                vec!["/tmp/build-1", "/tmp/build-0042"],
                vec!["/tmp/build-", "/tmp/build-x"],
            ),
            (
                "/tmp/{word}.o",
                vec!["/tmp/a.o", "/tmp/a.b-c.o"],
                vec!["/tmp/.o", "/tmp/a/b.o", "/tmp/.a.o", "/tmp/-a.o", "/tmp/a.O", "/tmp/a b.o"],
            ),
            (
                "/srv/{path}",
                vec!["/srv/a", "/srv/a/b.c"],
                vec!["/srv/", "/srv/../x", "/srv/a/../b", "/srv/.env", "/srv/a/.env", "/srv/a//b", "/srv/a/"],
            ),
            ("{word}", vec!["main"], vec!["--force", ".env", "a b", "$x", "*", ""]),
            ("--out={word}-{number}", vec!["--out=a-1", "--out=a-1-2"], vec!["--out=a", "--out=-1"]),
        ] {
            takes.iter().for_each(|text| assert!(of(template, text), "{template} {text}"));
            leaves.iter().for_each(|text| assert!(!of(template, text), "{template} {text}"));
        }
        assert!(!of("{number}", &"1".repeat(20)) && !of("{word}", &"a".repeat(256)));
    }

    #[test]
    fn every_text_can_be_written_and_stands_for_itself_alone() {
        for text in ["{word}", r"\", r"\{x}", "a b", "{", "}", "ü"] {
            let template = escape(text).into_owned();
            check(&template).unwrap();
            assert!(is_literal(&template) && of(&template, text), "{template}");
            assert!(!of(&template, "main"), "{template}");
        }
    }

    #[test]
    fn holes_stand_only_where_operands_vary() {
        for bad in
            ["{text}", "{word", "{", "a{word}", "{word}{word}", "{word}a", "-{word}", "--x{word}", r"a\"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check("a-{path}").is_err() && check("{word}-{word}-{word}").is_err());
        assert!(check("--file={path}").is_ok() && check("{word}-{number}").is_ok());
    }

    #[test]
    fn a_text_full_of_borders_is_compared_in_no_time() {
        assert!(!of("{word}-{word}", &format!("{}/", "a-".repeat(100_000))));
        assert!(!of("{path}-{word}/x", &"a-".repeat(127)));
    }
}
