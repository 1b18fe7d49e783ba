//! Reads the log's file.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg, OFlag},
};

use super::{Broken, Log, LogError, Record, Summary, Verifier};

/// How long a reader waits for a writer.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Whether a log that was read is whole.
#[derive(Debug)]
pub struct Wholeness {
    /// What the chain says of all lines that have an end.
    pub chain: Result<Summary, Broken>,
    /// Bytes of a last line without an end: a writer died. The next writer closes it.
    pub torn: u64,
}

impl Log {
    /// Reads and checks the log of a state directory, and hands over each record with its line. Where the chain is
    /// broken, the records after that are handed over too, as far as they can be read. No file is an empty log.
    ///
    /// # Errors
    /// Where the file cannot be read, or a writer keeps it locked for two seconds.
    pub fn read(state: &Path, mut each: impl FnMut(Record, &[u8])) -> Result<Wholeness, LogError> {
        let path = Self::path_in(state);
        let failed = |error| LogError::Io { doing: "read it", path: path.clone(), error };
        let file = match OpenOptions::new().read(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Wholeness { chain: Ok(Summary::default()), torn: 0 });
            }
            other => other.map_err(failed)?,
        };
        let (file, size) = settled(file, &path)?;
        let mut source = BufReader::with_capacity(64 << 10, file.take(size));
        let mut verifier = Verifier::default();
        let mut broken = None;
        let mut line = vec![];
        loop {
            line.clear();
            source.read_until(b'\n', &mut line).map_err(failed)?;
            let Some(content) = line.strip_suffix(b"\n") else { break };
            let checked =
                if broken.is_none() { verifier.take(content) } else { Ok(Record::parse(content).ok()) };
            match checked {
                Ok(Some(record)) => each(record, content),
                Ok(None) => {}
                Err(why) => {
                    broken = Some(why);
                    if let Ok(record) = Record::parse(content) {
                        each(record, content);
                    }
                }
            }
        }
        let chain = broken.map_or_else(|| verifier.finish(), Err);
        Ok(Wholeness { chain, torn: line.len() as u64 })
    }
}

/// Waits until no writer is in the middle of a record, and notes the size then.
fn settled(mut file: File, path: &Path) -> Result<(File, u64), LogError> {
    let failed = |doing| move |error| LogError::Io { doing, path: path.to_owned(), error };
    let deadline = Instant::now() + LOCK_WAIT;
    let locked = loop {
        file = match Flock::lock(file, FlockArg::LockSharedNonblock) {
            Ok(locked) => break locked,
            Err((file, Errno::EWOULDBLOCK)) => file,
            Err((_, errno)) => return Err(failed("lock it")(errno.into())),
        };
        if Instant::now() > deadline {
            return Err(LogError::Locked { path: path.to_owned() });
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let size = locked.metadata().map_err(failed("look at it"))?.len();
    let file = locked.unlock().map_err(|(_, errno)| failed("unlock it")(errno.into()))?;
    Ok((file, size))
}
