//! The lines that were typed, in a file of the state directory that nobody else reads.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use nix::libc::O_NOFOLLOW;

use crate::{config, sys::caller::CallerEnvironment};

/// As many lines are remembered.
const MOST: usize = 2000;

/// Where the lines are remembered.
pub(super) fn place() -> Result<PathBuf> {
    let settings = config::load(&CallerEnvironment::capture()?)?.settings;
    Ok(settings.state.join("history"))
}

/// The lines that were remembered, oldest first.
pub(super) fn read(place: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(place).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(MOST)).map(|line| unescaped(line)).collect()
}

/// Remembers a line, unless it begins with a blank.
///
/// A history that cannot be written is forgotten: the session goes on.
pub(super) fn remember(place: &Path, line: &str) {
    if is_kept(line) {
        let file =
            OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(O_NOFOLLOW).open(place);
        let _ = file.and_then(|mut file| file.write_all(format!("{}\n", escaped(line)).as_bytes()));
    }
}

/// Whether a line is remembered at all.
pub(super) fn is_kept(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with([' ', '\t'])
}

fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\").replace('\n', "\\n")
}

fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.push(if letters.next() == Some('n') { '\n' } else { '\\' }),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn lines_are_read_back_as_they_were_and_blanks_keep_one_out() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("history");
        for line in ["ls", " secret", "if a\nthen b\nfi", "echo '\\n' \\\\", "", "\tx"] {
            remember(&place, line);
        }
        assert_eq!(read(&place), ["ls", "if a\nthen b\nfi", "echo '\\n' \\\\"]);
        assert_eq!(place.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_link_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (place, other) = (directory.path().join("history"), directory.path().join("other"));
        std::os::unix::fs::symlink(&other, &place).unwrap();
        remember(&place, "ls");
        assert!(!other.exists());
    }
}
