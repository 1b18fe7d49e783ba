//! What entries cover, what they never cover, and how they are written.

use proptest::{prelude::*, sample::select};

use crate::{
    facts::{Effect, EffectKind, Facts, Invocation, Program, Target},
    policy::{
        Action, Context, Decision, Policy, Tier, decide,
        testing::{compiled, context, effect, facts, invocation, opacity, path},
    },
};

use super::{
    Revocation, Whitelist, WhitelistEntry, compile_whitelist, read_whitelist, whitelist_entries,
    with_entries, with_renewal, with_revocation,
};

use EffectKind::{Delete, Execute, Read, Write};

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
    path = ["{workspace}/**", "/tmp/**"]
    match = "touch a"

    [[rule]]
    id = "secrets"
    tier = "high"
    reason = "touches a secret"
    effect = ["read", "write", "delete"]
    path = ["{home}/.ssh/**", "**/{.env,secret}", "/etc/shadow"]
    match = "cat ~/.ssh/id_rsa"
"#;

fn decided(facts: &Facts, context: &Context, whitelist: &[u8]) -> Decision {
    let bytes = compiled(RULES);
    let whitelist =
        if whitelist.is_empty() { Whitelist::empty() } else { Whitelist::open(whitelist).unwrap() };
    decide(facts, context, &Policy::open(&bytes).unwrap(), &whitelist).unwrap()
}

fn entries(words: &str, effects: Vec<Effect>) -> Vec<WhitelistEntry> {
    let bytes = compiled(RULES);
    let facts = facts(vec![invocation(words, effects)]);
    let decision = decided(&facts, &context(), &[]);
    let policy = Policy::open(&bytes).unwrap();
    whitelist_entries(&facts, &decision, &context(), &policy, ("alice", "k7p2mn")).unwrap()
}

fn approved(words: &str, effects: Vec<Effect>) -> Vec<u8> {
    compile_whitelist(&entries(words, effects))
}

fn touch(file: &str) -> Vec<Effect> {
    vec![effect(Write, path(&format!("/home/user/project/{file}")))]
}

fn action(whitelist: &[u8], part: Invocation, context: &Context) -> Action {
    decided(&facts(vec![part]), context, whitelist).action
}

/// An entry as somebody writes it by hand.
fn written(keys: &str) -> Vec<WhitelistEntry> {
    let text = format!(
        "version = 1\n[[entry]]\nid = \"a\"\nby = \"ann\"\napproved = 1970-01-01T00:00:00Z\nexpires = 2100-01-01T00:00:00Z\n{keys}"
    );
    read_whitelist("w", &text).unwrap_or_else(|found| panic!("{}", found[0]))
}

fn refused(keys: &str) -> String {
    let text = format!(
        "version = 1\n[[entry]]\nid = \"a\"\nby = \"ann\"\napproved = 1970-01-01T00:00:00Z\nexpires = 2100-01-01T00:00:00Z\n{keys}"
    );
    read_whitelist("w", &text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_entry_covers_the_same_words_with_the_same_effects_in_the_same_place() {
    let whitelist = approved("touch a", touch("a"));
    let same = || invocation("touch a", touch("a"));
    assert_eq!(action(&whitelist, same(), &context()), Action::Allow);
    assert_eq!(action(&whitelist, invocation("touch b", touch("b")), &context()), Action::Ask);
    assert_eq!(action(&whitelist, invocation("touch a", touch("b")), &context()), Action::Ask);
    let two = [touch("a"), touch("b")].concat();
    assert_eq!(action(&whitelist, invocation("touch a", two), &context()), Action::Ask);
    let other_kind = vec![effect(Delete, path("/home/user/project/a"))];
    assert_eq!(action(&whitelist, invocation("touch a", other_kind), &context()), Action::Ask);
    for elsewhere in [
        Context { cwd: "/home/user/project/src".into(), ..context() },
        Context { agent: Some("claude".into()), ..context() },
        Context { agent: None, ..context() },
        Context { host: "other".into(), ..context() },
    ] {
        assert_eq!(action(&whitelist, same(), &elsewhere), Action::Ask);
    }
    let wrapped = Invocation { via: vec!["env".into()], ..same() };
    assert_eq!(action(&whitelist, wrapped, &context()), Action::Ask);
    let stray = Program::File { name: "touch".into(), path: Some("/tmp/touch".into()) };
    assert_eq!(action(&whitelist, Invocation { program: stray, ..same() }, &context()), Action::Ask);
}

#[test]
fn an_entry_without_effects_covers_no_program_of_the_same_name_elsewhere() {
    let whitelist = compile_whitelist(&written("words = [\"touch\", \"a\"]\n"));
    assert_eq!(action(&whitelist, invocation("touch a", touch("a")), &context()), Action::Allow);
    let runs = vec![effect(Execute, path("/tmp/touch"))];
    assert_eq!(action(&whitelist, invocation("touch a", runs), &context()), Action::Ask);
}

#[test]
fn a_directory_that_no_entry_can_name_gets_none() {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = compiled(RULES);
    let policy = Policy::open(&bytes).unwrap();
    let facts = facts(vec![invocation("touch a", touch("a"))]);
    for cwd in [&b"/home/user/project/*"[..], b"/home/user/project/\\", b"/home/user/project/\xff"] {
        let context = Context { cwd: std::ffi::OsStr::from_bytes(cwd).into(), ..context() };
        let decision = decided(&facts, &context, &[]);
        assert!(decision.whitelist_for.is_some());
        let made = whitelist_entries(&facts, &decision, &context, &policy, ("alice", "k7p2mn")).unwrap();
        assert_eq!(made, []);
    }
}

#[test]
fn who_let_it_run_and_until_when_is_a_reason() {
    let mut entries = entries("touch a", touch("a"));
    entries[0].id = "k7p2".into();
    let facts = facts(vec![invocation("touch a", touch("a"))]);
    let decision = decided(&facts, &context(), &compile_whitelist(&entries));
    let reason = decision.reasons.iter().find(|reason| reason.rule.as_deref() == Some("whitelist:k7p2"));
    assert_eq!(reason.unwrap().text, "whitelisted by alice until 1970-01-13T13:46:40Z");
    assert_eq!(decision.tier, Tier::Medium);
}

#[test]
fn an_entry_dies_or_is_revoked() {
    let made = entries("touch a", touch("a"));
    let whitelist = compile_whitelist(&made);
    let at = |now| Context { now, ..context() };
    let same = || invocation("touch a", touch("a"));
    assert_eq!(action(&whitelist, same(), &at(1_000_000 + 86_399)), Action::Allow);
    assert_eq!(action(&whitelist, same(), &at(1_000_000 + 86_400)), Action::Ask);
    let revoked = Some(Revocation { at: 1_000_001, by: "bob".into(), why: None });
    let whitelist = compile_whitelist(&[WhitelistEntry { revoked, ..made[0].clone() }]);
    assert_eq!(action(&whitelist, same(), &context()), Action::Ask);
}

#[test]
fn nothing_high_opaque_or_dynamic_is_ever_covered() {
    assert_eq!(entries("cat /etc/shadow", vec![effect(Read, path("/etc/shadow"))]), []);
    assert_eq!(entries("touch $x", touch("a")), []);
    assert_eq!(entries("touch a", vec![effect(Write, Target::Unknown)]), []);
    let whitelist = approved("touch a", touch("a"));
    let mut opaque = invocation("touch a", touch("a"));
    opaque.opaque = Some(opacity());
    assert_eq!(action(&whitelist, opaque, &context()), Action::Ask);
}

#[test]
fn what_no_entry_covers_is_not_offered_either() {
    for (words, effects) in [
        ("git push --force", vec![]),
        ("tool x", vec![effect(EffectKind::Gate, Target::Nothing)]),
        ("tool x", vec![effect(EffectKind::Privilege, Target::Nothing)]),
    ] {
        let facts = facts(vec![invocation(words, effects.clone())]);
        assert_eq!(decided(&facts, &context(), &[]).whitelist_for, None, "{words}");
        let by_hand = written(&format!("words = [\"{}\"]\n", words.replace(' ', "\", \"")));
        assert_eq!(
            action(&compile_whitelist(&by_hand), facts.invocations[0].clone(), &context()),
            Action::Ask
        );
    }
}

#[test]
fn one_covered_part_does_not_cover_the_others() {
    let whitelist = approved("touch a", touch("a"));
    let parts = vec![invocation("touch a", touch("a")), invocation("touch b", touch("b"))];
    let decision = decided(&facts(parts), &context(), &whitelist);
    let actions: Vec<_> = decision.parts.iter().map(|part| part.action).collect();
    assert_eq!((decision.action, actions), (Action::Ask, vec![Action::Allow, Action::Ask]));
    assert!(decision.whitelist_for.is_some());
}

const BUILDS: &str = "words = [\"touch\", \"/tmp/build-{number}/{word}\"]\n\
    effects = [\"write /tmp/build-{number}/{word}\"]\ncwd = \"/home/user/**\"\n";

fn touched(file: &str) -> Invocation {
    invocation(&format!("touch {file}"), vec![effect(Write, path(file))])
}

#[test]
fn an_entry_with_holes_covers_what_fits_them_and_nothing_else() {
    let whitelist = compile_whitelist(&written(BUILDS));
    let of = |part| action(&whitelist, part, &context());
    assert_eq!(of(touched("/tmp/build-12/log")), Action::Allow);
    for other in ["/tmp/build-x/log", "/tmp/build-1/../x", "/tmp/build-1/.x", "/tmp/build-1/a/b", "/tmp/log"]
    {
        assert_eq!(of(touched(other)), Action::Ask, "{other}");
    }
    let fits = || vec![effect(Write, path("/tmp/build-1/log"))];
    for words in ["rm /tmp/build-1/log", "touch /tmp/build-1/log b", "touch -c /tmp/build-1/log"] {
        assert_eq!(of(invocation(words, fits())), Action::Ask, "{words}");
    }
    let linked =
        Target::Path { path: "/tmp/build-1/log".into(), resolved: "/tmp/x".into(), recursive: false };
    assert_eq!(of(invocation("touch /tmp/build-1/log", vec![effect(Write, linked)])), Action::Ask);
    let elsewhere = Context { cwd: "/srv".into(), ..context() };
    assert_eq!(action(&whitelist, touched("/tmp/build-12/log"), &elsewhere), Action::Ask);
    let foreign = Invocation { program: Program::Elsewhere("touch".into()), ..touched("/tmp/build-12/log") };
    assert_eq!(of(foreign), Action::Ask);
}

#[test]
fn holes_never_cross_a_tier() {
    let whitelist = compile_whitelist(&written(
        "words = [\"touch\", \"/tmp/{word}\"]\neffects = [\"write /tmp/{word}\"]\n",
    ));
    assert_eq!(action(&whitelist, touched("/tmp/note"), &context()), Action::Allow);
    assert_eq!(action(&whitelist, touched("/tmp/secret"), &context()), Action::Ask);
}

#[test]
fn a_banned_program_is_not_covered_even_where_compiled_bytes_say_so() {
    let keys = |program: &str| WhitelistEntry {
        id: "a".into(),
        words: vec![program.into(), "{word}".into()],
        effects: Some(vec!["write /tmp/{word}".into()]),
        expires: u64::MAX,
        ..WhitelistEntry::default()
    };
    for (program, expected) in
        [("tool", Action::Allow), ("bash", Action::Ask), ("python3.12", Action::Ask), ("sudo", Action::Ask)]
    {
        let part = invocation(&format!("{program} x"), vec![effect(Write, path("/tmp/x"))]);
        assert_eq!(action(&compile_whitelist(&[keys(program)]), part, &context()), expected, "{program}");
    }
    let runs = invocation("tool x", vec![effect(Write, path("/tmp/x")), effect(Execute, Target::Nothing)]);
    assert_eq!(action(&compile_whitelist(&[keys("tool")]), runs, &context()), Action::Ask);
}

#[test]
fn what_is_wrong_with_an_entry_is_said_with_its_place() {
    for (keys, expected) in [
        (
            "wrods = [\"a\"]",
            "w:7:1: unknown key `wrods`\n7 | wrods = [\"a\"]\n  | ^^^^^ did you mean `words`?",
        ),
        ("words = [\"touch\", \"{wrd}\"]", "w:7:19: the holes are {number}, {word} and {path}"),
        ("words = [\"touch\", \"{word}\"]", "w:2:1: without exact `words` an entry needs `effects`"),
        ("", "w:2:1: without exact `words` an entry needs `effects`"),
        ("words = [\"{word}\"]\neffects = []", "w:7:10: the program's name has no holes"),
        (
            "words = [\"bash\", \"{word}\"]\neffects = []",
            "w:7:10: an entry with holes never covers this: a shell runs",
        ),
        ("words = [\"a\", \"{word}\"]\neffects = [\"wirte /x\"]", "w:8:12: unknown kind of effect `wirte`"),
        (
            "words = [\"a\", \"{word}\"]\neffects = [\"execute /x\"]",
            "w:8:12: an entry with holes never covers this",
        ),
        (
            "words = [\"a\"]\neffects = [\"write /{word}\"]",
            "w:2:1: there are holes in `effects` and none in `words`",
        ),
        ("words = [\"a\"]\ntier = \"high\"", "w:8:8: what is high is never whitelisted"),
        ("words = [\"a\"]\ntier = \"low\"", "w:8:8: what is low runs without an entry"),
        ("words = [\"a\"]\ncwd = \"src\"", "w:8:7: a directory begins with `/`"),
        ("words = [\"a\"]\nrevoked_by = \"x\"", "w:8:14: `revoked` and `revoked_by` stand together"),
        ("words = \"a\"", "w:7:9: a list of strings is wanted, not string"),
        ("words = [\"a\"]\n[[entry]]\nid = \"a\"\nwords = [\"b\"]", "w:8:1: the key `by` is missing"),
    ] {
        let found = refused(keys);
        assert!(found.contains(expected), "{keys}\n{found}");
    }
    let early = "version = 1\n[[entry]]\nid = \"A b\"\napproved = \"soon\"\n";
    let found: Vec<String> =
        read_whitelist("w", early).unwrap_err().iter().map(|one| one.message.clone()).collect();
    assert!(found.iter().any(|one| one.starts_with("an entry's name is")), "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("a time is wanted")), "{found:?}");
    assert!(read_whitelist("w", "version = 2").is_err() && read_whitelist("w", "[[entry]]").is_err());
    assert_eq!(read_whitelist("w", "\n").unwrap(), []);
}

#[test]
fn an_entry_is_written_for_people() {
    let mut made = entries("touch a", touch("a"));
    made[0].id = "3f9a20c1".into();
    assert_eq!(
        with_entries("version = 1\n", &made),
        r#"version = 1

[[entry]]
id = "3f9a20c1"
words = ["touch", "a"]
effects = ["write /home/user/project/a"]
tier = "medium"
host = "machine"
cwd = "/home/user/project"
agent = "codex"
by = "alice"
approved = 1970-01-12T13:46:40Z
expires = 1970-01-13T13:46:40Z
requests = ["k7p2mn"]
"#
    );
}

#[test]
fn changes_keep_what_people_wrote() {
    let mut made = entries("touch a", touch("a"));
    made[0].id = "one".into();
    let two = WhitelistEntry { id: "two".into(), ..made[0].clone() };
    let text = with_entries("# ours\nversion = 1 # still\n", &[made[0].clone(), two.clone()]);
    let renewed = with_renewal(&text, "one", 2_000_000, (1_500_000, "bob")).unwrap();
    let again = with_renewal(&renewed, "one", 3_000_000, (1_600_000, "eve")).unwrap();
    let read = read_whitelist("w", &again).unwrap();
    assert_eq!((read[0].expires, read[0].renewed.clone()), (3_000_000, Some((1_600_000, "eve".into()))));
    assert_eq!(read[1], two);
    let revocation = Revocation { at: 1_700_000, by: "bob".into(), why: Some("no \"longer\"\n".into()) };
    let revoked = with_revocation(&again, "one", &revocation).unwrap();
    assert!(revoked.starts_with("# ours\nversion = 1 # still\n"));
    assert_eq!(read_whitelist("w", &revoked).unwrap()[0].revoked, Some(revocation.clone()));
    assert!(with_revocation(&revoked, "one", &revocation).is_err());
    assert!(with_renewal(&revoked, "one", 1, (1, "bob")).is_err());
    assert!(with_renewal(&revoked, "three", 1, (1, "bob")).is_err());
}

proptest! {
    #[test]
    fn entries_pass_through_their_file(words in prop::collection::vec("[ -~\u{e9}\u{202e}\n\t]{0,12}", 1..4), why in ".{0,9}") {
        let entry = WhitelistEntry {
            id: "a".into(),
            words: words.iter().map(|word| super::template::escape(word).into_owned()).collect(),
            via: vec![why.clone()],
            effects: Some(vec![]),
            host: Some(why.clone()),
            by: why,
            approved: 7,
            expires: 9,
            ..WhitelistEntry::default()
        };
        let text = with_entries("", std::slice::from_ref(&entry));
        prop_assert!(!text.contains(['\u{202e}', '\t', '\r']), "{}", text);
        prop_assert_eq!(read_whitelist("w", &text).unwrap(), vec![entry]);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[\\[entry\\]\\]\n|id = \"[a-z]{1,3}\"\n|words = [a-z\"\\[\\], {}]{0,12}\n|effects = [\"write /{}\\[\\]]{0,12}\n|[ -~]{0,12}\n){0,12}") {
        let _ = read_whitelist("w", &text);
    }

    #[test]
    fn whatever_holes_cover_is_medium_and_does_what_was_approved(
        program in select(vec!["touch", "rm", "cp", "bash", "sudo"]),
        file in "(/tmp/|/home/user/|/home/user/project/)(build-)?[a-z0-9./-]{1,6}(/(secret|\\.env|x))?",
        kind in select(EffectKind::ALL.to_vec()),
    ) {
        let generous = ["touch", "rm", "bash", "sudo"].map(|program| WhitelistEntry {
            id: program.into(),
            words: vec![program.into(), "/{path}".into()],
            effects: Some(vec!["write /{path}".into(), "delete /{path}".into()]),
            expires: u64::MAX,
            ..WhitelistEntry::default()
        });
        let part = invocation(&format!("{program} {file}"), vec![effect(kind, path(&file))]);
        let facts = facts(vec![part]);
        let decision = decided(&facts, &context(), &compile_whitelist(&generous));
        if decision.rules().iter().any(|rule| rule.starts_with("whitelist:")) {
            prop_assert_eq!(decision.tier, Tier::Medium);
            prop_assert!(matches!(kind, Write | Delete) && matches!(program, "touch" | "rm"));
        }
    }
}

mod cost {
    use super::*;
    use crate::policy::bytes::READS;

    /// Numbers read for one decision among so many entries, of which half have holes.
    fn reads(count: usize, part: &Invocation) -> usize {
        let entry = |number: usize| {
            let holes = number.is_multiple_of(2);
            let file = if holes { format!("/tmp/d{number}/{{word}}") } else { format!("/tmp/d{number}/x") };
            WhitelistEntry {
                id: format!("e{number}"),
                words: vec!["touch".into(), file.clone()],
                effects: Some(vec![format!("write {file}")]),
                expires: u64::MAX,
                ..WhitelistEntry::default()
            }
        };
        let whitelist = compile_whitelist(&(0..count).map(entry).collect::<Vec<_>>());
        let whitelist = Whitelist::open(&whitelist).unwrap();
        let before = READS.get();
        let found = whitelist.covering(part, &part.effects, &context()).unwrap();
        assert_eq!(found.is_some(), part.words[1].value.as_deref() == Some(b"/tmp/d8/y"));
        READS.get() - before
    }

    #[test]
    fn a_look_up_does_not_read_all_entries() {
        for file in ["/tmp/d8/y", "/tmp/none/y", "/srv/a-b-c-d/e"] {
            let part = touched(file);
            let (few, many) = (reads(100, &part), reads(10_000, &part));
            assert!(many < few * 3 && many < 600, "{file}: {few} {many}");
        }
    }

    #[test]
    fn what_is_too_long_for_holes_is_not_looked_for() {
        let words = format!("touch /tmp/d8/y{}", " -a/b/c".repeat(100_000));
        let part = invocation(&words, vec![effect(Write, path("/tmp/d8/y"))]);
        let few = {
            let whitelist = compile_whitelist(&written(BUILDS));
            let before = READS.get();
            let found =
                Whitelist::open(&whitelist).unwrap().covering(&part, &part.effects, &context()).unwrap();
            assert_eq!(found, None);
            READS.get() - before
        };
        assert!(few < 100, "{few}");
    }
}
