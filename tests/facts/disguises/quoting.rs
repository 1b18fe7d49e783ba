//! Ways of writing words so that they do not look like what they are.

use super::payload::OPERATORS;

/// A command as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Assignments that have to come first.
    pub(super) before: String,
    /// The command.
    pub(super) text: String,
    /// Whether the text is one simple command, so that it can stand as words behind a wrapper's.
    pub(super) simple: bool,
}

impl Written {
    /// Everything, as one shell text.
    pub(super) fn whole(&self) -> String {
        format!("{}{}", self.before, self.text)
    }
}

/// A way of writing a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    Bare,
    Single,
    Double,
    Dollar,
    Hexadecimal,
    Backslashes,
    Split,
    EmptyQuotes,
    Braces,
    NameInVariable,
    AllInVariables,
    Continued,
    Tabs,
}

pub(super) const QUOTINGS: &[Quoting] = &[
    Quoting::Bare,
    Quoting::Single,
    Quoting::Double,
    Quoting::Dollar,
    Quoting::Hexadecimal,
    Quoting::Backslashes,
    Quoting::Split,
    Quoting::EmptyQuotes,
    Quoting::Braces,
    Quoting::NameInVariable,
    Quoting::AllInVariables,
    Quoting::Continued,
    Quoting::Tabs,
];

/// Writes words as one shell text.
pub(super) fn write(words: &[&str], quoting: Quoting) -> Written {
    let parts = split(words);
    let simple = parts.len() == 1;
    let mut before = String::new();
    let mut text = String::new();
    let mut first = true;
    for (index, command) in parts.iter().enumerate() {
        match command.as_slice() {
            [operator] if index % 2 == 1 => text.push_str(&format!(" {operator} ")),
            command if first || !is_file(words, index) => {
                text.push_str(&simple_command(command, quoting, index, &mut before));
            }
            command => text.push_str(&plain(command)),
        }
        first = false;
    }
    Written { before, text, simple }
}

/// Commands and the operators between them, in turn.
fn split<'w>(words: &[&'w str]) -> Vec<Vec<&'w str>> {
    let mut parts = vec![Vec::new()];
    for &word in words {
        if OPERATORS.contains(&word) && !(word == ";" && words.contains(&"-exec")) {
            parts.push(vec![word]);
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    parts
}

/// Whether a part of a command line is the file of a redirection.
fn is_file(words: &[&str], index: usize) -> bool {
    let operators: Vec<&&str> = words.iter().filter(|word| OPERATORS.contains(word)).collect();
    index > 0 && operators.get(index / 2 - 1).is_some_and(|operator| matches!(**operator, ">" | ">>" | "<"))
}

fn plain(words: &[&str]) -> String {
    words.iter().map(|word| bare(word)).collect::<Vec<_>>().join(" ")
}

fn simple_command(words: &[&str], quoting: Quoting, index: usize, before: &mut String) -> String {
    let each = |write: fn(&str) -> String| words.iter().map(|word| write(word)).collect::<Vec<_>>();
    match quoting {
        Quoting::Bare => each(bare).join(" "),
        Quoting::Single => each(single).join(" "),
        Quoting::Double => each(double).join(" "),
        Quoting::Dollar => {
            each(|word| format!("$'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"))).join(" ")
        }
        Quoting::Hexadecimal => each(|word| {
            format!("$'{}'", word.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<String>())
        })
        .join(" "),
        Quoting::Backslashes => {
            each(|word| word.chars().map(|character| format!("\\{character}")).collect()).join(" ")
        }
        Quoting::Split => each(halves).join(" "),
        Quoting::EmptyQuotes => each(|word| format!("''{}\"\"", bare(word))).join("  "),
        Quoting::Braces if words.len() > 1 && words.iter().all(|word| is_safe(word)) => {
            format!("{{{}}}", words.join(","))
        }
        Quoting::Braces => each(bare).join(" "),
        Quoting::NameInVariable => {
            let (name, rest) = words.split_first().expect("a command has a name");
            before.push_str(&format!("v{index}={}; ", bare(name)));
            let rest: Vec<String> = rest.iter().map(|word| bare(word)).collect();
            format!("$v{index} {}", rest.join(" "))
        }
        Quoting::AllInVariables => {
            let mut names = Vec::new();
            for (at, word) in words.iter().enumerate() {
                before.push_str(&format!("v{index}_{at}={}\n", bare(word)));
                names.push(format!("\"${{v{index}_{at}}}\""));
            }
            names.join(" ")
        }
        Quoting::Continued => each(continued).join(" \\\n "),
        Quoting::Tabs => each(bare).join("\t \t"),
    }
}

fn is_safe(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@%+".contains(&byte))
}

/// As a careful person writes it.
pub(super) fn bare(word: &str) -> String {
    if is_safe(word) { word.to_owned() } else { single(word) }
}

/// In single quotes.
pub(super) fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn double(word: &str) -> String {
    let escaped = |character: char| match character {
        '\\' | '"' | '$' | '`' => format!("\\{character}"),
        _ => character.to_string(),
    };
    format!("\"{}\"", word.chars().map(escaped).collect::<String>())
}

fn halves(word: &str) -> String {
    let (left, right) = word.split_at(word.len() / 2);
    format!("{}{}", single(left), double(right))
}

fn continued(word: &str) -> String {
    if !is_safe(word) || word.len() < 2 {
        return bare(word);
    }
    let (left, right) = word.split_at(1);
    format!("{left}\\\n{right}")
}

#[test]
fn every_way_of_writing_is_another_text_of_the_same_words() {
    let texts: Vec<String> =
        QUOTINGS.iter().map(|quoting| write(&["rm", "-rf", "/srv/it's"], *quoting).whole()).collect();
    assert_eq!(
        texts,
        [
            r"rm -rf '/srv/it'\''s'",
            r"'rm' '-rf' '/srv/it'\''s'",
            r#""rm" "-rf" "/srv/it's""#,
            r"$'rm' $'-rf' $'/srv/it\'s'",
            r"$'\x72\x6d' $'\x2d\x72\x66' $'\x2f\x73\x72\x76\x2f\x69\x74\x27\x73'",
            r"\r\m \-\r\f \/\s\r\v\/\i\t\'\s",
            r#"'r'"m" '-'"rf" '/srv'"/it's""#,
            r#"''rm""  ''-rf""  '''/srv/it'\''s'"""#,
            r"rm -rf '/srv/it'\''s'",
            r"v0=rm; $v0 -rf '/srv/it'\''s'",
            "v0_0=rm\nv0_1=-rf\nv0_2='/srv/it'\\''s'\n\"${v0_0}\" \"${v0_1}\" \"${v0_2}\"",
            "r\\\nm \\\n -\\\nrf \\\n '/srv/it'\\''s'",
            "rm\t \t-rf\t \t'/srv/it'\\''s'",
        ]
    );
    assert_eq!(write(&["rm", "-rf", "/"], Quoting::Braces).text, "{rm,-rf,/}");
}
