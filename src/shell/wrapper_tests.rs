use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct File {
    wrapper: Vec<Examples>,
}

#[derive(Deserialize)]
struct Examples {
    client: String,
    r#match: Vec<Example>,
    no_match: Vec<String>,
}

#[derive(Deserialize)]
struct Example {
    text: String,
    command: String,
    file: Option<String>,
}

fn tables() -> Vec<Examples> {
    let file: File = toml::from_str(include_str!("../../policies/agents/wrappers.toml")).unwrap();
    file.wrapper
}

fn examples() -> Vec<Example> {
    tables().into_iter().flat_map(|wrapper| wrapper.r#match).collect()
}

#[test]
fn every_example_of_the_table_holds() {
    for wrapper in tables() {
        for Example { text, command, file } in &wrapper.r#match {
            let found = unwrap(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.wrapper.client, wrapper.client, "{text}");
            assert_eq!(found.command, command.as_bytes(), "{text}");
            assert_eq!(found.file, file.as_deref().map(str::as_bytes), "{text}");
        }
        for text in &wrapper.no_match {
            assert!(unwrap(text.as_bytes()).is_none(), "{text}");
        }
    }
}

#[test]
fn every_form_of_the_table_has_an_example() {
    let examples = examples();
    for wrapper in WRAPPERS {
        for before in wrapper.before {
            assert!(
                examples.iter().any(|one| follow(before, one.text.as_bytes(), 0).is_some()),
                "{before:?}"
            );
        }
    }
}

#[test]
fn the_span_is_what_the_command_takes_in_the_whole_text() {
    let text = b"shopt -u extglob 2>/dev/null || true && eval 'a'\"'\"'b' && pwd -P >| /tmp/claude-0000-cwd";
    let found = unwrap(text).unwrap();
    assert_eq!(&*found.command, b"a'b");
    assert_eq!(&text[found.span], b"'a'\"'\"'b'");
}

/// Every byte of an example outside of the command counts.
#[test]
fn one_byte_more_less_or_other_is_no_wrapper() {
    for Example { text, .. } in examples() {
        let text = text.as_bytes();
        let found = unwrap(text).unwrap();
        let file = found.file.map_or(0..0, |file| {
            let start = text.windows(file.len()).position(|window| window == file).unwrap();
            start..start + file.len()
        });
        let free = |at: &usize| found.span.contains(at) || file.contains(at);
        for at in (0..text.len()).filter(|at| !free(at)) {
            for change in [Some(b"".as_slice()), Some(b"\0"), Some(b"\n"), Some(b"; x;"), None] {
                let mut other = text.to_vec();
                match change {
                    Some(bytes) => drop(other.splice(at..at + 1, bytes.iter().copied())),
                    None => other.insert(at, b' '),
                }
                if other == text {
                    continue;
                }
                // What stands right behind a verbatim command is the command's.
                let longer = at == found.span.end && matches!(found.wrapper.command, Quoting::Verbatim);
                let again = unwrap(&other);
                assert!(
                    again.is_none() || (longer && change.is_none()),
                    "{}",
                    String::from_utf8_lossy(&other)
                );
            }
        }
    }
}

fn wrap_quoted(command: &[u8]) -> Vec<u8> {
    let mut text = b"shopt -u extglob 2>/dev/null || true && eval '".to_vec();
    for byte in command {
        match byte {
            b'\'' => text.extend_from_slice(br#"'"'"'"#),
            byte => text.push(*byte),
        }
    }
    text.extend_from_slice(b"' < /dev/null && pwd -P >| /tmp/claude-0a1f-cwd");
    text
}

proptest! {
    #[test]
    fn whatever_is_quoted_comes_back(command in r#"[ -~\n']{1,60}"#) {
        prop_assume!(!command.starts_with('-'));
        let text = wrap_quoted(command.as_bytes());
        prop_assert_eq!(unwrap(&text).map(|found| found.command.into_owned()), Some(command.into_bytes()));
    }

    /// What is read as quoted is one word to the shell: writing it again gives the same bytes.
    #[test]
    fn only_what_quoting_writes_is_read(inside in r#"['"a ;$\\\n]{0,24}"#) {
        let word = format!("'{inside}'");
        if let Some(command) = unquoted(word.as_bytes()) {
            let again = String::from_utf8(command.into_owned()).unwrap().replace('\'', r#"'"'"'"#);
            prop_assert_eq!(format!("'{again}'"), word);
        }
    }

    #[test]
    fn any_bytes_end_in_an_answer(text in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(unwrap(&text).is_none());
    }
}
