//! Starting programs: `posix_spawn` and `execve`, and how a started program ended.

use std::{
    ffi::{CStr, CString},
    os::fd::{BorrowedFd, RawFd},
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    libc,
    spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn},
    sys::{
        signal::{SigSet, Signal},
        stat::Mode,
    },
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
    if !inherited::ignored_sigpipe() {
        flags |= PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF;
        attributes.set_sigdefault(&SigSet::from_iter([Signal::SIGPIPE]))?;
    }
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
