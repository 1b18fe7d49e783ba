//! Start-up probes are refused at once, in one line, and the refusal is in the log.

use crate::support::house::{Done, House};

const SNAPSHOT: &str = "SNAPSHOT_FILE=/home/ann/.claude/shell-snapshots/snapshot-bash-1-a.sh\n\
    # First, create/clear the snapshot file\n      echo \"# Snapshot file\" >| \"$SNAPSHOT_FILE\"\n";

fn as_harness(house: &House, words: &[&str]) -> Done {
    let mut command = house.command(words);
    command.env("AI_AGENT", "claude-code_2-1-329_harness");
    crate::support::house::finished(command)
}

#[test]
fn a_probe_is_refused_in_one_line_and_nobody_is_asked() {
    let house = House::attended();
    for text in ["env", SNAPSHOT, "set -e; . \"/home/ann/.codex/shell_snapshots/x.tmp-1\""] {
        let done = as_harness(&house, &["-c", "-l", text]);
        assert_eq!((done.status, done.stdout), (Some(126), Vec::new()), "{text}");
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(told.starts_with("gate: denied by design: a start-up probe of "), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    let log = String::from_utf8(house.run(&["log", "--json"]).stdout).unwrap();
    assert_eq!(log.matches("denied by design: a start-up probe").count(), 3, "{log}");
    let verified = house.run(&["log", "--verify"]);
    assert_eq!(verified.status, Some(0), "{verified:?}");
}

#[test]
fn the_environment_of_anybody_else_is_no_probe() {
    let house = House::unattended();
    let told = String::from_utf8(house.run(&["-c", "env"]).stderr).unwrap();
    assert!(!told.contains("probe"), "{told}");
}
