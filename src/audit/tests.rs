use std::os::unix::fs::PermissionsExt;

use super::*;

fn subject() -> Subject {
    Subject {
        user: "ann".into(),
        uid: 1000,
        host: "mill".into(),
        agent: Some("claude".into()),
        cwd: Octets::new("/home/ann/site"),
        command: Octets::new("git push \"origin\"\nls"),
        digest: "ab".repeat(32),
        environment: vec!["GIT_DIR".into()],
    }
}

fn judgement() -> Judgement {
    Judgement { action: "ask".into(), tier: "medium".into(), score: 40, rules: vec!["git-push".into()] }
}

fn events() -> Vec<Event> {
    let reviewer = By::Reviewer { name: "bob".into(), uid: 1001, channel: "socket".into() };
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
    ];
    kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Event { time: 1_792_547_696_000 + index as u64, run: "00ff".into(), kind })
        .collect()
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
        r#""user":"ann","uid":1000,"host":"mill","agent":"claude","cwd":"/home/ann/site","#,
        r#""command":"git push \"origin\"\nls","#,
        r#""digest":"abababababababababababababababababababababababababababababababab","#,
        r#""environment":["GIT_DIR"],"action":"ask","tier":"medium","score":40,"rules":["git-push"]}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(log).unwrap(), expected);
}

#[test]
fn every_event_comes_back() {
    let log = log_of(6);
    for (line, event) in lines(&log).into_iter().zip(events()) {
        assert_eq!(Record::parse(line).unwrap().event, event);
    }
    assert_eq!(verify(lines(&log)).unwrap().records, 6);
}

#[test]
fn a_log_is_appended_to_and_verified() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("a/b");
    for event in events() {
        Log::open(&state).unwrap().append(&event, Durability::Synced).unwrap();
    }
    let path = Log::path_in(&state);
    assert_eq!(std::fs::read(&path).unwrap(), log_of(6));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(state.metadata().unwrap().permissions().mode() & 0o7777, 0o700);
}
