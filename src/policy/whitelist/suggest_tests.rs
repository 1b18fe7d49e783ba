//! What is put together and what is not.

use proptest::{prelude::*, sample::select};

use crate::{
    facts::{Effect, EffectKind, Invocation, Target},
    policy::{
        Action, Context, Policy, Tier, decide,
        testing::{compiled, context, effect, facts, host, invocation, path, tree},
    },
};

use super::{Answer, Sample, Suggestion, Whitelist, WhitelistEntry, compile_whitelist, samples, suggest};

use EffectKind::{Delete, Network, ProjectCode, Write};

const RULES: &str = r#"
    [[rule]]
    id = "write"
    tier = "medium"
    reason = "writes"
    effect = ["write", "delete", "project-code", "network", "remote"]
    match = "touch a"

    [[rule]]
    id = "secret"
    tier = "high"
    reason = "touches a secret"
    effect = ["write", "delete"]
    path = ["**/secret", "**/.env"]
    match = "touch .env"
"#;

fn asked(part: Invocation, context: &Context, answer: Answer) -> Vec<Sample> {
    let bytes = compiled(RULES);
    let policy = Policy::open(&bytes).unwrap();
    let facts = facts(vec![part]);
    let decision = decide(&facts, context, &policy, &Whitelist::empty()).unwrap();
    let request = facts.invocations[0].words.last().and_then(|word| word.value.clone()).unwrap();
    let request = String::from_utf8(request).unwrap();
    samples(&facts, &decision, context, &policy, (answer, &request)).unwrap()
}

fn part(words: &str, kind: EffectKind, target: Target) -> Invocation {
    invocation(words, vec![effect(kind, target)])
}

/// `program` on each file, approved.
fn approved(program: &str, kind: EffectKind, files: &[&str]) -> Vec<Sample> {
    let one = |file: &&str| {
        let absolute =
            if file.starts_with('/') { (*file).to_owned() } else { format!("/home/user/project/{file}") };
        asked(part(&format!("{program} {file}"), kind, path(&absolute)), &context(), Answer::Approved)
    };
    files.iter().flat_map(one).collect()
}

fn only(samples: &[Sample]) -> Suggestion {
    let mut found = suggest(samples, 3);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn commands(samples: &[Sample]) -> Vec<String> {
    suggest(samples, 3).into_iter().map(|found| found.entry.words.join(" ")).collect()
}

#[test]
fn a_hole_stands_where_operands_vary() {
    for (files, words, covers) in [
        (
            vec!["/tmp/build-1", "/tmp/build-22", "/tmp/build-3"],
            "/tmp/build-{number}",
            "write /tmp/build-{number}",
        ),
        (
            vec!["/tmp/build-a", "/tmp/build-b2", "/tmp/build-c"],
            "/tmp/build-{word}",
            "write /tmp/build-{word}",
        ),
        (
            vec!["src/a.rs", "src/b.rs", "src/main.rs"],
            "src/{word}.rs",
            "write /home/user/project/src/{word}.rs",
        ),
        (
            vec!["src/a/x.rs", "src/b/y.rs", "src/c/d/z.rs"],
            "src/{path}.rs",
            "write /home/user/project/src/{path}.rs",
        ),
        (vec!["a.log", "b.log", "c.log"], "{word}.log", "write /home/user/project/{word}.log"),
        (vec!["a", "a", "a"], "a", "write /home/user/project/a"),
    ] {
        let found = only(&approved("touch", Write, &files));
        assert_eq!(found.entry.words, ["touch", words]);
        assert_eq!(found.entry.effects, Some(vec![covers.to_owned()]));
        assert_eq!((found.approved, found.life), (3, 7 * 86_400));
    }
}

#[test]
fn everything_else_stays_as_it_was() {
    let samples = approved("touch", Write, &["/tmp/b-1", "/tmp/b-2", "/tmp/b-3"]);
    let entry = only(&samples).entry;
    assert_eq!(entry.host.as_deref(), Some("machine"));
    assert_eq!(entry.cwd.as_deref(), Some("/home/user/project"));
    assert_eq!(entry.agent.as_deref(), Some("codex"));
    assert_eq!(entry.requests, ["/tmp/b-1", "/tmp/b-2", "/tmp/b-3"]);
    for differing in [
        approved("touch -c", Write, &["/tmp/b-4"]),
        approved("touch /tmp/x", Write, &["/tmp/b-4"]),
        approved("rm", Write, &["/tmp/b-4"]),
        approved("touch", Delete, &["/tmp/b-4"]),
        approved("touch", Write, &["/var/b-4"]),
    ] {
        let all = [samples[..2].to_vec(), differing].concat();
        assert_eq!(commands(&all), Vec::<String>::new());
    }
    for context in [
        Context { cwd: "/srv".into(), ..context() },
        Context { agent: None, ..context() },
        Context { host: "other".into(), ..context() },
    ] {
        let other = asked(part("touch /tmp/b-4", Write, path("/tmp/b-4")), &context, Answer::Approved);
        assert_eq!(commands(&[samples[..2].to_vec(), other].concat()), Vec::<String>::new());
    }
}

#[test]
fn a_subcommand_or_an_option_never_varies() {
    let build = |word: &str| {
        asked(part(&format!("npm run {word}"), ProjectCode, Target::Nothing), &context(), Answer::Approved)
    };
    assert_eq!(commands(&["test", "build", "lint"].map(build).concat()), Vec::<String>::new());
    let option = |word: &str| {
        asked(
            part(&format!("tool --{word} x"), Write, path("/home/user/project/x")),
            &context(),
            Answer::Approved,
        )
    };
    assert_eq!(commands(&["a", "b", "c"].map(option).concat()), Vec::<String>::new());
    let fetch =
        |word: &str| asked(part(&format!("curl {word}"), Network, host(word)), &context(), Answer::Approved);
    assert_eq!(commands(&["a.example", "b.example", "c.example"].map(fetch).concat()), Vec::<String>::new());
    assert_eq!(commands(&[build("test"), build("test"), build("test")].concat()), ["npm run test"]);
}

#[test]
fn fewer_than_wanted_or_one_denial_suggest_nothing() {
    let samples = approved("touch", Write, &["/tmp/b-1", "/tmp/b-2", "/tmp/b-3"]);
    assert_eq!(suggest(&samples[..2], 3), []);
    assert_eq!(suggest(&samples, 4), []);
    let denied = asked(part("touch /tmp/b-9", Write, path("/tmp/b-9")), &context(), Answer::Denied);
    assert_eq!(suggest(&[samples.clone(), denied].concat(), 3), []);
    let other = asked(part("touch /tmp/c", Write, path("/tmp/c")), &context(), Answer::Denied);
    let found = only(&[samples, other].concat());
    assert_eq!(found.missed, [("touch /tmp/c".to_owned(), Answer::Denied)]);
}

#[test]
fn what_it_would_have_let_run_is_counted_with_what_nobody_answered() {
    let mut samples = approved("touch", Write, &["/tmp/b-1", "/tmp/b-1", "/tmp/b-3"]);
    samples.extend(asked(part("touch /tmp/b-7", Write, path("/tmp/b-7")), &context(), Answer::None));
    samples.extend(asked(part("touch /tmp/secret", Write, path("/tmp/secret")), &context(), Answer::None));
    let found = only(&samples);
    let covered: Vec<_> = found.covered.iter().map(|(line, times)| (line.as_str(), *times)).collect();
    assert_eq!(covered, [("touch /tmp/b-1", 2), ("touch /tmp/b-3", 1), ("touch /tmp/b-7", 1)]);
    assert_eq!((found.approved, found.missed.len()), (3, 1));
}

#[test]
fn a_directory_without_anything_in_front_is_too_wide() {
    assert_eq!(commands(&approved("touch", Write, &["/a", "/b", "/c"])), Vec::<String>::new());
    assert_eq!(commands(&approved("touch", Write, &["a/x", "b/y", "c/z"])), Vec::<String>::new());
}

#[test]
fn the_name_of_a_suggestion_stays_and_differs() {
    let numbers = || approved("touch", Write, &["/tmp/b-1", "/tmp/b-2", "/tmp/b-3"]);
    assert_eq!(only(&numbers()).id, only(&numbers()[..3]).id);
    let others = approved("touch", Write, &["/tmp/c-1", "/tmp/c-2", "/tmp/c-3"]);
    assert_ne!(only(&numbers()).id, only(&others).id);
}

#[test]
fn banned_programs_trees_and_high_parts_are_never_generalised() {
    for program in ["bash", "python3", "sudo", "env", "gate", "/usr/bin/perl5.36", "xargs", "su", "node"] {
        let found = commands(&approved(program, Write, &["/tmp/b-1", "/tmp/b-2", "/tmp/b-3"]));
        assert_eq!(found, Vec::<String>::new(), "{program}");
    }
    let tree =
        |file: &str| asked(part(&format!("rm -r {file}"), Delete, tree(file)), &context(), Answer::Approved);
    assert_eq!(commands(&["/tmp/b-1", "/tmp/b-2", "/tmp/b-3"].map(tree).concat()), Vec::<String>::new());
    assert_eq!(commands(&approved("touch", Write, &["a/.env", "b/.env", "c/.env"])), Vec::<String>::new());
}

fn any_word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "(/tmp/|src/|/srv/a/|)(build-|x|)[a-c0-9]{1,3}(\\.rs|\\.o|)",
        1 => "-[a-c]",
        1 => select(vec!["secret".to_owned(), "/tmp/.env".to_owned(), "12".to_owned(), "main".to_owned()]),
    ]
}

fn any_part() -> impl Strategy<Value = Invocation> {
    let program = select(vec!["touch", "rm", "cp", "bash", "git"]);
    let kind =
        select(vec![Write, Delete, ProjectCode, EffectKind::Execute, EffectKind::Gate, EffectKind::Remote]);
    (program, prop::collection::vec(any_word(), 1..3), kind).prop_map(|(program, words, kind)| {
        let target = |word: &String| {
            if word.starts_with('/') { path(word) } else { path(&format!("/home/user/project/{word}")) }
        };
        let operands = words.iter().filter(|word| !word.starts_with('-'));
        let effects: Vec<Effect> = operands.map(|word| effect(kind, target(word))).collect();
        invocation(&format!("{program} {}", words.join(" ")), effects)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_a_suggested_entry_covers_is_medium_and_does_what_was_approved(
        history in prop::collection::vec(any_part(), 3..24), others in prop::collection::vec(any_part(), 12),
    ) {
        let bytes = compiled(RULES);
        let policy = Policy::open(&bytes).unwrap();
        let samples: Vec<Sample> =
            history.iter().flat_map(|part| asked(part.clone(), &context(), Answer::Approved)).collect();
        for found in suggest(&samples, 2) {
            let entry = WhitelistEntry { id: "found".into(), expires: u64::MAX, ..found.entry.clone() };
            let whitelist = compile_whitelist(std::slice::from_ref(&entry));
            let whitelist = Whitelist::open(&whitelist).unwrap();
            let kinds: Vec<&str> = entry.effects.iter().flatten().map(|text| text.split(' ').next().unwrap()).collect();
            let mut approvals = 0;
            for part in history.iter().chain(&others) {
                let decision = decide(&facts(vec![part.clone()]), &context(), &policy, &whitelist).unwrap();
                if decision.action != Action::Allow {
                    continue;
                }
                approvals += usize::from(history.contains(part));
                prop_assert!(decision.tier <= Tier::Medium);
                let done: Vec<&str> = part.effects.iter().map(|effect| effect.kind.name()).collect();
                prop_assert!(done.iter().all(|kind| kinds.contains(kind)), "{:?} {:?}", done, kinds);
                prop_assert_eq!(part.words[0].value.as_deref(), Some(entry.words[0].as_bytes()));
                if entry.has_holes() {
                    prop_assert!(super::ban_on_holes(part, &part.effects).is_none());
                }
            }
            prop_assert!(approvals >= found.approved.min(2));
        }
    }
}
