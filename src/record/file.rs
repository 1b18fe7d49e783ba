//! The file of one recording.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use nix::fcntl::OFlag;
use sha2::{Digest, Sha256};

/// A file that is made when the first lines are written, ours alone, never one that exists already. It holds whole
/// lines at any time.
#[derive(Debug)]
pub(super) struct CastFile {
    path: PathBuf,
    file: Option<File>,
    /// The header's line, until it is written: whatever fails before, the file starts with it.
    header: Vec<u8>,
    bytes: u64,
    hash: Sha256,
}

impl CastFile {
    pub(super) fn new(directory: &Path, name: &str, header: Vec<u8>) -> Self {
        Self { path: directory.join(name), file: None, header, bytes: 0, hash: Sha256::new() }
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Adds whole lines. After an error the file holds what it held before.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.header.is_empty() {
            return self.write(lines);
        }
        self.write(&[&self.header, lines].concat())?;
        self.header.clear();
        Ok(())
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(create(&self.path)?),
        };
        if let Err(error) = file.write_all_at(lines, self.bytes) {
            // Where even this fails, a player finds a cut last line, and `gate play` takes that.
            let _ = file.set_len(self.bytes);
            return Err(error);
        }
        self.hash.update(lines);
        self.bytes = self.bytes.saturating_add(lines.len() as u64);
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(directory) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            }
            options.open(path)
        }
        other => other,
    }
}
