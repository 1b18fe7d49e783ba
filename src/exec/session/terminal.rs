//! The caller's terminal during a session: everything passes between it and the terminal on which the session lives.
//!
//! The session's shell, what it runs and gate's own line editor share one inner terminal, so that what is recorded is
//! what was seen. A thread owns both ends and the recording. It can lend the caller's terminal back, to ask a question
//! there that nothing on the inner terminal can answer (I10).

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{signal::Signal, stat::Mode},
    unistd::{dup2_stderr, dup2_stdin, dup2_stdout, pipe2, read, write},
};

use crate::{
    record::{Outcome, Recorder},
    sys::{
        descriptors::Outlet,
        process::{Standard, standard},
        pty::Follower,
        terminal::Display,
    },
};

use super::super::{
    Event, Failure, Sink as _, Stream,
    console::{Console, Keys},
    flow::{Flow, PATIENCE},
    signals::Signals,
};

/// The session's side of the caller's terminal.
pub(super) struct Terminal {
    path: CString,
    orders: Sender<Order>,
    bell: OwnedFd,
    done: Receiver<()>,
    thread: Option<JoinHandle<Option<io::Result<Outcome>>>>,
    /// The standard descriptors as the caller gave them.
    outer: [OwnedFd; 3],
    /// Held so that the inner terminal lives on when nothing else has it open.
    _follower: Follower,
}

/// What the thread is to do.
enum Order {
    /// Give the caller's terminal back.
    Lend,
    /// Take it again.
    Retake,
    /// Note something in the recording.
    Mark(String),
    /// Pass on what is left, and end.
    Stop,
}

struct Relay {
    console: Console,
    flow: Flow,
    signals: Signals,
    orders: Receiver<Order>,
    bell: OwnedFd,
    done: Sender<()>,
    recorder: Option<Recorder>,
    lent: bool,
}

/// What a ready descriptor is.
#[derive(Clone, Copy)]
enum Source {
    Bell,
    Signals,
    Output,
    Outlet,
    Keyboard,
    Leader,
}

impl Terminal {
    /// Opens an inner terminal like the caller's and makes it the standard descriptors of this process.
    ///
    /// # Errors
    /// Where there is no terminal, or no pty.
    pub(super) fn open(signals: Signals, recorder: Option<Recorder>) -> Result<Self, Failure> {
        let failed = |error: Errno| Failure::System("cannot open a pty", error.into());
        let (mut console, pair) = Console::open(standard(Standard::Input).as_fd())?;
        let leader = pair.leader.try_clone().map_err(|error| Failure::System("cannot open a pty", error))?;
        let outlet = Outlet::to(console.as_fd())
            .map_err(|error| Failure::System("cannot open the terminal", error))?;
        let path = pair.path.clone();
        let inner = open(path.as_c_str(), OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC, Mode::empty())
            .map_err(failed)?;
        let outer = outer().map_err(failed)?;
        dup2_stdin(&inner)
            .and_then(|()| dup2_stdout(&inner))
            .and_then(|()| dup2_stderr(&inner))
            .map_err(failed)?;
        let (bell_in, bell) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(failed)?;
        let (orders, incoming) = channel();
        let (done, answers) = channel();
        console.hold_keyboard(Display::Raw);
        let flow = Flow::new(Stream::Terminal, leader, outlet);
        let relay =
            Relay { console, flow, signals, orders: incoming, bell: bell_in, done, recorder, lent: false };
        let thread = std::thread::Builder::new().name("terminal".to_owned()).spawn(move || relay.run());
        let thread = thread.map_err(|error| Failure::System("cannot start a thread", error))?;
        let follower = pair.into_follower();
        Ok(Self { path, orders, bell, done: answers, thread: Some(thread), outer, _follower: follower })
    }

    /// The path of the inner terminal.
    pub(super) const fn path(&self) -> &CString {
        &self.path
    }

    /// Gives the caller's terminal back to whoever asks a question there.
    pub(super) fn lend(&self) {
        self.order(Order::Lend);
        let _ = self.done.recv();
    }

    /// Takes the caller's terminal again.
    pub(super) fn retake(&self) {
        self.order(Order::Retake);
        let _ = self.done.recv();
    }

    /// Notes something in the recording.
    pub(super) fn mark(&self, label: &str) {
        self.order(Order::Mark(label.to_owned()));
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            let _ = write(&self.bell, &[0]);
        }
    }

    /// Passes on what is left, gives the terminal and the standard descriptors back; tells what the recording came to.
    pub(super) fn close(&mut self) -> Option<io::Result<Outcome>> {
        let thread = self.thread.take()?;
        self.order(Order::Stop);
        let outcome = thread.join().ok().flatten();
        let [input, output, error] = &self.outer;
        let _ = dup2_stdin(input).and_then(|()| dup2_stdout(output)).and_then(|()| dup2_stderr(error));
        outcome
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

fn outer() -> nix::Result<[OwnedFd; 3]> {
    let copy = |descriptor| {
        standard(descriptor)
            .try_clone_to_owned()
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))
    };
    Ok([copy(Standard::Input)?, copy(Standard::Output)?, copy(Standard::Error)?])
}

impl Relay {
    fn run(mut self) -> Option<io::Result<Outcome>> {
        if let Some(recorder) = &mut self.recorder {
            recorder.open(Stream::Terminal);
        }
        loop {
            let ready = self.wait();
            for (source, events) in &ready {
                if !self.serve(*source, *events) {
                    return self.finish();
                }
            }
            self.record(ready.is_empty());
        }
    }

    fn wait(&self) -> Vec<(Source, PollFlags)> {
        let sources = self.sources();
        let mut polled: Vec<PollFd<'_>> =
            sources.iter().map(|(_, fd, flags)| PollFd::new(*fd, *flags)).collect();
        if poll(&mut polled, self.timeout()).is_err() {
            return Vec::new();
        }
        let events = polled.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
        let ready = sources.iter().map(|(source, ..)| *source).zip(events);
        ready.filter(|(_, events)| !events.is_empty()).collect()
    }

    fn sources(&self) -> Vec<(Source, BorrowedFd<'_>, PollFlags)> {
        let (input, output) = (PollFlags::POLLIN, PollFlags::POLLOUT);
        let mut sources = vec![(Source::Bell, self.bell.as_fd(), input)];
        sources.extend(self.flow.readable().map(|fd| (Source::Output, fd, input)));
        sources.extend(self.flow.writable().map(|fd| (Source::Outlet, fd, output)));
        if self.lent {
            // Whoever has the terminal meanwhile waits for an answer: that nobody is there any more ends that.
            sources.extend(self.console.outer().map(|fd| (Source::Keyboard, fd, PollFlags::empty())));
        } else {
            sources.push((Source::Signals, self.signals.as_fd(), input));
            sources.extend(self.console.keyboard().map(|fd| (Source::Keyboard, fd, input)));
            sources.extend(self.console.typed().map(|fd| (Source::Leader, fd, output)));
        }
        sources
    }

    /// Until bytes have waited for the recording, or it is due on the disk.
    fn timeout(&self) -> PollTimeout {
        let Some(recorder) = &self.recorder else { return PollTimeout::NONE };
        let patience = match self.flow.waiting_since() {
            Some(_) => Some(PATIENCE),
            None => recorder.due().map(|due| due + Duration::from_millis(1)),
        };
        patience.and_then(|patience| PollTimeout::try_from(patience).ok()).unwrap_or(PollTimeout::NONE)
    }

    /// Serves what is ready; false where it was the order to stop.
    fn serve(&mut self, source: Source, events: PollFlags) -> bool {
        match source {
            Source::Bell => return self.obey(),
            Source::Signals => self.receive(),
            Source::Output => {
                self.flow.fill();
                self.flow.pass_on();
            }
            Source::Outlet => self.flow.pass_on(),
            Source::Keyboard if self.lent => self.hang_up(),
            Source::Keyboard => self.read_keys(events),
            Source::Leader => self.console.pass_on_keys(),
        }
        true
    }

    fn obey(&mut self) -> bool {
        let mut rung = [0; 64];
        let _ = read(&self.bell, &mut rung);
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Lend => self.lend(),
                Order::Retake => {
                    self.console.hold_keyboard(Display::Raw);
                    self.follow_size();
                    self.lent = false;
                    let _ = self.done.send(());
                }
                Order::Mark(label) => {
                    self.record(true);
                    if let Some(recorder) = &mut self.recorder {
                        recorder.mark(&label);
                    }
                }
                Order::Stop => return false,
            }
        }
        true
    }

    fn lend(&mut self) {
        self.drain();
        self.console.release_keyboard();
        self.lent = true;
        let _ = self.done.send(());
    }

    /// Passes on what is there by now, for as long as the caller takes it.
    fn drain(&mut self) {
        let since = Instant::now();
        loop {
            self.flow.fill();
            self.flow.pass_on();
            let Some(outlet) = self.flow.writable() else { return };
            let mut ready = [PollFd::new(outlet, PollFlags::POLLOUT)];
            if since.elapsed() > Duration::from_secs(1) || poll(&mut ready, PollTimeout::from(200u8)) != Ok(1)
            {
                return;
            }
        }
    }

    fn receive(&mut self) {
        while let Some(received) = self.signals.next() {
            match received.signal {
                Signal::SIGWINCH => self.follow_size(),
                Signal::SIGHUP => self.hang_up(),
                _ => {}
            }
        }
    }

    fn follow_size(&mut self) {
        if let Some(event) = self.console.follow_size()
            && let Some(recorder) = &mut self.recorder
        {
            let _ = recorder.take(event);
        }
    }

    fn read_keys(&mut self, events: PollFlags) {
        let gone = events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR);
        match self.console.read_keys() {
            Keys::HungUp => return self.hang_up(),
            Keys::None if gone && self.console.typed().is_none() => return self.hang_up(),
            Keys::None => {}
        }
        if let Some(recorder) = &mut self.recorder
            && let Some(event) = self.console.visible_keys()
        {
            let _ = recorder.take(event);
        }
        self.console.pass_on_keys();
    }

    /// The caller's terminal is gone: so is the session's, and the kernel hangs up on everything there.
    fn hang_up(&mut self) {
        self.console.hang_up();
        self.flow.close();
    }

    fn record(&mut self, silent: bool) {
        let Some(recorder) = &mut self.recorder else { return self.flow.skip_recording() };
        let mut taken = Ok(());
        if silent || self.flow.is_due(Instant::now()) {
            taken = self.flow.record(recorder);
        }
        if taken.is_ok() && recorder.due().is_some_and(|due| due.is_zero()) {
            taken = recorder.take(Event::Idle);
        }
        if taken.is_err() {
            // The recording is strict: the session does not go on without it.
            self.hang_up();
        }
    }

    fn finish(mut self) -> Option<io::Result<Outcome>> {
        self.drain();
        self.record(true);
        self.console.release_keyboard();
        self.recorder.take().map(Recorder::finish)
    }
}
