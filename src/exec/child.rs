//! The command as a process: started, signalled, waited for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::{sys::signal::Signal, unistd::Pid};

use crate::sys::{
    monitor::{Monitor, Place},
    process::{self, Change},
    signal,
};

use super::{Ended, Failure, signals::Grouping};

/// A started command.
pub(super) struct Child {
    pid: Pid,
    grouping: Grouping,
    link: Link,
}

/// How gate learns what becomes of the command.
enum Link {
    /// From the kernel: it is gate's own child.
    Child(OwnedFd),
    /// From the process that leads its session.
    Monitor(Monitor),
}

impl Child {
    /// Watches a process that was just started.
    pub(super) fn watch(pid: Pid, grouping: Grouping) -> Result<Self, Failure> {
        let end = process::watch(pid).map_err(|error| {
            // What cannot be watched is not left running.
            let _ = signal::send(pid, Signal::SIGKILL);
            Failure::System("cannot watch the command", error.into())
        })?;
        Ok(Self { pid, grouping, link: Link::Child(end) })
    }

    /// Listens to a monitor.
    pub(super) const fn behind(monitor: Monitor) -> Self {
        Self { pid: monitor.command, grouping: Grouping::Own, link: Link::Monitor(monitor) }
    }

    pub(super) const fn pid(&self) -> Pid {
        self.pid
    }

    pub(super) const fn grouping(&self) -> Grouping {
        self.grouping
    }

    /// Sends a signal: to the command's group where it has one of its own, else to it alone, because its group is the
    /// caller's.
    pub(super) fn signal(&self, signal: Signal) {
        let _ = match self.grouping {
            Grouping::Own => signal::send_group(self.pid, signal),
            Grouping::Shared => signal::send(self.pid, signal),
        };
    }

    /// Sends a signal to the command and to everything that it started, as far as that can be found.
    pub(super) fn signal_all(&self, signal: Signal) {
        for descendant in process::descendants(self.pid) {
            let _ = signal::send(descendant, signal);
        }
        self.signal(signal);
    }

    /// What became of it, if something did since the last question.
    pub(super) fn change(&mut self) -> Option<Change> {
        match &mut self.link {
            Link::Child(_) => process::changed(self.pid).ok().flatten(),
            Link::Monitor(monitor) => monitor.change(),
        }
    }

    /// Whether a monitor makes it a job that can be stopped and continued.
    pub(super) const fn is_job(&self) -> bool {
        matches!(self.link, Link::Monitor(_))
    }

    /// Continues it at this place of its terminal.
    pub(super) fn resume(&self, place: Place) {
        match &self.link {
            Link::Child(_) => self.signal(Signal::SIGCONT),
            Link::Monitor(monitor) => monitor.resume(place),
        }
    }
}

impl AsFd for Child {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.link {
            Link::Child(end) => end.as_fd(),
            Link::Monitor(monitor) => monitor.as_fd(),
        }
    }
}

/// How a run ended, if a change is an end.
pub(super) const fn end(change: Change) -> Option<Ended> {
    match change {
        Change::Exited(status) => Some(Ended::Exited(status)),
        Change::Killed { signal, core } => Some(Ended::Signalled { signal, core }),
        Change::Stopped(_) => None,
    }
}
