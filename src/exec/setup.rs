//! From the decision about each descriptor to a started command with its streams connected.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::signal::SigSet,
    unistd::pipe2,
};

use crate::sys::{
    descriptors::Outlet,
    monitor::{self, Monitor, Place},
    process::{self, Image, Session, Standard, Wire, standard},
    pty::{Follower, Pair},
    terminal::Display,
};

use super::{
    Failure, Stream, child::Child, console::Console, flow::Flow, signals::Grouping, suspend, wiring::Use,
};

/// The size of a pty that stands for no terminal.
const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// Everything that is connected to a command before it starts.
pub(super) struct Setup {
    uses: [Use; 3],
    pair: Option<Pair>,
    console: Option<Console>,
    /// Write ends for the command, by descriptor.
    ends: [Option<OwnedFd>; 3],
    flows: Vec<Flow>,
}

/// A command that runs, connected.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) flows: Vec<Flow>,
    pub(super) console: Option<Console>,
    pub(super) follower: Option<Follower>,
}

/// Why a command does not run.
pub(super) enum Unstarted {
    /// The kernel did not execute the file.
    Refused(Errno),
    /// gate could not go so far.
    Failed(Failure),
}

impl From<monitor::Unstarted> for Unstarted {
    fn from(unstarted: monitor::Unstarted) -> Self {
        match unstarted {
            monitor::Unstarted::Refused(error) => Self::Refused(error),
            monitor::Unstarted::Failed(error) => Self::Failed(Failure::Start(error)),
        }
    }
}

impl Setup {
    /// Opens the pty and the pipes that the command is to have.
    pub(super) fn make(uses: [Use; 3]) -> Result<Self, Failure> {
        let mut setup = Self { uses, pair: None, console: None, ends: [None, None, None], flows: Vec::new() };
        for (index, descriptor, stream) in
            [(1, Standard::Output, Stream::Output), (2, Standard::Error, Stream::Error)]
        {
            if uses.get(index) == Some(&Use::Pipe) {
                let end = setup.add_pipe(descriptor, stream)?;
                setup.ends.get_mut(index).map(|slot| slot.replace(end));
            }
        }
        if uses.contains(&Use::Follower) {
            setup.open_pty()?;
        }
        Ok(setup)
    }

    fn add_pipe(&mut self, descriptor: Standard, stream: Stream) -> Result<OwnedFd, Failure> {
        let failed = |error: std::io::Error| Failure::System("cannot connect the command's output", error);
        let (read, write) = pipe2(OFlag::O_CLOEXEC).map_err(|error| failed(error.into()))?;
        fcntl(&read, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|error| failed(error.into()))?;
        let outlet = Outlet::to(standard(descriptor)).map_err(failed)?;
        self.flows.push(Flow::new(stream, read, outlet));
        Ok(write)
    }

    /// The kernel makes `\r\n` of newlines (ONLCR). gate could do that in its place, and output of very short lines would
    /// pass ten times faster, but not unnoticed. A program that passes a terminal on (`script`, `sudo`, `tmux`, `ssh`)
    /// first copies the settings, so its own terminal would not make `\r\n` either, and then makes this one raw: bare
    /// newlines reach the caller. That somebody reads settings cannot be seen from here, and that they were changed is
    /// seen too late: a change has no place in the stream of bytes.
    fn open_pty(&mut self) -> Result<(), Failure> {
        let failed = |error| Failure::System("cannot open a pty", error);
        let pair = match self.own_terminal() {
            Some(terminal) => {
                let (console, pair) = Console::open(standard(terminal).as_fd())?;
                self.console = Some(console);
                pair
            }
            None => Pair::open(ROWS, COLUMNS).map_err(failed)?,
        };
        let outlet = match &self.console {
            Some(console) => Outlet::to(console.as_fd()),
            None => Outlet::to(standard(Standard::Output)),
        };
        let leader = pair.leader.try_clone().map_err(failed)?;
        self.flows.push(Flow::new(Stream::Terminal, leader, outlet.map_err(failed)?));
        self.pair = Some(pair);
        Ok(())
    }

    fn own_terminal(&self) -> Option<Standard> {
        let kinds = super::wiring::kinds();
        [Standard::Output, Standard::Error, Standard::Input]
            .into_iter()
            .find(|descriptor| kinds.get(*descriptor as usize) == Some(&super::wiring::Kind::Own))
    }

    /// Starts the command.
    pub(super) fn start(mut self, image: &Image, mask: &SigSet) -> Result<Started, Unstarted> {
        let eager = self.uses[1] == Use::Follower;
        let child = match (&self.pair, &self.console) {
            (Some(pair), Some(_)) if !eager || suspend::jobs_are_controlled() => {
                let place = if eager { Place::Foreground } else { Place::Background };
                Child::behind(Monitor::start(image, self.wires(), &pair.path, mask, place)?)
            }
            (Some(_), _) => self.spawn(image, Session::New, mask)?,
            (None, _) => self.spawn(image, Session::Same, mask)?,
        };
        if let Some(console) = self.console.as_mut().filter(|_| eager) {
            console.take_keyboard(Display::Raw);
        }
        let follower = self.pair.map(Pair::into_follower);
        Ok(Started { child, flows: self.flows, console: self.console, follower })
    }

    fn spawn(&self, image: &Image, session: Session, mask: &SigSet) -> Result<Child, Unstarted> {
        let grouping = match session {
            Session::New => Grouping::Own,
            Session::Same => Grouping::Shared,
        };
        let pid = process::spawn(image, self.wires(), session, mask).map_err(Unstarted::Refused)?;
        Child::watch(pid, grouping).map_err(Unstarted::Failed)
    }

    fn wires(&self) -> [Wire<'_>; 3] {
        let mut follower = None;
        let mut wires = [Wire::Keep; 3];
        for (descriptor, (wire, what)) in (0..).zip(wires.iter_mut().zip(self.uses)) {
            *wire = match what {
                Use::Keep => Wire::Keep,
                Use::Pipe => self.end(descriptor),
                Use::OutputPipe => self.end(1),
                Use::Nothing => Wire::Open(c"/dev/null"),
                Use::Follower => match (follower, &self.pair) {
                    (Some(opened), _) => Wire::Copy(opened),
                    (None, Some(pair)) => {
                        follower = Some(i32::try_from(descriptor).unwrap_or(0));
                        Wire::Open(&pair.path)
                    }
                    (None, None) => Wire::Keep,
                },
            };
        }
        wires
    }

    fn end(&self, descriptor: usize) -> Wire<'_> {
        match self.ends.get(descriptor) {
            Some(Some(end)) => Wire::Copy(end.as_raw_fd()),
            _ => Wire::Keep,
        }
    }
}
