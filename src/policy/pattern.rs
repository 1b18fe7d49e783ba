//! Patterns for one word, path component, host or name: `*` stands for any bytes, `\` makes the next byte literal.

use std::borrow::Cow;

/// Most variants that the alternatives `{a,b}` of one pattern may make.
const VARIANTS: usize = 64;

/// Work (bytes of the one times bytes of the other) beyond which two patterns are taken to overlap.
const OVERLAP_WORK: usize = 1 << 16;

/// What one byte position of a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    Any,
}

/// Writes out alternatives: `{a,b}c` → `ac`, `bc`. Braces without a comma or behind a `\` stay as they are.
///
/// # Errors
/// A clause for people where a brace is not closed or there are too many variants.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, &'static str> {
    let mut variants = vec![String::new()];
    let mut rest = pattern;
    while let Some(open) = open_brace(rest) {
        let (before, behind) = rest.split_at(open);
        let close = behind.find('}').ok_or("`{` is not closed by `}`")?;
        let inner = behind.get(1..close).unwrap_or_default();
        if inner.contains('{') {
            return Err("alternatives `{a,b}` cannot be nested");
        }
        let whole = behind.get(..=close).unwrap_or_default();
        let choices: Vec<&str> = if inner.contains(',') { inner.split(',').collect() } else { vec![whole] };
        variants = combine(&variants, before, &choices);
        if variants.len() > VARIANTS {
            return Err("alternatives make more than 64 patterns; write several");
        }
        rest = behind.get(close + 1..).unwrap_or_default();
    }
    variants.iter_mut().for_each(|variant| variant.push_str(rest));
    Ok(variants)
}

fn open_brace(text: &str) -> Option<usize> {
    text.match_indices('{')
        .map(|(at, _)| at)
        .find(|at| !text.get(..*at).is_some_and(|before| before.ends_with('\\')))
}

fn combine(variants: &[String], before: &str, choices: &[&str]) -> Vec<String> {
    let with = |variant: &String| {
        let variant = variant.clone();
        choices.iter().map(move |choice| format!("{variant}{before}{choice}"))
    };
    variants.iter().flat_map(with).collect()
}

/// Whether the pattern stands for one text only, its own.
pub(super) fn is_literal(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| matches!(byte, b'*' | b'\\'))
}

/// Whether `text` is one of the texts that `pattern` stands for.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if is_literal(pattern) {
        return pattern == text;
    }
    let symbol = |at: usize| text.get(at).map(|byte| (Token::Byte(*byte), at + 1));
    absorbs(pattern, symbol)
}

/// Whether every file name that the shell's pattern can match is one of the texts that `pattern` stands for; no
/// where that is not sure.
pub(super) fn contains(pattern: &[u8], glob: &[u8]) -> bool {
    absorbs(pattern, |at| glob_token(glob, at))
}

/// Whether a file name can exist that both match; yes where that is not sure.
pub(super) fn overlaps(pattern: &[u8], glob: &[u8]) -> bool {
    if ends_differ(pattern, glob) {
        return false;
    }
    if pattern.len().saturating_mul(glob.len()) > OVERLAP_WORK {
        return true;
    }
    let left = tokens(|at| token(pattern, at));
    let right = tokens(|at| glob_token(glob, at));
    let mut row = vec![false; right.len() + 1];
    // row[j]: the tokens of `left` seen so far and the first j of `right` have a common text.
    let leading = right.iter().take_while(|token| **token == Token::Any).count();
    row.iter_mut().take(leading + 1).for_each(|seen| *seen = true);
    for one in &left {
        row = next_row(&row, *one, &right);
    }
    row.last().copied().unwrap_or(true)
}

/// Whether the literal beginnings or ends of two patterns already exclude each other; the common case, without work.
fn ends_differ(pattern: &[u8], glob: &[u8]) -> bool {
    let special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\');
    let head = |text: &[u8]| text.iter().position(special).unwrap_or(text.len());
    let behind = |text: &[u8]| text.iter().rev().position(special).unwrap_or(text.len());
    let heads = pattern.iter().take(head(pattern)).zip(glob.iter().take(head(glob)));
    let tails = pattern.iter().rev().take(behind(pattern)).zip(glob.iter().rev().take(behind(glob)));
    heads.chain(tails).any(|(one, other)| one != other)
}

/// Whether the shell's pattern consists of `*` alone.
pub(super) fn is_all_stars(glob: &[u8]) -> bool {
    !glob.is_empty() && glob.iter().all(|byte| *byte == b'*')
}

/// Whether the shell's pattern stands for (nearly) everything in its directory: `*`, `.*`, `.[!.]*`, `..?*`.
pub(super) fn is_everything(glob: &[u8]) -> bool {
    glob.contains(&b'*')
        && glob.iter().all(|byte| matches!(byte, b'*' | b'.' | b'?' | b'[' | b']' | b'!' | b'^'))
}

/// Whether the shell would expand this component.
pub(super) fn is_glob(glob: &[u8]) -> bool {
    let mut at = 0;
    while let Some((token, behind)) = glob_token(glob, at) {
        if token == Token::Any {
            return true;
        }
        at = behind;
    }
    false
}

/// The bytes that a component without wildcards stands for.
pub(super) fn unescape(glob: &[u8]) -> Cow<'_, [u8]> {
    if !glob.contains(&b'\\') {
        return Cow::Borrowed(glob);
    }
    let byte = |token: Token| match token {
        Token::Byte(byte) => byte,
        Token::Any => b'*',
    };
    tokens(|at| glob_token(glob, at)).into_iter().map(byte).collect::<Vec<u8>>().into()
}

fn next_row(row: &[bool], one: Token, right: &[Token]) -> Vec<bool> {
    let mut next = vec![false; row.len()];
    let mut left_of = one == Token::Any && row.first().copied().unwrap_or(false);
    if let Some(first) = next.first_mut() {
        *first = left_of;
    }
    for ((pair, other), seen) in row.windows(2).zip(right).zip(next.iter_mut().skip(1)) {
        let (diagonal, above) = (pair.first() == Some(&true), pair.last() == Some(&true));
        *seen = match (one, *other) {
            (Token::Any, _) => above || left_of,
            (Token::Byte(_), Token::Any) => left_of || above,
            (Token::Byte(byte), Token::Byte(wanted)) => diagonal && byte == wanted,
        };
        left_of = *seen;
    }
    next
}

/// Matches `pattern` against a row of symbols in which `Any` is matched by `Any` alone. Greedy with one way back,
/// which is exact because only `*` can take more than one symbol.
fn absorbs(pattern: &[u8], symbol: impl Fn(usize) -> Option<(Token, usize)>) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let wanted = token(pattern, at);
        let found = symbol(from);
        match (wanted, found) {
            (Some((Token::Any, behind)), _) => {
                back = Some((behind, from));
                at = behind;
                continue;
            }
            (None, None) => return true,
            (Some((wanted, behind)), Some((found, next))) if wanted == found => {
                (at, from) = (behind, next);
                continue;
            }
            _ => {}
        }
        let Some((again, start)) = back else { return false };
        let Some((_, next)) = symbol(start) else { return false };
        back = Some((again, next));
        (at, from) = (again, next);
    }
}

fn tokens(next: impl Fn(usize) -> Option<(Token, usize)>) -> Vec<Token> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some((token, behind)) = next(at) {
        all.push(token);
        at = behind;
    }
    all
}

fn token(pattern: &[u8], at: usize) -> Option<(Token, usize)> {
    match pattern.get(at)? {
        b'*' => Some((Token::Any, at + 1)),
        b'\\' => match pattern.get(at + 1) {
            Some(byte) => Some((Token::Byte(*byte), at + 2)),
            None => Some((Token::Byte(b'\\'), at + 1)),
        },
        byte => Some((Token::Byte(*byte), at + 1)),
    }
}

/// The same for a shell pattern. `?` and bracket expressions count as `*`: a superset, because one character can be
/// several bytes, and a superset is right both for "can match" and for "all that it matches".
fn glob_token(glob: &[u8], at: usize) -> Option<(Token, usize)> {
    match glob.get(at)? {
        b'?' => Some((Token::Any, at + 1)),
        b'[' => Some((Token::Any, bracket_end(glob, at))),
        _ => token(glob, at),
    }
}

/// The offset behind a bracket expression; the end of the component where it is not plain.
fn bracket_end(glob: &[u8], at: usize) -> usize {
    let inside = glob.get(at + 1..).unwrap_or_default();
    let plain = |byte: &u8| !matches!(byte, b'[' | b'\\' | b'\'' | b'"');
    match inside.iter().skip(1).position(|byte| *byte == b']') {
        Some(length)
            if inside.iter().take(length + 1).all(plain)
                && !matches!(inside.first(), Some(b']' | b'!' | b'^')) =>
        {
            at + length + 3
        }
        _ => glob.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_bytes_and_a_backslash_makes_literal() {
        for (pattern, text, expected) in [
            ("git", "git", true),
            ("git", "gitx", false),
            ("*", "", true),
            ("--force*", "--force-with-lease", true),
            ("*.pem", "a.pem", true),
            ("*.pem", "a.pem.txt", false),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbXbcd", false),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("", "", true),
            ("", "x", false),
            ("**", "anything", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn alternatives_are_written_out_and_variables_stay() {
        assert_eq!(expand("{a,b}{1,2}").unwrap(), ["a1", "a2", "b1", "b2"]);
        assert_eq!(expand("{home}/.{ssh,aws}/**").unwrap(), ["{home}/.ssh/**", "{home}/.aws/**"]);
        assert_eq!(expand("git{,-lfs}").unwrap(), ["git", "git-lfs"]);
        assert_eq!(expand(r"\{a,b\}").unwrap(), [r"\{a,b\}"]);
        assert!(expand("{a,b").is_err());
        assert!(expand("{a,{b,c}}").is_err());
        assert!(expand("{1,2,3,4,5}{1,2,3,4,5}{1,2,3,4,5}").is_err());
    }

    #[test]
    fn overlap_of_a_pattern_with_a_shell_pattern() {
        for (pattern, glob, expected) in [
            (".env", ".en?", true),
            (".env", ".e[n]v", true),
            (".env", "*.rs", false),
            ("*.pem", "*.rs", false),
            ("*.pem", "*", true),
            ("*.pem", "key*", true),
            ("id_rsa", "id_*", true),
            ("credentials", "credential?", true),
            ("etc", "et[c]", true),
            ("etc", "et[[:alpha:]]", true),
            ("etc", "[!x]tc", true),
            ("a", r"\*", false),
            ("*", r"\*", true),
            ("", "*", true),
            ("x", "", false),
        ] {
            assert_eq!(overlaps(pattern.as_bytes(), glob.as_bytes()), expected, "{pattern} {glob}");
        }
    }

    #[test]
    fn containment_is_claimed_only_where_it_is_sure() {
        for (pattern, glob, expected) in [
            ("*", "*.rs", true),
            ("*.log", "*.log", true),
            ("*.log", "a*b.log", true),
            ("*.log", "*", false),
            ("*.log", "?.log", true),
            ("a.log", "?.log", false),
            ("x*", "x[ab]c", true),
            ("abc", "abc", true),
        ] {
            assert_eq!(contains(pattern.as_bytes(), glob.as_bytes()), expected, "{pattern} {glob}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_contained_overlaps(pattern in "[ab*]{0,6}", glob in "[ab*?]{0,6}") {
            if contains(pattern.as_bytes(), glob.as_bytes()) {
                proptest::prop_assert!(overlaps(pattern.as_bytes(), glob.as_bytes()));
            }
        }

        #[test]
        fn a_text_in_both_proves_the_overlap(pattern in "[ab*]{0,6}", text in "[ab]{0,6}") {
            if matches(pattern.as_bytes(), text.as_bytes()) {
                proptest::prop_assert!(overlaps(pattern.as_bytes(), text.as_bytes()));
                proptest::prop_assert!(contains(pattern.as_bytes(), text.as_bytes()));
                for at in 0..text.len() {
                    let glob = format!("{}*{}", &text[..at], &text[at + 1..]);
                    proptest::prop_assert!(overlaps(pattern.as_bytes(), glob.as_bytes()), "{} {}", pattern, glob);
                }
            }
        }
    }
}
