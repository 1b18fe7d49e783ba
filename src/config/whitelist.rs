//! Changes the whitelist's file: one process at a time, the whole file or nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg, OFlag},
};

use crate::{
    policy::{self, WhitelistEntry},
    sys::{files, ids},
};

use super::ConfigError;

/// How long a writer waits for the others.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// The longest file.
pub(super) const LIMIT: u64 = 64 << 20;

/// The file that holds what reviewers approve for longer than once.
#[derive(Clone, Debug)]
pub struct WhitelistFile {
    path: PathBuf,
}

impl WhitelistFile {
    /// The file at a path, whether or not it is there.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every entry, the dead and the revoked ones among them.
    ///
    /// # Errors
    /// Where the file cannot be read or says what cannot be used.
    pub fn entries(&self) -> Result<Vec<WhitelistEntry>> {
        self.parsed(&self.text()?)
    }

    /// Adds entries; each gets an identifier of its own.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub fn add(&self, mut entries: Vec<WhitelistEntry>) -> Result<Vec<WhitelistEntry>> {
        if entries.is_empty() {
            return Ok(entries);
        }
        self.change(|text, known| {
            for place in 0..entries.len() {
                let taken = |id: &str| known.iter().chain(&entries).any(|entry| entry.id == id);
                let mut id = new_id()?;
                while taken(&id) {
                    id = new_id()?;
                }
                if let Some(entry) = entries.get_mut(place) {
                    entry.id = id;
                }
            }
            Ok(policy::with_entries(text, &entries))
        })?;
        Ok(entries)
    }

    /// Replaces the text by what `edit` makes of it and of the entries that stand in it.
    ///
    /// # Errors
    /// Where the file is broken before or after, is kept locked by another process for two seconds, or cannot be
    /// written: then it is as it was.
    pub fn change(&self, edit: impl FnOnce(&str, &[WhitelistEntry]) -> Result<String>) -> Result<()> {
        let about = || format!("the whitelist {} was not changed", self.path.display());
        let lock = self.lock().with_context(about)?;
        let text = self.text().with_context(about)?;
        let changed = edit(&text, &self.parsed(&text).with_context(about)?)?;
        self.parsed(&changed).with_context(about)?;
        self.replace(changed.as_bytes()).with_context(about)?;
        drop(lock);
        Ok(())
    }

    fn parsed(&self, text: &str) -> Result<Vec<WhitelistEntry>> {
        let origin = self.path.display().to_string();
        Ok(policy::read_whitelist(&origin, text).map_err(ConfigError::Wrong)?)
    }

    fn text(&self) -> Result<String> {
        match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(error.into()),
            Ok(metadata) if !metadata.is_file() => bail!("{} is not a regular file", self.path.display()),
            Ok(_) => {}
        }
        let (bytes, _) = files::read_limited(&self.path, LIMIT)?;
        String::from_utf8(bytes).context("this is no UTF-8")
    }

    fn lock(&self) -> Result<Flock<File>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
        let mut file = options.open(self.path.with_extension("lock"))?;
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(locked) => return Ok(locked),
                Err((file, Errno::EWOULDBLOCK)) => file,
                Err((_, errno)) => return Err(io::Error::from(errno).into()),
            };
            if Instant::now() > deadline {
                bail!("another process keeps it locked");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// On the disk before it takes the old one's place, so that no crash leaves half of it.
    fn replace(&self, content: &[u8]) -> io::Result<()> {
        let new = self.path.with_extension(format!("new-{}", ids::run_id()?));
        let written = write_new(&new, content).and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_data()
}

fn new_id() -> Result<String> {
    let bytes: [u8; 4] = ids::random().context("/dev/urandom cannot be read")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn entry(word: &str) -> WhitelistEntry {
        WhitelistEntry {
            words: vec!["touch".into(), word.into()],
            by: "ann".into(),
            expires: 9,
            ..WhitelistEntry::default()
        }
    }

    #[test]
    fn what_is_added_is_read_and_the_file_is_the_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = WhitelistFile::at(directory.path().join("whitelist.toml"));
        assert_eq!(file.entries().unwrap(), []);
        let added = file.add(vec![entry("a"), entry("b")]).unwrap();
        assert_ne!(added[0].id, added[1].id);
        file.add(vec![entry("c")]).unwrap();
        let words: Vec<_> = file.entries().unwrap().into_iter().map(|entry| entry.words[1].clone()).collect();
        assert_eq!(words, ["a", "b", "c"]);
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        let left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn a_broken_file_or_a_link_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = WhitelistFile::at(directory.path().join("whitelist.toml"));
        fs::write(file.path(), "version = 1\n[[entry]]\nwrds = 1\n").unwrap();
        let error = format!("{:#}", file.add(vec![entry("a")]).unwrap_err());
        assert!(error.contains("whitelist.toml:3:1: unknown key `wrds`"), "{error}");
        assert!(error.contains("did you mean `words`?"), "{error}");
        fs::remove_file(file.path()).unwrap();
        let target = directory.path().join("elsewhere");
        fs::write(&target, "").unwrap();
        std::os::unix::fs::symlink(&target, file.path()).unwrap();
        assert!(file.add(vec![entry("a")]).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"");
    }

    #[test]
    fn nothing_is_changed_that_would_not_load() {
        let directory = tempfile::tempdir().unwrap();
        let file = WhitelistFile::at(directory.path().join("whitelist.toml"));
        file.add(vec![entry("a")]).unwrap();
        let before = fs::read(file.path()).unwrap();
        assert!(file.change(|text, _| Ok(text.replace("by = ", "by = 1 # "))).is_err());
        assert!(file.add(vec![entry("{bad}")]).is_err());
        assert_eq!(fs::read(file.path()).unwrap(), before);
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = WhitelistFile::at(directory.path().join("whitelist.toml"));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let file = file.clone();
                scope.spawn(move || {
                    (0..5).for_each(|at| drop(file.add(vec![entry(&format!("{writer}-{at}"))]).unwrap()))
                });
            }
        });
        assert_eq!(file.entries().unwrap().len(), 20);
    }

    #[test]
    fn whoever_keeps_the_lock_does_not_make_gate_hang() {
        let directory = tempfile::tempdir().unwrap();
        let file = WhitelistFile::at(directory.path().join("whitelist.toml"));
        let lock = file.lock().unwrap();
        let error = format!("{:#}", file.add(vec![entry("a")]).unwrap_err());
        assert!(error.ends_with("another process keeps it locked"), "{error}");
        drop(lock);
    }
}
