//! Writes an agent's settings, and takes them back byte for byte.
//!
//! What was there is kept whole in a record beside gate's own configuration, written before anything is changed.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::sys::{
    account::Account,
    caller::CallerEnvironment,
    files::{self, Trust},
};

use super::{
    merge,
    recipe::{Format, Recipe, Whereabouts},
};

/// Longer files of settings are left alone.
const LIMIT: u64 = 4 << 20;

/// What makes an agent run its commands through gate.
#[derive(Debug)]
pub struct Setup {
    name: String,
    /// The file that changes.
    pub change: Option<Change>,
    /// Links to gate that are not there yet, and those that lead elsewhere.
    pub links: Vec<PathBuf>,
}

/// One file, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The file.
    #[serde(with = "crate::octets")]
    pub path: PathBuf,
    /// Its content before; `None` where there was none.
    #[serde(with = "crate::octets")]
    pub before: Option<Vec<u8>>,
    /// Its content after.
    #[serde(with = "crate::octets")]
    pub after: Vec<u8>,
}

/// Everything that was changed for an agent, oldest first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    changes: Vec<Change>,
}

impl Setup {
    /// Works out what has to change; writes nothing.
    ///
    /// # Errors
    /// Where a file of settings cannot be read, or something of a person's would be lost.
    pub fn plan(recipe: Recipe, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> Result<Self> {
        let links = if recipe.needs_links() { missing_links(whereabouts)? } else { Vec::new() };
        let name = recipe.name.clone();
        let file = recipe.file(caller, whereabouts);
        let recipe = recipe.filled(caller, whereabouts);
        let change = file.map(|file| change(&recipe, file, whereabouts)).transpose()?.flatten();
        Ok(Self { name, change, links })
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.change.is_none() && self.links.is_empty()
    }

    /// Writes the record, then the links, then the settings.
    ///
    /// # Errors
    /// Where one of them cannot be written, or the file is no longer what was shown.
    pub fn apply(&self, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> Result<()> {
        let account = &caller.account;
        for link in &self.links {
            directory(link.parent().unwrap_or(link), account)?;
            if link.is_symlink() {
                fs::remove_file(link).with_context(|| link.display().to_string())?;
            }
            symlink(&whereabouts.gate, link).with_context(|| link.display().to_string())?;
        }
        let Some(change) = &self.change else { return Ok(()) };
        if read(&change.path)? != change.before {
            bail!("{} changed while you read; nothing was written to it", change.path.display());
        }
        directory(&whereabouts.records, account)?;
        let file = record_file(whereabouts, &self.name);
        let mut record = Record::read(&file)?;
        record.changes.push(change.clone());
        record.write(&file)?;
        directory(change.path.parent().unwrap_or(&change.path), account)?;
        write(&change.path, &change.after)
    }
}

/// What taking back the newest change of an agent came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Nothing had been changed.
    Nothing,
    /// The file is as it was.
    Restored(PathBuf),
    /// The file did not exist before, and does not now.
    Removed(PathBuf),
}

/// The newest change of an agent, to be shown before it is taken back.
///
/// # Errors
/// Where the record cannot be read, or the file is no longer as gate left it.
pub fn newest(name: &str, whereabouts: &Whereabouts) -> Result<Option<Change>> {
    let mut record = Record::read(&record_file(whereabouts, name))?;
    let Some(change) = record.changes.pop() else { return Ok(None) };
    let now = read(&change.path)?;
    if now.as_ref() != Some(&change.after) && now != change.before {
        bail!(
            "{} was changed since, so it is left alone; what stood there before is in {}",
            change.path.display(),
            record_file(whereabouts, name).display()
        );
    }
    Ok(Some(change))
}

/// Takes back the newest change of an agent; the links go with the last agent.
///
/// # Errors
/// Where the file is no longer as gate left it, or cannot be written.
pub fn undo(name: &str, whereabouts: &Whereabouts) -> Result<Undone> {
    let Some(change) = newest(name, whereabouts)? else { return Ok(Undone::Nothing) };
    let undone = match &change.before {
        Some(before) => {
            write(&change.path, before)?;
            Undone::Restored(change.path)
        }
        None => {
            match fs::remove_file(&change.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| change.path.display().to_string());
                }
                _ => {}
            }
            Undone::Removed(change.path)
        }
    };
    let file = record_file(whereabouts, name);
    let mut record = Record::read(&file)?;
    record.changes.pop();
    if record.changes.is_empty() {
        fs::remove_file(&file).with_context(|| file.display().to_string())?;
        remove_unused(whereabouts);
    } else {
        record.write(&file)?;
    }
    Ok(undone)
}

impl Record {
    fn read(file: &Path) -> Result<Self> {
        let Some(bytes) = read(file)? else { return Ok(Self { version: 1, changes: Vec::new() }) };
        let record: Self = serde_json::from_slice(&bytes).with_context(|| file.display().to_string())?;
        if record.version != 1 {
            bail!("{} was written by a newer gate", file.display());
        }
        Ok(record)
    }

    fn write(&self, file: &Path) -> Result<()> {
        files::replace(file, &serde_json::to_vec(self)?, 0o600).with_context(|| file.display().to_string())
    }
}

fn record_file(whereabouts: &Whereabouts, name: &str) -> PathBuf {
    whereabouts.records.join(name).with_extension("json")
}

fn change(recipe: &Recipe, path: PathBuf, whereabouts: &Whereabouts) -> Result<Option<Change>> {
    let before = read(&path)?;
    let old = String::from_utf8(before.clone().unwrap_or_default())
        .with_context(|| format!("{} is not text", path.display()))?;
    let after = match recipe.format {
        Format::Text => recipe.text(whereabouts),
        format => merge::merge(&old, format, &recipe.settings)
            .with_context(|| format!("{} is left alone", path.display()))?,
    };
    let change = Change { path, before, after: after.into_bytes() };
    Ok((change.before.as_ref() != Some(&change.after)).then_some(change))
}

/// The links that are not there, or lead to another gate; whatever else is in the way is left alone.
fn missing_links(whereabouts: &Whereabouts) -> Result<Vec<PathBuf>> {
    let mut missing = Vec::new();
    for link in links(whereabouts) {
        match fs::read_link(&link) {
            Ok(target) if target == whereabouts.gate => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                bail!("{} is there and is no link", link.display());
            }
            _ => missing.push(link),
        }
    }
    Ok(missing)
}

/// Every link to gate that agents are given.
#[must_use]
pub fn links(whereabouts: &Whereabouts) -> [PathBuf; 4] {
    let Whereabouts { shells, path, .. } = whereabouts;
    [shells.join("bash"), shells.join("sh"), shells.join("zsh"), path.join("bash")]
}

fn remove_unused(whereabouts: &Whereabouts) {
    if fs::remove_dir(&whereabouts.records).is_err() {
        // Another agent's record is still in it.
        return;
    }
    for link in links(whereabouts) {
        if link.is_symlink() {
            let _ = fs::remove_file(link);
        }
    }
    let _ = fs::remove_dir(&whereabouts.shells);
    let _ = fs::remove_dir(&whereabouts.path);
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match files::read_limited(path, LIMIT) {
        Ok((bytes, _)) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Makes a directory, and checks that nobody else can put something in its place.
fn directory(path: &Path, account: &Account) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| path.display().to_string())?;
    let trust = Trust::Account { uid: account.uid, gid: account.gid };
    trust.check(path).map_err(|untrusted| anyhow!("{untrusted}; {}", untrusted.hint))
}

/// Keeps the mode that a file has.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mode = fs::metadata(path).map_or(0o600, |metadata| metadata.permissions().mode() & 0o7777);
    files::replace(path, content, mode).with_context(|| path.display().to_string())
}
