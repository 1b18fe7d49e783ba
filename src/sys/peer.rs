//! The process at the other end of a unix socket, as the kernel vouches for it.

use std::{
    io,
    os::{
        fd::{AsFd as _, FromRawFd as _, OwnedFd},
        unix::net::UnixStream,
    },
};

use nix::{
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{getsockopt, sockopt},
};

use super::ancestry::{Process, lineage};

/// The process that opened the other end.
#[derive(Debug)]
pub struct Peer {
    /// Its account when it connected.
    pub uid: u32,
    /// Its number when it connected.
    pub pid: u32,
    handle: OwnedFd,
}

impl Peer {
    /// Asks the kernel who is at the other end.
    ///
    /// # Errors
    /// Where the kernel does not say, or the process has ended.
    pub fn of(stream: &UnixStream) -> io::Result<Self> {
        let credentials = getsockopt(stream, sockopt::PeerCredentials)?;
        let pid = u32::try_from(credentials.pid()).ok().filter(|pid| *pid > 0);
        let pid = pid.ok_or_else(|| io::Error::other("the peer is outside of this pid namespace"))?;
        let handle = match getsockopt(stream, sockopt::PeerPidfd) {
            Ok(handle) => handle,
            // Before Linux 6.5; a number reused since the connection was made cannot be told apart then.
            Err(nix::errno::Errno::ENOPROTOOPT | nix::errno::Errno::EINVAL) => watch(pid)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { uid: credentials.uid(), pid, handle })
    }

    /// The process and its ancestors, known to be those of the process that connected.
    ///
    /// # Errors
    /// As [`lineage`], and where the process has ended.
    pub fn lineage(&self) -> io::Result<Vec<Process>> {
        let chain = lineage(self.pid)?;
        let mut ended = [PollFd::new(self.handle.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ended, PollTimeout::ZERO)? != 0 {
            return Err(io::Error::other("the process has ended"));
        }
        Ok(chain)
    }
}

/// Opens a handle on a process that becomes readable when it ends.
///
/// # Errors
/// Where there is no such process, or the kernel is older than Linux 5.3.
pub fn watch(pid: u32) -> io::Result<OwnedFd> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::Error::other("no such process"))?;
    // SAFETY: pidfd_open takes two integers and touches no memory.
    #[expect(unsafe_code, reason = "nix does not wrap pidfd_open")]
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = i32::try_from(descriptor).ok().filter(|descriptor| *descriptor >= 0);
    let Some(descriptor) = descriptor else { return Err(io::Error::last_os_error()) };
    // SAFETY: the kernel has just given this descriptor to us, and to nobody else.
    #[expect(unsafe_code, reason = "a raw descriptor becomes an owned one")]
    let handle = unsafe { OwnedFd::from_raw_fd(descriptor) };
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_of_a_pair_is_this_process() {
        let (one, _two) = UnixStream::pair().unwrap();
        let peer = Peer::of(&one).unwrap();
        assert_eq!(peer.pid, std::process::id());
        assert_eq!(peer.uid, nix::unistd::getuid().as_raw());
        assert!(peer.lineage().unwrap()[0].is(&Process::current().unwrap()));
    }

    #[test]
    fn nobody_watches_a_process_that_is_not_there() {
        assert!(watch(u32::MAX).is_err());
        assert!(watch(0x7fff_fff0).is_err());
    }
}
