//! A disk that fills up while a run is recorded.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

use gate::{
    exec::{self, Event, Pty, Sink as _, Stream},
    record::{CastReader, Failure, Header, Options, Recorder},
};

use crate::{
    audit::faults::{on_a_small_disk, state},
    support::permits,
};

fn passes_on_a_small_disk(test: &str) {
    let output = on_a_small_disk(test);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("1 passed"), "{told}");
}

#[test]
fn a_strict_recording_ends_the_run_when_the_disk_is_full() {
    passes_on_a_small_disk("record::faults::strict");
}

#[test]
fn any_other_recording_goes_on_with_a_gap_and_holds_whole_lines() {
    passes_on_a_small_disk("record::faults::best_effort");
}

fn recorder(failure: Failure) -> Recorder {
    let options = Options { failure, ..Options::default() };
    Recorder::create(&state(), "r.cast".into(), &Header::default(), options).unwrap()
}

#[test]
#[ignore = "another test starts it on a small disk"]
fn strict() {
    let mut recorder = recorder(Failure::EndRun);
    let part = [b'x'; 40_000];
    let results: Vec<_> = (0..20).map(|_| recorder.take(Event::Output(Stream::Output, &part))).collect();
    assert!(results.first().unwrap().is_ok());
    assert!(results.last().unwrap().is_err());
}

#[test]
#[ignore = "another test starts it on a small disk"]
fn best_effort() {
    let mut recorder = recorder(Failure::GoOn);
    for _ in 0..40 {
        recorder.take(Event::Output(Stream::Output, &[b'x'; 40_000])).unwrap();
    }
    let outcome = recorder.finish().unwrap();
    assert_eq!(outcome.output, Some(1_600_000));
    assert!(outcome.lost > 1_400_000 && outcome.trouble.is_some(), "{outcome:?}");
    let content = std::fs::read(state().join("r.cast")).unwrap();
    assert_eq!(content.len() as u64, outcome.bytes);
    if !content.is_empty() {
        let mut reader = CastReader::new(&content[..]).unwrap();
        while reader.next_event().unwrap().is_some() {}
        assert!(!reader.is_cut());
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "starts a test, not a gated command")]
fn what_a_quiet_run_wrote_is_on_the_disk_when_gate_is_killed() {
    let state = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "record::faults::run_quietly", "--ignored"])
        .env("STATE", state.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let recorded = || std::fs::read_to_string(state.path().join("r.cast")).unwrap_or_default();
    while !recorded().contains("early") {
        assert_eq!(child.try_wait().unwrap(), None, "the run is over, so that this proves nothing");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert!(recorded().ends_with("\"o\", \"early\\r\\n\"]\n"));
}

#[test]
#[ignore = "another test starts it and kills it"]
fn run_quietly() {
    let mut recorder = recorder(Failure::GoOn);
    let permit = permits::shell("echo early; exec sleep 10");
    exec::run(&permit, Pty::AsCaller, Some(&mut recorder)).unwrap();
}
