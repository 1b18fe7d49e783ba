//! What is decided: the specification of rules.

use crate::facts::{Effect, EffectKind, Facts, Program, Target, Undo};

use super::{
    Action, Context, Decision, Policy, Tier, Whitelist, decide,
    testing::{compiled, context, effect, facts, glob, host, invocation, opacity, path, tree},
};

use EffectKind::{Delete, Execute, Network, ProjectCode, Read, Write};

const RULES: &str = r#"
    [[rule]]
    id = "read-workspace"
    tier = "low"
    reason = "reads the workspace"
    effect = "read"
    path = "{workspace}/**"
    match = "cat a"

    [[rule]]
    id = "write-workspace"
    tier = "medium"
    reason = "writes in the workspace"
    ttl = "1d"
    effect = ["write", "delete"]
    path = "{workspace}/**"
    match = "touch a"

    [[rule]]
    id = "secrets"
    tier = "high"
    reason = "reads a secret"
    effect = "read"
    path = ["{home}/.ssh/**", "**/.env", "/etc/shadow"]
    except = "{home}/.ssh/*.pub"
    marks = "secrets"
    match = "cat ~/.ssh/id_rsa"

    [[rule]]
    id = "delete-root"
    tier = "deny"
    reason = "destroys the system"
    effect = "delete"
    path = ["/", "{home}"]
    recursive = true
    match = "rm -rf /"

    [[rule]]
    id = "harmless"
    tier = "low"
    reason = "does nothing"
    effect = "nothing"
    match = "true"

    [[rule]]
    id = "git-push"
    tier = "medium"
    reason = "sends commits"
    command = "git push **"
    match = "git push"

    [[rule]]
    id = "git-push-force"
    tier = "high"
    reason = "overwrites commits"
    command = "git ** push ** {--force*,-f} **"
    reviewers = 2
    match = "git push -f"

    [[rule]]
    id = "localhost"
    tier = "low"
    reason = "talks to this machine"
    effect = "network"
    host = ["localhost", "127.*"]
    match = "curl localhost"

    [[rule]]
    id = "curl-intranet"
    tier = "low"
    reason = "fetches from the intranet"
    command = "curl **"
    effect = "network"
    host = "*.corp.example"
    match = "curl x.corp.example"

    [[score]]
    row = "secrets"
    weight = 25
    text = "touches secrets"

    [[score]]
    row = "irreversible"
    weight = 10
    text = "cannot be undone"

    [[score]]
    row = "opaque"
    weight = 20
    text = "not everything is understood"
"#;

fn decided_in(rules: &str, facts: &Facts, context: &Context, whitelist: &[u8]) -> Decision {
    let bytes = compiled(rules);
    let policy = Policy::open(&bytes).unwrap();
    policy.verify().unwrap();
    let whitelist =
        if whitelist.is_empty() { Whitelist::empty() } else { Whitelist::open(whitelist).unwrap() };
    decide(facts, context, &policy, &whitelist).unwrap()
}

fn decided(facts: &Facts) -> Decision {
    decided_in(RULES, facts, &context(), &[])
}

fn one(words: &str, effects: Vec<Effect>) -> Decision {
    decided(&facts(vec![invocation(words, effects)]))
}

fn tier_of(kind: EffectKind, target: Target) -> (Tier, Action, Vec<String>) {
    let decision = one("x", vec![effect(kind, target)]);
    let rules = decision.rules().into_iter().map(str::to_owned).collect();
    (decision.tier, decision.action, rules)
}

fn texts(decision: &Decision) -> Vec<&str> {
    decision.reasons.iter().map(|reason| &*reason.text).collect()
}

#[test]
fn low_runs_medium_asks_high_asks_deny_denies() {
    let workspace = "/home/user/project/a";
    for (kind, target, tier, action, rule) in [
        (Read, path(workspace), Tier::Low, Action::Allow, "read-workspace"),
        (Write, path(workspace), Tier::Medium, Action::Ask, "write-workspace"),
        (Read, path("/home/user/.ssh/id_rsa"), Tier::High, Action::Ask, "secrets"),
        (Delete, tree("/"), Tier::Deny, Action::Deny, "delete-root"),
    ] {
        assert_eq!(tier_of(kind, target), (tier, action, vec![rule.to_owned()]));
    }
}

#[test]
fn what_no_rule_covers_is_asked_and_may_be_whitelisted() {
    let decision = one("x", vec![effect(Execute, path("/home/user/project/run"))]);
    assert_eq!((decision.tier, decision.action), (Tier::Medium, Action::Ask));
    assert_eq!(texts(&decision), ["no rule covers this: runs /home/user/project/run"]);
    assert_eq!(decision.whitelist_for.map(|life| life.as_secs()), Some(7 * 86_400));
}

#[test]
fn an_effect_that_no_effect_rule_covers_is_covered_by_a_command_rule() {
    let decision = one("git push origin", vec![effect(Network, host("example.com"))]);
    assert_eq!((decision.tier, decision.rules()), (Tier::Medium, vec!["git-push"]));
    let decision = one("git fetch", vec![effect(Network, host("example.com"))]);
    assert_eq!((decision.tier, decision.rules()), (Tier::Medium, vec![]));
}

#[test]
fn a_command_rule_does_not_soften_what_an_effect_rule_says() {
    let decision = one("git push", vec![effect(Read, path("/home/user/.ssh/id_rsa"))]);
    assert_eq!((decision.tier, decision.rules()), (Tier::High, vec!["git-push", "secrets"]));
}

#[test]
fn strict_words_are_found_behind_global_options() {
    for words in ["git push -f", "git -C x push --force-with-lease origin", "git push origin +main --force"] {
        let decision = one(words, vec![effect(Network, host("example.com"))]);
        assert_eq!((decision.tier, decision.reviewers), (Tier::High, 2), "{words}");
    }
}

#[test]
fn opaque_is_high_whatever_rules_say() {
    let mut part = invocation("true", Vec::new());
    part.opaque = Some(opacity());
    let decision = decided(&facts(vec![part]));
    assert_eq!((decision.tier, decision.action, decision.whitelist_for), (Tier::High, Action::Ask, None));
    assert_eq!(decision.score, 80);
    assert_eq!(
        texts(&decision),
        [
            "not understood: an option that the catalog does not know",
            "not everything is understood",
            "does nothing",
        ]
    );
    let line = Facts { opaque: Some(opacity()), ..Facts::default() };
    assert_eq!((decided(&line).tier, decided(&line).action), (Tier::High, Action::Ask));
}

#[test]
fn an_opaque_part_can_still_be_denied() {
    let mut part = invocation("rm -rf /", vec![effect(Delete, tree("/"))]);
    part.opaque = Some(opacity());
    assert_eq!(decided(&facts(vec![part])).action, Action::Deny);
}

#[test]
fn facts_without_parts_are_not_allowed() {
    assert_eq!(decided(&Facts::default()).action, Action::Ask);
    assert_eq!(decided(&Facts::default()).whitelist_for, None);
}

#[test]
fn a_possible_deny_is_high_and_says_perhaps() {
    for target in
        [Target::Glob { pattern: b"/home/*".to_vec(), recursive: true }, Target::Unknown, tree("/home")]
    {
        let decision = one("rm", vec![effect(Delete, target)]);
        assert_eq!((decision.tier, decision.action), (Tier::High, Action::Ask));
        assert!(
            decision.reasons[0].text.starts_with("perhaps destroys the system: "),
            "{:?}",
            texts(&decision)
        );
    }
    let everything = Target::Glob { pattern: b"/*".to_vec(), recursive: true };
    assert_eq!(one("rm", vec![effect(Delete, everything)]).tier, Tier::Deny);
}

#[test]
fn a_target_that_only_the_shell_knows_may_be_a_secret() {
    assert_eq!(tier_of(Read, Target::Unknown).0, Tier::High);
    assert_eq!(tier_of(Network, Target::Host { name: None, port: None }).0, Tier::Medium);
}

#[test]
fn a_tree_that_holds_a_secret_is_high() {
    assert_eq!(tier_of(Read, tree("/home/user")).0, Tier::High);
    assert_eq!(tier_of(Read, tree("/")).0, Tier::High);
    assert_eq!(tier_of(Read, tree("/etc")).0, Tier::High);
    assert_eq!(tier_of(Read, tree("/home/user/project")).0, Tier::Low);
    assert_eq!(tier_of(Read, tree("/home/user/.ssh")).0, Tier::High);
}

#[test]
fn a_secret_that_was_found_in_a_tree_counts_for_the_programs_that_a_rule_names() {
    let rules = format!(
        "{RULES}\n[[rule]]\nid = \"tree\"\ntier = \"high\"\nreason = \"shows a secret\"\ncommand = \"grep **\"\n\
         effect = \"read\"\npath = [\"**/.env\", \"**/.env.*\"]\nexcept = \"**/.env.example\"\nmatch = \"grep x .env\""
    );
    let at = |files: &[&str]| Context {
        found: files.iter().map(|file| format!("/home/user/project/{file}").into()).collect(),
        ..context()
    };
    let tier = |words, target, context: &Context| {
        let facts = facts(vec![invocation(words, vec![effect(Read, target)])]);
        decided_in(&rules, &facts, context, &[]).tier
    };
    let found = at(&["src/main.rs", ".env"]);
    assert_eq!(tier("grep -r x", tree("/home/user/project"), &at(&["src/main.rs"])), Tier::Low);
    assert_eq!(tier("grep -r x", tree("/home/user/project"), &found), Tier::High);
    assert_eq!(tier("git status", tree("/home/user/project"), &found), Tier::Low);
    assert_eq!(tier("grep -r x", tree("/home/user/project/src"), &found), Tier::Low);
    assert_eq!(tier("grep -r x", tree("/home/user/project"), &at(&[".env.example"])), Tier::Low);
    assert_eq!(tier("grep x", glob("/home/user/project/*"), &found), Tier::Low);
    assert_eq!(tier("grep x", glob("/home/user/project/.*"), &found), Tier::High);
    assert_eq!(tier("grep x", glob("/home/user/project/*.rs"), &found), Tier::Low);
    assert_eq!(tier("cat x", glob("/home/user/project/.en?"), &context()), Tier::High);
    // How names end says no more than a whole tree does: a look tells.
    let keys = rules.replace("**/.env.*", "**/{credentials.json,*.pem}");
    let tier_of_keys = |words, target, context: &Context| {
        let facts = facts(vec![invocation(words, vec![effect(Read, target)])]);
        decided_in(&keys, &facts, context, &[]).tier
    };
    let found_key = at(&["credentials.json"]);
    assert_eq!(tier_of_keys("grep x", glob("/home/user/project/*.json"), &context()), Tier::Low);
    assert_eq!(tier_of_keys("grep x", glob("/home/user/project/*.json"), &found_key), Tier::High);
    assert_eq!(tier_of_keys("grep x", glob("/home/user/project/cred*.json"), &context()), Tier::High);
    assert_eq!(tier_of_keys("grep x", glob("/home/user/project/*s.json"), &context()), Tier::High);
    assert_eq!(tier_of_keys("grep x", glob("/home/user/project/*.pem"), &context()), Tier::High);
    let bytes = compiled(&rules);
    let policy = Policy::open(&bytes).unwrap();
    let trees = |words, target| {
        let facts = facts(vec![invocation(words, vec![effect(Read, target)])]);
        super::trees_to_look_at(&facts, &context(), &policy).unwrap()
    };
    let project = [std::path::PathBuf::from("/home/user/project")];
    assert_eq!(trees("grep -r x", tree("/home/user/project")), project);
    assert_eq!(trees("grep x", glob("/home/user/project/*")), project);
    assert!(trees("git status", tree("/home/user/project")).is_empty());
    assert!(trees("grep x", path("/home/user/project/a")).is_empty());
}

#[test]
fn a_link_out_of_the_workspace_is_not_in_the_workspace() {
    let link = |to: &str| Target::Path {
        path: "/home/user/project/link".into(),
        resolved: to.into(),
        recursive: false,
    };
    assert_eq!(tier_of(Read, link("/home/user/project/real")).0, Tier::Low);
    assert_eq!(tier_of(Read, link("/srv/data")).0, Tier::Medium);
    assert_eq!(tier_of(Read, link("/home/user/.ssh/id_rsa")).0, Tier::High);
}

#[test]
fn exceptions_free_only_what_certainly_lies_in_them() {
    assert_eq!(tier_of(Read, path("/home/user/.ssh/id_rsa.pub")).0, Tier::Medium);
    assert_eq!(tier_of(Read, glob("/home/user/.ssh/*")).0, Tier::High);
    assert_eq!(tier_of(Read, glob("/home/user/.ssh/id*.pub")).0, Tier::Medium);
    let rules = r#"
        [[rule]]
        id = "read"
        tier = "low"
        reason = "reads"
        effect = "read"
        path = "{workspace}/**"
        except = "{workspace}/private/**"
        match = "cat a"
    "#;
    let tier = |target| {
        decided_in(rules, &facts(vec![invocation("cat", vec![effect(Read, target)])]), &context(), &[]).tier
    };
    assert_eq!(tier(path("/home/user/project/a")), Tier::Low);
    assert_eq!(tier(path("/home/user/project/private/a")), Tier::Medium);
    assert_eq!(tier(tree("/home/user/project")), Tier::Medium);
    assert_eq!(tier(glob("/home/user/project/p*/a")), Tier::Medium);
    assert_eq!(tier(glob("/home/user/project/q*/a")), Tier::Low);
}

#[test]
fn a_program_from_an_unexpected_place_is_judged_as_running_that_file() {
    let mut part = invocation("ls", vec![effect(Read, path("/home/user/project/a"))]);
    part.program = Program::File { name: "ls".into(), path: Some("/tmp/ls".into()) };
    let decision = decided(&facts(vec![part.clone()]));
    assert_eq!(decision.action, Action::Ask);
    assert_eq!(decision.reasons[0].text, "no rule covers this: runs /tmp/ls");
    part.program = Program::File { name: "ls".into(), path: None };
    assert_eq!(decided(&facts(vec![part.clone()])).action, Action::Allow);
    part.words[0].value = Some(b"./ls".to_vec());
    assert_eq!(decided(&facts(vec![part.clone()])).action, Action::Ask);
    part.program = Program::Unknown;
    assert_eq!(decided(&facts(vec![part])).action, Action::Ask);
}

#[test]
fn words_say_nothing_of_functions_and_of_other_machines() {
    for program in [Program::Function("git".into()), Program::Elsewhere("git".into())] {
        let mut part = invocation("git push", vec![effect(Network, host("example.com"))]);
        part.program = program;
        assert_eq!(decided(&facts(vec![part.clone()])).rules(), Vec::<&str>::new());
        part.words[1].value = Some(b"push".to_vec());
        part.words.push(part.words[1].clone());
        part.words[2].value = Some(b"-f".to_vec());
        assert_eq!(decided(&facts(vec![part])).rules(), ["git-push-force"]);
    }
    let mut remote = invocation("cat a", vec![effect(Read, path("/home/user/project/a"))]);
    remote.program = Program::Elsewhere("cat".into());
    assert_eq!(decided(&facts(vec![remote])).action, Action::Ask);
}

#[test]
fn a_rule_with_command_and_effect_speaks_of_that_programs_effects() {
    let network = |words, name| one(words, vec![effect(Network, host(name))]).tier;
    assert_eq!(network("curl x", "a.corp.example"), Tier::Low);
    assert_eq!(network("wget x", "a.corp.example"), Tier::Medium);
    assert_eq!(network("curl x", "corp.example"), Tier::Medium);
    assert_eq!(network("wget x", "127.0.0.1"), Tier::Low);
    let both = vec![effect(Network, host("a.corp.example")), effect(Write, path("/srv/x"))];
    assert_eq!(one("curl x", both).tier, Tier::Medium);
}

#[test]
fn scopes_limit_a_rule() {
    let rule = |when: &str| {
        format!(
            "[[rule]]\nid = \"x\"\ntier = \"low\"\nreason = \"x\"\ncommand = \"make\"\nwhen = {{ {when} }}\n\
             match = \"make\""
        )
    };
    let make = facts(vec![invocation("make", vec![effect(ProjectCode, Target::Nothing)])]);
    for (when, expected) in [
        ("cwd = \"{workspace}/**\"", Action::Allow),
        ("cwd = \"/srv/**\"", Action::Ask),
        ("user = \"user\"", Action::Allow),
        ("user = [\"root\", \"us*\"]", Action::Allow),
        ("user = \"root\"", Action::Ask),
        ("host = \"machine\"", Action::Allow),
        ("host = \"other\"", Action::Ask),
        ("agent = \"codex\"", Action::Allow),
        ("agent = \"claude\"", Action::Ask),
        ("user = \"user\", agent = \"claude\"", Action::Ask),
    ] {
        assert_eq!(decided_in(&rule(when), &make, &context(), &[]).action, expected, "{when}");
    }
    let nobody = Context { agent: None, ..context() };
    assert_eq!(decided_in(&rule("agent = \"*\""), &make, &nobody, &[]).action, Action::Ask);
}

#[test]
fn a_rule_can_stand_in_for_others_where_it_certainly_applies() {
    let rules = format!(
        "{RULES}\n[[rule]]\nid = \"own\"\ntier = \"low\"\nreason = \"own\"\ncommand = \"touch *\"\n\
         instead_of = \"write-workspace\"\nmatch = \"touch a\""
    );
    let touch = |words, target| facts(vec![invocation(words, vec![effect(Write, target)])]);
    let tier = |words, target| decided_in(&rules, &touch(words, target), &context(), &[]).tier;
    assert_eq!(tier("touch a", path("/home/user/project/a")), Tier::Low);
    assert_eq!(tier("touch a b", path("/home/user/project/a")), Tier::Medium);
    assert_eq!(tier("touch $x", Target::Unknown), Tier::Medium);
}

#[test]
fn undo_and_recursion_are_conditions() {
    let rules = r#"
        [[rule]]
        id = "reversible"
        tier = "low"
        reason = "x"
        effect = "write"
        undo = ["harmless", "reversible"]
        recursive = false
        match = "x"
    "#;
    let tier = |effect| decided_in(rules, &facts(vec![invocation("x", vec![effect])]), &context(), &[]).tier;
    let write = effect(Write, path("/a"));
    assert_eq!(tier(write.clone()), Tier::Low);
    assert_eq!(tier(Effect { undo: Undo::Irreversible, ..write }), Tier::Medium);
    assert_eq!(tier(effect(Write, tree("/a"))), Tier::Medium);
}

#[test]
fn the_score_adds_up_and_says_why() {
    let decision = one("cat", vec![effect(Read, path("/etc/shadow"))]);
    assert_eq!(decision.score, 85);
    let weights: Vec<_> = decision.reasons.iter().map(|reason| (reason.weight, &*reason.text)).collect();
    assert_eq!(weights, [(60, "reads a secret: reads /etc/shadow"), (25, "touches secrets")]);
    assert_eq!(one("true", Vec::new()).score, 0);
    let all = vec![effect(Delete, tree("/")), effect(Read, path("/etc/shadow"))];
    assert_eq!(one("x", all).score, 100);
}

#[test]
fn the_shortest_life_and_the_most_reviewers_count() {
    let write = invocation("touch a", vec![effect(Write, path("/home/user/project/a"))]);
    let push = invocation("git push", Vec::new());
    let decision = decided(&facts(vec![push, write]));
    assert_eq!(decision.whitelist_for.map(|life| life.as_secs()), Some(86_400));
    assert_eq!(decision.reviewers, 1);
}

mod cost {
    use super::*;
    use crate::policy::bytes::READS;

    /// Numbers read for one decision among so many rules of each form.
    fn reads(rules: usize, target: &Facts) -> usize {
        let mut text = RULES.to_owned();
        for number in 0..rules {
            let (tier, form) = match number % 5 {
                0 => ("low", format!("command = \"tool{number} run **\"")),
                1 => ("high", format!("command = \"git sub{number} **\"")),
                2 => ("low", format!("effect = \"read\"\npath = \"/srv/{number}/**\"")),
                3 => ("high", format!("effect = \"read\"\npath = \"{{home}}/vault/{number}/**\"")),
                _ => ("high", format!("effect = \"network\"\nhost = \"host{number}.example\"")),
            };
            text += &format!(
                "\n[[rule]]\nid = \"r{number}\"\ntier = \"{tier}\"\nreason = \"r\"\n{form}\nmatch = \"x\"\n"
            );
        }
        let bytes = compiled(&text);
        let policy = Policy::open(&bytes).unwrap();
        let before = READS.get();
        let _ = decide(target, &context(), &policy, &Whitelist::empty()).unwrap();
        READS.get() - before
    }

    #[test]
    fn a_decision_does_not_read_the_rules_that_cannot_speak() {
        for part in [
            invocation("git status", vec![effect(Read, path("/home/user/project/src/main.rs"))]),
            invocation("git push", vec![effect(Network, host("example.com"))]),
            invocation("grep x", vec![effect(Read, tree("/home/user"))]),
            invocation("cat x", vec![effect(Read, Target::Unknown)]),
            invocation("cat x", vec![effect(Read, glob("/home/user/project/*.rs"))]),
        ] {
            let facts = facts(vec![part]);
            let (few, many) = (reads(100, &facts), reads(5_000, &facts));
            assert!(many < few * 2, "{few} {many} {facts:?}");
        }
    }
}

#[test]
fn programs_are_expected_where_the_settings_say() {
    let bytes = compiled("");
    let policy = Policy::open(&bytes).unwrap();
    let expects = |path: &str| policy.expects_program(&context(), std::path::Path::new(path)).unwrap();
    assert!(expects("/usr/bin/ls"));
    assert!(!expects("/usr/bin/deeper/ls"));
    assert!(!expects("/tmp/ls"));
    let shipped = super::compile(&[super::Source::built_in()], None).unwrap().bytes;
    let policy = Policy::open(&shipped).unwrap();
    let expects = |path: &str| policy.expects_program(&context(), std::path::Path::new(path)).unwrap();
    assert!(expects("/home/user/.cargo/bin/cargo"));
    assert!(!expects("/home/user/project/cargo"));
    assert!(!expects("/home/other/.cargo/bin/cargo"));
    assert!(!expects("/home/user/bin/cargo"));
}
