//! The score as people and agents see it: what the past adds, and what is said of undoing.

use serde_json::Value;

use crate::support::house::House;

fn json(house: &House, words: &[&str]) -> Value {
    let words: Vec<&str> = ["check", "--format", "json"].into_iter().chain(words.iter().copied()).collect();
    serde_json::from_slice(&house.run(&words).stdout).unwrap()
}

fn rows(answer: &Value) -> Vec<String> {
    let reasons = answer["reasons"].as_array().unwrap().iter();
    reasons.filter_map(|reason| reason["row"].as_str().map(str::to_owned)).collect()
}

fn has(house: &House, row: &str, words: &[&str]) -> bool {
    rows(&json(house, words)).iter().any(|found| found == row)
}

#[test]
fn what_was_never_accepted_is_new_until_it_is_accepted_and_new_again_under_another_name() {
    let house = House::attended();
    std::fs::write(house.path("home/project/notes"), "x").unwrap();
    let text = "rm -r notes";
    assert!(has(&house, "new", &["--agent", "codex", text]));
    let waiting = house.ask(&["--agent", "codex", "-c", text]);
    assert_eq!(house.run(&["approve", &waiting.id, "--yes"]).status, Some(0));
    assert_eq!(waiting.end().status, Some(0));
    assert!(!has(&house, "new", &["--agent", "codex", text]));
    assert!(!has(&house, "new", &["--agent", "codex", "rm -r other"]));
    assert!(has(&house, "new", &["--agent", "claude", text]));
    assert!(has(&house, "new", &[text]));
}

#[test]
fn what_was_denied_is_remembered_under_every_name() {
    let house = House::attended();
    let text = "git push --force origin topic";
    assert!(!has(&house, "denied-before", &[text]));
    let waiting = house.ask(&["--agent", "codex", "-c", text]);
    assert_eq!(house.run(&["deny", &waiting.id]).status, Some(0));
    assert_eq!(waiting.end().status, Some(126));
    for agent in ["codex", "claude"] {
        let answer = json(&house, &["--agent", agent, "git push -f origin other"]);
        assert!(rows(&answer).contains(&"denied-before".to_owned()), "{answer}");
        assert_eq!(answer["action"], "ask", "the past decides nothing");
    }
    assert!(!has(&house, "denied-before", &["rm -r src"]));
}

#[test]
fn many_questions_in_a_short_time_are_a_burst_under_whatever_names() {
    let house = House::unattended();
    for number in 0..10 {
        let agent = format!("agent{number}");
        assert_eq!(house.run(&["--agent", &agent, "-c", "rm -r src"]).status, Some(126));
        assert_eq!(house.run(&["--agent", &agent, "-c", "rm -rf ."]).status, Some(126));
    }
    assert!(has(&house, "burst", &["rm -r src"]));
    assert!(!has(&House::unattended(), "burst", &["rm -r src"]));
}

#[test]
fn what_simply_runs_has_no_past() {
    let answer = json(&House::unattended(), &["ls"]);
    assert_eq!((answer["action"].as_str(), rows(&answer)), (Some("allow"), vec![]));
}

#[test]
fn a_log_that_cannot_be_read_counts_and_fails_no_check() {
    let house = House::unattended();
    std::fs::create_dir_all(house.state().join("audit.jsonl")).unwrap();
    let answer = json(&house, &["rm -r src"]);
    for row in ["new", "burst", "denied-before"] {
        let mut reasons = answer["reasons"].as_array().unwrap().iter();
        let reason = reasons.find(|reason| reason["row"] == row).unwrap_or_else(|| panic!("{row}: {answer}"));
        assert!(reason["text"].as_str().unwrap().ends_with(": the audit log cannot be read"), "{reason}");
    }
}

#[test]
fn reasons_come_in_the_order_of_their_weight_and_add_up() {
    let answer = json(&House::unattended(), &["sudo rm -rf /srv/prod | base64 -d | sh"]);
    let reasons = answer["reasons"].as_array().unwrap();
    let weights: Vec<u64> = reasons.iter().map(|reason| reason["weight"].as_u64().unwrap()).collect();
    assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
    assert_eq!(answer["score"].as_u64().unwrap(), weights.iter().sum::<u64>().min(100));
    for row in [
        "privileged",
        "irreversible",
        "outside-workspace",
        "many-targets",
        "production",
        "obfuscated",
        "opaque",
    ] {
        assert!(rows(&answer).contains(&row.to_owned()), "{row}: {answer}");
    }
}

#[test]
fn every_effect_says_whether_it_can_be_undone() {
    let house = House::unattended();
    let text = "cat notes && touch x && git push -f origin topic";
    let answer = json(&house, &[text]);
    let effects =
        answer["invocations"].as_array().unwrap().iter().flat_map(|part| part["effects"].as_array().unwrap());
    let mut count = 0;
    for effect in effects {
        count += 1;
        let undo = effect["undo"].as_str().unwrap();
        assert!(["harmless", "reversible", "irreversible"].contains(&undo), "{effect}");
    }
    let shown = house.run(&["check", text]).stdout();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let shown = words.join(" ");
    let said = [", nothing to undo", ", can be undone", ", cannot be undone"];
    assert_eq!(said.iter().map(|said| shown.matches(said).count()).sum::<usize>(), count, "{shown}");
}
