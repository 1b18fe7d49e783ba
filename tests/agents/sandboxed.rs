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

#[test]
fn where_the_sandbox_lets_nothing_be_written_nothing_runs_and_the_hint_says_why() {
    let house = House::attended();
    let script = "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,ro,bind \"$HOME\" && exec \"$0\" -c 'echo canary'";
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_gate"))
        .current_dir("/")
        .env_clear()
        .env("HOME", house.path("home"))
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(std::process::Stdio::null());
    let done = crate::support::house::finished(command);
    assert_eq!((done.status, done.stdout()), (Some(125), String::new()));
    assert!(done.stderr().contains("hint: agents' own sandboxes do that"), "{}", done.stderr());
}
