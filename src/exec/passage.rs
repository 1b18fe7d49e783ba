//! Runs a permit whose standard input and output gate passes on byte by byte, counted: the far end of a copy.
//!
//! Nothing is recorded. A [`Guard`] may look at what passes in either direction and answer in the command's place.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
    unistd::{pipe2, read, write},
};

use crate::{
    approval::Permit,
    sys::{
        descriptors::Outlet,
        process::{self, Session, Standard, Wire, standard},
    },
};

use super::{
    Ended, Failure,
    child::{self, Child},
    image::{self, Startable},
    signals::{Grouping, Signals},
};

/// Bytes that wait in one direction before no more are read.
const ROOM: usize = 256 * 1024;
/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;
/// How long what the command left running may stay silent before nobody listens to it any more.
const QUIET_CAP: Duration = Duration::from_millis(200);

/// How many bytes passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the caller.
    pub received: u64,
    /// To the caller.
    pub sent: u64,
}

/// Looks at what passes.
pub trait Guard {
    /// Takes what the caller sent, and adds what the command gets (`on`) and what the caller is answered (`back`).
    ///
    /// # Errors
    /// Any error ends the run: the command is terminated.
    fn inward(&mut self, bytes: &[u8], on: &mut Vec<u8>, back: &mut Vec<u8>) -> io::Result<()>;

    /// Takes what the command sent, and adds what the caller gets.
    ///
    /// # Errors
    /// Any error ends the run: the command is terminated.
    fn outward(&mut self, bytes: &[u8], back: &mut Vec<u8>) -> io::Result<()>;
}

/// Lets everything pass.
struct Open;

impl Guard for Open {
    fn inward(&mut self, bytes: &[u8], on: &mut Vec<u8>, _back: &mut Vec<u8>) -> io::Result<()> {
        on.extend_from_slice(bytes);
        Ok(())
    }

    fn outward(&mut self, bytes: &[u8], back: &mut Vec<u8>) -> io::Result<()> {
        back.extend_from_slice(bytes);
        Ok(())
    }
}

/// Runs the permitted command to its end and counts what passes.
///
/// # Errors
/// Where the run could not be started, or went wrong, for a reason that is not the command's.
pub fn pass(permit: &Permit, guard: Option<&mut dyn Guard>) -> Result<(Ended, Traffic), Failure> {
    let image = match image::startable(permit)? {
        Startable::Image(image) => image,
        Startable::Missing(ended) => return Ok((ended, Traffic::default())),
    };
    let signals = Signals::take()?;
    let (input, to_command) = channel()?;
    let (from_command, output) = channel()?;
    for own in [&to_command, &from_command] {
        fcntl(own, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(failed)?;
    }
    let wires = [Wire::Copy(input.as_raw_fd()), Wire::Copy(output.as_raw_fd()), Wire::Keep];
    let pid = match process::spawn(&image, wires, Session::Same, signals.original()) {
        Ok(pid) => pid,
        Err(error) => return image::refusal(error).map(|ended| (ended, Traffic::default())),
    };
    drop((input, output));
    let mut open = Open;
    let passage = Passage {
        child: Child::watch(pid, Grouping::Shared)?,
        signals,
        guard: guard.unwrap_or(&mut open),
        caller_in: true,
        to_command: Some(to_command),
        from_command: Some(from_command),
        caller_out: Some(Outlet::to(standard(Standard::Output)).map_err(|error| failed_io(&error))?),
        on: Waiting::default(),
        back: Waiting::default(),
        traffic: Traffic::default(),
        ended: None,
        quiet_since: Instant::now(),
    };
    passage.run()
}

fn channel() -> Result<(OwnedFd, OwnedFd), Failure> {
    pipe2(OFlag::O_CLOEXEC).map_err(failed)
}

fn failed(error: Errno) -> Failure {
    Failure::System("cannot connect the command", error.into())
}

fn failed_io(error: &io::Error) -> Failure {
    Failure::System("cannot connect the command", io::Error::from(error.kind()))
}

/// Bytes that wait to be written, with those in front that are written already.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    written: usize,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.written >= self.bytes.len()
    }

    fn has_room(&self) -> bool {
        self.bytes.len() < ROOM
    }

    fn front(&self) -> &[u8] {
        self.bytes.get(self.written..).unwrap_or_default()
    }

    fn take(&mut self, count: usize) {
        self.written = self.written.saturating_add(count);
        if self.is_empty() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.written = 0;
    }
}

/// What can happen.
#[derive(Clone, Copy)]
enum Source {
    Signals,
    Child,
    CallerIn,
    ToCommand,
    FromCommand,
    CallerOut,
}

/// A run under way.
struct Passage<'g> {
    child: Child,
    signals: Signals,
    guard: &'g mut dyn Guard,
    /// Whether the caller may send more.
    caller_in: bool,
    to_command: Option<OwnedFd>,
    from_command: Option<OwnedFd>,
    caller_out: Option<Outlet>,
    on: Waiting,
    back: Waiting,
    traffic: Traffic,
    ended: Option<Ended>,
    quiet_since: Instant,
}

impl Passage<'_> {
    fn run(mut self) -> Result<(Ended, Traffic), Failure> {
        loop {
            for source in self.ready()? {
                self.serve(source)?;
            }
            if self.to_command.is_some() && !self.caller_in && self.on.is_empty() {
                self.to_command = None;
            }
            if let Some(ended) = self.ended
                && self.is_drained()
            {
                return Ok((ended, self.traffic));
            }
        }
    }

    /// Everything that the command wrote is with the caller, unless nobody takes it.
    fn is_drained(&self) -> bool {
        let silent = self.from_command.is_none() || self.quiet_since.elapsed() >= QUIET_CAP;
        self.caller_out.is_none() || self.back.is_empty() && silent
    }

    fn ready(&self) -> Result<Vec<Source>, Failure> {
        let sources = self.sources();
        let mut polled: Vec<PollFd<'_>> =
            sources.iter().map(|(_, fd, flags)| PollFd::new(*fd, *flags)).collect();
        let timeout = if self.ended.is_some() { PollTimeout::from(50u8) } else { PollTimeout::NONE };
        match poll(&mut polled, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(Failure::System("cannot wait for the command", error.into())),
        }
        let happened = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        let ready = sources.iter().zip(&polled).filter(|(_, fd)| happened(fd));
        Ok(ready.map(|((source, ..), _)| *source).collect())
    }

    fn sources(&self) -> Vec<(Source, BorrowedFd<'_>, PollFlags)> {
        let (input, output) = (PollFlags::POLLIN, PollFlags::POLLOUT);
        let mut sources = vec![(Source::Signals, self.signals.as_fd(), input)];
        if self.ended.is_none() {
            sources.push((Source::Child, self.child.as_fd(), input));
        }
        if self.caller_in && self.to_command.is_some() && self.on.has_room() && self.back.has_room() {
            sources.push((Source::CallerIn, standard(Standard::Input), input));
        }
        if let Some(fd) = self.to_command.as_ref() {
            // With nothing to write, only its end counts.
            let flags = if self.on.is_empty() { PollFlags::empty() } else { output };
            sources.push((Source::ToCommand, fd.as_fd(), flags));
        }
        if let Some(fd) = self.from_command.as_ref().filter(|_| self.back.has_room()) {
            sources.push((Source::FromCommand, fd.as_fd(), input));
        }
        if let Some(outlet) = self.caller_out.as_ref().filter(|_| !self.back.is_empty()) {
            sources.push((Source::CallerOut, outlet.as_fd(), output));
        }
        sources
    }

    fn serve(&mut self, source: Source) -> Result<(), Failure> {
        match source {
            Source::Signals => self.receive(),
            Source::Child => self.reap(),
            Source::CallerIn => return self.take_from_caller(),
            Source::ToCommand => self.pass_on(),
            Source::FromCommand => return self.take_from_command(),
            Source::CallerOut => self.answer(),
        }
        Ok(())
    }

    fn receive(&mut self) {
        while let Some(received) = self.signals.next() {
            if received.signal == Signal::SIGCHLD {
                self.reap();
            } else if received.is_for(self.child.pid(), self.child.grouping()) {
                self.child.signal(received.signal);
            }
        }
    }

    fn reap(&mut self) {
        let change = if self.ended.is_none() { self.child.change() } else { None };
        if let Some(ended) = change.and_then(child::end) {
            self.ended = Some(ended);
            self.to_command = None;
            self.quiet_since = Instant::now();
        }
    }

    fn take_from_caller(&mut self) -> Result<(), Failure> {
        let mut piece = vec![0; PIECE];
        match read(standard(Standard::Input), &mut piece) {
            Ok(0) => self.caller_in = false,
            Ok(count) => {
                self.traffic.received = self.traffic.received.saturating_add(count as u64);
                let piece = piece.get(..count).unwrap_or_default();
                let kept = self.guard.inward(piece, &mut self.on.bytes, &mut self.back.bytes);
                return self.kept(kept);
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => self.caller_in = false,
        }
        Ok(())
    }

    fn take_from_command(&mut self) -> Result<(), Failure> {
        let Some(fd) = &self.from_command else { return Ok(()) };
        let mut piece = vec![0; PIECE];
        match read(fd, &mut piece) {
            Ok(0) => self.from_command = None,
            Ok(count) => {
                self.quiet_since = Instant::now();
                let piece = piece.get(..count).unwrap_or_default();
                let kept = self.guard.outward(piece, &mut self.back.bytes);
                return self.kept(kept);
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => self.from_command = None,
        }
        Ok(())
    }

    /// A guard that does not understand what passes lets nothing more pass.
    fn kept(&mut self, kept: io::Result<()>) -> Result<(), Failure> {
        let Err(error) = kept else { return Ok(()) };
        self.to_command = None;
        self.from_command = None;
        self.child.signal_all(Signal::SIGKILL);
        Err(Failure::System("the copy was broken off", error))
    }

    fn pass_on(&mut self) {
        let Some(fd) = &self.to_command else { return };
        if self.on.is_empty() {
            self.to_command = None;
            return;
        }
        match write(fd, self.on.front()) {
            Ok(count) => self.on.take(count),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => {
                self.on.clear();
                self.to_command = None;
            }
        }
    }

    fn answer(&mut self) {
        let Some(outlet) = &self.caller_out else { return };
        match outlet.write(self.back.front()) {
            Ok(count) => {
                self.traffic.sent = self.traffic.sent.saturating_add(count as u64);
                self.back.take(count);
                self.quiet_since = Instant::now();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => {
                // The command learns it as it would without gate: nobody reads.
                self.back.clear();
                self.caller_out = None;
                self.from_command = None;
            }
        }
    }
}
