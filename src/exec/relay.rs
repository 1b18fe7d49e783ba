//! The loop of a run: one `poll` over everything that can happen, until the command ended and its output is out.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
};

use crate::sys::{monitor::Place, process::Change, pty::Follower, terminal::Display};

use super::{
    Ended, Event, Failure, Sink,
    child::{self, Child},
    console::{Console, Keys},
    flow::{Flow, PATIENCE},
    signals::{Grouping, Received, Signals},
    suspend,
};

/// After the command's end its orphans may hold its output open: how long silence, and how long anything, is borne.
const QUIET_CAP: Duration = Duration::from_millis(200);
const DRAIN_CAP: Duration = Duration::from_secs(2);
/// How long a terminated command may take to end before it is killed, and a killed one before it is left to init.
const GRACE: Duration = Duration::from_secs(1);

/// A run under way.
pub(super) struct Relay<'a> {
    pub(super) child: Child,
    pub(super) signals: Signals,
    pub(super) flows: Vec<Flow>,
    pub(super) console: Option<Console>,
    /// Held until the command ended: programs close their outputs before they exit, and a leader that nobody holds a
    /// follower of looks like the end; to let go of it then would hang up on them.
    pub(super) follower: Option<Follower>,
    pub(super) sink: Option<&'a mut dyn Sink>,
    pub(super) state: State,
}

/// What the loop remembers.
#[derive(Default)]
pub(super) struct State {
    ended: Option<Ended>,
    /// Whether the sink had output since it was last told that there is no more.
    unflushed: bool,
    broken: Option<Broken>,
    drain: Drain,
}

/// The sink failed: the command is terminated.
struct Broken {
    error: io::Error,
    since: Instant,
    killed: bool,
}

/// How long orphans have been waited for; time in which the caller did not take what was there does not count.
#[derive(Default)]
struct Drain {
    last: Option<Instant>,
    quiet: Duration,
    total: Duration,
}

/// What a ready descriptor is.
#[derive(Clone, Copy)]
enum Source {
    Signals,
    Child,
    Output(usize),
    Outlet(usize),
    Keyboard,
    Leader,
}

impl Relay<'_> {
    /// Runs until the command ended and everything that it wrote is passed on and recorded.
    pub(super) fn run(mut self) -> Result<Ended, Failure> {
        loop {
            let (ready, silent) = self.wait()?;
            for (source, events) in ready {
                self.serve(source, events);
            }
            self.record(silent);
            self.escalate();
            if let Some(ended) = self.state.ended
                && self.is_drained()
            {
                return self.finish(ended);
            }
        }
    }

    /// Waits for something to happen; tells what is ready, and whether nothing was.
    fn wait(&mut self) -> Result<(Vec<(Source, PollFlags)>, bool), Failure> {
        let sources = self.sources();
        let mut polled: Vec<PollFd<'_>> =
            sources.iter().map(|(_, fd, flags)| PollFd::new(*fd, *flags)).collect();
        match poll(&mut polled, self.timeout()) {
            Ok(0) => Ok((Vec::new(), true)),
            Ok(_) => {
                let events = polled.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
                let ready = sources.iter().map(|(source, ..)| *source).zip(events);
                Ok((ready.filter(|(_, events)| !events.is_empty()).collect(), false))
            }
            Err(Errno::EINTR) => Ok((Vec::new(), false)),
            Err(error) => Err(Failure::System("cannot wait for the command", error.into())),
        }
    }

    fn sources(&self) -> Vec<(Source, BorrowedFd<'_>, PollFlags)> {
        let (read, write) = (PollFlags::POLLIN, PollFlags::POLLOUT);
        let mut sources = Vec::with_capacity(8);
        sources.push((Source::Signals, self.signals.as_fd(), read));
        if self.state.ended.is_none() {
            sources.push((Source::Child, self.child.as_fd(), read));
        }
        for (index, flow) in self.flows.iter().enumerate() {
            sources.extend(flow.readable().map(|fd| (Source::Output(index), fd, read)));
            sources.extend(flow.writable().map(|fd| (Source::Outlet(index), fd, write)));
        }
        if let Some(console) = &self.console {
            sources.extend(console.keyboard().map(|fd| (Source::Keyboard, fd, read)));
            sources.extend(console.typed().map(|fd| (Source::Leader, fd, write)));
        }
        sources
    }

    /// Forever, unless the sink waits for more output or has something due, an orphan is waited for, or a terminated
    /// command is.
    fn timeout(&self) -> PollTimeout {
        let waiting = self.state.unflushed || self.flows.iter().any(|flow| flow.waiting_since().is_some());
        let patience = if waiting && self.sink.is_some() {
            Some(PATIENCE)
        } else if self.state.ended.is_some() || self.state.broken.is_some() {
            Some(Duration::from_millis(50))
        } else {
            // Rounded up to whole milliseconds, or the kernel would wait too short again and again.
            self.sink_due().map(|due| due + Duration::from_millis(1))
        };
        patience.map_or(PollTimeout::NONE, |patience| {
            PollTimeout::try_from(patience).unwrap_or(PollTimeout::ZERO)
        })
    }

    fn sink_due(&self) -> Option<Duration> {
        self.sink.as_ref().and_then(|sink| sink.due())
    }

    fn serve(&mut self, source: Source, events: PollFlags) {
        match source {
            Source::Signals => self.receive(),
            Source::Child => self.reap(),
            Source::Output(index) => self.read(index),
            Source::Outlet(index) => self.flows.get_mut(index).map_or((), Flow::pass_on),
            Source::Keyboard => self.read_keys(events),
            Source::Leader => self.console.as_mut().map_or((), Console::pass_on_keys),
        }
    }

    /// Reads one stream; what another has pending goes to the sink first, so that the recording keeps their order.
    fn read(&mut self, index: usize) {
        for other in (0..self.flows.len()).filter(|other| *other != index) {
            self.record_flow(other);
        }
        if let Some(flow) = self.flows.get_mut(index) {
            flow.fill();
            flow.pass_on();
            self.state.drain.quiet = Duration::ZERO;
        }
    }

    fn record(&mut self, silent: bool) {
        let now = Instant::now();
        for index in 0..self.flows.len() {
            if self.flows.get(index).is_some_and(|flow| silent || flow.is_due(now)) {
                self.record_flow(index);
            }
        }
        let due = self.sink_due().is_some_and(|due| due.is_zero());
        if due || silent && std::mem::take(&mut self.state.unflushed) {
            self.tell(Event::Idle);
        }
    }

    fn record_flow(&mut self, index: usize) {
        let Some(flow) = self.flows.get_mut(index) else { return };
        let Some(sink) = self.sink.as_deref_mut() else { return flow.skip_recording() };
        if flow.waiting_since().is_none() {
            return;
        }
        self.state.unflushed = true;
        if let Err(error) = flow.record(sink) {
            self.break_off(error);
        }
    }

    fn tell(&mut self, event: Event<'_>) {
        if let Some(sink) = self.sink.as_deref_mut()
            && let Err(error) = sink.take(event)
        {
            self.break_off(error);
        }
    }

    /// The recording is strict and cannot go on: the command is terminated, and nobody waits for its output.
    fn break_off(&mut self, error: io::Error) {
        self.sink = None;
        self.flows.iter_mut().for_each(Flow::abandon);
        if self.state.ended.is_none() {
            self.child.signal_all(Signal::SIGTERM);
            self.child.signal_all(Signal::SIGCONT);
        }
        self.state.broken = Some(Broken { error, since: Instant::now(), killed: false });
    }

    /// Kills a terminated command that did not end, and gives one up that cannot even be killed.
    fn escalate(&mut self) {
        let Some(broken) = self.state.broken.as_mut().filter(|_| self.state.ended.is_none()) else { return };
        if broken.since.elapsed() < GRACE {
            return;
        }
        if broken.killed {
            self.state.ended = Some(Ended::Signalled { signal: Signal::SIGKILL as u8, core: false });
        } else {
            broken.killed = true;
            broken.since = Instant::now();
            self.child.signal_all(Signal::SIGKILL);
        }
    }

    fn receive(&mut self) {
        while let Some(received) = self.signals.next() {
            match received.signal {
                Signal::SIGCHLD => self.reap(),
                Signal::SIGWINCH => self.follow_size(),
                Signal::SIGHUP if self.console.is_some() => {
                    self.forward(received);
                    self.hang_up();
                }
                Signal::SIGCONT if self.child.is_job() => self.resume(),
                _ => self.forward(received),
            }
        }
    }

    fn forward(&self, received: Received) {
        if self.state.ended.is_none() && received.is_for(self.child.pid(), self.child.grouping()) {
            self.child.signal(received.signal);
        }
    }

    fn reap(&mut self) {
        while self.state.ended.is_none()
            && let Some(change) = self.child.change()
        {
            match (child::end(change), change) {
                (Some(ended), _) => self.end(ended),
                (None, Change::Stopped(signal)) => self.suspend(signal),
                (None, _) => {}
            }
        }
    }

    fn end(&mut self, ended: Ended) {
        self.state.ended = Some(ended);
        self.follower = None;
        for flow in &mut self.flows {
            flow.note_end();
        }
        self.state.drain.last = Some(Instant::now());
    }

    /// The command was stopped: because it wants the keyboard, which it gets if gate can have it, or as a job, and then
    /// gate's own job stops with it.
    fn suspend(&mut self, signal: u8) {
        if self.was_continued() {
            return self.child.signal(Signal::SIGCONT);
        }
        let Some(console) = self.console.as_mut().filter(|_| self.child.is_job()) else {
            if self.child.grouping() == Grouping::Shared {
                suspend::with_group_member(signal);
            }
            return;
        };
        let wants_keyboard =
            [Signal::SIGTTIN, Signal::SIGTTOU].iter().any(|stop| *stop as i32 == i32::from(signal));
        if wants_keyboard && console.take_keyboard(Display::AsItIs) {
            return self.child.resume(Place::Foreground);
        }
        if !suspend::jobs_are_controlled() {
            return self.stop_in_vain(signal, wants_keyboard);
        }
        console.release_keyboard();
        suspend::group(signal);
        // The signal that woke gate is spent: left unread it would undo the next stop.
        self.was_continued();
        self.resume();
    }

    /// Whether the caller already continued what was just stopped. To stop now would drop that signal, and no other
    /// would come.
    fn was_continued(&mut self) -> bool {
        let mut continued = false;
        while let Some(received) = self.signals.next() {
            match received.signal {
                Signal::SIGCONT => continued = true,
                Signal::SIGWINCH => self.follow_size(),
                _ => self.forward(received),
            }
        }
        continued
    }

    /// Nobody would ever continue gate: a terminal's stop is discarded, as the kernel discards it in an orphaned group,
    /// and a command that needs a keyboard which nobody can give it is hung up.
    fn stop_in_vain(&self, signal: u8, wants_keyboard: bool) {
        if wants_keyboard {
            self.child.signal(Signal::SIGHUP);
            self.child.signal(Signal::SIGCONT);
        } else if i32::from(signal) == Signal::SIGTSTP as i32 {
            self.child.signal(Signal::SIGCONT);
        }
    }

    /// gate was continued: the terminal may be another's now, or have another size.
    fn resume(&mut self) {
        let Some(console) = &mut self.console else { return };
        let place = if console.retake_keyboard() { Place::Foreground } else { Place::Background };
        self.follow_size();
        self.child.resume(place);
    }

    fn follow_size(&mut self) {
        if let Some(event) = self.console.as_mut().and_then(Console::follow_size) {
            self.tell(event);
        }
    }

    fn read_keys(&mut self, events: PollFlags) {
        let Some(console) = &mut self.console else { return };
        match console.read_keys() {
            Keys::HungUp => return self.hang_up(),
            Keys::None
                if events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR)
                    && console.typed().is_none() =>
            {
                return self.hang_up();
            }
            Keys::None => {}
        }
        if let Some(sink) = self.sink.as_deref_mut()
            && let Some(event) = console.visible_keys()
            && let Err(error) = sink.take(event)
        {
            return self.break_off(error);
        }
        if let Some(console) = &mut self.console {
            console.pass_on_keys();
        }
    }

    /// The caller's terminal is gone: so is the command's.
    fn hang_up(&mut self) {
        if let Some(console) = &mut self.console {
            console.hang_up();
        }
        for flow in &mut self.flows {
            flow.close();
        }
        self.child.signal(Signal::SIGHUP);
        self.child.signal(Signal::SIGCONT);
    }

    /// Whether all output of the command is out, and its orphans were waited for long enough.
    fn is_drained(&mut self) -> bool {
        if self.flows.iter().all(Flow::is_over) {
            return true;
        }
        let now = Instant::now();
        let drain = &mut self.state.drain;
        let elapsed = drain.last.replace(now).map_or(Duration::ZERO, |last| now.duration_since(last));
        if self.flows.iter().any(Flow::is_owed) {
            return false;
        }
        drain.quiet = drain.quiet.saturating_add(elapsed);
        drain.total = drain.total.saturating_add(elapsed);
        drain.quiet >= QUIET_CAP || drain.total >= DRAIN_CAP
    }

    fn finish(mut self, ended: Ended) -> Result<Ended, Failure> {
        for index in 0..self.flows.len() {
            self.record_flow(index);
        }
        self.tell(Event::End(ended));
        match self.state.broken {
            Some(Broken { error, .. }) => Err(Failure::Recording { error, ended }),
            None => Ok(ended),
        }
    }
}
