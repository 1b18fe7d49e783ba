//! What `declare -p`, `alias -p` and `trap -p` print, read back.
//!
//! Values come from commands, so nothing in them may be taken for another declaration: everything is read in order,
//! quotes and all, and what cannot be read makes the whole report worth nothing.

use super::{quote::unquote, state::Variable};

/// Reads the output of `declare -p`; arrays, integers, references and whatever else is not one string are left out.
pub(super) fn variables(text: &[u8]) -> Option<Vec<Variable>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.strip_prefix(b"declare -")?;
        let (attributes, behind) = split(rest, |byte| byte == b' ')?;
        let (name, behind) = split(behind.get(1..)?, |byte| matches!(byte, b'=' | b'\n'))?;
        let (value, behind) = value(behind)?;
        let string = attributes.iter().all(|letter| b"-xrt".contains(letter));
        if let Some(value) = value.filter(|_| string) {
            let exported = attributes.contains(&b'x');
            found.push(Variable { name: name.to_vec(), value, exported });
        }
        rest = behind.strip_prefix(b"\n")?;
    }
    Some(found)
}

/// Reads `=VALUE`, if there is one; an array has no value that is one string.
fn value(text: &[u8]) -> Option<(Option<Vec<u8>>, &[u8])> {
    let Some(text) = text.strip_prefix(b"=") else { return Some((None, text)) };
    if text.first() != Some(&b'(') {
        let read = unquote(text)?;
        return Some((Some(read.value), text.get(read.length..)?));
    }
    let mut at = 1;
    loop {
        match text.get(at)? {
            b')' => return Some((None, text.get(at + 1..)?)),
            b' ' | b'\n' => at += 1,
            _ => at += unquote(text.get(at..)?)?.length.max(1),
        }
    }
}

/// Reads the output of `alias -p`.
pub(super) fn aliases(text: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.strip_prefix(b"alias ")?;
        rest = rest.strip_prefix(b"-- ").unwrap_or(rest);
        let (name, behind) = split(rest, |byte| byte == b'=')?;
        let read = unquote(behind.get(1..)?)?;
        found.push((name.to_vec(), read.value));
        rest = behind.get(1 + read.length..)?.strip_prefix(b"\n")?;
    }
    Some(found)
}

/// Reads the names of signals in the output of `trap -p`; those that are ignored or as usual are left out.
pub(super) fn traps(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.strip_prefix(b"trap -- ")?;
        let read = unquote(rest)?;
        let (name, behind) = split(rest.get(read.length..)?.strip_prefix(b" ")?, |byte| byte == b'\n')?;
        if !matches!(read.value.as_slice(), b"" | b"-") {
            found.push(name.to_vec());
        }
        rest = behind.strip_prefix(b"\n")?;
    }
    Some(found)
}

fn split(text: &[u8], ends: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    text.split_at_checked(text.iter().position(|byte| ends(*byte))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<(String, String, bool)>> {
        let text_of = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let read = variables(text.as_bytes())?;
        Some(read.into_iter().map(|it| (text_of(it.name), text_of(it.value), it.exported)).collect())
    }

    #[test]
    fn strings_are_read_and_everything_else_is_stepped_over() {
        let text = "declare -- a=\"1\"\ndeclare -x b=\"x\\\"y\ndeclare -x c=\\\"z\\\"\"\ndeclare -x unset\n\
                    declare -a l=([0]=\"a) b\" [1]=$'c\\nd')\ndeclare -i n=\"3\"\ndeclare -n r=\"a\"\n\
                    declare -A m=([\"k ]\"]=\"v\" )\ndeclare -a e=()\ndeclare -ir z=\"1\"\ndeclare -rx w=\"\"\n";
        let expected = [("a", "1", false), ("b", "x\"y\ndeclare -x c=\"z\"", true), ("w", "", true)];
        let expected = expected.map(|(name, value, exported)| (name.to_owned(), value.to_owned(), exported));
        assert_eq!(names(text).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_worth_nothing() {
        for text in [
            "x",
            "declare -x",
            "declare -x a=\"",
            "declare -x a=\"1\" b\n",
            "declare -a l=(",
            "declare -- a=\"1\"x",
        ] {
            assert_eq!(names(text), None, "{text:?}");
        }
    }

    #[test]
    fn aliases_and_traps_are_read() {
        let read = aliases(b"alias ll='ls -l'\nalias q='it'\\''s\nalias x=y'\n").unwrap();
        assert_eq!(
            read,
            [("ll".into(), "ls -l".into()), ("q".into(), "it's\nalias x=y".into())]
                as [(Vec<u8>, Vec<u8>); 2]
        );
        assert_eq!(aliases(b"alias x"), None);
        let read = traps(b"trap -- 'echo \nbye' EXIT\ntrap -- '' SIGINT\ntrap -- 'x' DEBUG\ntrap -- - ERR\n")
            .unwrap();
        assert_eq!(read, [b"EXIT".to_vec(), b"DEBUG".to_vec()]);
    }
}
