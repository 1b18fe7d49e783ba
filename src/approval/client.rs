//! The second-terminal approver, reviewer's side: finds requests that wait, and answers them.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    path::Path,
    time::Duration,
};

use crate::sys::peer::Peer;

use super::{
    Extent, Progress, Request, RequestId,
    directory::Directory,
    wire::{self, FromReviewer, FromWrapper, Malformed, REQUEST_LIMIT},
};

/// A wrapper that does not answer within this time is broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that waits, with the line to its wrapper.
#[derive(Debug)]
pub struct Waiting {
    /// The request, whole.
    pub request: Request,
    /// The names of those who have approved it so far.
    pub approved: Vec<String>,
    line: BufReader<UnixStream>,
}

/// Why a request cannot be looked at or decided.
#[derive(Debug)]
pub enum Failed {
    /// There is no such request, or none any more.
    Gone,
    /// The wrapper refuses this process, or its answer.
    Refused(String),
    /// The question was settled before the answer came.
    Closed(String),
    /// The socket belongs to somebody else than its directory.
    Impostor(u32),
    /// The wrapper speaks another language.
    Malformed(Malformed),
    /// The kernel's answer.
    Io(io::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => formatter.write_str("no such request waits"),
            Self::Refused(why) => write!(formatter, "refused: {}", crate::ui::Printable::from(why.as_str())),
            Self::Closed(why) => write!(formatter, "too late: {}", crate::ui::Printable::from(why.as_str())),
            Self::Impostor(uid) => write!(formatter, "account {uid} answers in another one's place"),
            Self::Malformed(malformed) => write!(formatter, "{malformed}"),
            Self::Io(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for Failed {}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Gone } else { Self::Io(error) }
    }
}

/// A request that was found, and what came of looking at it.
pub type Found = (RequestId, Result<Waiting, Failed>);

/// Every request that waits and that this process may see, oldest first; the others with the reason why not.
///
/// # Errors
/// Where the directory cannot be read; that there is none means that nothing waits.
pub fn pending(state: &Path) -> Result<Vec<Found>, Failed> {
    let directory = match Directory::open(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        directory => directory?,
    };
    let mut found: Vec<_> = directory
        .identifiers()?
        .into_iter()
        .map(|id| (id.clone(), find(&directory, &id)))
        .filter(|(_, waiting)| !matches!(waiting, Err(Failed::Gone)))
        .collect();
    found.sort_by_key(|(_, waiting)| waiting.as_ref().map_or(u64::MAX, |it| it.request.asked_at));
    Ok(found)
}

/// Looks at one request.
///
/// # Errors
/// See [`Failed`].
pub fn look(state: &Path, id: &RequestId) -> Result<Waiting, Failed> {
    find(&Directory::open(state)?, id)
}

fn find(directory: &Directory, id: &RequestId) -> Result<Waiting, Failed> {
    let stream = directory.connect(id)?.ok_or(Failed::Gone)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let wrapper = Peer::of(&stream)?;
    if wrapper.uid != directory.owner {
        return Err(Failed::Impostor(wrapper.uid));
    }
    let mut line = BufReader::new(stream);
    match read(&mut line)? {
        FromWrapper::Request { request, approved } if request.id == *id => {
            Ok(Waiting { request: *request, approved, line })
        }
        other => Err(refusal(other)),
    }
}

impl Waiting {
    /// Approves what `digest` says was shown.
    ///
    /// # Errors
    /// See [`Failed`]: then nothing was decided.
    pub fn approve(self, digest: String, extent: Extent) -> Result<Progress, Failed> {
        self.decide(&FromReviewer::Approve { digest, extent })
    }

    /// Rejects the request.
    ///
    /// # Errors
    /// As [`approve`](Self::approve).
    pub fn reject(self, reason: Option<String>) -> Result<(), Failed> {
        self.decide(&FromReviewer::Reject { reason }).map(|_| ())
    }

    fn decide(mut self, answer: &FromReviewer) -> Result<Progress, Failed> {
        let line = wire::encode(answer).map_err(|error| Failed::Malformed(Malformed::Json(error)))?;
        // A wrapper that has settled the question says so before it hangs up.
        let sent = self.line.get_mut().write_all(&line);
        match read(&mut self.line) {
            Ok(FromWrapper::Accepted) => Ok(Progress::Complete),
            Ok(FromWrapper::Counted { missing }) => Ok(Progress::Missing(missing)),
            Ok(other) => Err(refusal(other)),
            Err(failed) => Err(sent.err().map_or(failed, Failed::Io)),
        }
    }
}

impl AsFd for Waiting {
    /// Becomes readable when the question is settled.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.line.get_ref().as_fd()
    }
}

fn refusal(message: FromWrapper) -> Failed {
    match message {
        FromWrapper::Refused { why } => Failed::Refused(why),
        FromWrapper::Closed { why } => Failed::Closed(why),
        FromWrapper::Request { .. } | FromWrapper::Accepted | FromWrapper::Counted { .. } => {
            Failed::Refused("the wrapper answers something else".to_owned())
        }
    }
}

fn read(line: &mut BufReader<UnixStream>) -> Result<FromWrapper, Failed> {
    let mut text = Vec::new();
    line.take(REQUEST_LIMIT as u64).read_until(b'\n', &mut text)?;
    match text.strip_suffix(b"\n") {
        Some(text) => wire::decode(text).map_err(Failed::Malformed),
        None => Err(Failed::Gone),
    }
}
