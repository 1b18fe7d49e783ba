//! Word patterns against the words of an invocation, in three values.
//!
//! A pattern is a row of words: `*` inside a word stands for any bytes, alone for any one word, `**` for any number of
//! words. A word that only the running shell knows can become any number of any words.

use super::{paths::Touch, pattern, states::States};

/// Whether a word pattern stands for any number of words.
pub(super) fn is_rest(part: &&[u8]) -> bool {
    *part == b"**"
}

/// Splits a pattern into its words; `'…'` keeps blanks and stands for itself.
///
/// # Errors
/// A clause for people.
pub(super) fn parse(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' | '\n' if !quoted => words.extend(word.take()),
            '*' | '\\' | '{' | '}' if quoted => word.get_or_insert_default().extend(['\\', character]),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quoted {
        return Err("`'` is not closed by `'`");
    }
    words.extend(word);
    match words.first().map(String::as_str) {
        None => Err("a command pattern has at least one word"),
        Some("**") => Err("a command pattern starts with a program; write `*` for any program"),
        Some(_) if words.len() > super::states::MOST_PARTS => Err("a command pattern has at most 120 words"),
        Some(_) => Ok(words),
    }
}

/// How an invocation's words meet a pattern's.
pub(super) fn touch<'w>(parts: &[&[u8]], words: impl Iterator<Item = Option<&'w [u8]>>) -> Touch {
    let mut must = States::start(parts, is_rest);
    let mut may = must;
    for word in words {
        match word {
            Some(word) => {
                let accepts = |part: &&[u8]| pattern::matches(part, word);
                must = must.step(parts, is_rest, accepts);
                may = may.step(parts, is_rest, accepts);
            }
            None => {
                must = must.step(parts, is_rest, |_| false);
                may = may.step_unknown(parts.len());
            }
        }
        if may.is_dead() {
            return Touch::No;
        }
    }
    match (must.is_match(parts.len()), may.is_match(parts.len())) {
        (true, _) => Touch::Certain,
        (false, true) => Touch::Maybe,
        (false, false) => Touch::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str, words: &str) -> Touch {
        let parts = parse(pattern).unwrap();
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        touch(&parts, words.split(' ').map(|word| (word != "$x").then_some(word.as_bytes())))
    }

    #[test]
    fn words_match_words_and_two_stars_any_rest() {
        for (pattern, words, expected) in [
            ("git push **", "git push origin main", Touch::Certain),
            ("git push **", "git push", Touch::Certain),
            ("git push **", "git pushx", Touch::No),
            ("git push", "git push origin", Touch::No),
            ("git * main", "git push main", Touch::Certain),
            ("git * main", "git push -f main", Touch::No),
            ("git ** push ** --force* **", "git -C x push origin --force-with-lease", Touch::Certain),
            ("npm run test*", "npm run test:unit", Touch::Certain),
            ("echo 'a b'", "echo a", Touch::No),
        ] {
            assert_eq!(of(pattern, words), expected, "{pattern} / {words}");
        }
    }

    #[test]
    fn a_dynamic_word_is_certain_only_under_two_stars() {
        for (pattern, words, expected) in [
            ("git push **", "git push $x", Touch::Certain),
            ("git push *", "git push $x", Touch::Maybe),
            ("git push", "git push $x", Touch::Maybe),
            ("git push", "git $x", Touch::Maybe),
            ("git push --force", "git $x --force", Touch::Maybe),
            ("git push", "ls $x", Touch::No),
            ("git push origin", "git pull $x", Touch::No),
        ] {
            assert_eq!(of(pattern, words), expected, "{pattern} / {words}");
        }
    }

    #[test]
    fn quotes_keep_blanks_and_make_literal() {
        assert_eq!(parse("git commit -m 'a *  b'").unwrap(), ["git", "commit", "-m", r"a \*  b"]);
        assert_eq!(parse("x ''").unwrap(), ["x", ""]);
        assert!(parse("x 'a").is_err());
        assert!(parse("  ").is_err());
        assert!(parse("** x").is_err());
    }
}
