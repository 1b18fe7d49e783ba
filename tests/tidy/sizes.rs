//! A file is one idea, a function fits a screen.

use super::{code_lines, is_test_file, read, rust_files};

const FILE_LIMIT: usize = 500;
const FUNCTION_LIMIT: usize = 80;
const README_LIMIT: usize = 250;

#[test]
fn files_have_at_most_500_lines_without_their_tests() {
    let mut wrong = Vec::new();
    for path in rust_files("src").into_iter().chain(rust_files("build")).filter(|path| !is_test_file(path)) {
        let lines = code_lines(&read(&path)).iter().flatten().count();
        if lines > FILE_LIMIT {
            wrong.push(format!("{} has {lines}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "files over {FILE_LIMIT} lines:\n{}", wrong.join("\n"));
}

/// Lengths of functions, with the line where each begins.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, i32)> = Vec::new();
    let mut depth = 0;
    let mut heading = None;
    for (number, line) in code_lines(text).into_iter().enumerate() {
        let line = line.unwrap_or_default();
        let mut words = line.split(|character: char| !character.is_alphanumeric() && character != '_');
        if words.any(|word| word == "fn") && heading.is_none() && line.contains("fn ") {
            heading = Some(number);
        }
        for character in line.chars() {
            match character {
                '{' => {
                    depth += 1;
                    if let Some(start) = heading.take() {
                        open.push((start, depth));
                    }
                }
                '}' => {
                    if open.last().is_some_and(|(_, level)| *level == depth) {
                        let (start, _) = open.pop().unwrap();
                        found.push((start + 1, number - start + 1));
                    }
                    depth -= 1;
                }
                ';' if open.last().is_none_or(|(_, level)| *level <= depth) => heading = None,
                _ => {}
            }
        }
    }
    found
}

#[test]
fn functions_have_at_most_80_lines() {
    let mut wrong = Vec::new();
    let mut lengths = Vec::new();
    for path in rust_files("src").into_iter().filter(|path| !is_test_file(path)) {
        for (line, length) in functions(&read(&path)) {
            lengths.push(length);
            if length > FUNCTION_LIMIT {
                wrong.push(format!("{}:{line} has {length}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "functions over {FUNCTION_LIMIT} lines:\n{}", wrong.join("\n"));
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    println!("{} functions, median {median} lines, longest {}", lengths.len(), lengths.last().unwrap());
    assert!(median <= 12, "the median function has {median} lines");
}

#[test]
fn lengths_of_functions_are_counted() {
    let text = "fn a() {\n    1\n}\nfn b<T>()\nwhere\n    T: X,\n{\n    fn c() {}\n}\ntrait T {\n    fn d();\n    fn e() {\n    }\n}\n";
    let mut found = functions(text);
    found.sort_unstable();
    assert_eq!(found, [(1, 3), (4, 6), (8, 1), (12, 2)]);
}

#[test]
fn the_readme_has_at_most_250_lines() {
    let lines = read("README.md").lines().count();
    assert!(lines <= README_LIMIT, "README.md has {lines} lines");
}
