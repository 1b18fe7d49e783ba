//! Names and comments: the glossary's words, no banners, no pictures, and every invariant has its test.

use std::{collections::BTreeSet, fs};

use super::{code_lines, read, root, rust_files};

const ENDINGS: &[&str] = &["Manager", "Helper", "Util", "Utils", "Handler", "Info"];
/// What the glossary replaces, where it would be a word of its own in a name.
const REPLACED: &[&str] = &["master", "slave", "blacklist", "transcript"];

/// What lies in the root of the package.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".deny.toml",
    ".git",
    ".gitignore",
    ".rustfmt.toml",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "benches",
    "build",
    "build.rs",
    "docs",
    "man",
    "policies",
    "src",
    "target",
    "tests",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "fuzz",
];

fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
}

#[test]
fn names_are_words_of_the_glossary() {
    let mut wrong = Vec::new();
    for path in rust_files("src") {
        for (number, line) in code_lines(&read(&path)).into_iter().enumerate() {
            let line = line.unwrap_or_default();
            let declares = ["struct ", "enum ", "trait ", "type ", "mod ", "fn "]
                .iter()
                .find_map(|keyword| line.split_once(keyword).map(|(_, name)| (*keyword, name)));
            let Some((keyword, rest)) = declares else { continue };
            let Some(name) = identifiers(rest).next() else { continue };
            let lower = name.to_lowercase();
            let bad = ENDINGS.iter().any(|ending| name.ends_with(ending))
                || REPLACED.iter().any(|word| lower.split('_').any(|part| part == *word))
                || (keyword == "fn " && name.starts_with("get_"));
            if bad {
                wrong.push(format!("{}:{}: {name}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "names outside of the glossary:\n{}", wrong.join("\n"));
}

fn is_banner(comment: &str) -> bool {
    ["====", "----", "####", "****", "////", "────", "━━━━"].iter().any(|rule| comment.starts_with(rule))
}

const fn is_emoji(character: char) -> bool {
    matches!(character, '\u{1f300}'..='\u{1faff}' | '\u{2705}' | '\u{274c}' | '\u{26a0}')
}

#[test]
fn there_are_no_banners_and_no_emoji() {
    let mut wrong = Vec::new();
    for path in ["src", "tests", "build", "benches"]
        .iter()
        .filter(|folder| root().join(folder).is_dir())
        .flat_map(|folder| rust_files(folder))
    {
        let text = read(&path);
        for (number, (line, code)) in text.lines().zip(code_lines(&text)).enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            let comment = line.trim_start().trim_start_matches(['/', '!', '*', ' ']);
            // What stands in literals is data.
            let words = if is_comment { line.to_owned() } else { code.unwrap_or_default() };
            if (is_comment && is_banner(comment)) || words.chars().any(is_emoji) {
                wrong.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "banners or emoji: {wrong:?}");
}

#[test]
fn the_root_holds_nothing_else() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(TOP.contains(&name.as_str()), "{name} does not belong into the root of the package");
    }
}

#[test]
fn every_invariant_is_named_by_a_test() {
    let stated = read("src/lib.rs");
    let tests: String = rust_files("tests")
        .iter()
        .chain(&rust_files("src"))
        .map(read)
        .flat_map(|text| test_names_and_docs(&text))
        .collect::<Vec<_>>()
        .join("\n");
    let named: BTreeSet<&str> = identifiers(&tests).collect();
    let mut missing = Vec::new();
    for number in 1..=10 {
        let invariant = format!("I{number}");
        assert!(stated.contains(&format!("**{invariant}**")), "lib.rs does not state {invariant}");
        if !named.contains(invariant.as_str()) && !tests.contains(&format!("_i{number}_")) {
            missing.push(invariant);
        }
    }
    assert!(
        missing.is_empty(),
        "no test names {missing:?}: say so in its doc comment (`/// I1: …`) or in its name (`_i1_`)"
    );
}

/// The doc comment and the name of every test function.
fn test_names_and_docs(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (number, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[test]")) {
        let before =
            lines[..number].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
        found.extend(before.map(|line| (*line).to_owned()));
        found.extend(
            lines[number..]
                .iter()
                .take(8)
                .take_while(|line| !line.contains('{'))
                .map(|line| (*line).to_owned()),
        );
        if let Some(heading) = lines[number..].iter().find(|line| line.contains("fn ")) {
            found.push(heading.replace('(', " _"));
        }
    }
    found
}
