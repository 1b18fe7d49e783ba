//! The signals that reach gate while a command runs, and which of them are the command's too.

use std::os::fd::{AsFd, BorrowedFd};

use nix::{
    libc,
    sys::{
        signal::{SigSet, SigmaskHow, Signal, sigprocmask},
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::{Pid, getpgid},
};

use crate::sys::{inherited, process, signal};

use super::Failure;

/// What is passed on to the command, with the same number.
const FORWARDED: [Signal; 9] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGCONT,
    Signal::SIGTSTP,
];

/// A signal that came, and from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) signal: Signal,
    pub(super) origin: Origin,
}

/// Who sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The kernel, to every process of the terminal's foreground.
    Kernel,
    /// A process.
    Process(Pid),
}

/// The signals of a run, read from a descriptor; the mask is put back when this value is dropped.
pub(super) struct Signals {
    fd: SignalFd,
    original: SigSet,
}

impl Signals {
    /// Starts to take signals. Those that the caller had ignored stay ignored, for gate as for the command.
    pub(super) fn take() -> Result<Self, Failure> {
        if inherited::is_ignored(libc::SIGCHLD) {
            signal::reset(libc::SIGCHLD);
        }
        let wanted = FORWARDED.into_iter().filter(|signal| !inherited::is_ignored(*signal as libc::c_int));
        let taken: SigSet = wanted.chain([Signal::SIGCHLD, Signal::SIGWINCH]).collect();
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let fd = SignalFd::with_flags(&taken, flags)
            .map_err(|error| Failure::System("cannot take signals", error.into()))?;
        let mut original = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&taken), Some(&mut original))
            .map_err(|error| Failure::System("cannot take signals", error.into()))?;
        Ok(Self { fd, original })
    }

    /// The mask that the caller gave, for the command.
    pub(super) const fn original(&self) -> &SigSet {
        &self.original
    }

    /// The next signal, if one came.
    pub(super) fn next(&self) -> Option<Received> {
        loop {
            let info = self.fd.read_signal().ok()??;
            let Ok(signal) = libc::c_int::try_from(info.ssi_signo)
                .map_err(drop)
                .and_then(|number| Signal::try_from(number).map_err(drop))
            else {
                continue;
            };
            let sender = libc::pid_t::try_from(info.ssi_pid).unwrap_or(0);
            let from_process = info.ssi_code <= libc::SI_USER && sender > 0;
            let origin = if from_process { Origin::Process(Pid::from_raw(sender)) } else { Origin::Kernel };
            return Some(Received { signal, origin });
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Signals {
    /// Signals that came too late to be passed on are forgotten: the run is over, and gate still has to write so.
    fn drop(&mut self) {
        while self.next().is_some() {}
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.original), None);
    }
}

/// Whether the command stands in gate's own process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// It shares gate's group, and so gets what the terminal sends to the group.
    Shared,
    /// It leads a group in a session of its own.
    Own,
}

impl Received {
    /// Whether the command is to get the signal: not where it sent it itself, and not where it got it already.
    pub(super) fn is_for(self, command: Pid, grouping: Grouping) -> bool {
        if !FORWARDED.contains(&self.signal) {
            return false;
        }
        match (self.origin, grouping) {
            (Origin::Kernel, Grouping::Shared) => false,
            (Origin::Kernel, Grouping::Own) => true,
            (Origin::Process(sender), Grouping::Shared) => !process::descends(sender, command),
            (Origin::Process(sender), Grouping::Own) => {
                getpgid(Some(sender)) != Ok(command) && !process::descends(sender, command)
            }
        }
    }
}
