//! Where requests are offered: one unix socket each, `requests/ID.sock` in the state directory.
//!
//! Sockets are reached through a descriptor of their directory, because a socket's own path may be no longer than
//! 107 bytes, and so that the directory that was checked is the one that is used.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::{
        fd::AsRawFd as _,
        unix::{
            fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

use nix::libc;

use crate::sys::files::private_directory;

use super::RequestId;

const SUFFIX: &str = ".sock";

/// The directory that requests are offered in.
#[derive(Debug)]
pub struct Directory {
    handle: File,
    /// The account that it belongs to.
    pub owner: u32,
}

impl Directory {
    /// Opens the directory of this account, and makes it where there is none.
    ///
    /// # Errors
    /// Where it cannot be made, or is open to others.
    pub fn make(state: &Path, uid: u32) -> io::Result<Self> {
        private_directory(&state.join("requests"), uid)?;
        Self::open(state)
    }

    /// Opens the directory as it is.
    ///
    /// # Errors
    /// Where there is none, or others than its owner can write to it.
    pub fn open(state: &Path) -> io::Result<Self> {
        let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
        let handle = OpenOptions::new().read(true).custom_flags(flags).open(state.join("requests"))?;
        let metadata = handle.metadata()?;
        if metadata.mode() & 0o077 != 0 {
            return Err(io::Error::other("the directory of requests is open to others; chmod 700 it"));
        }
        Ok(Self { handle, owner: metadata.uid() })
    }

    /// The identifiers of everything that looks like a request, sorted; some may be dead.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn identifiers(&self) -> io::Result<Vec<RequestId>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path())? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).and_then(RequestId::parse);
            found.extend(id);
        }
        found.sort();
        Ok(found)
    }

    /// Offers a request: the socket appears complete, listening and private, or not at all.
    ///
    /// # Errors
    /// The kernel's.
    pub fn offer(&self, id: &RequestId) -> io::Result<Offer> {
        let directory = Self { handle: self.handle.try_clone()?, owner: self.owner };
        let hidden = directory.path().join(format!(".{id}"));
        let shown = directory.path().join(format!("{id}{SUFFIX}"));
        let listener = UnixListener::bind(&hidden)?;
        let offered = fs::set_permissions(&hidden, Permissions::from_mode(0o600))
            .and_then(|()| listener.set_nonblocking(true))
            .and_then(|()| fs::hard_link(&hidden, &shown));
        fs::remove_file(&hidden)?;
        offered?;
        Ok(Offer { listener, path: shown, _directory: directory })
    }

    /// Connects to a request; `None` where nobody listens any more. What a dead wrapper left is removed.
    ///
    /// # Errors
    /// The kernel's, where the socket may be alive.
    pub fn connect(&self, id: &RequestId) -> io::Result<Option<UnixStream>> {
        let path = self.path().join(format!("{id}{SUFFIX}"));
        match UnixStream::connect(&path) {
            Ok(stream) => Ok(Some(stream)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let _ = fs::remove_file(&path);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.handle.as_raw_fd()))
    }
}

/// A socket that offers a request; vanishes when dropped.
#[derive(Debug)]
pub struct Offer {
    /// Where reviewers connect.
    pub listener: UnixListener,
    path: PathBuf,
    /// Keeps `path` valid: it leads through this very descriptor.
    _directory: Directory,
}

impl Drop for Offer {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(state: &Path) -> Directory {
        Directory::make(state, nix::unistd::getuid().as_raw()).unwrap()
    }

    fn id(text: &str) -> RequestId {
        RequestId::parse(text).unwrap()
    }

    #[test]
    fn an_offer_is_private_and_vanishes_with_its_owner() {
        let state = tempfile::tempdir().unwrap();
        let directory = directory(state.path());
        let offer = directory.offer(&id("k7m2qx")).unwrap();
        let socket = state.path().join("requests/k7m2qx.sock");
        assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::metadata(state.path().join("requests")).unwrap().mode() & 0o7777, 0o700);
        assert_eq!(directory.identifiers().unwrap(), [id("k7m2qx")]);
        assert!(directory.connect(&id("k7m2qx")).unwrap().is_some());
        assert_eq!(fs::read_dir(state.path().join("requests")).unwrap().count(), 1);
        drop(directory);
        drop(offer);
        assert_eq!(fs::read_dir(state.path().join("requests")).unwrap().count(), 0);
        let directory = Directory::open(state.path()).unwrap();
        assert!(directory.connect(&id("k7m2qx")).unwrap().is_none());
        assert!(directory.identifiers().unwrap().is_empty());
        assert_eq!(fs::read_dir(state.path().join("requests")).unwrap().count(), 0);
    }

    #[test]
    fn what_a_dead_wrapper_left_is_removed() {
        let state = tempfile::tempdir().unwrap();
        let directory = directory(state.path());
        let offer = directory.offer(&id("k7m2qx")).unwrap();
        let copy = state.path().join("requests/aaaaaa.sock");
        fs::hard_link(state.path().join("requests/k7m2qx.sock"), &copy).unwrap();
        drop(offer);
        assert!(directory.connect(&id("aaaaaa")).unwrap().is_none());
        assert!(!copy.exists());
    }

    #[test]
    fn a_state_directory_with_a_very_long_name_is_no_obstacle() {
        let state = tempfile::tempdir().unwrap();
        let deep = state.path().join("d".repeat(200));
        fs::create_dir(&deep).unwrap();
        let directory = directory(&deep);
        let _offer = directory.offer(&id("k7m2qx")).unwrap();
        assert!(directory.connect(&id("k7m2qx")).unwrap().is_some());
    }

    #[test]
    fn a_directory_open_to_others_is_refused() {
        let state = tempfile::tempdir().unwrap();
        drop(directory(state.path()));
        fs::set_permissions(state.path().join("requests"), Permissions::from_mode(0o755)).unwrap();
        assert!(Directory::open(state.path()).is_err());
        assert!(Directory::make(state.path(), nix::unistd::getuid().as_raw()).is_err());
    }

    #[test]
    fn two_requests_never_share_a_name() {
        let state = tempfile::tempdir().unwrap();
        let directory = directory(state.path());
        let _offer = directory.offer(&id("k7m2qx")).unwrap();
        assert!(directory.offer(&id("k7m2qx")).is_err());
        assert!(directory.connect(&id("k7m2qx")).unwrap().is_some());
    }
}
