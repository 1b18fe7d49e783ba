//! What a policy text may say, and what is said of a wrong one: exact messages.

use super::{Layer, Policy, Source, SourceIdentity, compile};

fn source(layer: Layer, text: &str) -> Source<'_> {
    Source { origin: "policy.toml", layer, text, identity: None }
}

fn findings(text: &str) -> Vec<String> {
    let found = compile(&[source(Layer::User, text)], None).map(|_| ()).unwrap_err();
    found.iter().map(ToString::to_string).collect()
}

const RULE: &str = "[[rule]]\nid = \"x\"\ntier = \"low\"\nreason = \"r\"\nmatch = \"x\"\n";

/// The findings in one rule with these lines more; positions count from the first of them as line 7.
fn in_rule(lines: &str) -> Vec<String> {
    findings(&format!("version = 1\n{RULE}{lines}\n"))
}

#[test]
fn an_unknown_key_shows_its_line_and_the_near_one() {
    assert_eq!(
        in_rule("effect = \"read\"\npaths = \"/tmp/**\""),
        ["policy.toml:8:1: unknown key `paths`\n8 | paths = \"/tmp/**\"\n  | ^^^^^ did you mean `path`?"]
    );
    assert_eq!(
        findings("version = 1\nrules = []\n"),
        ["policy.toml:2:1: unknown key `rules`\n2 | rules = []\n  | ^^^^^ did you mean `rule`?"]
    );
}

#[test]
fn bad_values_say_what_is_wanted() {
    for (lines, expected) in [
        (
            "effect = \"raed\"",
            "policy.toml:7:10: unknown effect `raed`\n7 | effect = \"raed\"\n  |          ^^^^^^ did you mean `read`?",
        ),
        (
            "effect = \"read\"\npath = \"~/x\"",
            "policy.toml:8:8: write `{home}` instead of `~`\n8 | path = \"~/x\"\n  |        ^^^^^",
        ),
        (
            "command = 7",
            "policy.toml:7:11: a string is wanted, not integer\n7 | command = 7\n  |           ^",
        ),
        ("command = []", "policy.toml:7:11: the list is empty\n7 | command = []\n  |           ^^"),
        (
            "command = \"git 'x\"",
            "policy.toml:7:11: `'` is not closed by `'`\n7 | command = \"git 'x\"\n  |           ^^^^^^^^",
        ),
        (
            "command = \"x\"\nttl = \"7d\"",
            "policy.toml:8:7: only tier `medium` has a `ttl`\n8 | ttl = \"7d\"\n  |       ^^^^",
        ),
        (
            "command = \"x\"\nreviewers = 2",
            "policy.toml:8:13: only tier `high` has `reviewers`\n8 | reviewers = 2\n  |             ^",
        ),
        (
            "command = \"x\"\nhost = \"y\"",
            "policy.toml:8:8: `host` belongs to an `effect`\n8 | host = \"y\"\n  |        ^^^",
        ),
        (
            "effect = \"network\"\nhost = \"y\"\nname = \"z\"",
            "policy.toml:7:10: a rule has one of `path`, `host` and `name`; write several rules\n\
             7 | effect = \"network\"\n  |          ^^^^^^^^^",
        ),
        ("", "policy.toml:3:6: a rule has a `command`, an `effect`, or both\n3 | id = \"x\"\n  |      ^^^"),
        (
            "command = \"x\"\nwhen = { usr = \"root\" }",
            "policy.toml:8:10: unknown key `usr`\n8 | when = { usr = \"root\" }\n  |          ^^^ did you mean `user`?",
        ),
    ] {
        assert_eq!(in_rule(lines), [expected], "{lines}");
    }
}

#[test]
fn settings_and_versions_are_checked() {
    for (text, expected) in [
        (
            "version = 2\n",
            "policy.toml:1:11: this program reads `version = 1` only\n1 | version = 2\n  |           ^",
        ),
        ("", "policy.toml:1:1: the key `version` is missing\n1 | \n  | ^"),
        (
            "version = 1\n[settings]\ntimeout = \"5 minutes\"\n",
            "policy.toml:3:11: a duration is a number and one of `s`, `m`, `h`, `d`, `w`, at most `520w`: `5m`, `7d`\n\
             3 | timeout = \"5 minutes\"\n  |           ^^^^^^^^^^^",
        ),
        (
            "version = 1\nenforce = true\n",
            "policy.toml:2:11: only the machine's own policy in /etc/gate can say `enforce`\n\
             2 | enforce = true\n  |           ^^^^",
        ),
        (
            "version = 1\ndisable = \"secret\"\n",
            "policy.toml:2:11: there is no rule `secret`\n2 | disable = \"secret\"\n  |           ^^^^^^^^",
        ),
        (
            "version = 1\n[[score]]\nrow = \"secret\"\nweight = 101\ntext = \"x\"\n",
            "policy.toml:3:7: unknown score row `secret`\n3 | row = \"secret\"\n  |       ^^^^^^^^ did you mean `secrets`?",
        ),
    ] {
        assert_eq!(findings(text).first().map(String::as_str), Some(expected), "{text}");
    }
}

#[test]
fn broken_toml_is_shown_where_it_breaks() {
    let found = findings("version = 1\n[[rule]\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("policy.toml:2:"), "{found:?}");
}

#[test]
fn every_finding_is_told_at_once() {
    let found = in_rule("effect = \"raed\"\npaths = 1\nundo = \"never\"");
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn an_id_stands_once() {
    let found = findings(&format!("version = 1\n{RULE}command = \"a\"\n{RULE}command = \"b\"\n"));
    assert_eq!(
        found,
        ["policy.toml:9:6: the id `x` stands twice in this file\n9 | id = \"x\"\n  |      ^^^"]
    );
}

mod layers {
    use super::*;

    fn rules(sources: &[(Layer, &str)]) -> (Vec<String>, Vec<String>) {
        let texts: Vec<(Layer, String)> =
            sources.iter().map(|(layer, text)| (*layer, format!("version = 1\n{text}"))).collect();
        let sources: Vec<_> = texts.iter().map(|(layer, text)| source(*layer, text)).collect();
        let compiled = compile(&sources, None).unwrap();
        let policy = Policy::open(&compiled.bytes).unwrap();
        let rules = policy.rules().unwrap();
        let rules =
            rules.iter().map(|rule| format!("{} {} {}", rule.id, rule.tier.name(), rule.reason)).collect();
        (rules, compiled.warnings.iter().map(|warning| warning.message.clone()).collect())
    }

    fn rule(id: &str, tier: &str, reason: &str) -> String {
        format!(
            "[[rule]]\nid = \"{id}\"\ntier = \"{tier}\"\nreason = \"{reason}\"\ncommand = \"x\"\nmatch = \"x\"\n"
        )
    }

    #[test]
    fn a_stronger_file_replaces_a_rule_by_its_id_and_disables_others() {
        let base = rule("a", "high", "base") + &rule("b", "high", "base");
        let own = format!("disable = \"b\"\n{}", rule("a", "low", "own"));
        let (rules, warnings) = rules(&[(Layer::User, &own), (Layer::BuiltIn, &base)]);
        assert_eq!(rules, ["a low own"]);
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn the_machine_is_stronger_than_the_account() {
        let (rules, _) =
            rules(&[(Layer::Root, &rule("a", "high", "root")), (Layer::User, &rule("a", "low", "own"))]);
        assert_eq!(rules, ["a high root"]);
    }

    #[test]
    fn a_project_only_tightens() {
        let base = rule("a", "high", "base");
        let own = format!(
            "disable = \"a\"\n{}{}{}",
            rule("a", "low", "own"),
            rule("b", "high", "own"),
            rule("c", "medium", "own")
        );
        let (rules, warnings) = rules(&[(Layer::BuiltIn, &base), (Layer::Project, &own)]);
        assert_eq!(rules, ["a high base", "b high own", "c medium own"]);
        assert_eq!(
            warnings,
            [
                "`disable` is not taken from here: this file may only tighten",
                "tier `low` is not taken from here: this file may only tighten",
            ]
        );
    }

    #[test]
    fn under_enforce_the_account_only_tightens() {
        let root = format!("enforce = true\n{}", rule("a", "high", "root"));
        let own = rule("b", "low", "own") + &rule("c", "high", "own");
        let (rules, warnings) = rules(&[(Layer::Root, &root), (Layer::User, &own)]);
        assert_eq!(rules, ["a high root", "c high own"]);
        assert_eq!(warnings, ["tier `low` is not taken from here: this file may only tighten"]);
    }

    #[test]
    fn durations_can_only_get_shorter_there() {
        let text = |ttl: &str| format!("version = 1\n[settings]\ntimeout = \"{ttl}\"\n");
        let timeout = |texts: &[(Layer, String)]| {
            let sources: Vec<_> = texts.iter().map(|(layer, text)| source(*layer, text)).collect();
            let compiled = compile(&sources, None).unwrap();
            Policy::open(&compiled.bytes).unwrap().timeout().unwrap().as_secs()
        };
        assert_eq!(timeout(&[(Layer::BuiltIn, text("5m")), (Layer::Project, text("1m"))]), 60);
        assert_eq!(timeout(&[(Layer::BuiltIn, text("5m")), (Layer::Project, text("9m"))]), 300);
        assert_eq!(timeout(&[(Layer::BuiltIn, text("5m")), (Layer::User, text("9m"))]), 540);
    }
}

mod cache {
    use super::*;

    fn identity(inode: u64) -> SourceIdentity {
        SourceIdentity { path: b"/p".to_vec(), device: 1, inode, size: 3, mtime_ns: -4, ctime_ns: 5 }
    }

    #[test]
    fn it_is_current_for_exactly_its_files() {
        let sources = [
            source(Layer::BuiltIn, "version = 1"),
            Source { identity: Some(identity(1)), ..source(Layer::User, "version = 1") },
            Source { identity: Some(identity(2)), ..source(Layer::Root, "version = 1") },
        ];
        let bytes = compile(&sources, None).unwrap().bytes;
        let policy = Policy::open(&bytes).unwrap();
        assert!(policy.is_current(&[identity(1), identity(2)]));
        assert!(policy.is_current(&[identity(2), identity(1)]));
        assert!(!policy.is_current(&[identity(1)]));
        assert!(!policy.is_current(&[identity(1), identity(3)]));
        assert!(!policy.is_current(&[identity(1), identity(2), identity(3)]));
        assert!(!policy.is_current(&[identity(1), identity(1)]));
        let changed = SourceIdentity { ctime_ns: 6, ..identity(2) };
        assert!(!policy.is_current(&[identity(1), changed]));
        let remembered = policy.sources().unwrap();
        assert_eq!(remembered[1].identity, Some(identity(1)));
        assert_eq!((remembered[0].layer, &*remembered[0].origin), (Layer::BuiltIn, "policy.toml"));
    }

    #[test]
    fn every_length_but_the_whole_is_refused() {
        let bytes = compile(&[source(Layer::User, "version = 1")], None).unwrap().bytes;
        for length in 0..bytes.len() {
            assert!(Policy::open(&bytes[..length]).is_err(), "{length}");
        }
        assert!(Policy::open(&[bytes.clone(), vec![0]].concat()).is_err());
        assert!(Policy::open(&bytes).unwrap().verify().is_ok());
    }
}
