//! Some of these tests start this test binary again, to run one of its ignored tests in another process: on a file system
//! of 64 KiB, or to be killed.

use std::{
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use gate::audit::{Durability, Event, EventKind, Log};

fn event() -> Event {
    Event { time: 0, run: "00ff".into(), kind: EventKind::Error { message: "x".repeat(300) } }
}

/// Runs an ignored test of this binary in another process, with a new file system of 64 KiB for its state.
#[expect(clippy::disallowed_methods, reason = "starts a test, not a gated command")]
pub(crate) fn on_a_small_disk(test: &str) -> Output {
    let mount = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=64k,mode=700 none \"$STATE\" && exec \"$0\" --exact \"$1\" --ignored --nocapture";
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env("STATE", mount.path())
        .output()
        .expect("unshare (util-linux) is needed")
}

pub(crate) fn state() -> PathBuf {
    PathBuf::from(std::env::var_os("STATE").expect("another test starts this one"))
}

fn private() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o700)
}

fn verified(state: &Path) -> u64 {
    let mut seen = 0;
    let wholeness = Log::read(state, |_, _| seen += 1).unwrap();
    assert_eq!(wholeness.chain.unwrap().records, seen);
    seen
}

#[test]
fn on_a_full_disk_a_record_is_an_error_and_the_log_stays_whole() {
    let output = on_a_small_disk("audit::faults::fill_the_disk");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "another test starts it on a small disk"]
fn fill_the_disk() {
    let state = state();
    let mut acknowledged = 0;
    let error = loop {
        match Log::open(&state).unwrap().append(&event(), Durability::Synced) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 1000);
    };
    assert!(error.to_string().contains("space"), "{error}");
    assert!(acknowledged > 50);
    assert_eq!(verified(&state), acknowledged);
    // With room again the torn line is closed, and the log goes on.
    let content = std::fs::read(Log::path_in(&state)).unwrap();
    let roomy = tempfile::Builder::new().permissions(private()).tempdir_in("/dev/shm").unwrap();
    drop(Log::open(roomy.path()).unwrap());
    std::fs::write(Log::path_in(roomy.path()), content).unwrap();
    Log::open(roomy.path()).unwrap().append(&event(), Durability::Written).unwrap();
    assert!(verified(roomy.path()) > acknowledged);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "starts a test, not a gated command")]
fn a_writer_killed_at_any_time_leaves_a_log_that_goes_on() {
    let state = tempfile::Builder::new().permissions(private()).tempdir().unwrap();
    let mut before = 0;
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "audit::faults::write_until_killed", "--ignored"])
            .env("STATE", state.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while std::fs::metadata(Log::path_in(state.path())).map_or(0, |log| log.len()) < before + 100_000 {
            assert_eq!(child.try_wait().unwrap(), None, "round {round}");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        Log::open(state.path()).unwrap().append(&event(), Durability::Written).unwrap();
        before = std::fs::metadata(Log::path_in(state.path())).unwrap().len();
    }
    assert!(verified(state.path()) > 800);
}

#[test]
#[ignore = "another test starts it and kills it"]
fn write_until_killed() {
    let mut log = Log::open(&state()).unwrap();
    loop {
        log.append(&event(), Durability::Written).unwrap();
    }
}
