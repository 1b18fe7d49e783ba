//! One stream of output: out of the command, into the caller's descriptor, and to the sink.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    unistd,
};

use crate::sys::descriptors::{Outlet, waiting};

use super::{Event, Sink, Stream};

const BUFFER: usize = 64 * 1024;
/// A pipe that was full once is widened, because every exchange of reader and writer costs a switch.
const WIDE_PIPE: i32 = 1024 * 1024;
const WIDE_BUFFER: usize = 256 * 1024;
/// How long bytes may wait for more before the sink gets them.
pub(super) const PATIENCE: Duration = Duration::from_millis(5);

/// One stream of output, with a buffer of fixed size: nothing is read while it is full.
pub(super) struct Flow {
    stream: Stream,
    source: Option<OwnedFd>,
    outlet: Option<Outlet>,
    buffer: Vec<u8>,
    filled: usize,
    written: usize,
    recorded: usize,
    since: Option<Instant>,
    /// Bytes that the command left behind when it ended and that the caller has not got yet: none of them is lost.
    owed: usize,
}

impl Flow {
    /// A stream from `source`, which must be non-blocking.
    pub(super) fn new(stream: Stream, source: OwnedFd, outlet: Outlet) -> Self {
        let buffer = vec![0; BUFFER];
        let (filled, written, recorded) = (0, 0, 0);
        Self {
            stream,
            source: Some(source),
            outlet: Some(outlet),
            buffer,
            filled,
            written,
            recorded,
            since: None,
            owed: 0,
        }
    }

    /// Which stream it is.
    pub(super) const fn stream(&self) -> Stream {
        self.stream
    }

    /// The descriptor to read from, if there is room.
    pub(super) fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.source.as_ref().filter(|_| self.filled < self.buffer.len()).map(AsFd::as_fd)
    }

    /// The descriptor to write to, if something waits.
    pub(super) fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.outlet.as_ref().filter(|_| self.written < self.filled).map(AsFd::as_fd)
    }

    /// Whether nothing more can come and nothing waits to be written.
    pub(super) fn is_over(&self) -> bool {
        self.source.is_none() && self.written == self.filled
    }

    /// Whether bytes wait for the sink, and since when.
    pub(super) const fn waiting_since(&self) -> Option<Instant> {
        self.since
    }

    /// Notes what the command left behind when it ended.
    pub(super) fn note_end(&mut self) {
        let unread = self.source.as_ref().map_or(0, |source| waiting(source.as_fd()));
        self.owed = self.filled.saturating_sub(self.written).saturating_add(unread);
    }

    /// Whether bytes of the command itself, not of an orphan, are still to be passed on.
    pub(super) const fn is_owed(&self) -> bool {
        self.owed > 0
    }

    /// Stops reading: whoever still writes learns that nobody listens.
    pub(super) fn close(&mut self) {
        self.source = None;
    }

    /// Gives up what was read and not passed on, too: nobody is waited for.
    pub(super) fn abandon(&mut self) {
        self.source = None;
        self.outlet = None;
        self.written = self.filled;
        self.owed = 0;
        self.skip_recording();
    }

    /// Reads until nothing more is there or the buffer is full; an error other than "nothing there" ends the stream,
    /// as a pty's `EIO` does when nobody has its follower open.
    pub(super) fn fill(&mut self) {
        loop {
            let (Some(source), Some(room)) = (&self.source, self.buffer.get_mut(self.filled..)) else {
                return;
            };
            if room.is_empty() {
                return self.widen();
            }
            match unistd::read(source, room) {
                Ok(0) => self.source = None,
                Ok(count) => self.add(count),
                Err(Errno::EAGAIN) => {
                    self.owed = self.owed.min(self.filled.saturating_sub(self.written));
                    return;
                }
                Err(Errno::EINTR) => {}
                Err(_) => self.source = None,
            }
        }
    }

    fn add(&mut self, count: usize) {
        self.filled = self.filled.saturating_add(count).min(self.buffer.len());
        if self.since.is_none() {
            self.since = Some(Instant::now());
        }
    }

    fn widen(&mut self) {
        if self.stream == Stream::Terminal || self.buffer.len() >= WIDE_BUFFER {
            return;
        }
        if let Some(source) = &self.source {
            let _ = fcntl(source, FcntlArg::F_SETPIPE_SZ(WIDE_PIPE));
            self.buffer.resize(WIDE_BUFFER, 0);
        }
    }

    /// Writes what the caller takes now. Where nobody reads any more the stream is closed, so that the command learns
    /// of it as it would have without gate.
    pub(super) fn pass_on(&mut self) {
        while let (Some(outlet), Some(waiting)) = (&self.outlet, self.buffer.get(self.written..self.filled)) {
            if waiting.is_empty() {
                break;
            }
            match outlet.write(waiting) {
                Ok(count) => {
                    self.written = self.written.saturating_add(count).min(self.filled);
                    self.owed = self.owed.saturating_sub(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.outlet = None;
                    self.source = None;
                    self.written = self.filled;
                    self.owed = 0;
                }
            }
        }
        self.start_over();
    }

    /// Whether the sink must have the bytes now: no room for more, or they waited long enough.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.since
            .is_some_and(|since| self.filled == self.buffer.len() || now.duration_since(since) >= PATIENCE)
    }

    /// Hands the sink every byte that it has not had.
    pub(super) fn record(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        self.since = None;
        if let Some(fresh @ [_, ..]) = self.buffer.get(self.recorded..self.filled) {
            sink.take(Event::Output(self.stream, fresh))?;
        }
        self.recorded = self.filled;
        self.start_over();
        Ok(())
    }

    /// Forgets what waits for a sink, where there is none.
    pub(super) fn skip_recording(&mut self) {
        self.since = None;
        self.recorded = self.filled;
        self.start_over();
    }

    const fn start_over(&mut self) {
        if self.written == self.filled && self.recorded == self.filled {
            self.filled = 0;
            self.written = 0;
            self.recorded = 0;
        }
    }
}
