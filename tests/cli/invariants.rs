//! Each invariant of `src/lib.rs`, seen from outside of the program.

use std::fs;

use crate::support::house::{House, files_below, finished};

/// I1: nothing starts without a permit, neither what the policy denies nor what nobody approves.
#[test]
fn what_is_not_permitted_never_starts() {
    let house = House::unattended();
    for text in ["touch canary; rm -rf .", "touch canary; cat ~/.ssh/id_rsa", "touch canary; eval \"$x\""] {
        let before = files_below(&house.path("home/project"));
        let done = house.run(&["-c", text]);
        assert_eq!(done.status, Some(126), "{text}: {}", done.stderr());
        assert_eq!(files_below(&house.path("home/project")), before, "{text}");
    }
}

/// I2: what was approved is what runs; a script that changes while the reviewer thinks is asked again.
#[test]
fn a_script_that_changes_under_the_reviewers_eyes_is_asked_again() {
    let house = House::attended();
    house.write("home/project/job.sh", "echo approved\n");
    let waiting = house.ask(&["--", "bash", "job.sh"]);
    house.write("home/project/job.sh", "touch swapped\n");
    let approved = house.run(&["approve", &waiting.id, "--yes"]);
    assert_eq!(approved.status, Some(0), "{}", approved.stderr());
    let first = waiting.id.clone();
    let listed = loop {
        let listed = house.run(&["pending", "--json"]).stdout();
        if !listed.is_empty() && !listed.contains(&first) {
            break listed;
        }
    };
    assert!(!house.has("swapped"));
    let at = listed.find("\"id\":\"").unwrap() + 6;
    let second = &listed[at..at + 6];
    assert_eq!(house.run(&["deny", second]).status, Some(0));
    assert_eq!(waiting.end().status, Some(126));
    assert!(!house.has("swapped"));
}

/// I2: so is a project whose own code is run, when the file that says what it is changes or appears.
#[test]
fn a_makefile_that_changes_or_appears_under_the_reviewers_eyes_is_asked_again() {
    for (text, changed) in [
        ("make", "Makefile"),
        ("make", "GNUmakefile"),
        ("make -C sub", "sub/Makefile"),
        ("npm test", "package.json"),
    ] {
        let house = House::attended();
        for directory in ["", "sub/"] {
            house.write(&format!("home/project/{directory}Makefile"), "all:\n\t@echo approved\n");
        }
        let waiting = house.ask(&["-c", text]);
        house.write(&format!("home/project/{changed}"), "all:\n\t@touch swapped\n");
        assert_eq!(house.run(&["approve", &waiting.id, "--yes"]).status, Some(0));
        let first = waiting.id.clone();
        let second = loop {
            let listed = house.run(&["pending"]).stdout();
            if !listed.is_empty() && !listed.contains(&first) {
                break listed[..6].to_owned();
            }
        };
        assert_eq!(house.run(&["deny", &second]).status, Some(0), "{text} {changed}");
        assert_eq!(waiting.end().status, Some(126));
        assert!(!house.has("swapped") && !house.has("sub/swapped"), "{text} {changed}");
    }
}

/// I3: not understood means at least asked; unattended and not understood means no.
#[test]
fn what_is_not_understood_does_not_run_unattended() {
    let house = House::unattended();
    for text in ["eval \"$x\"", "$cmd", "echo ${x@P}", "ls \u{a0}", "coproc ls", "ls 'open"] {
        let checked = house.run(&["check", text]).status;
        assert!(matches!(checked, Some(3 | 4)), "{text}: {checked:?}");
        assert_eq!(house.run(&["-c", text]).status, Some(126), "{text}");
    }
}

/// I4: the strictest part decides, wherever it stands.
#[test]
fn one_denied_part_denies_the_line_wherever_it_stands() {
    let house = House::unattended();
    for text in [
        "rm -rf .; ls",
        "ls; rm -rf .",
        "ls | (rm -rf .)",
        "ls && echo $(rm -rf .)",
        "if ls; then rm -rf .; fi",
    ] {
        assert_eq!(house.run(&["check", text]).status, Some(4), "{text}");
    }
    assert_eq!(house.run(&["check", "ls; ls"]).status, Some(0));
}

/// I5: where `accept` cannot be written, nothing runs.
#[test]
fn without_an_audit_log_nothing_runs() {
    let house = House::unattended();
    assert_eq!(house.run(&["-c", "echo there"]).stdout(), "there\n");
    let log = files_below(&house.state())
        .into_iter()
        .find(|path| path.is_file() && fs::read(path).unwrap().starts_with(b"{"))
        .unwrap();
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let done = house.run(&["-c", "echo there"]);
    assert_eq!((done.status, done.stdout()), (Some(125), String::new()));
    assert!(done.stderr().starts_with("gate: "), "{}", done.stderr());
}

/// I6: untrusted text reaches people only in printable form.
#[test]
fn escape_sequences_of_a_command_never_reach_the_terminal() {
    let house = House::unattended();
    let text = "cat ~/.ssh/id_rsa '\u{1b}]0;title\u{7}' \"\u{202e}x\"";
    for words in [&["-c", text][..], &["check", text], &["check", "--", "cat", "\u{1b}[2J", "/etc/shadow"]] {
        let done = house.run(words);
        for shown in [done.stdout(), done.stderr()] {
            assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{words:?}: {shown:?}");
        }
    }
    house.run(&["-c", text]);
    assert!(!house.run(&["log"]).stdout().contains(['\u{1b}', '\u{202e}']));
}

/// I8: status and bytes pass unchanged, standard output and error apart.
#[test]
fn status_and_bytes_pass_unchanged() {
    let house = House::unattended();
    let done = house.run(&["-c", "printf '\\000\\377out'; printf 'err' >&2; exit 7"]);
    assert_eq!(done.stdout, b"\0\xffout");
    assert_eq!((done.stderr(), done.status), ("err".to_owned(), Some(7)));
    assert_eq!(house.run(&["--", "false"]).status, Some(1));
}

/// I9: an error before the start means "not run".
#[test]
fn a_broken_configuration_runs_nothing() {
    let house = House::with("timeout = \"soon\"\n");
    let done = house.run(&["-c", "touch canary"]);
    assert_eq!(done.status, Some(125));
    assert!(!house.has("canary"));
    assert!(done.stderr().contains("gate.toml:1:11: a time is"), "{}", done.stderr());
    assert!(done.stderr().contains("gate: hint: nothing runs until this is mended"), "{}", done.stderr());
}

/// I10: an approval from inside a gated run does not count.
#[test]
fn a_gated_run_cannot_approve() {
    let house = House::attended();
    let mut asked = house.ask(&["-c", "cat ~/.ssh/id_rsa"]);
    let gate = env!("CARGO_BIN_EXE_gate");
    house.write("home/project/job.sh", &format!("exec {gate} approve {} --yes\n", asked.id));
    let inside = house.ask(&["--", "bash", "job.sh"]);
    assert_eq!(house.run(&["approve", &inside.id, "--yes"]).status, Some(0));
    let ended = inside.end();
    assert_ne!(ended.status, Some(0), "{}", ended.stderr());
    assert!(ended.stderr().contains("from inside a gated run"), "{}", ended.stderr());
    assert!(asked.is_waiting());
    assert_eq!(house.run(&["deny", &asked.id]).status, Some(0));
    assert_eq!(asked.end().status, Some(126));
}

/// I7 is the terminal's: put back after an answer, a panic and a signal (`tests/exec/terminals.rs`); without a
/// terminal gate never touches one.
#[test]
fn without_a_terminal_none_is_opened() {
    let house = House::unattended();
    let mut command = house.command(&["-c", "cat ~/.ssh/id_rsa"]);
    command.env("TERM", "xterm");
    assert_eq!(finished(command).status, Some(126));
}
