//! `gate policy score` and `gate policy diff` as a security team's CI calls them; policies selected by name.

use serde_json::Value;

use crate::support::house::House;

const CORPUS: &str =
    "cat a.txt\tlow\tx\ntouch a.txt\tmedium\tx\nrm -rf /\twhy\tdeny\tx\nmake deploy\twhy\task\tx\n";

fn house() -> House {
    let house = House::unattended();
    house.write("home/project/corpus.tsv", CORPUS);
    house
}

#[test]
fn a_shipped_policy_is_selected_by_its_name() {
    for (name, line, status) in [
        ("default", "touch a", 3),
        ("read-only", "touch a", 4),
        ("read-only", "ls", 0),
        ("ci", "make check", 0),
        ("default", "make check", 3),
        ("production", "ls", 0),
        ("strict", "npm ci", 3),
    ] {
        let house = House::with(&format!("policy = [\"{name}\"]\n"));
        assert_eq!(house.run(&["check", line]).status, Some(status), "{name}: {line}");
    }
}

#[test]
fn a_score_card_that_holds_is_0_and_one_that_does_not_is_1() {
    let house = house();
    let done = house.run(&["policy", "score", "--policy", "default", "corpus.tsv"]);
    assert_eq!(done.status, Some(0), "{}{}", done.stdout(), done.stderr());
    assert!(done.stdout().contains("dangerous  deny        1"), "{}", done.stdout());
    let done = house.run(&["policy", "score", "--policy", "read-only", "--misses", "corpus.tsv"]);
    assert_eq!(done.status, Some(1));
    let said = done.stdout();
    assert!(said.contains("corpus.tsv:2: false ask: labelled medium, came out deny: "), "{said}");
    assert!(said.contains("\n  touch a.txt\n"), "{said}");
    assert!(said.contains("too many: false ask of label medium: 100.0 %, at most 2 %"), "{said}");
    let lenient = ["policy", "score", "--policy", "read-only", "--max-false-ask", "100", "corpus.tsv"];
    assert_eq!(house.run(&lenient).status, Some(0));
}

#[test]
fn a_false_allow_breaks_the_bound_of_a_policy_of_ones_own() {
    let house = house();
    let rule = "version = 1\n[[rule]]\nid = \"all\"\ntier = \"low\"\nreason = \"r\"\ncommand = \"make **\"\n\
                effect = [\"project-code\", \"write\"]\nmatch = \"make x\"\n\
                instead_of = [\"project-code\", \"project-code.outward\", \"write.workspace\"]\n";
    house.write("home/project/loose.toml", rule);
    let done = house.run(&["policy", "score", "--policy", "loose.toml", "--format", "json", "corpus.tsv"]);
    let card: Value = serde_json::from_str(&done.stdout()).unwrap();
    assert_eq!((done.status, &card["holds"]), (Some(1), &Value::Bool(false)), "{card:#}");
    assert_eq!(card["misses"][0]["miss"], "false allow");
    assert_eq!(card["misses"][0]["command"], "make deploy");
    assert_eq!(card["labels"][1]["false_allow"], 1);
}

#[test]
fn a_corpus_that_cannot_be_used_is_125_with_its_line() {
    let house = house();
    house.write("home/project/bad.tsv", "ls\tlow\nls\n");
    let done = house.run(&["policy", "score", "bad.tsv"]);
    assert_eq!(done.status, Some(125));
    assert!(done.stderr().contains("bad.tsv:2: "), "{}", done.stderr());
    let done = house.run(&["policy", "score", "--max-false-ask", "101", "corpus.tsv"]);
    assert!(done.stderr().contains("between 0 and 100 percent"), "{}", done.stderr());
    let done = house.run(&["policy", "score", "--policy", "nowhere", "corpus.tsv"]);
    assert_eq!(done.status, Some(125));
    assert!(done.stderr().contains("nowhere"), "{}", done.stderr());
}

#[test]
fn a_diff_names_rules_settings_and_decisions() {
    let house = house();
    let done = house.run(&["policy", "diff", "default", "read-only", "--over", "corpus.tsv"]);
    let said = done.stdout();
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    assert!(said.contains("tightens  network.any: medium → deny"), "{said}");
    assert!(said.contains("tightens  read-only.write: no rule → deny"), "{said}");
    assert!(said.contains("tightens  corpus.tsv:2: medium → deny: "), "{said}");
    assert!(said.contains("of 4 decisions differ"), "{said}");
    let done = house.run(&["policy", "diff", "ci", "default", "--format", "json"]);
    let found: Value = serde_json::from_str(&done.stdout()).unwrap();
    assert_eq!(found["settings"][0]["key"], "timeout");
    assert_eq!(found["rules"][0]["way"], "tightens");
    assert_eq!(house.run(&["policy", "diff", "ci", "ci"]).stdout(), "the policies are the same\n");
}

#[test]
fn a_looser_policy_fails_where_none_may_be_looser() {
    let house = house();
    let looser = ["policy", "diff", "--no-looser", "default", "ci"];
    assert_eq!(house.run(&looser).status, Some(1));
    let tighter = ["policy", "diff", "--no-looser", "default", "read-only", "--over", "corpus.tsv"];
    assert_eq!(house.run(&tighter).status, Some(0));
    assert_eq!(house.run(&["policy", "diff", "here", "default"]).status, Some(0));
}
