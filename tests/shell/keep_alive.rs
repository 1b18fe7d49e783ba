//! Agents that end a silent command are told that it still waits, where the configuration says so.

use crate::support::house::House;

#[test]
fn a_waiting_command_says_so_as_often_as_configured() {
    let house = House::with("timeout = \"3s\"\n[approver]\nterminal = \"never\"\nkeep_alive = \"1s\"\n");
    let done = house.run(&["-c", "python3 -c 1"]);
    assert_eq!(done.status, Some(124));
    let told = done.stderr();
    let mut lines = told.lines();
    assert!(lines.next().unwrap().starts_with("gate: waiting for approval of "), "{told}");
    let reminders = lines.filter(|line| line.starts_with("gate: still waiting for approval of ")).count();
    assert!((1..=2).contains(&reminders), "{told}");
    assert!(told.contains("(at most 1 s more)"), "{told}");
}

#[test]
fn by_default_it_is_said_once() {
    let house = House::with("timeout = \"2s\"\n[approver]\nterminal = \"never\"\n");
    let done = house.run(&["-c", "python3 -c 1"]);
    assert_eq!(done.stderr().matches("waiting for approval").count(), 1);
}
