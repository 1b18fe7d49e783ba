//! The whitelist as people have it: born of answers, suggested by the log, ended by hand, out of an agent's reach.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use crate::support::{house::House, terminal::Terminal};

/// Longer than keys are ignored after something new is shown.
const GUARD: Duration = Duration::from_millis(650);

/// Asks for a command and answers from a second terminal.
fn answered(house: &House, command: &str, answer: &[&str]) {
    let waiting = house.ask(&["-c", command]);
    let words: Vec<&str> = [&answer[..1], &[waiting.id.as_str()], &answer[1..]].concat();
    let said = house.run(&words);
    assert_eq!(said.status, Some(0), "{}", said.stderr());
    let _ = waiting.end();
}

fn approve(house: &House, command: &str) {
    answered(house, command, &["approve", "--yes"]);
}

fn checked(house: &House, command: &str) -> Option<i32> {
    house.run(&["check", command]).status
}

fn whitelist(house: &House) -> String {
    fs::read_to_string(house.state().join("whitelist.toml")).unwrap_or_default()
}

/// The value of a key of the only entry or suggestion.
fn value(text: &str, key: &str) -> String {
    let (_, rest) = text
        .split_once(&format!("{key} = \""))
        .or_else(|| text.split_once(&format!("\"{key}\":\"")))
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn three_builds(house: &House) -> String {
    for number in ["1", "22", "3"] {
        approve(house, &format!("touch build-{number}.log"));
    }
    let said = house.run(&["policy", "suggest", "--format", "json"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr());
    said.stdout()
}

#[test]
fn an_approval_is_remembered_used_shown_and_revoked() {
    let house = House::attended();
    assert_eq!(checked(&house, "touch a"), Some(3));
    answered(&house, "touch a", &["approve", "--yes", "--whitelist"]);
    let text = whitelist(&house);
    assert!(text.contains("words = [\"touch\", \"a\"]\n") && text.contains("tier = \"medium\"\n"), "{text}");
    assert!(text.contains("requests = [\""), "{text}");
    let mode = fs::metadata(house.state().join("whitelist.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(checked(&house, "touch a"), Some(0));
    assert_eq!(checked(&house, "touch b"), Some(3));
    assert_eq!(house.run(&["-c", "touch a"]).status, Some(0));
    let id = value(&text, "id");
    let list = house.run(&["policy", "whitelist", "list"]).stdout();
    assert!(
        list.starts_with(&format!("{id}  touch a\n")) && list.contains("7 days left, used once"),
        "{list}"
    );
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let renewed = house.run(&["policy", "whitelist", "renew", &id[..4], "--for", "30d"]);
    assert_eq!(renewed.status, Some(0), "{}", renewed.stderr());
    assert!(house.run(&["policy", "whitelist", "list"]).stdout().contains("30 days left"));
    let revoked = house.run(&["policy", "whitelist", "revoke", &id, "--why", "done"]);
    assert_eq!(revoked.status, Some(0), "{}", revoked.stderr());
    assert_eq!(checked(&house, "touch a"), Some(3));
    let shown = house.run(&["policy", "whitelist", "show", &id]).stdout();
    assert!(shown.contains(": done\n") && shown.contains("uses      1, last "), "{shown}");
    let again = house.run(&["policy", "whitelist", "renew", &id]);
    assert!(again.stderr().contains("is revoked; approve it anew"), "{}", again.stderr());
}

#[test]
fn what_was_approved_again_and_again_is_suggested_and_accepted() {
    let house = House::attended();
    let suggested = three_builds(&house);
    assert!(suggested.contains(r#""words":["touch","build-{number}.log"]"#), "{suggested}");
    assert!(suggested.contains(r#""approved":3"#) && suggested.lines().count() == 1, "{suggested}");
    assert_eq!(checked(&house, "touch build-777.log"), Some(3));
    let id = value(&suggested, "id");
    let accepted = house.run(&["policy", "suggest", "--accept", &id, "--for", "2d"]);
    assert_eq!(accepted.status, Some(0), "{}", accepted.stderr());
    assert_eq!(checked(&house, "touch build-777.log"), Some(0));
    for other in [
        "touch build-x.log",
        "touch -c build-7.log",
        "rm build-7.log",
        "touch build-7.log b",
        "touch ../build-7.log",
    ] {
        assert_eq!(checked(&house, other), Some(3), "{other}");
    }
    assert_eq!(house.run(&["policy", "suggest", "--format", "json"]).stdout(), "");
    let unknown = house.run(&["policy", "suggest", "--accept", "00000000"]);
    assert_eq!(unknown.status, Some(125));
}

#[test]
fn what_was_rejected_is_not_suggested_again() {
    let house = House::attended();
    let id = value(&three_builds(&house), "id");
    assert_eq!(house.run(&["policy", "suggest", "--reject", &id]).status, Some(0));
    assert_eq!(house.run(&["policy", "suggest", "--format", "json"]).stdout(), "");
    assert_eq!(whitelist(&house), "");
}

#[test]
fn one_denial_is_enough_to_suggest_nothing() {
    let house = House::attended();
    answered(&house, "touch build-9.log", &["deny"]);
    assert_eq!(three_builds(&house), "");
}

/// `gate policy suggest` at a terminal of its own.
fn at_a_terminal(house: &House) -> Terminal {
    let command = format!("cd {}; exec $gate policy suggest", house.path("home/project").display());
    let variables = [
        ("HOME", house.path("home").into_os_string()),
        ("TERM", "xterm".into()),
        ("gate", env!("CARGO_BIN_EXE_gate").into()),
    ];
    Terminal::start("/bin/sh", &["sh", "-c", &command], &variables)
}

#[test]
fn one_key_answers_a_suggestion() {
    let house = House::attended();
    three_builds(&house);
    let mut terminal = at_a_terminal(&house);
    terminal.send("d");
    let shown = terminal.wait_for(" > ");
    assert!(
        shown.contains("touch build-{number}.log") && shown.contains("approved 3 times, denied 0"),
        "{shown}"
    );
    assert!(
        shown.contains("if accepted") && shown.contains("lets run") && shown.contains("still asks"),
        "{shown}"
    );
    assert!(shown.lines().all(|line| line.trim_end().chars().count() <= 100), "{shown}");
    std::thread::sleep(GUARD);
    terminal.send("xa");
    let _ = terminal.wait();
    assert_eq!(checked(&house, "touch build-777.log"), Some(0), "what was typed ahead answers nothing");
}

#[test]
fn one_key_answers_all_that_follow() {
    let (mut accepted, mut left) = (House::attended(), House::attended());
    for (house, key) in [(&mut accepted, "A"), (&mut left, "q")] {
        three_builds(house);
        for file in ["note-a", "note-b", "note-c"] {
            approve(house, &format!("touch {file}"));
        }
        let mut terminal = at_a_terminal(house);
        let shown = terminal.wait_for(" > ");
        assert!(shown.contains("2 suggestions") && shown.contains("    3  touch note-{word}\r\n"), "{shown}");
        std::thread::sleep(GUARD);
        terminal.send(key);
        let (_, shown) = terminal.wait();
        let count = if key == "A" { "2 accepted, 0 rejected" } else { "0 accepted, 0 rejected" };
        assert!(shown.contains(count), "{shown}");
    }
    assert_eq!(checked(&accepted, "touch build-9.log && touch note-z"), Some(0));
    assert_eq!(checked(&left, "touch build-9.log"), Some(3));
}

#[test]
fn i10_nothing_in_a_gated_run_changes_what_runs_later() {
    let house = House::attended();
    answered(&house, "touch a", &["approve", "--yes", "--whitelist"]);
    let (suggestion, entry) = (value(&three_builds(&house), "id"), value(&whitelist(&house), "id"));
    house.write("home/new.toml", "version = 1\n");
    let before = whitelist(&house);
    let gate = env!("CARGO_BIN_EXE_gate");
    let tries = [
        format!("policy suggest --accept {suggestion}"),
        format!("policy suggest --reject {suggestion}"),
        format!("policy whitelist renew {entry} --for 30d"),
        format!("policy whitelist revoke {entry}"),
        format!(
            "policy promote {} {}",
            house.path("home/new.toml").display(),
            house.path("home/old.toml").display()
        ),
    ];
    let script: String = tries.iter().map(|words| format!("{gate} {words}\n")).collect();
    house.write("home/project/build.sh", &script);
    let waiting = house.ask(&["-c", "bash build.sh"]);
    let approved = house.run(&["approve", &waiting.id, "--yes"]);
    assert_eq!(approved.status, Some(0), "{}", approved.stderr());
    let done = waiting.end();
    let refusals = done.stderr().matches("a decision cannot come from inside a gated run").count();
    assert_eq!(refusals, tries.len(), "{}", done.stderr());
    assert_eq!(whitelist(&house), before);
    assert!(!house.path("home/old.toml").exists());
    assert!(!house.state().join("rejected-suggestions").exists());
}

#[test]
fn a_broken_whitelist_counts_for_nothing_and_is_shown_with_a_caret() {
    let house = House::attended();
    answered(&house, "touch a", &["approve", "--yes", "--whitelist"]);
    let broken = whitelist(&house).replace("expires", "expirse");
    fs::write(house.state().join("whitelist.toml"), broken).unwrap();
    assert_eq!(checked(&house, "touch a"), Some(3));
    let said = house.run(&["policy", "whitelist", "list"]).stderr();
    assert!(said.contains("unknown key `expirse`") && said.contains("did you mean `expires`?"), "{said}");
}

const STRICTER: &str = "version = 1\n[[rule]]\nid = \"no-cat\"\ntier = \"high\"\nreason = \"reads\"\ncommand = \"cat **\"\n\
    match = \"cat a\"\n";

#[test]
fn a_replay_shows_what_another_policy_would_have_changed() {
    let house = House::attended();
    house.write("home/project/a", "");
    for _ in 0..2 {
        assert_eq!(house.run(&["-c", "cat a"]).status, Some(0));
    }
    assert_eq!(house.run(&["-c", "ls"]).status, Some(0));
    let policy = house.write("home/new.toml", STRICTER);
    let text = house.run(&["policy", "replay", policy.to_str().unwrap()]).stdout();
    assert!(text.contains("\nallow → ask   2\n      2  cat a\n") && text.contains("unchanged   1"), "{text}");
    let json = house.run(&["policy", "replay", "--format", "json", policy.to_str().unwrap()]).stdout();
    assert!(
        json.contains(r#""before":"allow""#) && json.contains(r#"{"command":"cat a","times":2}"#),
        "{json}"
    );
}

#[test]
fn a_policy_is_promoted_only_after_its_checks() {
    let house = House::attended();
    house.write("home/project/a", "");
    assert_eq!(house.run(&["-c", "cat a"]).status, Some(0));
    let new = house.write("home/new.toml", STRICTER);
    let old = house.path("home/old.toml");
    let cases = house.write("home/cases", "allow cat a\n");
    let promote = |more: &[&str]| {
        let words = [&["policy", "promote"], more, &[new.to_str().unwrap(), old.to_str().unwrap()]].concat();
        house.run(&words)
    };
    let dry = promote(&["--dry-run"]);
    assert!(
        dry.stdout().contains("no-cat: no rule → high\n") && dry.stdout().contains("allow → ask   1"),
        "{}",
        dry.stdout()
    );
    assert!(!old.exists());
    let failing = promote(&["--cases", cases.to_str().unwrap()]);
    assert!(failing.status == Some(125) && failing.stderr().contains("1 cases of") && !old.exists());
    assert_eq!(promote(&[]).status, Some(0));
    assert_eq!(fs::read_to_string(&old).unwrap(), STRICTER);
    fs::write(&new, STRICTER.replace("cat a", "ls a")).unwrap();
    let broken = promote(&[]);
    assert!(
        broken.status == Some(125) && broken.stderr().contains("does not match this example"),
        "{}",
        broken.stderr()
    );
    assert_eq!(fs::read_to_string(&old).unwrap(), STRICTER);
    fs::write(&new, "version = 1\n").unwrap();
    let looser = promote(&[]);
    assert!(
        looser.stdout().contains("no-cat: high → no rule\n") && looser.stderr().contains("looser"),
        "{}",
        looser.stderr()
    );
    fs::remove_file(&old).unwrap();
    std::os::unix::fs::symlink(&new, &old).unwrap();
    assert_eq!(promote(&[]).status, Some(125));
}
