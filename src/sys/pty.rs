//! A pseudo-terminal pair: opened and sized by `portable-pty`, held as plain descriptors.

use std::{
    ffi::CString,
    io,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use portable_pty::{PtySize, SlavePty, native_pty_system};

/// The follower's end, held open.
pub type Follower = Box<dyn SlavePty + Send>;

/// A pty whose follower is to become some command's terminal.
pub struct Pair {
    /// The leader, non-blocking.
    pub leader: OwnedFd,
    /// The path of the follower.
    pub path: CString,
    /// The follower, open so that the leader sees no hang-up before the command has it.
    follower: Follower,
}

impl Pair {
    /// Opens a pair of this size.
    ///
    /// # Errors
    /// Where the machine has no ptys, or no more.
    pub fn open(rows: u16, columns: u16) -> io::Result<Self> {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).map_err(io::Error::other)?;
        let path = pair.master.tty_name().ok_or_else(|| io::Error::other("the pty has no name"))?;
        let number = pair.master.as_raw_fd().ok_or_else(|| io::Error::other("the pty has no descriptor"))?;
        // SAFETY: `pair.master` owns the descriptor and outlives the borrow, which ends with this statement.
        #[expect(unsafe_code, reason = "portable-pty lends the leader as a number only")]
        let leader = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()?;
        fcntl(&leader, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
        let path = CString::new(path.as_os_str().as_bytes())?;
        Ok(Self { leader, path, follower: pair.slave })
    }

    /// Lets go of the follower, which the command has by now.
    #[must_use]
    pub fn into_leader(self) -> OwnedFd {
        drop(self.follower);
        self.leader
    }

    /// The follower only. While it is held the leader sees no hang-up, even where the command closed all that it had.
    #[must_use]
    pub fn into_follower(self) -> Follower {
        self.follower
    }
}
