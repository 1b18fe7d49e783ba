//! Pure modules take values and return values: they name no file, process, clock, terminal or network.

use std::path::Path;

use super::{code_lines, is_test_file, read, root, rust_files};

/// What stands in no pure module.
const FORBIDDEN: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::net",
    "std::thread",
    "SystemTime",
    "Instant",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "anyhow",
    "clap",
    "crossterm",
    "portable_pty",
    "reqwest",
    "nix::",
    "libc::",
    "signal_hook",
    "crate::sys",
    "crate::cli",
    "crate::exec",
];

/// The pure modules: folders and files below `src`.
const PURE: &[&str] = &[
    "syntax",
    "facts",
    "policy",
    "exit.rs",
    "json.rs",
    "approval/binding.rs",
    "approval/permit.rs",
    "approval/plan.rs",
    "approval/request.rs",
    "approval/verdict.rs",
    "approval/codec.rs",
    "record/cast.rs",
    "record/encode.rs",
    "record/decode.rs",
    "record/text.rs",
    "record/redact.rs",
    "record/cast_reader.rs",
    "record/screen.rs",
    "audit/event.rs",
    "audit/chain.rs",
    "audit/encode.rs",
    "audit/decode.rs",
    "audit/octets.rs",
    "audit/timestamp.rs",
    "audit/verify.rs",
    "config/encoding.rs",
    "config/schema.rs",
    "config/settings.rs",
    "shell/probe.rs",
    "shell/wrapper.rs",
    "ui/diagnostic.rs",
    "ui/explain.rs",
    "ui/highlight.rs",
    "ui/printable.rs",
    "ui/printable/table.rs",
    "ui/prompt.rs",
    "ui/refusal.rs",
];

fn is_pure(path: &Path) -> bool {
    let below_src = path.strip_prefix("src").unwrap();
    PURE.iter().any(|pure| below_src.starts_with(pure))
}

/// Names in a `use` tree with its braces undone: `use std::{fs, io}` names `std::fs` and `std::io`.
fn names(code: &str) -> String {
    let mut flat = code.replace(char::is_whitespace, " ");
    for root in ["std", "crate", "nix"] {
        let opening = format!("{root}::{{");
        let mut from = 0;
        while let Some(found) = flat[from..].find(&opening) {
            let start = from + found + opening.len();
            let mut depth = 1;
            let mut end = start;
            for character in flat[start..].chars() {
                depth += match character {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                if depth == 0 {
                    break;
                }
                end += character.len_utf8();
            }
            let mut level = 0;
            let mut spelled = String::new();
            for part in flat[start..end].split_inclusive([',', '{', '}']) {
                if level == 0 && !part.trim().is_empty() {
                    spelled.push_str(&format!(" {root}::{}", part.trim_start()));
                } else {
                    spelled.push_str(part);
                }
                level += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
            }
            flat.replace_range(start..end, &spelled);
            from = start + spelled.len();
        }
    }
    flat
}

#[test]
fn pure_modules_name_nothing_of_the_world() {
    let mut wrong = Vec::new();
    for path in rust_files("src").into_iter().filter(|path| is_pure(path) && !is_test_file(path)) {
        let code: Vec<String> = code_lines(&read(&path)).into_iter().flatten().collect();
        let named = names(&code.join("\n"));
        for word in FORBIDDEN.iter().copied() {
            let begins =
                |at: usize| !named[..at].ends_with(|last: char| last.is_alphanumeric() || last == '_');
            let ends = |at: usize| {
                !named[at + word.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            };
            if named.match_indices(word).any(|(at, _)| begins(at) && (ends(at) || word.ends_with(':'))) {
                wrong.push(format!("{} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "pure modules:\n{}", wrong.join("\n"));
}

#[test]
fn braces_of_imports_are_seen_through() {
    assert!(names("use std::{fmt, fs, io::Write};").contains("std::fs"));
    assert!(names("use std::{\n    fs::{self, File},\n};").contains("std::fs"));
    assert!(names("use crate::{facts::{Facts, World}, sys::clock};").contains("crate::sys"));
    assert!(!names("use crate::facts::{sys, fs};").contains("crate::sys"));
}

#[test]
fn the_two_pure_folders_of_the_core_are_there() {
    for folder in ["syntax", "facts", "policy"] {
        assert!(root().join("src").join(folder).is_dir(), "{folder}");
    }
}

#[test]
fn unsafe_code_stands_in_sys_alone() {
    let mut wrong = Vec::new();
    for path in rust_files("src").into_iter().filter(|path| !path.starts_with("src/sys")) {
        for (number, line) in code_lines(&read(&path)).into_iter().enumerate() {
            let line = line.unwrap_or_default();
            let words = line.split(|character: char| !character.is_alphanumeric() && character != '_');
            if words.clone().any(|word| word == "unsafe") || line.contains("allow(unsafe_code") {
                wrong.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "unsafe outside of src/sys: {wrong:?}");
}
