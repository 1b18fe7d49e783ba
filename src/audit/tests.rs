use std::os::unix::fs::PermissionsExt;

use super::*;

fn subject() -> Subject {
    Subject {
        user: "ann".into(),
        uid: 1000,
        host: "mill".into(),
        agent: Some("claude".into()),
        session: Some("k7p2mn".into()),
        cwd: Octets::new("/home/ann/site"),
        command: Octets::new("git push \"origin\"\nls"),
        digest: "ab".repeat(32),
        environment: vec!["GIT_DIR".into()],
    }
}

fn judgement() -> Judgement {
    Judgement { action: "ask".into(), tier: "medium".into(), score: 40, rules: vec!["git-push".into()] }
}

fn reviewer(name: &str, uid: u32) -> Reviewer {
    Reviewer { name: name.into(), uid, channel: "socket".into() }
}

fn events() -> Vec<Event> {
    let reviewer = By::Reviewers(vec![reviewer("bob", 1001)]);
    let recording = Recording { file: "r.cast".into(), sha256: "cd".repeat(32), bytes: 120, lost: 0 };
    let kinds = [
        EventKind::Request { request: "k7m2qx".into(), subject: Box::new(subject()), judgement: judgement() },
        EventKind::Accept {
            request: Some("k7m2qx".into()),
            subject: Box::new(subject()),
            judgement: judgement(),
            by: reviewer,
            recording: Some("r.cast".into()),
        },
        EventKind::Exit {
            code: 137,
            signal: Some(9),
            duration: 1500,
            output: Some(12),
            recording: Some(recording),
        },
        EventKind::Exit { code: 0, signal: None, duration: 0, output: None, recording: None },
        EventKind::Reject {
            request: None,
            subject: Box::new(Subject {
                agent: None,
                session: Some("k7p2mn".into()),
                command: Octets::new(*b"cat \xff"),
                environment: vec![],
                ..subject()
            }),
            judgement: judgement(),
            by: By::Gate,
            cause: Cause::Unattended,
            reason: Some("nobody".into()),
        },
        EventKind::Error { message: "no space".into() },
        EventKind::Transfer {
            verb: "scp".into(),
            paths: vec![Octets::new("/srv/a"), Octets::new(*b"/srv/\xff")],
            received: 1 << 40,
            sent: 3,
        },
    ];
    kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Event { time: 1_792_547_696_000 + index as u64, run: "00ff".into(), kind })
        .collect()
}

#[test]
fn several_reviewers_stand_in_one_record() {
    let [_, Event { time, run, kind: EventKind::Accept { request, subject, judgement, recording, .. } }, ..] =
        &events()[..]
    else {
        panic!()
    };
    let by = By::Reviewers(vec![reviewer("bob", 1001), reviewer("cid", 1002), reviewer("dot", 1003)]);
    let kind = EventKind::Accept {
        request: request.clone(),
        subject: subject.clone(),
        judgement: judgement.clone(),
        by,
        recording: recording.clone(),
    };
    let event = Event { time: *time, run: run.clone(), kind };
    let mut line = Vec::new();
    encode::push_line(&mut line, 1, &chain::Link::START.hash, &event);
    let text = String::from_utf8(line.clone()).unwrap();
    let expected = r#""by":{"kind":"reviewer","name":"bob","uid":1001,"channel":"socket","others":[{"name":"cid","uid":1002,"channel":"socket"},{"name":"dot","uid":1003,"channel":"socket"}]}"#;
    assert!(text.contains(expected), "{text}");
    assert_eq!(Record::parse(line.trim_ascii_end()).unwrap().event, event);
    for broken in [
        text.replace("\"others\":[", "\"others\":[7,"),
        text.replace("\"others\":[{\"name\"", "\"others\":[{\"nam\""),
    ] {
        assert!(Record::parse(broken.trim().as_bytes()).is_err(), "{broken}");
    }
}

/// A log of `count` records as its bytes.
fn log_of(count: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last = chain::Link::START;
    for event in events().iter().cycle().take(count) {
        let start = out.len();
        encode::push_line(&mut out, last.seq + 1, &last.hash, event);
        last = chain::Link::of(&out[start..out.len() - 1]).unwrap();
    }
    out
}

fn lines(log: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.pop(), Some(&b""[..]), "a log ends with a newline");
    lines
}

#[test]
fn a_record_is_one_line_of_json_in_a_fixed_order() {
    let log = log_of(1);
    let expected = concat!(
        r#"{"v":1,"seq":1,"prev":"0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""time":"2026-10-21T01:54:56.000Z","run":"00ff","event":"request","request":"k7m2qx","#,
        r#""user":"ann","uid":1000,"host":"mill","agent":"claude","session":"k7p2mn","cwd":"/home/ann/site","#,
        r#""command":"git push \"origin\"\nls","#,
        r#""digest":"abababababababababababababababababababababababababababababababab","#,
        r#""environment":["GIT_DIR"],"action":"ask","tier":"medium","score":40,"rules":["git-push"]}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(log).unwrap(), expected);
}

#[test]
fn every_event_comes_back() {
    let log = log_of(7);
    for (line, event) in lines(&log).into_iter().zip(events()) {
        assert_eq!(Record::parse(line).unwrap().event, event);
    }
    assert_eq!(verify(lines(&log)).unwrap().records, 7);
}

#[test]
fn a_log_is_appended_to_and_verified() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("a/b");
    for event in events() {
        Log::open(&state).unwrap().append(&event, Durability::Synced).unwrap();
    }
    let path = Log::path_in(&state);
    assert_eq!(std::fs::read(&path).unwrap(), log_of(7));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(state.metadata().unwrap().permissions().mode() & 0o7777, 0o700);
}

fn private_directory() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o700)).tempdir().unwrap()
}

/// Opens a log that holds these bytes.
fn log_with(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let state = private_directory();
    drop(Log::open(state.path()).unwrap());
    let path = Log::path_in(state.path());
    std::fs::write(&path, content).unwrap();
    (state, path)
}

fn append_to(state: &std::path::Path) -> Result<(), LogError> {
    Log::open(state)?.append(&events()[2], Durability::Written)
}

#[test]
fn any_changed_byte_is_found_or_changes_the_head() {
    let log = log_of(4);
    let whole = verify(lines(&log)).unwrap();
    for place in 0..log.len() - 1 {
        for change in [0x01, 0x20, 0x80] {
            let mut changed = log.clone();
            changed[place] ^= change;
            let text = changed.strip_suffix(b"\n").unwrap();
            let result = verify(text.split(|byte| *byte == b'\n'));
            assert!(
                result.is_err() || result.as_ref().unwrap().head != whole.head,
                "byte {place}: {result:?}"
            );
            let last_line = log[..log.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
            assert!(place > last_line || result.is_err(), "byte {place} of a line before the last");
        }
    }
}

#[test]
fn a_line_that_is_missing_swapped_or_doubled_is_found() {
    let log = log_of(7);
    let all = lines(&log);
    for place in 0..5 {
        let mut missing = all.clone();
        missing.remove(place);
        assert_eq!(verify(missing).unwrap_err().line, place as u64 + 1);
        let mut swapped = all.clone();
        swapped.swap(place, place + 1);
        assert_eq!(verify(swapped).unwrap_err().line, place as u64 + 1);
        let mut doubled = all.clone();
        doubled.insert(place, all[place]);
        assert_eq!(verify(doubled).unwrap_err().line, place as u64 + 2);
    }
    let cut = verify(all[..5].to_vec()).unwrap();
    assert_ne!(cut.head, verify(all).unwrap().head, "a log without its end has another head");
}

#[test]
fn what_gate_does_not_write_is_no_record() {
    let good = String::from_utf8(log_of(1)).unwrap();
    let good = good.trim_end();
    for (from, to) in [
        ("\"uid\":1000", "\"uid\":-1"),
        ("\"uid\":1000", "\"uid\":1000,\"uid\":1000"),
        ("\"uid\":1000", "\"uid\":1000,\"more\":1"),
        ("\"uid\":1000,", ""),
        ("\"uid\":1000", "\"uid\": 1000"),
        ("\"v\":1", "\"v\":2"),
        ("2026-10-21T01:54:56.000Z", "2026-10-21"),
        ("\"score\":40", "\"score\":400"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        Record::parse(changed.as_bytes()).unwrap_err();
    }
}

#[test]
fn events_of_a_later_version_are_read_by_name() {
    let line = String::from_utf8(log_of(1)).unwrap();
    let later = line.trim_end().replace("\"event\":\"request\"", "\"event\":\"checkpoint\"");
    let record = Record::parse(later.replace("\"uid\":1000", "\"root\":[1]").as_bytes()).unwrap();
    assert_eq!(record.event.kind, EventKind::Other { name: "checkpoint".into() });
}

#[test]
fn a_log_torn_at_any_place_is_continued_and_whole_again() {
    let log = log_of(3);
    let last = log[..log.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in last..=log.len() {
        let (state, path) = log_with(&log[..end]);
        append_to(state.path()).unwrap();
        append_to(state.path()).unwrap();
        let after = std::fs::read(&path).unwrap();
        assert!(after.starts_with(&log[..end]), "nothing is written over");
        let summary = verify(lines(&after)).unwrap_or_else(|broken| panic!("cut at {end}: {broken}"));
        let (records, recovered) = match end {
            // Nothing of the line is left, or the whole of it.
            _ if end == last => (4, 0),
            _ if end >= log.len() - 1 => (5, 0),
            _ => (5, 1),
        };
        assert_eq!((summary.records, summary.recovered), (records, recovered), "cut at {end}");
    }
}

#[test]
fn rubbish_at_the_end_is_closed_too() {
    for rubbish in
        ["\n", "\0\0\0\0", "half a line", "one\ntwo\nthree", "one\n\ntwo\n", "{\"v\":1,\"seq\":3}\n"]
    {
        let mut content = log_of(2);
        content.extend_from_slice(rubbish.as_bytes());
        let (state, path) = log_with(&content);
        append_to(state.path()).unwrap();
        let after = std::fs::read(&path).unwrap();
        let summary = verify(lines(&after)).unwrap_or_else(|broken| panic!("{rubbish:?}: {broken}"));
        assert_eq!((summary.records, summary.recovered), (4, 1), "{rubbish:?}");
    }
}

#[test]
fn an_unmarked_torn_line_is_found() {
    let log = log_of(3);
    let mut all = lines(&log);
    all.insert(1, b"{\"v\":1,\"seq\":2,\"prev\":\"");
    let broken = verify(all).unwrap_err();
    assert_eq!(broken.line, 2);
    assert!(broken.why.starts_with("it is not JSON"), "{broken}");
}

#[test]
fn a_line_of_a_later_version_is_not_continued() {
    let (state, _) = log_with(b"{\"v\":2,\"number\":1}\n");
    assert!(matches!(append_to(state.path()), Err(LogError::Damaged { .. })));
}

#[test]
fn files_and_directories_that_others_could_change_are_refused() {
    let untrusted = |state: &std::path::Path| {
        assert!(matches!(Log::open(state), Err(LogError::Untrusted { .. })), "{}", state.display());
    };
    let open_to_others = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let (state, path) = log_with(b"");
    open_to_others(&path, 0o640);
    untrusted(state.path());
    open_to_others(&path, 0o600);
    open_to_others(state.path(), 0o710);
    untrusted(state.path());
    open_to_others(state.path(), 0o700);
    std::fs::hard_link(&path, state.path().join("second")).unwrap();
    untrusted(state.path());
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("second", &path).unwrap();
    assert!(matches!(Log::open(state.path()), Err(LogError::Io { .. })));
    let outer = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(state.path(), outer.path().join("state")).unwrap();
    untrusted(&outer.path().join("state"));
}

#[test]
fn a_log_that_is_kept_locked_is_an_error_and_not_a_hang() {
    let (state, path) = log_with(&log_of(1));
    let holder = std::fs::File::open(&path).unwrap();
    let _held = nix::fcntl::Flock::lock(holder, nix::fcntl::FlockArg::LockExclusive).unwrap();
    assert!(matches!(append_to(state.path()), Err(LogError::Locked { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), log_of(1));
}

#[test]
fn after_a_failure_nothing_more_is_written() {
    let (state, path) = log_with(&log_of(1));
    let mut log = Log::open(state.path()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(log.append(&events()[2], Durability::Written), Err(LogError::Damaged { .. })));
    assert!(matches!(log.append(&events()[2], Durability::Written), Err(LogError::Poisoned { .. })));
}

#[test]
fn a_record_longer_than_the_window_is_continued() {
    let (state, path) = log_with(b"");
    let mut long = events()[1].clone();
    let EventKind::Accept { subject, .. } = &mut long.kind else { unreachable!() };
    subject.command = Octets::new(vec![0x01; 200_000]);
    Log::open(state.path()).unwrap().append(&long, Durability::Written).unwrap();
    append_to(state.path()).unwrap();
    assert_eq!(verify(lines(&std::fs::read(path).unwrap())).unwrap().records, 2);
}

#[test]
fn many_writers_at_once_leave_one_whole_chain() {
    let (state, path) = log_with(b"");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut log = Log::open(state.path()).unwrap();
                for event in events().iter().cycle().take(250) {
                    log.append(event, Durability::Written).unwrap();
                }
            });
        }
    });
    let after = std::fs::read(path).unwrap();
    assert_eq!(verify(lines(&after)).unwrap(), Summary { records: 1000, ..verify(lines(&after)).unwrap() });
}

#[test]
fn reading_gives_every_record_and_goes_on_behind_a_break() {
    let mut content = log_of(4);
    content.extend_from_slice(b"{\"v\":1,\"se");
    let (state, path) = log_with(&content);
    let read = |state: &std::path::Path| {
        let mut seen = vec![];
        let wholeness = Log::read(state, |record, _| seen.push(record.seq)).unwrap();
        (seen, wholeness)
    };
    let (seen, wholeness) = read(state.path());
    assert_eq!((seen, wholeness.torn), (vec![1, 2, 3, 4], 10));
    assert_eq!(wholeness.chain.unwrap().records, 4);
    let changed = String::from_utf8(content).unwrap().replacen("\"bob\"", "\"eve\"", 1);
    std::fs::write(&path, changed).unwrap();
    let (seen, wholeness) = read(state.path());
    assert_eq!(seen, [1, 2, 3, 4]);
    assert_eq!(wholeness.chain.unwrap_err().line, 3);
}

#[test]
fn events_make_runs() {
    let mut runs = Runs::default();
    for event in events().into_iter().take(3) {
        runs.take(event);
    }
    let runs = runs.into_vec();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].verdict.as_ref().unwrap().word(), "approved");
    assert_eq!(runs[0].exit.as_ref().unwrap().code, 137);
    assert_eq!(runs[0].events, ["request", "accept", "exit"]);
    assert_eq!(runs[0].request.as_deref(), Some("k7m2qx"));
}

proptest::proptest! {
    #[test]
    fn any_command_comes_back(command in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
        let mut event = events()[0].clone();
        let EventKind::Request { subject, .. } = &mut event.kind else { unreachable!() };
        subject.command = Octets::new(command);
        let mut line = vec![];
        encode::push_line(&mut line, 7, &[3; 32], &event);
        let record = Record::parse(line.strip_suffix(b"\n").unwrap()).unwrap();
        proptest::prop_assert_eq!(record.event, event);
    }
}
