//! Settings and rules, as the program takes them.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::house::House;

const RULE: &str = "version = 1\n[[rule]]\nid = \"mine\"\ntier = \"deny\"\nreason = \"not here\"\ncommand = \"ls\"\nmatch = [\"ls\"]\n";

#[test]
fn a_malformed_policy_stops_everything_with_its_line_and_a_caret() {
    let house = House::with("policy = [\"default\", \"mine.toml\"]\n");
    house.write("home/.config/gate/mine.toml", &RULE.replace("tier", "tire"));
    let done = house.run(&["-c", "true"]);
    assert_eq!(done.status, Some(125));
    let stderr = done.stderr();
    assert!(stderr.contains("mine.toml:4:1: "), "{stderr}");
    assert!(stderr.contains("^^^^") && stderr.contains("did you mean `tier`?"), "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with("gate: ")), "{stderr}");
}

#[test]
fn a_missing_policy_stops_everything() {
    let house = House::with("policy = [\"gone.toml\"]\n");
    let done = house.run(&["-c", "true"]);
    assert_eq!(done.status, Some(125));
    assert!(done.stderr().contains("gone.toml: there is no such file"), "{}", done.stderr());
}

#[test]
fn rules_of_the_accounts_own_count_at_once() {
    let house = House::with(
        "policy = [\"default\", \"mine.toml\"]\n[approver]\nterminal = \"never\"\nsocket = false\n",
    );
    house.write("home/.config/gate/mine.toml", "version = 1\n");
    assert_eq!(house.run(&["check", "ls"]).status, Some(0));
    house.write("home/.config/gate/mine.toml", RULE);
    assert_eq!(house.run(&["check", "ls"]).status, Some(4));
    let refused = house.run(&["-c", "ls"]);
    assert_eq!(refused.status, Some(126));
    assert!(
        refused.stderr().contains("not here") && refused.stderr().contains("mine"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn a_project_can_only_tighten() {
    let house = House::unattended();
    house.write("home/project/.gate.toml", RULE);
    assert_eq!(house.run(&["check", "ls"]).status, Some(4));
    let loose = "version = 1\n[[rule]]\nid = \"loose\"\ntier = \"low\"\nreason = \"all\"\ncommand = \"rm **\"\nmatch = [\"rm x\"]\n";
    house.write("home/project/.gate.toml", loose);
    assert_eq!(house.run(&["check", "rm -rf ."]).status, Some(4));
}

#[test]
fn a_policy_that_others_can_write_is_refused() {
    let house = House::with("policy = [\"mine.toml\"]\n");
    let path = house.write("home/.config/gate/mine.toml", RULE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let done = house.run(&["-c", "true"]);
    assert_eq!(done.status, Some(125));
    assert!(done.stderr().contains("can be written by others"), "{}", done.stderr());
    assert!(done.stderr().contains("gate: hint: chmod go-w"), "{}", done.stderr());
}

#[test]
fn a_state_directory_that_is_open_or_a_link_runs_nothing() {
    let house = House::unattended();
    fs::create_dir_all(house.state()).unwrap();
    fs::set_permissions(house.state(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(house.run(&["-c", "true"]).status, Some(125), "open");
    fs::remove_dir(house.state()).unwrap();
    std::os::unix::fs::symlink("/tmp", house.state()).unwrap();
    assert_eq!(house.run(&["-c", "true"]).status, Some(125), "a link");
}

#[test]
fn policies_are_checked_and_tested_before_they_hold() {
    let house = House::unattended();
    house.write("home/project/new.toml", RULE);
    let done = house.run(&["policy", "check", "new.toml"]);
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    house.write("home/project/bad.toml", "version = 1\n[[rule]]\n");
    assert_eq!(house.run(&["policy", "check", "bad.toml"]).status, Some(125));
    house.write("home/project/cases", "# cases\nallow echo hi\ndeny ls\n");
    let done = house.run(&["policy", "test", "--policy", "new.toml", "cases"]);
    assert_eq!(
        (done.status, done.stdout()),
        (Some(0), "2 passed, 0 failed\n".to_owned()),
        "{}",
        done.stderr()
    );
    let done = house.run(&["policy", "test", "cases"]);
    assert_eq!(done.status, Some(125));
    assert_eq!(done.stdout(), "cases:3: allow, not deny: ls\n1 passed, 1 failed\n");
}

#[test]
fn init_shows_first_and_never_overwrites() {
    let house = House::unattended();
    fs::remove_dir_all(house.path("home/.config")).unwrap();
    let shown = house.run(&["init", "--dry-run"]);
    assert!(shown.stdout().contains("+ policy = [\"default\", \"policy.toml\"]"), "{}", shown.stdout());
    assert!(!house.path("home/.config").exists());
    assert_eq!(house.run(&["init"]).status, Some(125), "nobody to ask");
    assert_eq!(house.run(&["init", "--yes"]).status, Some(0));
    assert_eq!(house.run(&["-c", "echo works"]).stdout(), "works\n");
    let settings = house.path("home/.config/gate/gate.toml");
    fs::write(&settings, "# mine\n").unwrap();
    house.run(&["init", "--yes"]);
    assert_eq!(fs::read_to_string(settings).unwrap(), "# mine\n");
}

#[test]
fn doctor_names_the_weak_level() {
    let done = House::attended().run(&["doctor"]);
    assert_eq!(done.status, Some(0), "{}", done.stdout());
    assert!(done.stdout().contains("same account: weak"), "{}", done.stdout());
    assert!(done.stdout().contains("programs on PATH"), "{}", done.stdout());
    let broken = House::with("nonsense = 1\n").run(&["doctor"]);
    assert_eq!(broken.status, Some(125));
    assert!(broken.stdout().contains("FAIL  configuration"), "{}", broken.stdout());
}
