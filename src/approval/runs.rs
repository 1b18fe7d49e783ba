//! Which processes are gated runs: one file `PID-START` each in the state directory, with the run's identifier in it.
//!
//! A file counts only while a process of that number and start time lives, so that a run that was killed, or that
//! replaced itself by the command, needs nobody to clean up behind it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::sys::{
    account::Account,
    ancestry::{Process, identity, image, lineage},
    files::private_directory,
};

/// Says that this process is a gated run, for as long as it lives or until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Registration(PathBuf);

impl Registration {
    /// Registers this process as the wrapper of `run`, and says how much of it was understood.
    ///
    /// # Errors
    /// Where the state directory cannot be written: then nothing may run, because what runs could not be told from
    /// a reviewer.
    pub fn of_this_process(state: &Path, run: &str, text: Text) -> io::Result<Self> {
        let directory = directory(state);
        private_directory(&directory, Account::current().uid)?;
        let own = Process::current()?;
        let path = directory.join(format!("{}-{}", own.pid, own.start));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(format!("{run} {}\n", text.word()).as_bytes())?;
        Ok(Self(path))
    }

    /// Leaves the registration behind: the command takes this process over.
    pub fn leave(self) {
        std::mem::forget(self);
    }
}

/// What a run's wrapper started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// The pinned shell with a text of which every command was seen and judged.
    Understood,
    /// Anything else.
    Other,
    /// The shell of a session, which covers nothing: what it runs is accepted text by text.
    Session,
}

impl Text {
    const fn word(self) -> &'static str {
        match self {
            Self::Understood => "understood",
            Self::Other => "other",
            Self::Session => "session",
        }
    }
}

/// The run whose decision covers this process already: it was accepted with this very command in it.
///
/// A covering run is this process's parent (the command that was accepted replaced itself by gate, as `exec gate -c …`
/// and `bash -c 'gate -c …'` do), or its grandparent where the parent is the pinned shell with a text that was wholly
/// understood, so that every command of that shell was judged. Further descendants are not covered: an agent that a
/// person let start would have all its commands let through. Kernel facts decide: parents, start times, and that the
/// covering process is this very program.
#[must_use]
pub fn covering(state: &Path, shells: [&Path; 2]) -> Option<Cover> {
    let lineage = lineage(std::process::id()).ok()?;
    let of = |at: usize| lineage.get(at).and_then(|process| registered(state, process));
    if let Some((run, _)) = of(1) {
        return Some(Cover(run));
    }
    let shell = image(lineage.get(1)?.pid)?;
    let pinned = || shells.iter().any(|path| identity(path) == Some(shell));
    of(2).filter(|(_, text)| *text == Text::Understood && pinned()).map(|(run, _)| Cover(run))
}

/// A run that covers this one; made only by [`covering`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover(String);

impl Cover {
    /// The covering run's identifier.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn by(run: &str) -> Self {
        Self(run.to_owned())
    }
}

/// What the registration of a process says, where the process is a wrapper.
fn registered(state: &Path, process: &Process) -> Option<(String, Text)> {
    let path = directory(state).join(format!("{}-{}", process.pid, process.start));
    let said = fs::read_to_string(path).ok()?;
    if image(process.pid)? != image(std::process::id())? {
        return None;
    }
    let (run, word) = said.trim_end().split_once(' ')?;
    let text = [Text::Understood, Text::Other].into_iter().find(|text| text.word() == word)?;
    Some((run.to_owned(), text))
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
        let registration = Registration::of_this_process(state.path(), "r", Text::Other).unwrap();
        let runs = live(state.path()).unwrap();
        assert_eq!(runs.len(), 1);
        assert!(runs[0][0].is(&Process::current().unwrap()));
        drop(registration);
        assert!(live(state.path()).unwrap().is_empty());
    }

    #[test]
    fn what_dead_runs_left_is_removed_and_what_is_not_ours_stays() {
        let state = state();
        drop(Registration::of_this_process(state.path(), "r", Text::Other).unwrap());
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
        Registration::of_this_process(state.path(), "r", Text::Other).unwrap().leave();
        assert_eq!(live(state.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_state_directory_open_to_others_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = state();
        let directory = state.path().join("runs");
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Registration::of_this_process(state.path(), "r", Text::Other).is_err());
    }
}
