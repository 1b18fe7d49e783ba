//! A bounded look at what lies in a directory.

use std::{
    collections::VecDeque,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::facts::Depth;

/// Most entries that one look goes through.
const ENTRIES: usize = 4096;

/// Most names that one look compares.
const NAMES: usize = 16384;

/// Directories that are large and hold nothing that people wrote.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", "target"];

/// The files below directories, nearest first; links are not followed. What cannot be read, and what lies behind the
/// first 4096 entries, is left out.
#[must_use]
pub fn files_below(roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut directories: VecDeque<PathBuf> = roots.iter().cloned().collect();
    let mut files = Vec::new();
    let mut left = ENTRIES;
    while let Some(directory) = directories.pop_front() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Some(rest) = left.checked_sub(1) else { return files };
            left = rest;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !is_left_out(&entry.path()) => {
                    directories.push_back(entry.path())
                }
                Ok(kind) if !kind.is_dir() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

/// Whether every name in a directory, or in the whole tree below it, satisfies `fits`; `false` where there are more
/// than 16384, or one directory cannot be read. Links are not followed.
#[must_use]
pub fn names_fit(directory: &Path, depth: Depth, fits: &dyn Fn(&[u8]) -> bool) -> bool {
    let mut directories = vec![directory.to_path_buf()];
    let mut left = NAMES;
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { return false };
        for entry in entries {
            let (Ok(entry), Some(rest)) = (entry, left.checked_sub(1)) else { return false };
            left = rest;
            if !fits(entry.file_name().as_bytes()) {
                return false;
            }
            let Ok(kind) = entry.file_type() else { return false };
            if depth == Depth::All && kind.is_dir() {
                directories.push(entry.path());
            }
        }
    }
    true
}

fn is_left_out(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| LEFT_OUT.iter().any(|left_out| name == *left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        root
    }

    #[test]
    fn files_are_found_at_any_depth_but_not_in_what_is_left_out() {
        let root = tree(&[".env", "a/b/.env", "node_modules/x/.env", ".git/config"]);
        std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
        let mut found = files_below(&[root.path().to_path_buf(), "/no/such/directory".into()]);
        found.sort();
        assert_eq!(found, [".env", "a/b/.env", "loop"].map(|file| root.path().join(file)));
    }

    #[test]
    fn every_name_counts_as_far_down_as_asked() {
        let root = tree(&["a/b c/d", "e", "node_modules/x y"]);
        let fits = |directory: &str, depth| {
            names_fit(&root.path().join(directory), depth, &|name: &[u8]| !name.contains(&b' '))
        };
        assert!(fits("", Depth::One) && fits("a/b c", Depth::All));
        assert!(!fits("", Depth::All) && !fits("a", Depth::One) && !fits("node_modules", Depth::All));
        assert!(!fits("missing", Depth::All) && !fits("e", Depth::One));
    }

    #[test]
    fn a_link_in_a_tree_is_a_name_and_no_more() {
        let (root, other) = (tree(&["a"]), tree(&["b c"]));
        std::os::unix::fs::symlink(other.path(), root.path().join("link")).unwrap();
        assert!(names_fit(root.path(), Depth::All, &|name: &[u8]| !name.contains(&b' ')));
        assert!(!names_fit(root.path(), Depth::All, &|name: &[u8]| name != b"link"));
    }

    #[test]
    fn too_many_names_fit_nothing() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..=NAMES {
            fs::write(root.path().join(number.to_string()), "").unwrap();
        }
        assert!(!names_fit(root.path(), Depth::One, &|_: &[u8]| true));
    }

    #[test]
    fn the_look_ends() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..ENTRIES + 10 {
            fs::write(root.path().join(number.to_string()), "").unwrap();
        }
        assert_eq!(files_below(&[root.path().to_path_buf()]).len(), ENTRIES);
    }
}
