//! Reads the log's file from its end.

use std::{
    fs::{File, OpenOptions},
    io,
    ops::ControlFlow,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use nix::fcntl::OFlag;

use super::{Log, LogError};

/// How much is read at once.
const CHUNK: u64 = 1 << 20;

impl Log {
    /// Hands over the lines of a state directory's log, without their newlines, the newest first: whole lines within
    /// the last `limit` bytes. What a writer is in the middle of is left out. No file is an empty log.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_first(
        state: &Path,
        limit: u64,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let path = Self::path_in(state);
        let failed = |error| LogError::Io { doing: "read it", path: path.clone(), error };
        let file = match OpenOptions::new().read(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?,
        };
        let size = file.metadata().map_err(failed)?.len();
        backwards(&file, size.saturating_sub(limit), size, &mut each).map_err(failed)
    }
}

/// Goes through the lines between two offsets. The first is a line's beginning only where it is the file's.
fn backwards(
    file: &File,
    first: u64,
    size: u64,
    each: &mut impl FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut end = size;
    // The beginning of what was read before belongs to a line that began earlier.
    let mut rest: Vec<u8> = Vec::new();
    let mut closed = false;
    let mut buffer = Vec::new();
    while end > first {
        let start = end.saturating_sub(CHUNK).max(first);
        let length = usize::try_from(end - start).map_err(|_| io::ErrorKind::FileTooLarge)?;
        buffer.resize(length, 0);
        file.read_exact_at(&mut buffer, start)?;
        buffer.extend_from_slice(&rest);
        let mut until = buffer.len();
        while let Some(newline) = memchr::memrchr(b'\n', buffer.get(..until).unwrap_or_default()) {
            let line = buffer.get(newline + 1..until).unwrap_or_default();
            if closed && each(line).is_break() {
                return Ok(());
            }
            closed = true;
            until = newline;
        }
        rest = buffer.get(..until).unwrap_or_default().to_vec();
        end = start;
    }
    if closed && first == 0 && !rest.is_empty() {
        let _ = each(&rest);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: &str, limit: u64) -> Vec<String> {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join("audit.jsonl"), content).unwrap();
        let mut lines = Vec::new();
        Log::newest_first(state.path(), limit, |line| {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn the_newest_line_comes_first_and_a_torn_one_not_at_all() {
        assert_eq!(lines("a\nb\nc\n", 99), ["c", "b", "a"]);
        assert_eq!(lines("a\nb\nto", 99), ["b", "a"]);
        assert_eq!(lines("a\n", 99), ["a"]);
        for none in ["", "a", "\n"] {
            assert_eq!(lines(none, 99), Vec::<String>::new(), "{none:?}");
        }
    }

    #[test]
    fn what_lies_before_the_limit_is_left_out_with_the_line_that_it_cuts() {
        assert_eq!(lines("aaa\nbbb\nccc\n", 9), ["ccc", "bbb"]);
        assert_eq!(lines("aaa\nbbb\nccc\n", 3), Vec::<String>::new());
    }

    #[test]
    fn lines_longer_than_a_chunk_are_whole() {
        let long = "x".repeat(2_500_000);
        let all = lines(&format!("a\n{long}\nb\n{long}y\n"), u64::MAX);
        assert_eq!(all.iter().map(String::len).collect::<Vec<_>>(), [2_500_001, 1, 2_500_000, 1]);
    }

    #[test]
    fn no_file_is_an_empty_log_and_anything_else_is_an_error() {
        let state = tempfile::tempdir().unwrap();
        Log::newest_first(state.path(), 9, |_| panic!("there is no line")).unwrap();
        std::os::unix::fs::symlink("/dev/null", state.path().join("audit.jsonl")).unwrap();
        assert!(Log::newest_first(state.path(), 9, |_| ControlFlow::Continue(())).is_err());
    }

    #[test]
    fn whoever_has_found_it_stops() {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join("audit.jsonl"), "a\nb\nc\n").unwrap();
        let mut count = 0;
        Log::newest_first(state.path(), 9, |_| {
            count += 1;
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(count, 1);
    }
}
