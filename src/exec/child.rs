//! The command as a process: started, signalled, waited for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::{sys::signal::Signal, unistd::Pid};

use crate::sys::{
    process::{self, Change},
    signal,
};

use super::{Ended, Failure, signals::Grouping};

/// A started command.
pub(super) struct Child {
    pid: Pid,
    end: OwnedFd,
    grouping: Grouping,
}

impl Child {
    /// Watches a process that was just started.
    pub(super) fn watch(pid: Pid, grouping: Grouping) -> Result<Self, Failure> {
        let end =
            process::watch(pid).map_err(|error| Failure::System("cannot watch the command", error.into()))?;
        Ok(Self { pid, end, grouping })
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
    pub(super) fn change(&self) -> Option<Change> {
        process::changed(self.pid).ok().flatten()
    }
}

impl AsFd for Child {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
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
