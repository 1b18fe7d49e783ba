//! Starting programs: `posix_spawn` and `execve`, and how a started program ended.

use std::{
    ffi::{CStr, CString},
    os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    libc,
    spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn},
    sys::{signal::SigSet, stat::Mode},
    unistd::Pid,
};

use super::inherited;

/// A program with its arguments and environment, in the form that the kernel takes.
#[derive(Clone, Debug)]
pub struct Image {
    /// The file that is executed.
    pub file: CString,
    /// The argument vector, name first.
    pub argv: Vec<CString>,
    /// The environment, `NAME=value` each.
    pub environment: Vec<CString>,
}

/// What becomes of one standard descriptor in a new program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire<'a> {
    /// It stays as it is; closed where the caller had it closed.
    Keep,
    /// It becomes a copy of this descriptor.
    Copy(RawFd),
    /// This terminal is opened on it.
    Open(&'a CStr),
}

/// Whether a new program belongs to the session and process group of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// It does.
    Same,
    /// It leads a session of its own; the first terminal that is opened on a standard descriptor controls it.
    New,
}

/// Replaces this process by a program, with SIGPIPE, mask and standard descriptors as the caller gave them.
///
/// Returns only if that fails.
#[must_use]
pub fn replace(image: &Image) -> Errno {
    inherited::restore();
    match nix::unistd::execve(&image.file, &image.argv, &image.environment) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// Starts a program with the signal mask `mask`; its dispositions are those that this process got.
///
/// # Errors
/// The kernel's answer to `execve`, or to what has to be done before it.
pub fn spawn(image: &Image, wires: [Wire<'_>; 3], session: Session, mask: &SigSet) -> nix::Result<Pid> {
    let mut actions = PosixSpawnFileActions::init()?;
    for (wire, descriptor) in wires.iter().zip(0..) {
        match wire {
            Wire::Keep if inherited::was_closed(descriptor) => actions.add_close(descriptor)?,
            Wire::Keep => {}
            Wire::Copy(source) => actions.add_dup2(*source, descriptor)?,
            Wire::Open(path) => actions.add_open(descriptor, *path, OFlag::O_RDWR, Mode::empty())?,
        }
    }
    let mut attributes = PosixSpawnAttr::init()?;
    let mut flags = PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK;
    attributes.set_sigmask(mask)?;
    flags |= PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF;
    attributes.set_sigdefault(&inherited::ignored_since().collect())?;
    if session == Session::New {
        flags |= PosixSpawnFlags::from_bits_retain(libc::c_int::from(libc::POSIX_SPAWN_SETSID));
    }
    attributes.set_flags(flags)?;
    posix_spawn(image.file.as_c_str(), &actions, &attributes, &image.argv, &image.environment)
}

/// Borrows a standard descriptor of this process.
///
/// They are always open: the runtime opens `/dev/null` on those that the caller had closed.
#[must_use]
pub fn standard(descriptor: Standard) -> BorrowedFd<'static> {
    // SAFETY: 0, 1 and 2 are open from before `main` until the process ends or is replaced.
    #[expect(unsafe_code, reason = "the standard library lends them only through buffered handles")]
    unsafe {
        BorrowedFd::borrow_raw(descriptor as RawFd)
    }
}

/// A standard descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Standard input.
    Input = 0,
    /// Standard output.
    Output = 1,
    /// Standard error.
    Error = 2,
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It exited with this status.
    Exited(u8),
    /// A signal, by number, killed it.
    Killed {
        /// The signal's number.
        signal: u8,
        /// Whether the kernel wrote a core file.
        core: bool,
    },
    /// A signal, by number, stopped it.
    Stopped(u8),
}

impl Change {
    /// Reads a status as `wait` gives it; real-time signals included.
    #[must_use]
    pub const fn of(status: libc::c_int) -> Option<Self> {
        if libc::WIFEXITED(status) {
            Some(Self::Exited(libc::WEXITSTATUS(status).to_le_bytes()[0]))
        } else if libc::WIFSIGNALED(status) {
            let signal = libc::WTERMSIG(status).to_le_bytes()[0];
            Some(Self::Killed { signal, core: libc::WCOREDUMP(status) })
        } else if libc::WIFSTOPPED(status) {
            Some(Self::Stopped(libc::WSTOPSIG(status).to_le_bytes()[0]))
        } else {
            None
        }
    }
}

/// Asks, without waiting, what became of a child.
///
/// # Errors
/// `ECHILD` where there is no such child.
pub fn changed(child: Pid) -> nix::Result<Option<Change>> {
    let mut status = 0;
    // SAFETY: waitpid writes one integer to the pointer, which is valid for it.
    #[expect(unsafe_code, reason = "nix loses the status of children that a real-time signal killed")]
    let found = unsafe { libc::waitpid(child.as_raw(), &raw mut status, libc::WNOHANG | libc::WUNTRACED) };
    Ok(if Errno::result(found)? == 0 { None } else { Change::of(status) })
}

/// Opens a descriptor that becomes readable when a process ends.
///
/// # Errors
/// The kernel's: no such process, or no more descriptors.
pub fn watch(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers; it makes a descriptor or fails.
    #[expect(unsafe_code, reason = "no library has a wrapper")]
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let number = Errno::result(number)?;
    let number = RawFd::try_from(number).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel just made the descriptor (close-on-exec), and nobody else knows of it.
    #[expect(unsafe_code, reason = "no library has a wrapper")]
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Reads a process's parent from `/proc`; `None` where there is no such process.
#[must_use]
pub fn parent(pid: Pid) -> Option<Pid> {
    parent_in(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// The fourth field of `/proc/PID/stat`. The second is the name in parentheses, which may contain anything, so the
/// fields are counted from the last parenthesis.
fn parent_in(stat: &[u8]) -> Option<Pid> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(stat.get(end.checked_add(1)?..)?).ok()?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok().map(Pid::from_raw)
}

/// How far up ancestors are followed: a chain that long is no answer but an attack.
const MAX_ANCESTORS: usize = 64;

/// Tells whether a process is `ancestor` or was started, at some remove, by it.
#[must_use]
pub fn descends(pid: Pid, ancestor: Pid) -> bool {
    std::iter::successors(Some(pid), |pid| parent(*pid))
        .take(MAX_ANCESTORS)
        .take_while(|pid| pid.as_raw() > 1)
        .any(|pid| pid == ancestor)
}

/// Lists the processes that a process started, at any remove, as far as their parents still live.
#[must_use]
pub fn descendants(ancestor: Pid) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|pid| *pid != ancestor && descends(*pid, ancestor))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_parent() {
        assert_eq!(parent_in(b"42 (a) R 1 (b)) S 7 42 42 0"), Some(Pid::from_raw(7)));
        assert_eq!(parent_in(b"42 (a"), None);
        assert_eq!(parent_in(b"42 (a) S"), None);
    }

    #[test]
    fn this_process_descends_from_its_parent_and_not_from_a_stranger() {
        let own = nix::unistd::getpid();
        assert!(descends(own, nix::unistd::getppid()));
        assert!(descends(own, own));
        assert!(!descends(nix::unistd::getppid(), own));
        assert!(!descends(own, Pid::from_raw(1)));
    }
}
