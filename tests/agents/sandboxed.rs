//! gate within an agent's sandbox: whoever cannot be told from the gated run does not answer, and is told why.

use std::{os::unix::process::CommandExt as _, process::Command};

use crate::support::house::House;

/// gate with these words in a pid namespace of its own.
fn in_a_namespace(house: &House, words: &[&str]) -> Command {
    let gate = house.command(words);
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(gate.get_program())
        .args(gate.get_args())
        .current_dir(house.path("home/project"))
        .env_clear()
        .env("HOME", house.path("home"))
        .env("PATH", "/usr/bin:/bin")
        .stdin(std::process::Stdio::null())
        .process_group(0);
    command
}

#[test]
fn a_reviewer_outside_of_the_sandbox_is_told_why_nothing_can_be_answered() {
    let house = House::attended();
    let waiting = house.ask_with(in_a_namespace(&house, &["-c", "touch f"]));
    let told = house.run(&["pending"]);
    assert!(told.stderr().contains("the peer is outside of this pid namespace"), "{}", told.stderr());
    let answered = house.run(&["approve", &waiting.id, "--digest", "0000000000000000"]);
    assert_eq!(answered.status, Some(125));
    let group = waiting.pid();
    nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).unwrap();
    drop(waiting.end());
    assert!(!house.has("f"));
}
