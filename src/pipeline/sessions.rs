//! Sessions: the runs that belong together, because one person or one agent does one thing with them.
//!
//! A session is started by a person (`gate session start`), for everything that descends from the shell where that was
//! said; else it is the agent's own, as its variables name it; else that of the process that asks. All of it is for
//! people to read: no session lets anything run.

use std::{
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{
    approval::{Before, RequestId, Session, runs},
    audit::{EventKind, Log, Record, Runs, Search},
    sys::{
        account::Account,
        ancestry::{Process, image, lineage},
        clock,
        files::{private_directory, read_limited, replace},
        ids,
    },
};

/// Variables in which agents name their own sessions.
const VARIABLES: [(&[u8], &str); 6] = [
    (b"CLAUDE_CODE_SESSION_ID", "claude"),
    (b"CODEX_SESSION_ID", "codex"),
    (b"CODEX_THREAD_ID", "codex"),
    (b"OPENCODE_PID", "opencode"),
    (b"AMP_CURRENT_THREAD_ID", "amp"),
    (b"AGENT_THREAD_ID", "amp"),
];

/// As much of an agent's own name for a session is kept.
const NAME: usize = 12;

/// How far back in the log runs of a session are looked for, in bytes, and how many are shown.
const WINDOW: u64 = 1 << 20;
const SHOWN: usize = 5;

/// The longest goal, and the largest file, in bytes.
const GOAL: usize = 500;
const LARGEST: u64 = 8 << 10;

/// What a person said when a session was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// Its identifier.
    pub id: String,
    /// What is to be done.
    pub goal: String,
    /// The process whose descendants belong to it, by number and start.
    pub process: (u32, u64),
    /// When it was started, in milliseconds since the epoch.
    pub at: u64,
    /// When it was ended.
    pub ended: Option<u64>,
}

/// The name of the session that the caller's variables speak of, or that a person started around this process.
///
/// Cheap where no session was ever started: this is asked for every run.
#[must_use]
pub(super) fn name(state: &Path, variables: &[(Vec<u8>, Vec<u8>)]) -> Option<String> {
    started_around(state).map(|started| started.id).or_else(|| told(variables))
}

/// What people are told of the session that a request belongs to.
pub(super) fn session(state: &Path, name: Option<&str>) -> Option<Session> {
    let started = started_around(state);
    let id = match (&started, name) {
        (Some(started), _) => started.id.clone(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => asking_process()?,
    };
    let before = before(state, &id);
    Some(Session { goal: started.map(|started| started.goal), id, before })
}

fn told(variables: &[(Vec<u8>, Vec<u8>)]) -> Option<String> {
    let (client, value) = variables.iter().find_map(|(name, value)| {
        if !matches!(name.first(), Some(b'A' | b'C' | b'O')) {
            return None;
        }
        let known = VARIABLES.iter().find(|(known, _)| known == name);
        known.map(|(_, client)| (*client, value))
    })?;
    let plain = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).take(NAME);
    let plain: String = plain.map(|byte| char::from(*byte)).collect();
    (!plain.is_empty()).then(|| format!("{client}-{plain}"))
}

/// The nearest ancestor that is no shell and not gate: the agent, or a person's terminal.
fn asking_process() -> Option<String> {
    let own = image(std::process::id());
    let is_shell = |pid: u32| {
        let name = fs::read_link(format!("/proc/{pid}/exe")).ok();
        let name = name.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        image(pid) == own || name.is_none_or(|name| ["bash", "dash", "sh", "zsh"].contains(&name))
    };
    let asking = lineage(std::process::id()).ok()?.into_iter().find(|process| !is_shell(process.pid))?;
    Some(format!("process-{}-{}", asking.pid, asking.start))
}

/// The newest session that a person started in an ancestor of this process.
fn started_around(state: &Path) -> Option<Started> {
    let open: Vec<Started> = all(state).into_iter().filter(|started| started.ended.is_none()).collect();
    if open.is_empty() {
        return None;
    }
    let lineage = lineage(std::process::id()).ok()?;
    let is_around =
        |started: &Started| lineage.iter().any(|ancestor| (ancestor.pid, ancestor.start) == started.process);
    open.into_iter().filter(is_around).max_by_key(|started| started.at)
}

/// Every session that was started and that can be read.
#[must_use]
pub fn all(state: &Path) -> Vec<Started> {
    let Ok(entries) = fs::read_dir(directory(state)) else { return Vec::new() };
    let read = |path: PathBuf| {
        let (bytes, _) = read_limited(&path, LARGEST).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let mut all: Vec<Started> = entries.flatten().filter_map(|entry| read(entry.path())).collect();
    all.sort_by_key(|started| started.at);
    all
}

/// Starts a session for everything that descends from this process's parent.
///
/// # Errors
/// Where the goal is empty or too long, this process is within a gated run, or the file cannot be written.
pub fn start(state: &Path, goal: &str) -> Result<Started> {
    let goal = goal.trim();
    if goal.is_empty() || goal.len() > GOAL {
        bail!("the goal of a session is a sentence of at most {GOAL} bytes");
    }
    let lineage = lineage(std::process::id()).context("this process's ancestors cannot be seen")?;
    let runs = runs::live(state).context("the state directory cannot be read")?;
    let inside = |run: &Process| lineage.iter().any(|ancestor| ancestor.is(run));
    if runs.iter().filter_map(|run| run.first()).any(inside) {
        bail!("a session cannot be started from inside a gated run: people say what a session is for");
    }
    let parent = lineage.get(1).context("this process has no parent")?;
    let id = RequestId::from_random(ids::random().context("/dev/urandom cannot be read")?);
    let started = Started {
        id: id.as_str().to_owned(),
        goal: goal.to_owned(),
        process: (parent.pid, parent.start),
        at: clock::now_millis(),
        ended: None,
    };
    write(state, &started)?;
    Ok(started)
}

/// Ends a session: later runs do not belong to it.
///
/// # Errors
/// Where there is no such session that is open, or its file cannot be written.
pub fn end(state: &Path, id: Option<&str>) -> Result<Started> {
    let mut started = find(state, id)?;
    if started.ended.is_some() {
        bail!("session {} has ended already", started.id);
    }
    started.ended = Some(clock::now_millis());
    write(state, &started)?;
    Ok(started)
}

/// The session of this name; without one, the one around this process.
///
/// # Errors
/// Where there is none.
pub fn find(state: &Path, id: Option<&str>) -> Result<Started> {
    match id {
        None => started_around(state)
            .context("no session was started here; `gate session start --goal TEXT` starts one"),
        Some(id) => {
            let found = all(state).into_iter().find(|started| started.id == id);
            found.with_context(|| format!("no session {id:?} was started; `gate session list` shows all"))
        }
    }
}

fn write(state: &Path, started: &Started) -> Result<()> {
    let directory = directory(state);
    private_directory(&directory, Account::current().uid).with_context(|| directory.display().to_string())?;
    let path = directory.join(format!("{}.json", started.id));
    let text = serde_json::to_vec(started)?;
    replace(&path, &text, 0o600).with_context(|| path.display().to_string())
}

fn directory(state: &Path) -> PathBuf {
    state.join("sessions")
}

/// The latest runs of a session, the newest last.
fn before(state: &Path, id: &str) -> Vec<Before> {
    let mut search = Latest { id, records: Vec::new(), found: 0 };
    if Log::newest_first(state, WINDOW, &mut search).is_err() {
        return Vec::new();
    }
    let mut runs = Runs::default();
    search.records.into_iter().rev().for_each(|record| runs.take(record.event));
    let ours = runs.into_vec().into_iter().filter_map(|run| {
        let subject = run.subject.as_ref().filter(|subject| subject.session.as_deref() == Some(id))?;
        let outcome = match (&run.verdict, &run.exit) {
            (_, Some(exit)) => format!("ended with {}", exit.code),
            (Some(verdict), None) => verdict.word().to_owned(),
            (None, None) => return None,
        };
        Some(Before { command: subject.command.lossy().into_owned(), outcome })
    });
    let ours: Vec<Before> = ours.collect();
    ours.into_iter().rev().take(SHOWN).rev().collect()
}

/// Collects records until enough runs of a session are among them.
struct Latest<'s> {
    id: &'s str,
    records: Vec<Record>,
    found: usize,
}

impl Search for Latest<'_> {
    fn worth(&self, _lines: &[u8]) -> bool {
        true
    }

    fn look(&mut self, line: &[u8]) -> ControlFlow<()> {
        let Ok(record) = Record::parse(line) else { return ControlFlow::Continue(()) };
        if let EventKind::Accept { subject, .. } | EventKind::Reject { subject, .. } = &record.event.kind
            && subject.session.as_deref() == Some(self.id)
        {
            self.found += 1;
        }
        self.records.push(record);
        if self.found > SHOWN { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Removes what sessions left that ended, or whose process ended, long ago.
///
/// # Errors
/// Where a file cannot be removed.
pub fn clean(state: &Path, now: u64) -> io::Result<()> {
    const MONTH: u64 = 30 * 24 * 60 * 60 * 1000;
    for started in all(state).iter().filter(|started| started.at.saturating_add(MONTH) < now) {
        fs::remove_file(directory(state).join(format!("{}.json", started.id)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(given: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
        given.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn an_agents_own_name_for_its_session_is_a_hint_without_control_characters() {
        for (given, name) in [
            (&[("CLAUDE_CODE_SESSION_ID", "1b2c3d4e-5f60-7181-92a3")][..], Some("claude-1b2c3d4e5f60")),
            (&[("HOME", "/h"), ("CODEX_THREAD_ID", "\u{1b}[2Jx\n")], Some("codex-2Jx")),
            (&[("OPENCODE_PID", "4711")], Some("opencode-4711")),
            (&[("CLAUDE_CODE_SESSION_ID", "\u{1b}")], None),
            (&[("CLAUDE_CODE_SESSION", "x")], None),
            (&[], None),
        ] {
            assert_eq!(told(&variables(given)).as_deref(), name, "{given:?}");
        }
    }

    #[test]
    fn a_session_is_around_the_descendants_of_the_shell_where_it_was_started() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(name(state.path(), &[]), None);
        let started = start(state.path(), " deploy v2 to staging ").unwrap();
        assert_eq!(started.goal, "deploy v2 to staging");
        assert_eq!(name(state.path(), &variables(&[("OPENCODE_PID", "1")])), Some(started.id.clone()));
        let told = session(state.path(), None).unwrap();
        assert_eq!((told.id, told.goal), (started.id.clone(), Some(started.goal.clone())));
        let ended = end(state.path(), None).unwrap();
        assert_eq!((ended.id, ended.ended.is_some()), (started.id.clone(), true));
        assert_eq!(name(state.path(), &[]), None);
        assert!(end(state.path(), Some(&started.id)).is_err());
        assert!(find(state.path(), None).is_err());
        assert_eq!(find(state.path(), Some(&started.id)).unwrap().goal, "deploy v2 to staging");
    }

    #[test]
    fn a_process_that_is_gone_or_another_one_has_no_session() {
        let state = tempfile::tempdir().unwrap();
        let mut started = start(state.path(), "x").unwrap();
        started.process.1 += 1;
        write(state.path(), &started).unwrap();
        assert_eq!(name(state.path(), &[]), None);
    }

    #[test]
    fn what_cannot_be_read_is_no_session() {
        let state = tempfile::tempdir().unwrap();
        let started = start(state.path(), "x").unwrap();
        let file = directory(state.path()).join(format!("{}.json", started.id));
        for text in ["", "{}", "{\"id\":7}", &"x".repeat(9000)] {
            fs::write(&file, text).unwrap();
            assert_eq!(all(state.path()), Vec::new(), "{text:.20}");
        }
    }

    #[test]
    fn a_goal_is_a_sentence() {
        let state = tempfile::tempdir().unwrap();
        for goal in ["", "  ", &"x".repeat(GOAL + 1)] {
            assert!(start(state.path(), goal).is_err());
        }
    }

    #[test]
    fn old_sessions_are_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let started = start(state.path(), "x").unwrap();
        clean(state.path(), started.at).unwrap();
        assert_eq!(all(state.path()).len(), 1);
        clean(state.path(), started.at + 31 * 24 * 60 * 60 * 1000).unwrap();
        assert_eq!(all(state.path()), Vec::new());
    }
}
