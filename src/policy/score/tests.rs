use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    facts::{Disguise, Invocation, Program},
    policy::{
        Layer, Policy, Source, Whitelist, compile, decide,
        testing::{compiled, context, effect, facts, host, invocation, opacity, path, tree},
    },
    syntax::Span,
};

/// Every row with a weight of 2, and a rule that puts `high` parts where the past is asked.
const ROWS: &str = r#"
    [[rule]]
    id = "low"
    tier = "low"
    reason = "r"
    command = "ls **"
    match = "ls"

    [[score]]
    row = "many-targets"
    threshold = 3
    [[score]]
    row = "production"
    names = ["prod", "*.corp.example"]
    branches = ["main", "release/*"]
    [[score]]
    row = "obfuscated"
    threshold = 40
    [[score]]
    row = "outside-hours"
    hours = "07:00-20:00"
    days = ["mon", "tue", "wed", "thu", "fri"]
    [[score]]
    row = "burst"
    threshold = 3
    within = "5m"
    [[score]]
    row = "denied-before"
    within = "30d"
    [[score]]
    row = "new"
    [[score]]
    row = "privileged"
    [[score]]
    row = "outside-workspace"
    [[score]]
    row = "irreversible"
    [[score]]
    row = "network-and-local-data"
    [[score]]
    row = "opaque"
    [[score]]
    row = "persistence"
    [[score]]
    row = "gate"
"#;

fn policy() -> Vec<u8> {
    compiled(&ROWS.replace("row =", "weight = 2\n    text = \"it\"\n    row ="))
}

/// The rows that count, with what they say; in the order of their names.
fn rows(facts: &Facts, past: Option<&Past>) -> Vec<String> {
    let bytes = policy();
    let policy = Policy::open(&bytes).unwrap();
    let mut decision = decide(facts, &context(), &policy, &Whitelist::empty()).unwrap();
    if let Some(past) = past {
        weigh_past(&mut decision, facts, &context(), &policy, past).unwrap();
    }
    let said = |reason: Reason| {
        let detail = reason.text.split_once(": ").map(|(_, detail)| format!(" {detail}"));
        reason.row.map(|row| row + &detail.unwrap_or_default())
    };
    let mut rows: Vec<String> = decision.reasons.into_iter().filter_map(said).collect();
    rows.sort();
    rows
}

fn subs(words: &str, subs: &[&'static str]) -> Invocation {
    let made = invocation(words, vec![effect(EffectKind::Remote, Target::Unknown)]);
    Invocation { subs: subs.iter().map(|sub| (*sub).into()).collect(), ..made }
}

fn now() -> u64 {
    context().now
}

/// A past in which nothing counts for `part`, on a Wednesday at noon.
fn usual(part: &Invocation) -> Past {
    let local_time = Some(LocalTime { day: 2, minute: 12 * 60 });
    Past { accepted: Deed::of(part).into_iter().collect(), local_time, ..Past::default() }
}

#[test]
fn rows_are_numbered_in_the_order_of_their_names() {
    for (index, (name, row)) in Row::NAMES.into_iter().enumerate() {
        assert_eq!((row as usize, row.name()), (index, name));
    }
}

#[test]
fn every_anomaly_of_the_facts_is_seen() {
    use EffectKind::{Delete, Gate, Network, Persist, Privilege, Read, Write};
    for (words, effects, expected) in [
        ("ls", vec![effect(Read, path("/etc/hosts"))], vec![]),
        ("sudo", vec![effect(Privilege, Target::Nothing)], vec!["privileged"]),
        ("tee", vec![effect(Write, path("/etc/x"))], vec!["outside-workspace"]),
        ("tee", vec![effect(Write, path("/home/user/project/x"))], vec![]),
        ("rm", vec![effect(Delete, tree("/tmp/x"))], vec!["irreversible", "many-targets"]),
        (
            "curl",
            vec![effect(Read, path("/tmp/x")), effect(Network, host("example.com"))],
            vec!["network-and-local-data"],
        ),
        ("reproduce products", vec![], vec![]),
        ("crontab", vec![effect(Persist, Target::Nothing)], vec!["persistence"]),
        ("gate", vec![effect(Gate, Target::Nothing)], vec!["gate"]),
        ("cat", vec![effect(Read, path("/home/user/.config/gate/gate.toml"))], vec!["gate"]),
        ("cat", vec![effect(Read, path("/etc/gate/gate.toml"))], vec!["gate"]),
        ("cat", vec![effect(Read, path("/home/user/.config/gates"))], vec![]),
    ] {
        assert_eq!(rows(&facts(vec![invocation(words, effects)]), None), expected, "{words}");
    }
    let mut opaque = invocation("foo", Vec::new());
    opaque.opaque = Some(opacity());
    assert_eq!(rows(&facts(vec![opaque]), None), ["opaque"]);
}

#[test]
fn many_is_more_than_the_threshold() {
    let writes = |count: usize| {
        let effects = (0..count).map(|at| effect(EffectKind::Write, path(&format!("/tmp/{at}")))).collect();
        rows(&facts(vec![invocation("touch", effects)]), None)
    };
    assert_eq!(writes(3), Vec::<String>::new());
    assert_eq!(writes(4), ["many-targets"]);
}

#[test]
fn production_is_seen_in_hosts_contexts_branches_and_directories() {
    use EffectKind::{Delete, Network, Read, Remote, Write};
    let remote = || vec![effect(Remote, Target::Unknown)];
    for (words, effects, expected) in [
        ("kubectl --context=eu-prod", remote(), Some("--context=eu-prod")),
        ("kubectl --context eu_PROD", remote(), Some("eu_PROD")),
        ("kubectl get products", remote(), None),
        ("ssh x", vec![effect(Network, host("db.prod.example.com"))], Some("db.prod.example.com")),
        ("ssh x", vec![effect(Network, host("db.corp.example"))], Some("db.corp.example")),
        ("docker x", vec![effect(Remote, Target::Name("prod-db".into()))], Some("prod-db")),
        ("cat prod", vec![effect(Read, path("/home/user/project/prod"))], None),
        ("cat x", vec![effect(Read, path("/srv/prod/x"))], None),
        ("tee x", vec![effect(Write, path("/home/user/project/prod/x"))], None),
        ("rm x", vec![effect(Delete, path("/srv/prod/x"))], Some("/srv/prod/x")),
    ] {
        let found = rows(&facts(vec![invocation(words, effects)]), None);
        let found = found.iter().find_map(|row| row.strip_prefix("production "));
        assert_eq!(found, expected, "{words}");
    }
}

#[test]
fn a_message_names_no_target() {
    let mut part = invocation("git commit", vec![effect(EffectKind::ProjectCode, Target::Nothing)]);
    part.words[1].value = Some(b"fix prod".to_vec());
    assert_eq!(rows(&facts(vec![part]), None), Vec::<String>::new());
}

#[test]
fn production_is_the_branch_that_a_push_changes() {
    for (words, expected) in [
        ("git push origin main", Some("main")),
        ("git push -f origin +HEAD:refs/heads/release/1.2", Some("release/1.2")),
        ("git -C x push origin feature:main", Some("main")),
        ("git push origin --delete main", Some("main")),
        ("git push origin main:feature", None),
        ("git push origin feature/main", None),
        ("git push", None),
    ] {
        let found = rows(&facts(vec![subs(words, &["push"])]), None);
        let found = found.iter().find_map(|row| row.strip_prefix("production "));
        assert_eq!(found, expected, "{words}");
    }
    assert_eq!(rows(&facts(vec![subs("git checkout main", &["checkout"])]), None), Vec::<String>::new());
}

#[test]
fn a_disguise_says_what_it_is_and_long_words_count_from_the_threshold() {
    let disguised = |length| {
        let disguise = Disguise { why: "is odd".into(), length, span: Span::default() };
        rows(&Facts { disguises: vec![disguise], ..facts(vec![invocation("x", Vec::new())]) }, None)
    };
    assert_eq!(disguised(None), ["obfuscated is odd"]);
    assert_eq!(disguised(Some(40)), ["obfuscated is odd"]);
    assert_eq!(disguised(Some(39)), Vec::<String>::new());
}

#[test]
fn what_is_usual_adds_nothing() {
    let part = subs("git push", &["push"]);
    assert_eq!(rows(&facts(vec![part.clone()]), Some(&usual(&part))), Vec::<String>::new());
}

#[test]
fn a_program_or_subcommand_that_was_never_accepted_is_new() {
    let part = subs("git push", &["push"]);
    let past = usual(&part);
    for (part, expected) in [
        (subs("git push", &["push"]), vec![]),
        (subs("git fetch", &["fetch"]), vec!["new git fetch"]),
        (subs("hub push", &["push"]), vec!["new hub push"]),
        (subs("./git push", &["push"]), vec!["new ./git push"]),
        (
            Invocation { program: Program::Unknown, ..part.clone() },
            vec!["new a program that is not known before it runs"],
        ),
        (Invocation { program: Program::Nothing, ..part }, vec![]),
    ] {
        assert_eq!(rows(&facts(vec![part.clone()]), Some(&past)), expected, "{part:?}");
    }
}

#[test]
fn what_runs_by_itself_anyway_is_not_new() {
    let part = subs("git push", &["push"]);
    let both = facts(vec![invocation("ls", Vec::new()), part.clone()]);
    assert_eq!(rows(&both, Some(&usual(&part))), Vec::<String>::new());
}

#[test]
fn more_parts_than_are_compared_count_as_new() {
    let parts: Vec<Invocation> = (0..12).map(|at| invocation(&format!("p{at}"), Vec::new())).collect();
    let accepted = parts.iter().filter_map(Deed::of).collect();
    let past = Past { accepted, ..usual(&parts[0]) };
    assert_eq!(rows(&facts(parts), Some(&past)), ["new p11"]);
}

#[test]
fn unusual_hours_and_days_count() {
    let part = subs("git push", &["push"]);
    for (day, minute, expected) in [
        (2, 6 * 60 + 59, vec!["outside-hours wed 06:59"]),
        (2, 7 * 60, vec![]),
        (5, 12 * 60, vec!["outside-hours sat 12:00"]),
    ] {
        let past = Past { local_time: Some(LocalTime { day, minute }), ..usual(&part) };
        assert_eq!(rows(&facts(vec![part.clone()]), Some(&past)), expected);
    }
    let past = Past { local_time: None, ..usual(&part) };
    assert_eq!(
        rows(&facts(vec![part]), Some(&past)),
        ["outside-hours the time of this machine is not known"]
    );
}

#[test]
fn many_requests_in_a_short_time_are_a_burst() {
    let part = subs("git push", &["push"]);
    for (requests, expected) in [
        (vec![now(), now() - 299, now() - 300], vec!["burst 3 in 5m"]),
        (vec![now(), now(), now() - 301], vec![]),
    ] {
        let past = Past { requests, ..usual(&part) };
        assert_eq!(rows(&facts(vec![part.clone()]), Some(&past)), expected);
    }
}

#[test]
fn what_is_like_something_denied_says_how_long_ago() {
    let part = subs("git push", &["push"]);
    let wider = Invocation {
        effects: vec![
            effect(EffectKind::Remote, Target::Unknown),
            effect(EffectKind::Delete, Target::Unknown),
        ],
        ..part.clone()
    };
    let denied = |part: &Invocation, ago: u64| vec![(now() - ago, Deed::of(part).unwrap())];
    for (denied, expected) in [
        (denied(&part, 0), vec!["denied-before just now"]),
        (denied(&part, 3 * 86_400 + 5), vec!["denied-before 3d ago"]),
        (denied(&subs("/usr/bin/git push", &["push"]), 61), vec!["denied-before 1m ago"]),
        (denied(&subs("git fetch", &["fetch"]), 0), vec![]),
        (denied(&wider, 0), vec![]),
    ] {
        let mut known = usual(&part);
        known.denied = denied;
        let found: Vec<String> = rows(&facts(vec![part.clone()]), Some(&known));
        assert_eq!(found, expected);
    }
    let past = Past { denied: denied(&part, 0), ..usual(&wider) };
    assert!(rows(&facts(vec![wider]), Some(&past)).contains(&"denied-before just now".to_owned()));
}

#[test]
fn what_was_denied_long_ago_is_forgotten() {
    let part = subs("git push", &["push"]);
    let mut late = context();
    late.now = 100 * 86_400;
    let bytes = policy();
    let policy = Policy::open(&bytes).unwrap();
    let facts = facts(vec![part.clone()]);
    for (ago, expected) in [(30 * 86_400, true), (30 * 86_400 + 1, false)] {
        let past = Past { denied: vec![(late.now - ago, Deed::of(&part).unwrap())], ..usual(&part) };
        let mut decision = decide(&facts, &late, &policy, &Whitelist::empty()).unwrap();
        weigh_past(&mut decision, &facts, &late, &policy, &past).unwrap();
        assert_eq!(
            decision.reasons.iter().any(|reason| reason.row.as_deref() == Some("denied-before")),
            expected
        );
    }
}

/// A past that nobody can look at.
struct Dark;

impl History for Dark {
    fn recall(&self, _: &Question) -> Option<Memory> {
        None
    }

    fn local_time(&self, _: u64) -> Option<LocalTime> {
        None
    }
}

#[test]
fn a_past_that_cannot_be_read_is_suspicious_and_decides_nothing() {
    let bytes = policy();
    let policy = Policy::open(&bytes).unwrap();
    let facts = facts(vec![subs("git push", &["push"])]);
    let before = decide(&facts, &context(), &policy, &Whitelist::empty()).unwrap();
    let mut after = before.clone();
    weigh_past(&mut after, &facts, &context(), &policy, &Dark).unwrap();
    assert_eq!((after.action, after.tier, &after.parts), (before.action, before.tier, &before.parts));
    assert_eq!(after.score, before.score + 8);
    assert!(after.reasons.iter().any(|reason| reason.text == "it: the audit log cannot be read"));
}

#[test]
fn reasons_stand_in_the_order_of_their_weight() {
    let text = "[[score]]\nrow = \"irreversible\"\nweight = 3\ntext = \"a\"\n[[score]]\nrow = \"many-targets\"\n\
                weight = 90\ntext = \"b\"\nthreshold = 1\n[[score]]\nrow = \"opaque\"\nweight = 0\ntext = \"c\"\n";
    let bytes = compiled(text);
    let mut part = invocation("rm", vec![effect(EffectKind::Delete, tree("/tmp/x"))]);
    part.opaque = Some(opacity());
    let policy = Policy::open(&bytes).unwrap();
    let decision = decide(&facts(vec![part]), &context(), &policy, &Whitelist::empty()).unwrap();
    let weights: Vec<u8> = decision.reasons.iter().map(|reason| reason.weight).collect();
    assert_eq!((weights, decision.score), (vec![90, 60, 3, 0], 100));
    assert!(decision.reasons.iter().all(|reason| reason.text != "c"), "a row of weight 0 is off");
}

fn built_in_and(text: &str) -> Result<Vec<u8>, String> {
    let weak = "version = 1\n[[score]]\nrow = \"burst\"\nweight = 7\ntext = \"b\"\nthreshold = 20\nwithin = \"5m\"\n";
    let text = format!("version = 1\n{text}");
    let source = |layer, text| Source { origin: "p", layer, text, identity: None };
    let sources = [source(Layer::BuiltIn, weak), source(Layer::User, &*text)];
    let compiled = compile(&sources, None).map(|compiled| compiled.bytes);
    compiled.map_err(|found| found.iter().map(|one| one.message.clone()).collect::<Vec<_>>().join("; "))
}

#[test]
fn a_stronger_file_says_only_what_differs() {
    let bytes = built_in_and("[[score]]\nrow = \"burst\"\nthreshold = 5\n").unwrap();
    let entry = Policy::open(&bytes).unwrap().score_rows().unwrap().next().unwrap().unwrap();
    assert_eq!((entry.weight(), entry.text()), (Ok(7), Ok("b")));
    assert_eq!((entry.threshold(), entry.within()), (Ok(5), Ok(300)));
}

#[test]
fn what_is_missing_or_does_not_belong_is_an_error() {
    for (text, expected) in [
        ("row = \"new\"\nweight = 1", "the row `new` needs `text`"),
        ("row = \"denied-before\"\nweight = 1\ntext = \"x\"", "the row `denied-before` needs `within`"),
        ("row = \"new\"\nweight = 1\ntext = \"x\"\nthreshold = 3", "the row `new` has no `threshold`"),
        ("row = \"burst\"\nthreshold = 0", "a whole number from 1 on is wanted"),
        (
            "row = \"outside-hours\"\nweight = 1\ntext = \"x\"\nhours = \"7-8\"",
            "hours are written as `07:00-20:00`",
        ),
        ("row = \"outside-hours\"\nweight = 1\ntext = \"x\"\ndays = \"monday\"", "unknown day `monday`"),
    ] {
        assert_eq!(built_in_and(&format!("[[score]]\n{text}\n")).unwrap_err(), expected, "{text}");
    }
}

fn any_part() -> impl Strategy<Value = Invocation> {
    let kinds = prop::collection::vec(select(EffectKind::ALL.to_vec()), 0..4);
    let targets =
        vec![Target::Unknown, path("/etc/x"), tree("/tmp/x"), host("db.prod.example.com"), Target::Nothing];
    let words = vec!["ls", "git push origin main", "rm -rf prod", "x", "./x --prod"];
    (select(words), kinds, select(targets), prop::bool::weighted(0.2), any::<bool>()).prop_map(
        |(words, kinds, target, opaque, unknown)| {
            let effects = kinds.into_iter().map(|kind| effect(kind, target.clone())).collect();
            let mut made = invocation(words, effects);
            made.opaque = opaque.then(opacity);
            if unknown && opaque {
                made.program = Program::Unknown;
            }
            made
        },
    )
}

proptest! {
    #[test]
    fn one_more_part_never_lowers_the_score(
        parts in prop::collection::vec(any_part(), 1..4), more in any_part(), seen in prop::collection::vec(any_part(), 0..3),
        denied in prop::collection::vec(any_part(), 0..3), requests in 0usize..6, odd in any::<bool>(),
    ) {
        let bytes = policy();
        let policy = Policy::open(&bytes).unwrap();
        let past = Past {
            accepted: seen.iter().filter_map(Deed::of).collect(),
            denied: denied.iter().filter_map(Deed::of).map(|deed| (now(), deed)).collect(),
            requests: vec![now(); requests],
            local_time: Some(LocalTime { day: if odd { 6 } else { 1 }, minute: 600 }),
        };
        let scored = |parts: Vec<Invocation>| {
            let facts = facts(parts);
            let plain = decide(&facts, &context(), &policy, &Whitelist::empty()).unwrap();
            let mut decision = plain.clone();
            weigh_past(&mut decision, &facts, &context(), &policy, &past).unwrap();
            (plain, decision)
        };
        let (plain, before) = scored(parts.clone());
        let (_, after) = scored(parts.into_iter().chain([more]).collect());
        prop_assert!(plain.score <= before.score && before.score <= after.score && after.score <= 100);
        prop_assert_eq!((plain.action, plain.tier), (before.action, before.tier));
        prop_assert!(after.reasons.is_sorted_by(|a, b| a.weight >= b.weight));
    }
}
