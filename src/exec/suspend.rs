//! Stopping together with the command, so that the caller's shell sees a stopped job.

use nix::{
    sys::signal::{SigSet, SigmaskHow, Signal, raise, sigprocmask},
    unistd::{getpgid, getpgrp, getppid, getsid},
};

use crate::sys::{process, signal};

/// Tells whether a shell above controls jobs: an ancestor of the same session in another group. Then the group is not
/// orphaned, and the kernel lets it be stopped.
pub(super) fn jobs_are_controlled() -> bool {
    let (session, group) = (getsid(None), getpgrp());
    std::iter::successors(Some(getppid()), |pid| process::parent(*pid))
        .take_while(|pid| pid.as_raw() > 1 && getsid(Some(*pid)) == session)
        .take(MAX_ANCESTORS)
        .any(|pid| getpgid(Some(pid)) != Ok(group))
}

const MAX_ANCESTORS: usize = 64;

/// Stops the whole process group of gate, as the signal that stopped the command would have stopped it without gate:
/// the shell of a script has to see it too. Returns when the group is continued.
pub(super) fn group(signal: u8) {
    let Ok(signal) = Signal::try_from(i32::from(signal)) else { return };
    unblocked(signal, || signal::send_group(getpgrp(), signal).is_ok());
}

/// Stops this process as a member of its group that job control stopped was stopped.
///
/// A plain SIGSTOP of the command is its sender's business: gate would not learn of its end. A terminal's stop goes to
/// the whole group and so does the shell's SIGCONT. In an orphaned group the kernel discards the stop.
pub(super) fn with_group_member(signal: u8) {
    let stops = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];
    let Some(signal) = stops.into_iter().find(|stop| *stop as i32 == i32::from(signal)) else { return };
    unblocked(signal, || raise(signal).is_ok());
}

/// Sends a signal and lets it act before it goes on.
fn unblocked(signal: Signal, send: impl FnOnce() -> bool) {
    let set = SigSet::from_iter([signal]);
    let mut before = SigSet::empty();
    if send() && sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&set), Some(&mut before)).is_ok() {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
    }
}
