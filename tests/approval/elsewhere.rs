//! Answers from a second terminal.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdout},
    time::{Duration, Instant},
};

use gate::approval::{
    Extent, Progress, RequestId,
    client::{self, Failed},
    directory::Directory,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::asking::{Asking, answering};

/// A wrapper that waits, in a process of its own.
pub(super) struct Wrapper {
    child: Child,
    pub(super) id: RequestId,
}

impl Wrapper {
    /// Starts it; returns when it says that it waits.
    pub(super) fn start(asking: &Asking<'_>) -> Self {
        let mut child = Asking { terminal: false, ..Asking::new(asking.state, asking.text) }
            .with(asking)
            .command()
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        let id = line.strip_prefix("gate: waiting for approval of ").and_then(|rest| rest.get(..6));
        let id = RequestId::parse(id.unwrap_or_else(|| panic!("{line:?}"))).unwrap();
        Self { child, id }
    }

    pub(super) fn verdict(mut self) -> String {
        let mut said = String::new();
        self.child.stdout.take().map(|mut out: ChildStdout| out.read_to_string(&mut said)).unwrap().unwrap();
        self.child.wait().unwrap();
        said.trim().to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

impl<'a> Asking<'a> {
    fn with(self, other: &Self) -> Self {
        Self { timeout: other.timeout, reviewer: other.reviewer, whitelist: other.whitelist, ..self }
    }
}

fn state() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn look(state: &Path, id: &RequestId) -> client::Waiting {
    client::look(state, id).unwrap()
}

#[test]
fn what_waits_is_listed_shown_and_approved_by_its_digest() {
    let state = state();
    let wrapper = Wrapper::start(&Asking::new(state.path(), "make install"));
    let listed = client::pending(state.path()).unwrap();
    assert_eq!(listed.len(), 1);
    let waiting = look(state.path(), &wrapper.id);
    assert_eq!(waiting.request.command_line.text(), b"make install");
    let digest = waiting.request.binding().hex();
    assert_eq!(waiting.approve(digest, Extent::Once).unwrap(), Progress::Complete);
    let verdict = wrapper.verdict();
    assert!(verdict.starts_with("VERDICT Approve {"), "{verdict}");
    assert!(verdict.contains("channel: \"socket\"") && verdict.contains("extent: Once"), "{verdict}");
    assert_eq!(std::fs::read_dir(state.path().join("requests")).unwrap().count(), 0);
    assert!(client::pending(state.path()).unwrap().is_empty());
}

#[test]
fn i2_an_approval_of_something_else_is_refused_and_the_question_stays_open() {
    let state = state();
    let wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    let failed = look(state.path(), &wrapper.id).approve("0".repeat(64), Extent::Once).unwrap_err();
    assert_eq!(failed.to_string(), "refused: what was shown is not what waits here");
    look(state.path(), &wrapper.id).reject(Some("not today".into())).unwrap();
    let verdict = wrapper.verdict();
    assert!(verdict.contains("Reject") && verdict.contains("not today"), "{verdict}");
}

#[test]
fn whitelisting_needs_the_policys_leave() {
    let state = state();
    let wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    let waiting = look(state.path(), &wrapper.id);
    let digest = waiting.request.binding().hex();
    assert!(matches!(waiting.approve(digest.clone(), Extent::Whitelist), Err(Failed::Refused(_))));
    assert_eq!(look(state.path(), &wrapper.id).approve(digest, Extent::Once).unwrap(), Progress::Complete);
    assert!(wrapper.verdict().contains("Approve"));
    let wrapper = Wrapper::start(&Asking { whitelist: true, ..Asking::new(state.path(), "true") });
    let waiting = look(state.path(), &wrapper.id);
    let digest = waiting.request.binding().hex();
    assert_eq!(waiting.approve(digest, Extent::Whitelist).unwrap(), Progress::Complete);
    assert!(wrapper.verdict().contains("extent: Whitelist"));
}

#[test]
fn i10_a_decision_from_inside_a_gated_run_is_refused() {
    let state = state();
    let wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    let output = answering("inside", state.path(), &wrapper.id).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "refused: a decision cannot come from inside a gated run\n");
    let output = answering("approve", state.path(), &wrapper.id).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "approved\n");
    assert!(wrapper.verdict().contains("Approve"));
}

#[test]
fn whoever_is_not_a_reviewer_sees_and_decides_nothing() {
    let state = state();
    let wrapper = Wrapper::start(&Asking { reviewer: 54321, ..Asking::new(state.path(), "true") });
    let failed = client::look(state.path(), &wrapper.id).unwrap_err();
    assert_eq!(failed.to_string(), "refused: this account is not among the reviewers");
    wrapper.signal(Signal::SIGTERM);
    assert!(wrapper.verdict().contains("Withdraw { signal: Some(15)"));
}

#[test]
fn the_first_answer_counts_and_the_other_reviewer_is_told() {
    let state = state();
    let wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    let (first, second) = (look(state.path(), &wrapper.id), look(state.path(), &wrapper.id));
    first.reject(None).unwrap();
    assert!(wrapper.verdict().contains("Reject"));
    assert_eq!(second.reject(None).unwrap_err().to_string(), "too late: it was rejected");
}

#[test]
fn signals_withdraw_the_question() {
    for (signal, number) in [(Signal::SIGINT, 2), (Signal::SIGTERM, 15), (Signal::SIGHUP, 1)] {
        let state = state();
        let wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
        wrapper.signal(signal);
        let verdict = wrapper.verdict();
        assert!(verdict.contains(&format!("Withdraw {{ signal: Some({number})")), "{verdict}");
        assert!(client::pending(state.path()).unwrap().is_empty());
    }
}

#[test]
fn a_caller_that_hangs_up_withdraws_the_question() {
    let state = state();
    let mut wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    drop(wrapper.child.stdout.take());
    wrapper.child.wait().unwrap();
    assert!(client::pending(state.path()).unwrap().is_empty());
}

#[test]
fn nobody_answers_in_time() {
    let state = state();
    let asking = Asking { timeout: Duration::from_millis(300), ..Asking::new(state.path(), "true") };
    let begin = Instant::now();
    assert_eq!(Wrapper::start(&asking).verdict(), "VERDICT Timeout.");
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_killed_wrapper_leaves_nothing_that_is_listed() {
    let state = state();
    let mut wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    wrapper.signal(Signal::SIGKILL);
    wrapper.child.wait().unwrap();
    let socket = state.path().join(format!("requests/{}.sock", wrapper.id));
    assert!(socket.exists());
    assert!(client::pending(state.path()).unwrap().is_empty());
    assert!(!socket.exists());
}

#[test]
fn nobody_to_ask_is_no() {
    let state = state();
    let asking = Asking { terminal: false, socket: false, ..Asking::new(state.path(), "true") };
    let output = asking.command().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("VERDICT Unattended { hint: \"set approver.socket = true"), "{said}");
}

#[test]
fn garbage_floods_and_endless_lines_change_nothing() {
    let state = state();
    let wrapper = Wrapper::start(&Asking::new(state.path(), "true"));
    let directory = Directory::open(state.path()).unwrap();
    let connect = || directory.connect(&wrapper.id).unwrap().unwrap();
    for line in ["\n", "approve\n", "{\"gate\":1,\"message\":{\"approve\":{}}}\n", "{\"gate\":9}\n"] {
        let mut stream = connect();
        stream.write_all(line.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.contains("\"refused\""), "{line:?}: {said}");
    }
    let mut endless = connect();
    let flood = vec![b'x'; 1 << 20];
    assert!(endless.write_all(&flood).is_err() || endless.write_all(&flood).is_err());
    let idle: Vec<_> = (0..8).map(|_| connect()).collect();
    look(state.path(), &wrapper.id).reject(None).unwrap();
    drop(idle);
    assert!(wrapper.verdict().contains("Reject"));
}
