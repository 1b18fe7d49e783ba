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

/// Looks for something in lines of the log.
pub trait Search {
    /// Whether any of these lines could be of interest.
    fn worth(&self, lines: &[u8]) -> bool;

    /// Looks at a line, without its newline.
    fn look(&mut self, line: &[u8]) -> ControlFlow<()>;
}

/// How much is read at once.
const CHUNK: u64 = 64 << 10;

impl Log {
    /// Hands over the lines of a state directory's log, without their newlines, the newest first: whole lines within
    /// the last `limit` bytes. What a writer is in the middle of is left out. No file is an empty log. Where several
    /// lines together are not `worth` it, none of them is handed over.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_first(state: &Path, limit: u64, search: &mut impl Search) -> Result<(), LogError> {
        let path = Self::path_in(state);
        let failed = |error| LogError::Io { doing: "read it", path: path.clone(), error };
        let file = match OpenOptions::new().read(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?,
        };
        let size = file.metadata().map_err(failed)?.len();
        backwards(&file, size.saturating_sub(limit), size, search).map_err(failed)
    }
}

/// Goes through the lines between two offsets. The first is a line's beginning only where it is the file's.
fn backwards(file: &File, first: u64, size: u64, search: &mut impl Search) -> io::Result<()> {
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
        if let Some(newline) = memchr::memchr(b'\n', &buffer).filter(|_| closed && !search.worth(&buffer)) {
            until = newline;
        }
        while let Some(newline) = memchr::memrchr(b'\n', buffer.get(..until).unwrap_or_default()) {
            let line = buffer.get(newline + 1..until).unwrap_or_default();
            if closed && search.look(line).is_break() {
                return Ok(());
            }
            closed = true;
            until = newline;
        }
        rest = buffer.get(..until).unwrap_or_default().to_vec();
        end = start;
    }
    if closed && first == 0 && !rest.is_empty() {
        let _ = search.look(&rest);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps every line, or stops at the first.
    #[derive(Default)]
    struct Kept {
        lines: Vec<String>,
        stop: bool,
        wanted: &'static str,
    }

    impl Search for Kept {
        fn worth(&self, lines: &[u8]) -> bool {
            String::from_utf8_lossy(lines).contains(self.wanted)
        }

        fn look(&mut self, line: &[u8]) -> ControlFlow<()> {
            self.lines.push(String::from_utf8(line.to_vec()).unwrap());
            if self.stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }

    fn kept(content: &str, limit: u64, mut kept: Kept) -> Vec<String> {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join("audit.jsonl"), content).unwrap();
        Log::newest_first(state.path(), limit, &mut kept).unwrap();
        kept.lines
    }

    fn lines(content: &str, limit: u64) -> Vec<String> {
        kept(content, limit, Kept::default())
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
        let mut kept = Kept::default();
        Log::newest_first(state.path(), 9, &mut kept).unwrap();
        assert_eq!(kept.lines, Vec::<String>::new());
        std::fs::create_dir(state.path().join("audit.jsonl")).unwrap();
        assert!(Log::newest_first(state.path(), 9, &mut kept).is_err());
        std::fs::remove_dir(state.path().join("audit.jsonl")).unwrap();
        std::os::unix::fs::symlink("/dev/null", state.path().join("audit.jsonl")).unwrap();
        assert!(Log::newest_first(state.path(), 9, &mut kept).is_err());
    }

    #[test]
    fn whoever_has_found_it_stops() {
        let stop = Kept { stop: true, ..Kept::default() };
        assert_eq!(kept("a\nb\nc\n", 9, stop), ["c"]);
    }

    #[test]
    fn every_line_that_holds_what_is_wanted_is_looked_at_wherever_reading_cuts() {
        for length in [1, 7, 100, 65_534, 65_535, 65_536, 65_537, 200_000] {
            let filler = format!("{}\n", "x".repeat(length));
            let filler = filler.repeat(150_000_usize.div_ceil(length).max(2));
            let content = format!("{filler}wanted 1\n{filler}{filler}wanted 2\n{filler}");
            let found = kept(&content, u64::MAX, Kept { wanted: "wanted", ..Kept::default() });
            let found: Vec<&String> = found.iter().filter(|line| line.contains("wanted")).collect();
            assert_eq!(found, ["wanted 2", "wanted 1"], "{length}");
        }
    }
}
