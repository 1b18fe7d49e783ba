//! The file that the audit log lives in.
//!
//! Every record is one `write` at the end of the file, under a lock. Nothing that was written is ever written over: a
//! torn tail is closed with a newline and a `recovered` record says so.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, Flock, FlockArg, OFlag, fallocate},
    unistd::geteuid,
};

use super::{
    Event, EventKind, Record,
    chain::{Link, hash_line},
    encode::push_line,
};

/// Name of the log's file in the state directory.
const FILE: &str = "audit.jsonl";
/// How long a writer waits for the others.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// The longest line that is written, and how far back a writer looks for the last one.
const MAX_LINE: u64 = 16 << 20;
/// Space beyond the end that a record must leave free, so that the `exit` of what it starts can be written too.
const RESERVE: u64 = 64 << 10;

/// Whether a record must be on the disk before the call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The kernel has it: it outlives every process.
    Written,
    /// The disk has it: it outlives a power failure.
    Synced,
}

/// Why there is no log, or a record is not in it. Then nothing runs.
#[derive(Debug)]
pub enum LogError {
    /// The system refused.
    Io {
        /// What was tried, as a clause: `open it`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// The file or its directory could be changed by others, or is something else than a file.
    Untrusted {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another process kept the log locked.
    Locked {
        /// The log.
        path: PathBuf,
    },
    /// A record is longer than the log takes.
    TooLong {
        /// Its length in bytes.
        length: u64,
    },
    /// The end of the log cannot be continued.
    Damaged {
        /// The log.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An earlier record of this process was not written: what the disk holds is not known.
    Poisoned {
        /// The log.
        path: PathBuf,
    },
}

impl std::fmt::Display for LogError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { doing, path, error } => {
                write!(formatter, "the audit log {}: cannot {doing}: {error}", path.display())
            }
            Self::Untrusted { path, why } => write!(formatter, "the audit log {}: {why}", path.display()),
            Self::Locked { path } => {
                write!(formatter, "the audit log {}: another process keeps it locked", path.display())
            }
            Self::TooLong { length } => {
                write!(
                    formatter,
                    "the audit log takes records up to {MAX_LINE} bytes, and this one has {length}"
                )
            }
            Self::Damaged { path, why } => write!(
                formatter,
                "the audit log {}: {why}; look at it with `gate log --verify`, then move it away",
                path.display()
            ),
            Self::Poisoned { path } => {
                write!(formatter, "the audit log {}: an earlier record could not be written", path.display())
            }
        }
    }
}

/// Its cause stands in its text.
impl std::error::Error for LogError {}

/// The audit log, open for appending.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// `None` after a failure: what the disk holds then is not known, and nothing more is written.
    file: Option<File>,
}

/// What a writer found at the end of the log.
struct Tail {
    last: Link,
    /// What follows the last record and is none.
    torn: Option<Vec<u8>>,
    /// Whether the last byte is a newline, or the log is empty.
    closed: bool,
}

impl Log {
    /// Where the log of a state directory is.
    #[must_use]
    pub fn path_in(state: &Path) -> PathBuf {
        state.join(FILE)
    }

    /// Opens the log of a state directory, both made where they are missing.
    ///
    /// # Errors
    /// Where the directory is not ours alone (0700), the file is not a regular file of ours alone (0600), is a symbolic
    /// link or has a second name, or the system refuses.
    pub fn open(state: &Path) -> Result<Self, LogError> {
        open_directory(state)?;
        let path = Self::path_in(state);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
        let file = options.open(&path).map_err(io_error("open it", &path))?;
        let log = Self { path, file: None };
        log.check(&file)?;
        Ok(Self { file: Some(file), ..log })
    }

    /// Appends one event, and its predecessor's hash with it.
    ///
    /// # Errors
    /// Where another process keeps the log locked for two seconds, its end is damaged, or it cannot be written (and for
    /// [`Durability::Synced`] brought to the disk) as a whole. After a failed write this log takes nothing more.
    pub fn append(&mut self, event: &Event, durability: Durability) -> Result<(), LogError> {
        let file = self.file.take().ok_or_else(|| LogError::Poisoned { path: self.path.clone() })?;
        let locked = self.lock(file)?;
        self.write(&locked, event)?;
        if durability == Durability::Synced {
            locked.sync_data().map_err(io_error("bring it to the disk", &self.path))?;
        }
        self.file =
            Some(locked.unlock().map_err(|(_, errno)| io_error("unlock it", &self.path)(errno.into()))?);
        Ok(())
    }

    fn check(&self, file: &File) -> Result<(), LogError> {
        let metadata = file.metadata().map_err(io_error("look at it", &self.path))?;
        let why = if !metadata.is_file() {
            "it is not a regular file"
        } else if metadata.uid() != geteuid().as_raw() {
            "it belongs to another account"
        } else if metadata.mode() & 0o077 != 0 {
            "others may read or write it; make it mode 0600"
        } else if metadata.nlink() != 1 {
            "it has a second name (hard link)"
        } else {
            return Ok(());
        };
        Err(LogError::Untrusted { path: self.path.clone(), why })
    }

    /// Locks the file, with a bounded wait: whoever holds the lock for ever must not make gate hang.
    fn lock(&self, mut file: File) -> Result<Flock<File>, LogError> {
        let mut deadline = None;
        loop {
            file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(locked) => return Ok(locked),
                Err((file, Errno::EWOULDBLOCK)) => file,
                Err((_, errno)) => return Err(io_error("lock it", &self.path)(errno.into())),
            };
            if Instant::now() > *deadline.get_or_insert_with(|| Instant::now() + LOCK_WAIT) {
                return Err(LogError::Locked { path: self.path.clone() });
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    fn write(&self, file: &File, event: &Event) -> Result<(), LogError> {
        let metadata = file.metadata().map_err(io_error("look at it", &self.path))?;
        if metadata.nlink() == 0 {
            return Err(LogError::Damaged { path: self.path.clone(), why: "it was deleted meanwhile" });
        }
        let bytes = self.continuation(self.tail(file, metadata.len())?, event);
        if bytes.len() as u64 > MAX_LINE {
            return Err(LogError::TooLong { length: bytes.len() as u64 });
        }
        self.reserve(file, metadata.len(), metadata.blocks() * 512, bytes.len() as u64, event)?;
        self.write_once(file, &bytes)
    }

    /// The bytes that continue the log after its tail: usually one line.
    fn continuation(&self, tail: Tail, event: &Event) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        let mut last = tail.last;
        if !tail.closed {
            bytes.push(b'\n');
        }
        if let Some(torn) = tail.torn {
            let start = bytes.len();
            let kind = EventKind::Recovered { torn: torn.len() as u64 };
            let recovered = Event { kind, ..event.clone() };
            let seq = last.seq.saturating_add(1);
            push_line(&mut bytes, seq, &hash_line(&torn), &recovered);
            let line = bytes.get(start..).and_then(|line| line.strip_suffix(b"\n")).unwrap_or_default();
            last = Link { seq, hash: hash_line(line) };
        }
        push_line(&mut bytes, last.seq.saturating_add(1), &last.hash, event);
        bytes
    }

    /// Makes sure that the file system has room for this record and for the `exit` after it.
    fn reserve(
        &self,
        file: &File,
        size: u64,
        allocated: u64,
        length: u64,
        event: &Event,
    ) -> Result<(), LogError> {
        let starts_something = matches!(event.kind, EventKind::Accept { .. } | EventKind::Request { .. });
        let needed = size + length + RESERVE / 2;
        if !starts_something || allocated >= needed {
            return Ok(());
        }
        let (offset, length) = (size.cast_signed(), (length + RESERVE).cast_signed());
        match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, offset, length) {
            Ok(()) | Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
            Err(errno) => Err(io_error("reserve room for a record", &self.path)(errno.into())),
        }
    }

    /// Writes with a single call. A part of a line is an error, and the next writer closes it.
    fn write_once(&self, file: &File, bytes: &[u8]) -> Result<(), LogError> {
        let failed = io_error("write a record", &self.path);
        match nix::unistd::write(file, bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err(failed(io::ErrorKind::StorageFull.into())),
            Err(errno) => Err(failed(errno.into())),
        }
    }

    /// Finds the last record, and what stands after it.
    fn tail(&self, file: &File, size: u64) -> Result<Tail, LogError> {
        let mut window = 1024;
        loop {
            let start = size.saturating_sub(window);
            let mut bytes = vec![0; usize::try_from(size - start).unwrap_or(0)];
            file.read_exact_at(&mut bytes, start).map_err(io_error("read its end", &self.path))?;
            if let Some(tail) = find_tail(&bytes, start == 0) {
                return tail.map_err(|why| LogError::Damaged { path: self.path.clone(), why });
            }
            if window >= 2 * MAX_LINE {
                let why = "there is no record at its end";
                return Err(LogError::Damaged { path: self.path.clone(), why });
            }
            window *= 8;
        }
    }
}

/// Finds the last record in the last bytes of a log; `None` where more bytes are needed to say.
fn find_tail(bytes: &[u8], from_start: bool) -> Option<Result<Tail, &'static str>> {
    let closed = bytes.last().is_none_or(|byte| *byte == b'\n');
    let content = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut end = content.len();
    loop {
        let head = content.get(..end)?;
        let start = head.iter().rposition(|byte| *byte == b'\n').map(|newline| newline + 1);
        let line = head.get(start.or(from_start.then_some(0))?..)?;
        if line.starts_with(b"{\"v\":") && !line.starts_with(b"{\"v\":1") && line.ends_with(b"}") {
            return Some(Err("a later version of gate wrote it"));
        }
        if let Some(last) = last_record(line, closed || end < content.len()) {
            let torn = content.get(end + 1..).map(<[u8]>::to_vec);
            return Some(Ok(Tail { last, torn, closed }));
        }
        match start {
            Some(start) => end = start - 1,
            None => {
                let torn = (!bytes.is_empty()).then(|| content.to_vec());
                return Some(Ok(Tail { last: Link::START, torn, closed }));
            }
        }
    }
}

/// The place of a line in the chain, `None` where it is no record. The last line without its newline may have been cut
/// anywhere, so that one is read as a whole.
fn last_record(line: &[u8], terminated: bool) -> Option<Link> {
    let link = Link::of(line)?;
    (terminated || Record::parse(line).is_ok()).then_some(link)
}

fn open_directory(state: &Path) -> Result<(), LogError> {
    let metadata = match std::fs::symlink_metadata(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(state)
                .map_err(io_error("make its directory", state))?;
            std::fs::symlink_metadata(state)
        }
        other => other,
    }
    .map_err(io_error("look at its directory", state))?;
    let why = if !metadata.is_dir() {
        "its directory is not a directory (a symbolic link is refused)"
    } else if metadata.uid() != geteuid().as_raw() {
        "its directory belongs to another account"
    } else if metadata.mode() & 0o077 != 0 {
        "others may look into its directory; make it mode 0700"
    } else {
        return Ok(());
    };
    Err(LogError::Untrusted { path: state.to_owned(), why })
}

fn io_error(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> LogError {
    move |error| LogError::Io { doing, path: path.to_owned(), error }
}
