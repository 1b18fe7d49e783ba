//! What was rejected once is not suggested again.

use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    policy::{Suggestion, format_seconds},
    sys::files,
};

const LIMIT: u64 = 16 << 20;

/// The file of rejected suggestions: a line each with its name, when and by whom.
pub(super) struct Memory(PathBuf);

impl Memory {
    pub(super) fn of(state: &Path) -> Self {
        Self(state.join("rejected-suggestions"))
    }

    pub(super) fn rejected(&self) -> Result<HashSet<String>> {
        let text = match files::read_limited(&self.0, LIMIT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashSet::new()),
            read => read.with_context(|| self.0.display().to_string())?.0,
        };
        let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        Ok(String::from_utf8_lossy(&text).lines().map(first).collect())
    }

    pub(super) fn reject(&self, suggestions: &[Suggestion], by: &str, now: u64) -> Result<()> {
        if suggestions.is_empty() {
            return Ok(());
        }
        let line = |suggestion: &Suggestion| format!("{} {} {by}\n", suggestion.id, format_seconds(now));
        let lines: String = suggestions.iter().map(line).collect();
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
        let written = options.open(&self.0).and_then(|mut file| file.write_all(lines.as_bytes()));
        written.with_context(|| self.0.display().to_string())
    }
}
