//! A shell within an accepted run: people are asked once for what they saw as one command.

use std::os::unix::fs::DirBuilderExt as _;

use crate::support::house::{Done, House, finished};

use super::link;

/// Approves what waits, and gives what it left behind.
fn approved(house: &House, text: &str) -> Done {
    let waiting = house.ask(&["-c", text]);
    assert_eq!(house.run(&["approve", "--yes", &waiting.id]).status, Some(0));
    waiting.end()
}

/// How many requests and accepts the log has.
fn asked_and_accepted(house: &House) -> (usize, usize) {
    let log = std::fs::read_to_string(house.state().join("audit.jsonl")).unwrap();
    let count =
        |event: &str| log.lines().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count();
    (count("request"), count("accept"))
}

#[test]
fn a_chain_of_shells_in_one_process_asks_once() {
    let house = House::attended();
    let bash = link(&house, "bash");
    let bash = bash.display();
    let done = approved(&house, &format!("{bash} -c \"{bash} -c 'python3 -c \\\"print(6*7)\\\"'\""));
    assert_eq!((done.stdout(), done.status), ("42\n".into(), Some(0)), "{}", done.stderr());
    assert_eq!(asked_and_accepted(&house).0, 1);
}

#[test]
fn shells_that_an_understood_text_starts_are_part_of_it() {
    let house = House::attended();
    let bash = link(&house, "bash");
    let bash = bash.display();
    let text = format!("{bash} -c 'touch one' && {bash} -c 'touch two'; rm -rf nothing");
    let done = approved(&house, &text);
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    assert!(house.has("one") && house.has("two"));
    assert_eq!(asked_and_accepted(&house), (1, 3));
}

#[test]
fn what_an_approved_program_starts_by_itself_is_asked_for() {
    let house = House::attended();
    let bash = link(&house, "bash");
    house.write(
        "home/project/agent.py",
        &format!(
            "import subprocess\nprint(subprocess.run(['{}', '-c', 'touch ran'], timeout=60).returncode)\n",
            bash.display()
        ),
    );
    let first = house.ask(&["-c", "python3 agent.py; true"]);
    let log = house.state().join("audit.jsonl");
    let requests = || std::fs::read_to_string(&log).unwrap().matches("\"event\":\"request\"").count();
    assert_eq!(requests(), 1);
    assert_eq!(house.run(&["approve", "--yes", &first.id]).status, Some(0));
    let pending = loop {
        let listed = house.run(&["pending", "--json"]).stdout();
        if listed.contains("touch ran") {
            break listed;
        }
        std::thread::yield_now();
    };
    assert!(!house.has("ran"));
    let id = pending.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(house.run(&["deny", &id, "--reason", "no"]).status, Some(0));
    assert_eq!(first.end().stdout(), "126\n");
    assert!(!house.has("ran"));
}

#[test]
fn a_denial_stands_within_an_accepted_run() {
    let house = House::attended();
    let bash = link(&house, "bash");
    let bash = bash.display();
    // A text that is not known before the shell runs: what it starts is judged when it starts.
    house.write("home/project/line", "gate approve aaaaaa");
    let done = approved(&house, &format!("exec {bash} -c \"$(cat line)\""));
    assert_eq!(done.status, Some(126));
    assert!(done.stderr().contains("denied by policy"), "{}", done.stderr());
}

#[test]
fn a_link_to_gate_first_on_the_path_changes_no_decision() {
    let house = House::unattended();
    let bash = link(&house, "bash");
    let mut command = house.command(&["-c", "bash -c 'echo in; ls' && sh -c 'echo sh'"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", bash.parent().unwrap().display()));
    let done = finished(command);
    assert_eq!((done.stdout(), done.stderr(), done.status), ("in\nsh\n".into(), String::new(), Some(0)));
    // A link elsewhere could be another file by the time that it is started.
    let stray = house.path("home/project/bash");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gate"), &stray).unwrap();
    assert_eq!(house.run(&["check", "./bash -c ls"]).status, Some(3));
}

#[test]
fn a_registration_of_another_program_covers_nothing() {
    let house = House::attended();
    let bash = link(&house, "bash");
    let runs = house.state().join("runs");
    // The test's process is the parent of the gate that it starts, but no gate.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let start = stat.rsplit(')').next().unwrap().split_ascii_whitespace().nth(19).unwrap();
    std::fs::DirBuilder::new().mode(0o700).create(&runs).unwrap();
    std::fs::write(runs.join(format!("{}-{start}", std::process::id())), "forged understood\n").unwrap();
    let waiting = house.ask(&["-c", &format!("{} -c 'python3 -c 1'", bash.display())]);
    nix::sys::signal::kill(waiting.pid(), nix::sys::signal::Signal::SIGTERM).unwrap();
    waiting.end();
}
