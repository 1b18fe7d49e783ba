//! A bounded look at what lies in a directory.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

/// Most entries that one look goes through.
const ENTRIES: usize = 4096;

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
    fn the_look_ends() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..ENTRIES + 10 {
            fs::write(root.path().join(number.to_string()), "").unwrap();
        }
        assert_eq!(files_below(&[root.path().to_path_buf()]).len(), ENTRIES);
    }
}
