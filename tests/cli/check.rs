//! `gate check`: the answer in words, as JSON, and for many lines.

use serde_json::Value;

use crate::support::house::House;

fn json(house: &House, text: &str) -> Value {
    serde_json::from_slice(&house.run(&["check", "--format", "json", text]).stdout).unwrap()
}

#[test]
fn the_status_is_the_action() {
    let house = House::unattended();
    for (text, status) in [("ls", 0), ("cat ~/.ssh/id_rsa", 3), ("eval \"$x\"", 3), ("rm -rf .", 4)] {
        assert_eq!(house.run(&["check", text]).status, Some(status), "{text}");
        assert_eq!(house.run(&["check", "-c", text]).status, Some(status), "{text}");
    }
    assert_eq!(house.run(&["check", "--", "rm", "-rf", "."]).status, Some(4));
    assert_eq!(
        house.run(&["check", "--", "echo", "$(rm -rf .)"]).status,
        Some(0),
        "no shell reads an argument"
    );
}

#[test]
fn nothing_runs() {
    let house = House::unattended();
    house.run(&["check", "touch here"]);
    house.run(&["check", "--", "touch", "here"]);
    assert!(!house.has("here"));
}

#[test]
fn the_object_has_the_keys_of_the_contract() {
    let answer = json(&House::unattended(), "cat README | grep -- \"$x\"");
    for key in ["action", "tier", "score", "rules", "reasons", "opaque", "invocations"] {
        assert!(answer.get(key).is_some(), "{key}: {answer}");
    }
    assert_eq!(answer["opaque"], Value::Null);
    let grep = &answer["invocations"][1];
    assert_eq!(grep["words"], serde_json::json!(["grep", "--", null]));
    assert_eq!(grep["span"], serde_json::json!([13, 25]));
    for key in ["via", "effects"] {
        assert!(grep[key].is_array(), "{key}: {grep}");
    }
}

#[test]
fn what_is_opaque_says_why() {
    let house = House::unattended();
    let answer = json(&house, "eval \"$x\"");
    assert!(answer["opaque"].is_string(), "{answer}");
    assert_ne!(answer["action"], "allow");
    let answer = json(&house, "ls 'open");
    assert!(answer["opaque"].is_string(), "{answer}");
    assert_eq!(answer["invocations"], serde_json::json!([]));
}

#[test]
fn wrappers_are_undone() {
    let answer = json(&House::unattended(), "sudo env A=b nice rm x");
    let inner = answer["invocations"].as_array().unwrap().last().unwrap();
    assert_eq!(inner["words"], serde_json::json!(["rm", "x"]));
    assert_eq!(inner["via"], serde_json::json!(["sudo", "env", "nice"]));
}

#[test]
fn every_line_of_input_is_one_object_of_output() {
    let house = House::unattended();
    let done =
        house.feed(&["check", "--lines"], "ls\nrm -rf .\n\necho a\u{2424}rm -rf .\neval \"$x\"".as_bytes());
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    let actions: Vec<String> = done
        .stdout()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions[0], "allow");
    assert_eq!(actions[1], "deny");
    assert_eq!(actions[3], "deny");
    assert_eq!(actions[4], "ask");
    assert_eq!(actions.len(), 5);
}

#[test]
fn bytes_that_are_no_text_are_judged_and_not_allowed() {
    let house = House::unattended();
    let done = house.feed(&["check", "--lines"], b"cat \xff\xfe\n\x00\n\x1b[2J\n");
    assert_eq!((done.status, done.stdout().lines().count()), (Some(0), 3));
    assert!(
        done.stdout().lines().skip(1).all(|line| !line.contains("\"action\":\"allow\"")),
        "{}",
        done.stdout()
    );
}

#[test]
fn a_long_and_a_wide_command_line_are_judged() {
    let house = House::unattended();
    let long = format!("echo {}", "x ".repeat(32 * 1024));
    let done = house.feed(&["check", "--lines"], long.as_bytes());
    assert_eq!((done.status, done.stdout().lines().count()), (Some(0), 1), "{}", done.stderr());
    let words = "a\n".repeat(100_000).replace('\n', " ");
    let done = house.feed(&["check", "--lines"], format!("true {words}").as_bytes());
    assert_eq!((done.status, done.stdout().lines().count()), (Some(0), 1), "{}", done.stderr());
}

#[test]
fn what_would_happen_stands_on_the_first_line() {
    for (text, first) in [
        ("ls", "runs without a question: low"),
        ("rm -rf .", "denied, and no person can let it run: score 100 of 100"),
    ] {
        let shown = House::unattended().run(&["check", text]).stdout();
        assert_eq!(shown.lines().next(), Some(first), "{text}");
    }
    let shown = House::unattended().run(&["check", "cat ~/.ssh/id_rsa"]).stdout();
    assert!(shown.starts_with("asks a person, each time: high, score "), "{shown}");
    let shown = House::unattended().run(&["check", "make test"]).stdout();
    assert!(
        shown.starts_with("asks a person, who may let the like of it run from then on: medium, "),
        "{shown}"
    );
}

#[test]
fn the_tree_shows_the_command_its_parts_and_carets() {
    let shown = House::unattended().run(&["check", "ls && cat ~/.ssh/id_rsa"]).stdout();
    for piece in ["ls && cat ~/.ssh/id_rsa", "^", "cat", ".ssh/id_rsa", "high", "score"] {
        assert!(shown.contains(piece), "{piece}: {shown}");
    }
}

/// The far end of a copy is read as a whole: with anything around it, it is a command line like any other. Found by
/// fuzzing, where the one is denied and the other is not.
#[test]
fn a_far_end_that_no_client_sends_is_never_allowed_whatever_stands_around_it() {
    let house = House::unattended();
    for far_end in ["scp -t -S ./x .", "scp -t .\nls"] {
        assert_eq!(house.run(&["check", far_end]).status, Some(4), "{far_end}");
        for text in [format!("true; {far_end}"), format!("true\n{far_end}"), format!("({far_end})")] {
            let status = house.run(&["check", &text]).status;
            assert!(matches!(status, Some(3 | 4)), "{text}: {status:?}");
        }
    }
}
