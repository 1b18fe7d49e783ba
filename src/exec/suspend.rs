//! Stopping together with the command, so that the caller's shell sees a stopped job.

use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise, sigprocmask};

/// Stops this process as a member of its group that job control stopped was stopped.
///
/// A plain SIGSTOP of the command is its sender's business: gate would not learn of its end. A terminal's stop goes to
/// the whole group and so does the shell's SIGCONT. In an orphaned group the kernel discards the stop.
pub(super) fn with_group_member(signal: u8) {
    let stops = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];
    let Some(signal) = stops.into_iter().find(|stop| *stop as i32 == i32::from(signal)) else { return };
    let set = SigSet::from_iter([signal]);
    let mut before = SigSet::empty();
    if raise(signal).is_ok() && sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&set), Some(&mut before)).is_ok() {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
    }
}
