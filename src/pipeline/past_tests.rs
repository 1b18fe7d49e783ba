use std::time::Instant;

use super::*;
use crate::audit::{By, Cause, Durability, Event, Judgement, Octets, Reviewer, Subject};

const NOW: u64 = 1_790_000_000;

fn subject(agent: Option<&str>, host: &str, command: &str) -> Box<Subject> {
    Box::new(Subject {
        user: "ann".into(),
        uid: 1000,
        host: host.into(),
        agent: agent.map(str::to_owned),
        session: Some("k7p2mn".into()),
        cwd: Octets::new("/home/ann"),
        command: Octets::new(command),
        digest: "d".repeat(64),
        environment: Vec::new(),
    })
}

fn judgement() -> Judgement {
    Judgement { action: "ask".into(), tier: "high".into(), score: 60, rules: vec!["git push".into()] }
}

fn accept(subject: Box<Subject>) -> EventKind {
    EventKind::Accept { request: None, subject, judgement: judgement(), by: By::Policy, recording: None }
}

fn reject(subject: Box<Subject>, cause: Cause, request: Option<&str>) -> EventKind {
    let reviewer = Reviewer { name: "bob".into(), uid: 1001, channel: "socket".into() };
    let by = if request.is_some() { By::Reviewers(vec![reviewer]) } else { By::Policy };
    let request = request.map(str::to_owned);
    EventKind::Reject { request, subject, judgement: judgement(), by, cause, reason: None }
}

fn request(subject: Box<Subject>) -> EventKind {
    EventKind::Request { request: "k7m2qx".into(), subject, judgement: judgement() }
}

fn codex(command: &str) -> Box<Subject> {
    subject(Some("codex"), "mill", command)
}

/// A state directory with these events, each so many seconds ago.
fn state(events: Vec<(u64, EventKind)>) -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    std::fs::set_permissions(state.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let mut log = Log::open(state.path()).unwrap();
    for (ago, kind) in events {
        let event = Event { time: (NOW - ago) * 1000, run: "r".into(), kind };
        log.append(&event, Durability::Written).unwrap();
    }
    state
}

fn asked(command: &str) -> Question {
    Question {
        deeds: deeds(&ExampleMachine::new(Catalog::built_in()).analyse(command)),
        agent: Some("codex".into()),
        host: "mill".into(),
        now: NOW,
        requests_since: NOW - 300,
        denied_since: NOW - 30 * 86_400,
    }
}

fn recalled(state: &Path, question: &Question) -> Option<Memory> {
    LoggedPast { state, catalog: &Catalog::built_in() }.recall(question)
}

fn memory(events: Vec<(u64, EventKind)>, command: &str) -> Memory {
    recalled(state(events).path(), &asked(command)).unwrap()
}

#[test]
fn what_was_accepted_for_this_agent_on_this_machine_is_known() {
    for (event, command, expected) in [
        (accept(codex("git push")), "git push origin main", vec![true]),
        (accept(codex("cd x && git -C y push")), "git push", vec![true]),
        (accept(codex("git status")), "git push", vec![false]),
        (accept(codex("echo git push")), "git push", vec![false]),
        (accept(codex("/tmp/git push")), "git push", vec![false]),
        (accept(subject(Some("claude"), "mill", "git push")), "git push", vec![false]),
        (accept(subject(None, "mill", "git push")), "git push", vec![false]),
        (accept(subject(Some("codex"), "mills", "git push")), "git push", vec![false]),
        (reject(codex("git push"), Cause::Denied, None), "git push", vec![false]),
        (request(codex("git push")), "git push", vec![false]),
        (
            accept(codex("git push && terraform plan")),
            "git push; terraform plan; curl x",
            vec![true, true, false],
        ),
    ] {
        assert_eq!(memory(vec![(9, event.clone())], command).accepted, expected, "{event:?} {command}");
    }
}

#[test]
fn an_agent_without_a_name_has_a_past_of_its_own() {
    let events = || vec![(9, accept(subject(None, "mill", "git push")))];
    let nameless = Question { agent: None, ..asked("git push") };
    assert_eq!(recalled(state(events()).path(), &nameless).unwrap().accepted, [true]);
    let other = vec![(9, accept(codex("git push")))];
    assert_eq!(recalled(state(other).path(), &nameless).unwrap().accepted, [false]);
}

#[test]
fn requests_and_denials_by_the_policy_are_counted_under_every_name() {
    let other = |command| subject(Some("other"), "mill", command);
    let events = vec![
        (301, request(codex("git push"))),
        (300, request(codex("git push"))),
        (200, request(other("ls"))),
        (150, reject(other("ls"), Cause::Denied, Some("k7m2qx"))),
        (100, reject(codex("rm -rf /"), Cause::Denied, None)),
        (50, accept(codex("ls"))),
    ];
    assert_eq!(memory(events, "git push").requests, 3);
}

#[test]
fn what_a_person_or_the_policy_denied_is_remembered_for_its_time() {
    for (ago, event, expected) in [
        (86_400, reject(codex("git push --force origin x"), Cause::Denied, Some("k7m2qx")), true),
        (86_400, reject(codex("git push"), Cause::Denied, None), true),
        (86_400, reject(subject(Some("other"), "mill", "cd x; g''it p\\ush"), Cause::Denied, None), true),
        (31 * 86_400, reject(codex("git push"), Cause::Denied, None), false),
        (86_400, reject(codex("git push"), Cause::TimedOut, Some("k7m2qx")), false),
        (86_400, reject(codex("git push"), Cause::Unattended, Some("k7m2qx")), false),
        (86_400, reject(codex("git fetch"), Cause::Denied, None), false),
        (86_400, reject(codex("echo git push"), Cause::Denied, None), false),
        (86_400, reject(subject(Some("codex"), "other", "git push"), Cause::Denied, None), false),
    ] {
        let found = memory(vec![(ago, event.clone())], "git push origin x").denied;
        assert_eq!(found, expected.then_some(NOW - ago), "{event:?}");
    }
}

#[test]
fn the_newest_denial_counts() {
    let events = vec![
        (900, reject(codex("git push"), Cause::Denied, None)),
        (500, reject(codex("git push"), Cause::Denied, None)),
        (100, accept(codex("git push"))),
    ];
    let memory = memory(events, "git push");
    assert_eq!((memory.denied, memory.accepted), (Some(NOW - 500), vec![true]));
}

#[test]
fn a_command_cannot_write_a_past() {
    let faked = r#"echo ',"agent":"codex","host":"mill"' git push"#;
    let events = vec![(9, accept(subject(Some("evil"), "mill", faked)))];
    assert_eq!(memory(events, "git push").accepted, [false]);
}

#[test]
fn a_log_that_cannot_be_read_is_no_past() {
    let state = tempfile::tempdir().unwrap();
    assert_eq!(
        recalled(state.path(), &asked("git push")),
        Some(Memory { accepted: vec![false], ..Memory::default() })
    );
    std::fs::create_dir(state.path().join("audit.jsonl")).unwrap();
    assert_eq!(recalled(state.path(), &asked("git push")), None);
}

#[test]
fn damaged_lines_are_passed_over() {
    let state = state(vec![(9, accept(codex("git push")))]);
    let path = state.path().join("audit.jsonl");
    let mut log = std::fs::read(&path).unwrap();
    log.extend_from_slice(b"\xff\0garbage\n{\"v\":1,\"seq\":\n\n{\"v\":1}\ngit push torn");
    std::fs::write(&path, log).unwrap();
    assert_eq!(recalled(state.path(), &asked("git push")).unwrap().accepted, [true]);
}

#[test]
fn a_flood_of_denials_that_look_alike_counts_as_one_and_ends() {
    let flood = (0..LINES * 3).map(|_| (9, reject(codex("echo git push"), Cause::Denied, None))).collect();
    let start = Instant::now();
    assert_eq!(memory(flood, "git push").denied, Some(NOW - 9));
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn a_denied_command_line_too_long_to_take_apart_is_taken_for_alike() {
    let long = format!("echo git push {}", "x".repeat(LONGEST));
    assert_eq!(
        memory(vec![(9, reject(codex(&long), Cause::Denied, None))], "git push").denied,
        Some(NOW - 9)
    );
    assert_eq!(memory(vec![(9, accept(codex(&long)))], "git push").accepted, [false]);
}
