//! The house rules that no compiler checks: what pure modules may name, sizes, words, the manual and README in step.

mod imports;
mod manual;
mod sizes;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the package.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below a directory of the package, relative to its root, sorted.
fn rust_files(below: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(below)];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(root()).unwrap().to_path_buf());
            }
        }
    }
    found.sort();
    found
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let below_tests = path.components().any(|component| component.as_os_str() == "tests");
    below_tests || name == "tests" || name.ends_with("_tests") || is_declared_for_tests(path, name)
}

/// Whether the module above says `#[cfg(test)] mod NAME;`.
fn is_declared_for_tests(path: &Path, name: &str) -> bool {
    let folder = path.parent().unwrap();
    let above = [folder.join("mod.rs"), folder.with_extension("rs"), folder.join("lib.rs")];
    above.iter().filter_map(|file| fs::read_to_string(root().join(file)).ok()).any(|text| {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let declares = |line: &str| line.ends_with(&format!("mod {name};"));
        lines.windows(2).any(|pair| pair[0] == "#[cfg(test)]" && declares(pair[1]))
    })
}

/// The production code of a file: `None` for every line of a `#[cfg(test)]` item, else the line without comments and
/// without the content of string literals.
fn code_lines(text: &str) -> Vec<Option<String>> {
    let mut lines = Vec::new();
    let mut test_item = Skip::No;
    let mut scanner = Scanner::default();
    for line in text.lines() {
        let code = scanner.code_of(line);
        let trimmed = code.trim();
        if test_item == Skip::No && trimmed.starts_with("#[cfg(test)]") {
            test_item = Skip::Until(0, false);
        }
        match &mut test_item {
            Skip::No => lines.push(Some(code)),
            Skip::Until(depth, begun) => {
                for character in code.chars() {
                    match character {
                        '{' => (*depth, *begun) = (*depth + 1, true),
                        '}' => *depth -= 1,
                        ';' if *depth == 0 => *begun = true,
                        _ => {}
                    }
                }
                if *begun && *depth == 0 {
                    test_item = Skip::No;
                }
                lines.push(None);
            }
        }
    }
    lines
}

#[derive(PartialEq, Eq)]
enum Skip {
    No,
    /// Open braces, and whether the item has begun to end.
    Until(i32, bool),
}

/// Blanks comments and literals, across lines.
#[derive(Default)]
struct Scanner {
    within: Within,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Code,
    Comment(u32),
    Text,
    Raw(usize),
}

impl Scanner {
    fn code_of(&mut self, line: &str) -> String {
        let characters: Vec<char> = line.chars().collect();
        let mut code = String::new();
        let mut at = 0;
        while at < characters.len() {
            at += self.step(&characters[at..], &mut code);
        }
        code
    }

    /// Takes what stands first and returns how many characters that was.
    fn step(&mut self, rest: &[char], code: &mut String) -> usize {
        let next = |index: usize| rest.get(index).copied().unwrap_or(' ');
        match self.within {
            Within::Comment(depth) => match (rest[0], next(1)) {
                ('*', '/') => {
                    self.within = if depth == 1 { Within::Code } else { Within::Comment(depth - 1) };
                    2
                }
                ('/', '*') => {
                    self.within = Within::Comment(depth + 1);
                    2
                }
                _ => 1,
            },
            Within::Text => match rest[0] {
                '\\' => 2,
                '"' => {
                    self.within = Within::Code;
                    1
                }
                _ => 1,
            },
            Within::Raw(hashes) => {
                if rest[0] == '"' && (1..=hashes).all(|index| next(index) == '#') {
                    self.within = Within::Code;
                    1 + hashes
                } else {
                    1
                }
            }
            Within::Code => self.step_in_code(rest, code),
        }
    }

    fn step_in_code(&mut self, rest: &[char], code: &mut String) -> usize {
        let next = |index: usize| rest.get(index).copied().unwrap_or(' ');
        let word_before = code.chars().last().is_some_and(|last| last.is_alphanumeric() || last == '_');
        match rest[0] {
            '/' if next(1) == '/' => rest.len(),
            '/' if next(1) == '*' => {
                self.within = Within::Comment(1);
                2
            }
            '"' => {
                self.within = Within::Text;
                code.push('"');
                1
            }
            'r' if !word_before || code.ends_with('b') => {
                let hashes = rest[1..].iter().take_while(|character| **character == '#').count();
                if next(1 + hashes) == '"' {
                    self.within = Within::Raw(hashes);
                    code.push('"');
                    return 2 + hashes;
                }
                code.push('r');
                1
            }
            '\'' if next(1) == '\\' => {
                let end = rest[2..]
                    .iter()
                    .skip(1)
                    .position(|character| *character == '\'')
                    .map_or(1, |end| end + 4);
                code.push_str("' '");
                end.min(rest.len())
            }
            '\'' if next(2) == '\'' => {
                code.push_str("' '");
                3
            }
            character => {
                code.push(character);
                1
            }
        }
    }
}

#[test]
fn the_scanner_sees_code_and_nothing_else() {
    let text = "let a = \"{ std::fs\"; // std::env\nlet b = '\\''; let c = '{'; /* { \n } */ let d = r#\"{\"#;\n\
        #[cfg(test)]\nmod tests {\n    fn x() {}\n}\nlet e = '\\u{7f}';";
    let lines: Vec<Option<String>> = code_lines(text);
    let shown: Vec<&str> = lines.iter().map(|line| line.as_deref().map_or("-", str::trim)).collect();
    assert_eq!(
        shown,
        ["let a = \"; ", "let b = ' '; let c = ' ';", "let d = \";", "-", "-", "-", "-", "let e = ' ';"]
            .map(str::trim)
    );
}
