//! A question that is taken back: nothing ran, nobody is still asked, and the log says so.

use std::{ffi::OsString, os::fd::AsFd as _};

use gate::sys::process::{Change, changed, watch};
use nix::sys::signal::{Signal, kill};

use crate::support::{
    house::{House, Waiting, files_below},
    terminal::Terminal,
};

const TEXT: &str = "touch canary; cat ~/.ssh/id_rsa";

/// Nothing is left of the question, and the log tells why.
fn assert_withdrawn(house: &House, reason: &str) {
    assert!(!house.has("canary"));
    assert_eq!(house.run(&["pending"]).stderr(), "gate: nothing waits for an approval\n");
    assert_eq!(files_below(&house.state().join("requests")), Vec::<std::path::PathBuf>::new());
    let log = house.run(&["log", "--json"]).stdout();
    let last = log.lines().last().unwrap();
    let cause = format!("\"by\":{{\"kind\":\"gate\"}},\"cause\":\"withdrawn\",\"reason\":\"{reason}\"");
    assert!(last.contains("\"event\":\"reject\"") && last.contains(&cause), "{last}");
    assert!(!log.contains("\"event\":\"accept\""), "{log}");
}

fn asked(house: &House) -> Waiting {
    let waiting = house.ask(&["-c", TEXT]);
    assert!(house.run(&["pending"]).stdout().contains(&waiting.id));
    waiting
}

#[test]
fn a_signal_takes_a_question_back_that_a_second_terminal_could_answer() {
    for (signal, name) in
        [(Signal::SIGINT, "SIGINT"), (Signal::SIGHUP, "SIGHUP"), (Signal::SIGTERM, "SIGTERM")]
    {
        let house = House::attended();
        let waiting = asked(&house);
        let id = waiting.id.clone();
        kill(waiting.pid(), signal).unwrap();
        let (done, killed_by) = waiting.end_by_signal();
        assert_eq!(killed_by, Some(signal as i32), "{done:?}");
        assert!(
            done.stderr().starts_with(&format!("gate: withdrawn: interrupted by {name}\n")),
            "{}",
            done.stderr()
        );
        assert_withdrawn(&house, &format!("interrupted by {name}"));
        let late = house.run(&["approve", &id, "--yes"]);
        assert_eq!(
            (late.status, late.stderr()),
            (Some(125), format!("gate: request {id}: no such request waits\n"))
        );
        assert!(!house.has("canary"));
    }
}

#[test]
fn a_caller_that_reads_no_more_takes_the_question_back() {
    let house = House::attended();
    let mut waiting = asked(&house);
    waiting.hang_up();
    assert_eq!(waiting.end().status, Some(126));
    assert_withdrawn(&house, "nobody reads standard output any more");
}

fn on_a_terminal(house: &House) -> Terminal {
    let script = format!(
        "cd {} && exec env -i HOME={} TERM=xterm PATH=/usr/bin:/bin {} -c '{TEXT}'",
        house.path("home/project").display(),
        house.path("home").display(),
        env!("CARGO_BIN_EXE_gate"),
    );
    let mut terminal = Terminal::start("/bin/sh", &["sh", "-c", &script], &[] as &[(&str, OsString)]);
    terminal.wait_for(" > ");
    terminal
}

#[test]
fn control_c_takes_a_question_on_the_terminal_back() {
    let house = House::with("timeout = \"60s\"\n[approver]\nterminal = \"always\"\n");
    let mut terminal = on_a_terminal(&house);
    terminal.send("\u{3}");
    terminal.wait_for("taken back: not run");
    terminal.wait_for("gate: withdrawn: interrupted at the terminal");
    assert!(matches!(terminal.wait().0, Change::Killed { signal: 2, .. }));
    assert_withdrawn(&house, "interrupted at the terminal");
}

#[test]
fn a_terminal_that_hangs_up_takes_the_question_back() {
    let house = House::with("timeout = \"60s\"\n[approver]\nterminal = \"always\"\n");
    let terminal = on_a_terminal(&house);
    let end = watch(terminal.pid).unwrap();
    let pid = terminal.close();
    let mut ready = [nix::poll::PollFd::new(end.as_fd(), nix::poll::PollFlags::POLLIN)];
    assert_eq!(nix::poll::poll(&mut ready, 20_000u16).unwrap(), 1, "gate outlives its terminal");
    let ended = changed(pid).unwrap();
    assert!(matches!(ended, Some(Change::Killed { signal: 1, .. } | Change::Exited(126))), "{ended:?}");
    assert!(!house.has("canary"));
    assert_eq!(house.run(&["pending"]).stderr(), "gate: nothing waits for an approval\n");
    let log = house.run(&["log", "--json"]).stdout();
    assert!(log.lines().last().unwrap().contains("\"cause\":\"withdrawn\""), "{log}");
}

#[test]
fn a_question_that_nobody_answers_ends_with_124() {
    let house = House::with("timeout = \"1s\"\n[approver]\nterminal = \"never\"\n");
    let done = asked(&house).end();
    assert_eq!(done.status, Some(124));
    assert!(done.stderr().starts_with("gate: not approved within 1 s\n"), "{}", done.stderr());
    assert!(!house.has("canary"));
    assert!(house.run(&["log", "--json"]).stdout().contains("\"cause\":\"timed-out\""));
}
