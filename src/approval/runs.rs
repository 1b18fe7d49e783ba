//! Which processes are gated runs: one empty file `PID-START` each in the state directory.
//!
//! A file counts only while a process of that number and start time lives, so that a run that was killed, or that
//! replaced itself by the command, needs nobody to clean up behind it.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::sys::{
    account::Account,
    ancestry::{Process, lineage},
    files::private_directory,
};

/// Says that this process is a gated run, for as long as it lives or until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Registration(PathBuf);

impl Registration {
    /// Registers this process.
    ///
    /// # Errors
    /// Where the state directory cannot be written: then nothing may run, because what runs could not be told from
    /// a reviewer.
    pub fn of_this_process(state: &Path) -> io::Result<Self> {
        let directory = directory(state);
        private_directory(&directory, Account::current().uid)?;
        let own = Process::current()?;
        let path = directory.join(format!("{}-{}", own.pid, own.start));
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        Ok(Self(path))
    }

    /// Leaves the registration behind: the command takes this process over.
    pub fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The lineages of all live gated runs, each with the run first; removes what dead ones left.
///
/// # Errors
/// Where the directory cannot be read; that there is none means that there are no runs.
pub fn live(state: &Path) -> io::Result<Vec<Vec<Process>>> {
    let entries = match fs::read_dir(directory(state)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some((pid, start)) = name.to_str().and_then(parse) else { continue };
        match Process::look_up(pid) {
            Ok(process) if process.start == start => {
                runs.push(lineage(pid).unwrap_or_else(|_| vec![process]));
            }
            _ => {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
    Ok(runs)
}

fn directory(state: &Path) -> PathBuf {
    state.join("runs")
}

fn parse(name: &str) -> Option<(u32, u64)> {
    let (pid, start) = name.split_once('-')?;
    Some((pid.parse().ok()?, start.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn this_process_is_a_run_while_it_is_registered() {
        let state = state();
        assert_eq!(live(state.path()).unwrap(), Vec::<Vec<Process>>::new());
        let registration = Registration::of_this_process(state.path()).unwrap();
        let runs = live(state.path()).unwrap();
        assert_eq!(runs.len(), 1);
        assert!(runs[0][0].is(&Process::current().unwrap()));
        drop(registration);
        assert!(live(state.path()).unwrap().is_empty());
    }

    #[test]
    fn what_dead_runs_left_is_removed_and_what_is_not_ours_stays() {
        let state = state();
        drop(Registration::of_this_process(state.path()).unwrap());
        let dead = state.path().join(format!("runs/{}-1", std::process::id()));
        let other = state.path().join("runs/notes");
        fs::write(&dead, "").unwrap();
        fs::write(&other, "").unwrap();
        assert!(live(state.path()).unwrap().is_empty());
        assert!(!dead.exists() && other.exists());
    }

    #[test]
    fn a_run_that_is_left_behind_stays_registered() {
        let state = state();
        Registration::of_this_process(state.path()).unwrap().leave();
        assert_eq!(live(state.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_state_directory_open_to_others_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = state();
        let directory = state.path().join("runs");
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Registration::of_this_process(state.path()).is_err());
    }
}
