//! The second-terminal approver, wrapper's side: offers a request on a unix socket and takes the first valid answer.

use std::{
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, Instant},
};

use nix::poll::PollFlags;

use crate::{
    policy::Action,
    sys::{account::Account, ancestry::lineage, peer::Peer},
};

use super::{
    Again, Extent, Grants, Progress, Request, Reviewer, Verdict,
    directory::{Directory, Offer},
    origin::{self, Origin},
    runs,
    wire::{self, ANSWER_LIMIT, FromReviewer, FromWrapper, REASON_LIMIT},
};

/// How many reviewers may look at once.
const CONNECTIONS: usize = 16;

/// How many connections are taken within [`WINDOW`]; further ones wait, so that nobody keeps the wrapper busy.
const BURST: u32 = 32;
const WINDOW: Duration = Duration::from_secs(1);

/// How long a peer may take to read what it is sent, or to finish a line that it began.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that waits for reviewers.
pub(super) struct Socket<'a> {
    request: &'a Request,
    digest: String,
    question: Rc<[u8]>,
    reviewers: &'a [u32],
    state: PathBuf,
    connections: Vec<Connection>,
    burst: (Instant, u32),
    offer: Offer,
}

impl<'a> Socket<'a> {
    /// Offers a request.
    pub(super) fn offer(request: &'a Request, reviewers: &'a [u32], state: &Path) -> io::Result<Self> {
        let question = question(request, &Grants::wanting(request.decision.reviewers))?;
        let directory = Directory::make(state, Account::current().uid)?;
        Ok(Self {
            request,
            digest: request.binding().hex(),
            question,
            reviewers,
            state: state.to_owned(),
            connections: Vec::new(),
            burst: (Instant::now(), 0),
            offer: directory.offer(&request.id)?,
        })
    }

    /// What to wait for: the listener first, while more connections are taken, then each connection.
    pub(super) fn interests(&self) -> Vec<(BorrowedFd<'_>, PollFlags)> {
        let listening = if self.is_taking() { PollFlags::POLLIN } else { PollFlags::empty() };
        let connections = self.connections.iter().map(|it| (it.stream.as_fd(), it.interest()));
        std::iter::once((self.offer.listener.as_fd(), listening)).chain(connections).collect()
    }

    /// When something has to be done even if nobody stirs.
    pub(super) fn alarm(&self) -> Option<Instant> {
        let window = (!self.is_taking()).then(|| self.burst.0 + WINDOW);
        self.connections.iter().filter_map(|it| it.deadline).chain(window).min()
    }

    /// Does whatever can be done without waiting; gives the first valid answer.
    /// Approvals are counted where several are wanted.
    pub(super) fn attend(&mut self, grants: &mut Grants) -> Option<Verdict> {
        let now = Instant::now();
        self.accept(now);
        let mut verdict = None;
        for mut connection in std::mem::take(&mut self.connections) {
            let alive = connection.pump(now);
            while verdict.is_none() {
                let Some(line) = connection.line() else { break };
                verdict = self.judge(&mut connection, &line, grants);
            }
            if alive && connection.pump(now) && connection.deadline.is_none_or(|deadline| now < deadline) {
                self.connections.push(connection);
            }
        }
        verdict
    }

    /// Tells everybody who still looks that the question is closed.
    pub(super) fn close(self, why: &str) {
        let Ok(line) = wire::encode(&FromWrapper::Closed { why: why.to_owned() }) else { return };
        let now = Instant::now();
        for mut connection in self.connections {
            connection.send(line.as_slice().into(), now);
            connection.pump(now);
        }
    }

    fn is_taking(&self) -> bool {
        self.connections.len() < CONNECTIONS && (self.burst.1 < BURST || self.burst.0.elapsed() >= WINDOW)
    }

    fn accept(&mut self, now: Instant) {
        if self.burst.0 + WINDOW <= now {
            self.burst = (now, 0);
        }
        while self.is_taking() {
            let Ok((stream, _)) = self.offer.listener.accept() else { return };
            self.burst.1 += 1;
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            let peer = match Peer::of(&stream) {
                Ok(peer) => peer,
                Err(error) => {
                    turn_away(stream, &error);
                    continue;
                }
            };
            let admitted = self.admit(&peer);
            let mut connection = Connection::new(stream, peer);
            match admitted {
                Ok(()) => connection.send(Rc::clone(&self.question), now),
                Err(why) => connection.dismiss(why, now),
            }
            self.connections.push(connection);
        }
    }

    /// Whether a process may see and decide the request, by what the kernel says of it now.
    fn admit(&self, peer: &Peer) -> Result<(), String> {
        let unclear = |error: io::Error| format!("it cannot be told where this answer comes from: {error}");
        let lineage_of_peer = peer.lineage().map_err(unclear)?;
        let mut runs = runs::live(&self.state).map_err(unclear)?;
        runs.push(lineage(std::process::id()).map_err(unclear)?);
        let origin = Origin { uid: peer.uid, lineage: &lineage_of_peer };
        origin::may_decide(origin, self.reviewers, &runs).map_err(|barred| barred.why().to_owned())
    }

    /// Shows further reviewers who has approved so far.
    pub(super) fn tell(&mut self, grants: &Grants) {
        if let Ok(question) = question(self.request, grants) {
            self.question = question;
        }
    }

    fn judge(&mut self, connection: &mut Connection, line: &[u8], grants: &mut Grants) -> Option<Verdict> {
        let now = Instant::now();
        let counted = self.answer(connection, line).and_then(|verdict| self.count(verdict, grants));
        let (told, verdict) = match counted {
            Ok(Some(verdict)) => (FromWrapper::Accepted, Some(verdict)),
            Ok(None) => {
                self.tell(grants);
                let Progress::Missing(missing) = grants.progress() else { return None };
                (FromWrapper::Counted { missing }, None)
            }
            Err(why) => {
                connection.dismiss(why, now);
                return None;
            }
        };
        connection.send(wire::encode(&told).ok()?.into(), now);
        verdict
    }

    /// The verdict that an answer makes; `None` where more approvals are wanted.
    fn count(&self, verdict: Verdict, grants: &mut Grants) -> Result<Option<Verdict>, String> {
        let Verdict::Approve { by, extent } = verdict else { return Ok(Some(verdict)) };
        for by in by {
            let _ = grants.add(by, extent).map_err(|Again| {
                let wanted = self.request.decision.reviewers;
                format!("this account has approved it already; {wanted} different ones have to")
            })?;
        }
        Ok(grants.verdict())
    }

    fn answer(&self, connection: &Connection, line: &[u8]) -> Result<Verdict, String> {
        if connection.dismissed {
            return Err("not a reviewer".to_owned());
        }
        self.admit(&connection.peer)?;
        let answer = wire::decode(line).map_err(|malformed| malformed.to_string())?;
        let uid = connection.peer.uid;
        let by = Reviewer { name: Account::of(uid, 0).name, uid, channel: "socket" };
        match answer {
            FromReviewer::Reject { reason } if reason.as_ref().is_some_and(|it| it.len() > REASON_LIMIT) => {
                Err(format!("the reason is longer than {REASON_LIMIT} bytes"))
            }
            FromReviewer::Reject { reason } => Ok(Verdict::Reject { by, reason }),
            FromReviewer::Approve { digest, .. } if digest != self.digest => {
                Err("what was shown is not what waits here".to_owned())
            }
            FromReviewer::Approve { .. } if self.request.decision.action == Action::Deny => {
                Err("the policy denies it; nobody can approve it".to_owned())
            }
            FromReviewer::Approve { extent: Extent::Whitelist, .. }
                if self.request.decision.whitelist_for.is_none() =>
            {
                Err("the policy does not let this be whitelisted; approve it once".to_owned())
            }
            FromReviewer::Approve { extent, .. } => Ok(Verdict::Approve { by: vec![by], extent }),
        }
    }
}

/// Tells somebody who cannot even be looked at, from outside of this pid namespace for one, why nothing is said.
fn turn_away(mut stream: UnixStream, error: &io::Error) {
    let why = format!("it cannot be told where this answer comes from: {error}");
    if let Ok(line) = wire::encode(&FromWrapper::Refused { why }) {
        let _ = stream.write_all(&line);
    }
}

/// The question as it is sent.
fn question(request: &Request, grants: &Grants) -> io::Result<Rc<[u8]>> {
    let message = FromWrapper::Request { request: Box::new(request.clone()), approved: grants.names() };
    Ok(wire::encode(&message)?.into())
}

/// One reviewer's process.
struct Connection {
    stream: UnixStream,
    peer: Peer,
    /// What is still to be sent, and how much of the first is sent.
    outbox: Vec<Rc<[u8]>>,
    sent: usize,
    inbox: Vec<u8>,
    /// When patience with this peer ends.
    deadline: Option<Instant>,
    /// Whether only the outbox keeps it.
    dismissed: bool,
}

impl Connection {
    fn new(stream: UnixStream, peer: Peer) -> Self {
        Self {
            stream,
            peer,
            outbox: Vec::new(),
            sent: 0,
            inbox: Vec::new(),
            deadline: None,
            dismissed: false,
        }
    }

    fn interest(&self) -> PollFlags {
        let writing = if self.outbox.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
        PollFlags::POLLIN | writing
    }

    fn send(&mut self, line: Rc<[u8]>, now: Instant) {
        self.outbox.push(line);
        self.deadline = Some(now + PATIENCE);
    }

    fn dismiss(&mut self, why: String, now: Instant) {
        self.dismissed = true;
        if let Ok(line) = wire::encode(&FromWrapper::Refused { why }) {
            self.send(line.into(), now);
        }
    }

    /// Reads and writes what can be read and written at once; says whether the peer is still there and welcome.
    fn pump(&mut self, now: Instant) -> bool {
        let was_idle = self.inbox.is_empty() && self.outbox.is_empty();
        let alive = self.write() && self.read();
        let idle = self.inbox.is_empty() && self.outbox.is_empty();
        self.deadline = match (was_idle, idle) {
            (_, true) => None,
            (true, false) => Some(now + PATIENCE),
            (false, false) => self.deadline,
        };
        alive && !(self.dismissed && self.outbox.is_empty())
    }

    fn write(&mut self) -> bool {
        while let Some(line) = self.outbox.first() {
            match self.stream.write(line.get(self.sent..).unwrap_or_default()) {
                Ok(written) if self.sent + written >= line.len() => {
                    self.outbox.remove(0);
                    self.sent = 0;
                }
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        true
    }

    fn read(&mut self) -> bool {
        let mut chunk = [0; 4096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return false,
                Ok(length) => self.inbox.extend_from_slice(chunk.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
            if self.inbox.len() > ANSWER_LIMIT {
                return false;
            }
        }
    }

    /// Takes a whole line out of the inbox.
    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.inbox.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.inbox.drain(..=end).collect();
        line.pop();
        Some(line)
    }
}
