//! Who a process descends from: kernel facts, never variables.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

/// More ancestors than any process has; a longer chain is not followed.
const LIMIT: usize = 256;

/// One process as the kernel names it; equal pid and start mean the same process, whatever was reused since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
    /// Its parent's number; 0 where that is outside of this pid namespace.
    pub parent: u32,
    /// Its session.
    pub session: u32,
}

impl Process {
    /// Looks a process up.
    ///
    /// # Errors
    /// Where it does not exist or `/proc` cannot be read.
    pub fn look_up(pid: u32) -> io::Result<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat"))?;
        Self::parse(pid, &stat).ok_or_else(|| io::Error::other("/proc/PID/stat is not understood"))
    }

    /// This process.
    ///
    /// # Errors
    /// Where `/proc` cannot be read.
    pub fn current() -> io::Result<Self> {
        Self::look_up(std::process::id())
    }

    /// Reads `/proc/PID/stat`; the program's name in it may hold anything, so that fields count from the last `)`.
    fn parse(pid: u32, stat: &[u8]) -> Option<Self> {
        let name_end = stat.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
        let field = |number: usize| rest.split_ascii_whitespace().nth(number - 3);
        Some(Self {
            pid,
            parent: field(4)?.parse().ok()?,
            session: field(6)?.parse().ok()?,
            start: field(22)?.parse().ok()?,
        })
    }

    /// Whether this is the same process as another.
    #[must_use]
    pub const fn is(&self, other: &Self) -> bool {
        self.pid == other.pid && self.start == other.start
    }
}

/// The file that a process executes, as device and inode, whatever its path says by now.
#[must_use]
pub fn image(pid: u32) -> Option<(u64, u64)> {
    identity(Path::new(&format!("/proc/{pid}/exe")))
}

/// Device and inode of the file that a path leads to.
#[must_use]
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// A process and its ancestors, itself first, up to init or to the border of the pid namespace.
///
/// # Errors
/// Where one of them cannot be looked up: it ended meanwhile, or `/proc` is hidden.
pub fn lineage(pid: u32) -> io::Result<Vec<Process>> {
    let mut chain = vec![Process::look_up(pid)?];
    while let Some(last) = chain.last().filter(|last| last.parent != 0) {
        if chain.len() == LIMIT {
            return Err(io::Error::other("too many ancestors"));
        }
        let parent = Process::look_up(last.parent)?;
        if parent.start > last.start {
            return Err(io::Error::other("an ancestor ended while it was looked at"));
        }
        chain.push(parent);
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_fake_the_fields_behind_it() {
        let stat = b"7 (x) R 1 1 1 (y) S 5 6 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0";
        let process = Process::parse(7, stat).unwrap();
        assert_eq!(process, Process { pid: 7, parent: 5, session: 8, start: 99 });
        assert_eq!(Process::parse(7, b"7 (x) R 1"), None);
        assert_eq!(Process::parse(7, b""), None);
    }

    #[test]
    fn a_lineage_begins_with_the_process_and_goes_back_in_time() {
        let chain = lineage(std::process::id()).unwrap();
        assert!(chain[0].is(&Process::current().unwrap()));
        assert!(chain.windows(2).all(|pair| pair[0].parent == pair[1].pid && pair[0].start >= pair[1].start));
    }

    #[test]
    fn a_process_that_is_not_there_has_no_lineage() {
        assert!(lineage(u32::MAX).is_err());
    }
}
