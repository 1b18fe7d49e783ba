//! Files that gate trusts: who could have written them, and writing them whole.

use std::{
    fmt,
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    },
    path::{Path, PathBuf},
};

use crate::policy::SourceIdentity;

const STICKY: u32 = 0o1000;
const GROUP_WRITE: u32 = 0o020;
const OTHER_WRITE: u32 = 0o002;

/// Who may have written a file for gate to believe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Root alone: with `enforce = true`, whatever the gated account could change counts for nothing.
    Root,
    /// Root and this account, with its own group.
    Account {
        /// User identifier.
        uid: u32,
        /// Group identifier.
        gid: u32,
    },
}

/// Why a file is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// The file or the directory above it that is at fault.
    pub path: PathBuf,
    /// What is wrong with it: a clause.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.display(), self.why)
    }
}

impl Trust {
    /// Checks a file, every directory above it, and whatever symbolic links on the way lead to.
    ///
    /// # Errors
    /// The first of them that somebody else could have written or replaced.
    pub fn check(self, path: &Path) -> Result<(), Untrusted> {
        let resolved = super::world::resolve(path).path;
        for ancestor in path.ancestors().chain(resolved.ancestors()) {
            self.check_one(ancestor)?;
        }
        Ok(())
    }

    fn check_one(self, path: &Path) -> Result<(), Untrusted> {
        let untrusted = |why: String, hint: String| Untrusted { path: path.to_path_buf(), why, hint };
        let metadata = fs::symlink_metadata(path).map_err(|error| {
            untrusted(
                format!("cannot be looked at: {error}"),
                "check that it exists and can be reached".to_owned(),
            )
        })?;
        if metadata.uid() != 0 && metadata.uid() != self.owner() {
            let whose = self.whose();
            return Err(untrusted(
                format!("belongs to account {}, not to {whose}", metadata.uid()),
                format!("as root: chown {} {}", self.owner(), path.display()),
            ));
        }
        if self.is_writable_by_others(&metadata) {
            return Err(untrusted(
                format!("can be written by others (mode {:04o})", metadata.mode() & 0o7777),
                format!("chmod go-w {}", path.display()),
            ));
        }
        Ok(())
    }

    const fn owner(self) -> u32 {
        match self {
            Self::Root => 0,
            Self::Account { uid, .. } => uid,
        }
    }

    fn whose(self) -> String {
        match self {
            Self::Root => "root, as enforce = true requires".to_owned(),
            Self::Account { uid, .. } => format!("account {uid} or root"),
        }
    }

    /// In a sticky directory nobody can replace what belongs to somebody else, and what is in it is checked itself.
    fn is_writable_by_others(self, metadata: &Metadata) -> bool {
        let mode = metadata.mode();
        if metadata.is_symlink() || (metadata.is_dir() && mode & STICKY != 0) {
            return false;
        }
        let own_group = match self {
            Self::Root => false,
            Self::Account { gid, .. } => metadata.gid() == gid,
        };
        mode & OTHER_WRITE != 0 || (mode & GROUP_WRITE != 0 && !own_group)
    }
}

/// The file as the kernel describes it now; all zero where there is none.
///
/// # Errors
/// Where something may be there but cannot be looked at.
pub fn identity(path: &Path) -> io::Result<SourceIdentity> {
    let named = SourceIdentity { path: path.as_os_str().as_bytes().to_vec(), ..SourceIdentity::default() };
    match fs::metadata(path) {
        Ok(metadata) => Ok(described(named, &metadata)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(named)
        }
        Err(error) => Err(error),
    }
}

fn described(named: SourceIdentity, metadata: &Metadata) -> SourceIdentity {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    SourceIdentity {
        path: named.path,
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Reads a regular file of at most `limit` bytes, with its identity as it was when it was read.
///
/// # Errors
/// Where it cannot be read, is no regular file, is larger, or changes meanwhile.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<(Vec<u8>, SourceIdentity)> {
    // O_NONBLOCK: a FIFO in the place of a file must not hang the reader.
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    let named = SourceIdentity { path: path.as_os_str().as_bytes().to_vec(), ..SourceIdentity::default() };
    let before = described(named, &metadata);
    let mut bytes = Vec::new();
    (&file).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("is larger than {limit} bytes")));
    }
    if described(SourceIdentity { path: before.path.clone(), ..SourceIdentity::default() }, &file.metadata()?)
        != before
    {
        return Err(io::Error::other("changed while it was read"));
    }
    Ok((bytes, before))
}

/// Makes a directory with mode 0700 and whatever is missing above it, and checks that it is this account's own.
///
/// # Errors
/// Where it cannot be made, is a symbolic link, or is open to others.
pub fn private_directory(path: &Path, uid: u32) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => return check_private(&metadata, uid),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check_private(&fs::symlink_metadata(path)?, uid)
}

fn check_private(metadata: &Metadata, uid: u32) -> io::Result<()> {
    if !metadata.is_dir() {
        return Err(io::Error::other("is not a directory (symbolic links are refused)"));
    }
    if metadata.uid() != uid {
        return Err(io::Error::other(format!("belongs to account {}, not to {uid}", metadata.uid())));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(io::Error::other(format!(
            "is open to others (mode {:04o}); chmod 700 it",
            metadata.mode() & 0o7777
        )));
    }
    Ok(())
}

/// Replaces a file in one step: readers see the old content or the new, never a part.
///
/// # Errors
/// Where the directory cannot be written or is full; then the old content is still there.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let directory = path.parent().ok_or_else(|| io::Error::other("has no directory"))?;
    let new = directory.join(format!(".new-{}", super::ids::run_id()?));
    let written = write_new(&new, content, mode).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
