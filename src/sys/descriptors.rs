//! Writing to descriptors that others share, without blocking and without changing them for the others.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    sys::{
        socket::{MsgFlags, send},
        stat::{Mode, SFlag, fstat},
    },
    unistd,
};

/// What a pipe takes at once when it says that it takes anything (POSIX `PIPE_BUF` on Linux).
const ALWAYS_TAKEN: usize = 4096;

/// A descriptor of the caller's that is written to without ever waiting in the kernel.
///
/// `O_NONBLOCK` belongs to the open file that the caller shares, so it is set on another opening of the same file, or
/// the wish is given with each call, or no more is written than a ready pipe always takes.
#[derive(Debug)]
pub struct Outlet {
    fd: OwnedFd,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Own,
    Socket,
    LittleByLittle,
}

impl Outlet {
    /// Makes an outlet to what a descriptor leads to.
    ///
    /// # Errors
    /// Where the descriptor cannot be looked at or duplicated.
    pub fn to(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let kind = SFlag::from_bits_truncate(fstat(fd)?.st_mode) & SFlag::S_IFMT;
        if kind == SFlag::S_IFSOCK {
            return Ok(Self { fd: fd.try_clone_to_owned()?, way: Way::Socket });
        }
        match reopen(fd, OFlag::O_WRONLY) {
            Ok(fd) => Ok(Self { fd, way: Way::Own }),
            Err(_) => Ok(Self { fd: fd.try_clone_to_owned()?, way: Way::LittleByLittle }),
        }
    }

    /// Writes what is taken without waiting.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where nothing is taken now, [`io::ErrorKind::BrokenPipe`] where nobody reads.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self.way {
            Way::Own => unistd::write(&self.fd, bytes),
            Way::Socket => send(self.fd.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL),
            Way::LittleByLittle => self.write_if_ready(bytes),
        };
        Ok(written?)
    }

    fn write_if_ready(&self, bytes: &[u8]) -> nix::Result<usize> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        let mut ready = [PollFd::new(self.fd.as_fd(), PollFlags::POLLOUT)];
        if poll(&mut ready, PollTimeout::ZERO)? == 0 {
            return Err(Errno::EAGAIN);
        }
        unistd::write(&self.fd, bytes.get(..ALWAYS_TAKEN).unwrap_or(bytes))
    }
}

impl AsFd for Outlet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Opens once more, non-blocking, what a descriptor leads to: another open file with a state of its own.
///
/// # Errors
/// The kernel's: sockets cannot be opened, and the file's permissions count anew.
pub fn reopen(fd: BorrowedFd<'_>, access: OFlag) -> nix::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    open(path.as_str(), access | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY, Mode::empty())
}

mod ioctl {
    use nix::libc;
    nix::ioctl_read_bad!(waiting, libc::FIONREAD, libc::c_int);
}

/// Counts the bytes that wait to be read.
#[must_use]
pub fn waiting(fd: BorrowedFd<'_>) -> usize {
    let mut count = 0;
    // SAFETY: FIONREAD writes one integer to the pointer, which is valid for it.
    #[expect(unsafe_code, reason = "an ioctl")]
    let asked = unsafe { ioctl::waiting(fd.as_raw_fd(), &raw mut count) };
    asked.ok().and_then(|_| usize::try_from(count).ok()).unwrap_or(0)
}
