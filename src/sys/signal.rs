//! Dispositions and deliveries that the standard library has no call for.

use nix::{
    libc,
    sys::{
        resource::{Resource, setrlimit},
        signal::{
            SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, killpg, sigaction, sigprocmask,
        },
    },
    unistd::Pid,
};

/// Gives a signal its default disposition.
pub fn reset(signal: libc::c_int) {
    let Ok(signal) = Signal::try_from(signal) else { return };
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default disposition runs no code of this program.
    #[expect(unsafe_code, reason = "installing a disposition is unsafe in general")]
    let _ = unsafe { sigaction(signal, &default) };
}

/// Sends a signal to one process; never to "all", to a group or to init (pids of 1 and less are refused).
///
/// # Errors
/// The kernel's, and `EINVAL` for a pid of 1 or less.
pub fn send(pid: Pid, signal: Signal) -> nix::Result<()> {
    if pid.as_raw() > 1 { kill(pid, signal) } else { Err(nix::errno::Errno::EINVAL) }
}

/// Sends a signal to a process group; never to the own one, to "all" or to init (groups of 1 and less are refused).
///
/// # Errors
/// As [`send`].
pub fn send_group(group: Pid, signal: Signal) -> nix::Result<()> {
    if group.as_raw() > 1 { killpg(group, signal) } else { Err(nix::errno::Errno::EINVAL) }
}

/// Ends this process as the signal would have ended it, so that the caller sees that a signal did it.
///
/// Writes no core file: the command may have written its own. Returns where the signal cannot end this process, as
/// init cannot be ended; then the caller exits with 128+n.
pub fn die_of(signal: u8) {
    if std::process::id() == 1 {
        return;
    }
    let Ok(name) = Signal::try_from(libc::c_int::from(signal)) else {
        return die_of_real_time(signal);
    };
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    reset(libc::c_int::from(signal));
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&SigSet::from_iter([name])), None);
    let _ = nix::sys::signal::raise(name);
}

/// Real-time signals have no names in `Signal`; they are never blocked or caught by this program.
fn die_of_real_time(signal: u8) {
    // SAFETY: raise takes a number and fails on one that is no signal.
    #[expect(unsafe_code, reason = "nix cannot name real-time signals")]
    let _ = unsafe { libc::raise(libc::c_int::from(signal)) };
}
