//! What holds of every decision, whatever the rules and the facts.

use proptest::{prelude::*, sample::select};

use crate::facts::{Argument, Effect, EffectKind, Facts, Invocation, Program, Target, Undo};

use super::{
    Action, Decision, Layer, Policy, Source, Whitelist, WhitelistEntry, compile, compile_whitelist, decide,
    testing::{compiled, context, effect, facts, glob, host, invocation, opacity, path, tree},
};

/// Rules of every form, one text each, so that they can be put in any order.
const RULES: [&str; 12] = [
    "id = \"a\"\ntier = \"low\"\neffect = \"read\"\npath = \"{workspace}/**\"\nexcept = \"{workspace}/private/**\"",
    "id = \"b\"\ntier = \"medium\"\neffect = [\"write\", \"delete\"]\npath = [\"{workspace}/**\", \"/tmp/*\"]",
    "id = \"c\"\ntier = \"high\"\neffect = \"read\"\npath = [\"{home}/.ssh/**\", \"**/.env\", \"**/*.pem\", \"/etc/shadow\"]",
    "id = \"d\"\ntier = \"deny\"\neffect = \"delete\"\npath = [\"/\", \"{home}\"]\nrecursive = true",
    "id = \"e\"\ntier = \"low\"\neffect = \"nothing\"",
    "id = \"f\"\ntier = \"medium\"\ncommand = \"git push **\"",
    "id = \"g\"\ntier = \"high\"\ncommand = \"git ** push ** {--force*,-f} **\"",
    "id = \"h\"\ntier = \"low\"\neffect = \"network\"\nhost = [\"localhost\", \"*.corp\"]",
    "id = \"i\"\ntier = \"deny\"\ncommand = \"* --destroy **\"",
    "id = \"j\"\ntier = \"high\"\neffect = [\"read\", \"write\"]\npath = \"/srv/*/data/**\"\nundo = \"irreversible\"",
    "id = \"k\"\ntier = \"low\"\ncommand = \"git status **\"\neffect = [\"read\", \"network\"]",
    "id = \"l\"\ntier = \"deny\"\neffect = \"environment\"\nname = [\"LD_*\", \"PATH\"]",
];

fn text(rules: &[&str]) -> String {
    let tables = rules.iter().map(|rule| format!("[[rule]]\n{rule}\nreason = \"r\"\nmatch = \"x\"\n"));
    tables.collect::<Vec<_>>().join("\n")
}

fn target() -> impl Strategy<Value = Target> {
    let paths = [
        "/",
        "/etc",
        "/etc/shadow",
        "/home",
        "/home/user",
        "/home/user/.ssh",
        "/home/user/.ssh/id_rsa",
        "/home/user/project",
        "/home/user/project/a.rs",
        "/home/user/project/.env",
        "/home/user/project/private/x",
        "/srv/x/data/y",
        "/srv",
        "/tmp/x",
        "/tmp",
        "/home/user/project/k.pem",
    ];
    let globs = [
        "/*",
        "/home/*",
        "/home/user/*",
        "/home/user/project/*",
        "/home/user/project/*.rs",
        "/home/user/project/.en?",
        "/etc/s*",
        "/srv/*/data/*",
        "/srv/?/d*/y",
        "/home/*/.ssh/*",
        "/home/user/project/p*/x",
        "/tmp/*",
    ];
    prop_oneof![
        4 => select(paths.to_vec()).prop_map(path),
        2 => select(paths.to_vec()).prop_map(tree),
        1 => (select(paths.to_vec()), select(paths.to_vec()), any::<bool>()).prop_map(|(path, resolved, recursive)| {
            Target::Path { path: path.into(), resolved: resolved.into(), recursive }
        }),
        2 => select(globs.to_vec()).prop_map(glob),
        1 => select(globs.to_vec())
            .prop_map(|pattern| Target::Glob { pattern: pattern.into(), recursive: true }),
        1 => select(vec!["localhost", "a.corp", "example.com"]).prop_map(host),
        1 => Just(Target::Host { name: None, port: None }),
        1 => select(vec!["PATH", "LD_PRELOAD", "FOO"]).prop_map(|name| Target::Name(name.into())),
        1 => Just(Target::Unknown),
        1 => Just(Target::Nothing),
    ]
}

fn any_effect() -> impl Strategy<Value = Effect> {
    let undo = select(vec![Undo::Harmless, Undo::Reversible, Undo::Irreversible]);
    (select(EffectKind::ALL.to_vec()), target(), undo)
        .prop_map(|(kind, target, undo)| Effect { undo, ..effect(kind, target) })
}

fn part() -> impl Strategy<Value = Invocation> {
    let words = select(vec![
        "true",
        "git push",
        "git push -f",
        "git -C x push --force",
        "git status",
        "git $x",
        "rm --destroy x",
        "x",
    ]);
    let program = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Program::Function("git".into()))),
        1 => Just(Some(Program::Elsewhere("git".into()))),
        1 => Just(Some(Program::File { name: "git".into(), path: Some("/tmp/git".into()) })),
        1 => Just(Some(Program::Unknown)),
    ];
    (words, prop::collection::vec(any_effect(), 0..4), program, prop::bool::weighted(0.1)).prop_map(
        |(words, effects, program, opaque)| {
            let mut made = invocation(words, effects);
            made.program = program.unwrap_or(made.program);
            made.opaque = opaque.then(opacity);
            made
        },
    )
}

/// An entry for exactly the words of each part, whatever it does.
fn everything_whitelisted(facts: &Facts) -> Vec<u8> {
    let entry = |part: &Invocation| {
        let word = |word: &Argument| Some(String::from_utf8(word.value.clone()?).unwrap());
        Some(WhitelistEntry {
            id: "w".into(),
            words: part.words.iter().map(word).collect::<Option<_>>()?,
            expires: u64::MAX,
            ..WhitelistEntry::default()
        })
    };
    compile_whitelist(&facts.invocations.iter().filter_map(entry).collect::<Vec<_>>())
}

fn decided(policy: &[u8], facts: &Facts) -> Decision {
    let whitelist = everything_whitelisted(facts);
    let whitelist = Whitelist::open(&whitelist).unwrap();
    decide(facts, &context(), &Policy::open(policy).unwrap(), &whitelist).unwrap()
}

/// Whether a reason's name is that of a rule, and not of an entry.
fn is_of_a_rule(id: &&str) -> bool {
    !id.starts_with("whitelist:")
}

fn outcome(decision: &Decision) -> (Action, super::Tier, u8, Vec<&str>) {
    (decision.action, decision.tier, decision.score, decision.rules())
}

proptest! {
    #[test]
    fn nothing_opaque_is_ever_allowed(parts in prop::collection::vec(part(), 0..4), at in 0usize..4) {
        let policy = compiled(&text(&RULES));
        let mut facts = facts(parts);
        if let Some(part) = facts.invocations.get_mut(at) {
            part.opaque = Some(opacity());
        } else {
            facts = Facts { opaque: Some(opacity()), ..Facts::default() };
        }
        let decision = decided(&policy, &facts);
        prop_assert_ne!(decision.action, Action::Allow);
        prop_assert!(decision.tier >= super::Tier::High);
        prop_assert_eq!(decision.whitelist_for, None);
    }

    #[test]
    fn one_more_part_never_makes_it_milder(parts in prop::collection::vec(part(), 1..4), more in part()) {
        let policy = compiled(&text(&RULES));
        let before = decided(&policy, &facts(parts.clone()));
        let after = decided(&policy, &facts(parts.into_iter().chain([more]).collect()));
        prop_assert!(after.action >= before.action);
        prop_assert!(after.tier >= before.tier);
        prop_assert!(after.score >= before.score);
    }

    #[test]
    fn the_strictest_part_decides_and_their_order_does_not_matter(parts in prop::collection::vec(part(), 1..5)) {
        let policy = compiled(&text(&RULES));
        let whole = decided(&policy, &facts(parts.clone()));
        let single = parts.iter().map(|part| decided(&policy, &facts(vec![part.clone()])).action).max();
        prop_assert_eq!(Some(whole.action), single);
        let mut turned = parts;
        turned.reverse();
        let turned = decided(&policy, &facts(turned));
        prop_assert_eq!(outcome(&whole), outcome(&turned));
    }

    #[test]
    fn the_order_of_rules_does_not_matter(
        parts in prop::collection::vec(part(), 1..3), rules in Just(RULES.to_vec()).prop_shuffle(),
    ) {
        let facts = facts(parts);
        let (plain, shuffled) = (compiled(&text(&RULES)), compiled(&text(&rules)));
        let (plain, shuffled) = (decided(&plain, &facts), decided(&shuffled, &facts));
        prop_assert_eq!(outcome(&plain), outcome(&shuffled));
    }

    #[test]
    fn a_rule_is_found_among_others_exactly_where_it_speaks_alone(part in part()) {
        let facts = facts(vec![part]);
        let all = decided(&compiled(&text(&RULES)), &facts);
        for rule in RULES {
            let alone = decided(&compiled(&text(&[rule])), &facts);
            for id in alone.rules().into_iter().filter(is_of_a_rule) {
                prop_assert!(all.rules().contains(&id), "{} is missing in {:?}", id, all.rules());
            }
        }
        for id in all.rules().into_iter().filter(is_of_a_rule) {
            let rule = RULES.iter().find(|rule| rule.contains(&format!("id = \"{id}\""))).unwrap();
            let alone = decided(&compiled(&text(&[rule])), &facts);
            let alone: Vec<&str> = alone.rules().into_iter().filter(is_of_a_rule).collect();
            prop_assert_eq!(alone, vec![id]);
        }
    }

    #[test]
    fn damaged_bytes_never_panic_and_never_pass_verification(
        part in part(), at in any::<prop::sample::Index>(), value in 1u8..=255, cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = compiled(&text(&RULES));
        let cut = cut.index(bytes.len());
        prop_assert!(Policy::open(&bytes[..cut]).is_err());
        let at = at.index(bytes.len());
        bytes[at] ^= value;
        let Ok(policy) = Policy::open(&bytes) else { return Ok(()) };
        prop_assert!(policy.verify().is_err() || (12..16).contains(&at), "{}", at);
        let _ = decide(&facts(vec![part]), &context(), &policy, &Whitelist::empty());
        let _ = policy.is_current(&[]);
        let _ = policy.rules();
    }

    #[test]
    fn a_damaged_whitelist_never_panics(part in part(), at in any::<prop::sample::Index>(), value in 1u8..=255) {
        let bytes = compiled(&text(&RULES));
        let policy = Policy::open(&bytes).unwrap();
        let facts = facts(vec![part]);
        let mut whitelist = everything_whitelisted(&facts);
        let at = at.index(whitelist.len());
        whitelist[at] ^= value;
        let Ok(whitelist) = Whitelist::open(&whitelist) else { return Ok(()) };
        let _ = decide(&facts, &context(), &policy, &whitelist);
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in "(\\[\\[rule\\]\\]\n|id = \"[a-z]{1,3}\"\n|tier = \"low\"\n|effect = [a-z\"\\[\\], ]{0,9}\n|path = \"[{}/*a,~]{0,9}\"\n|[ -~]{0,12}\n){0,12}") {
        let source = Source { origin: "p", layer: Layer::User, text: &text, identity: None };
        match compile(&[source], None) {
            Ok(made) => prop_assert!(Policy::open(&made.bytes).is_ok()),
            Err(found) => {
                for one in found {
                    prop_assert!(one.to_string().lines().count() >= 3);
                }
            }
        }
    }

    #[test]
    fn a_project_can_only_tighten(part in part(), index in 0usize..RULES.len(), tier in select(vec!["low", "medium", "high"])) {
        let facts = facts(vec![part]);
        let base = format!("version = 1\n[settings]\nprograms = \"/usr/bin/*\"\n{}", text(&RULES));
        let own = RULES[index].replace("tier = \"", &format!("tier = \"{tier}\" # "));
        let own = format!("version = 1\ndisable = \"c\"\n{}", text(&[&own]));
        let source = |layer, text| Source { origin: "s", layer, text, identity: None };
        let plain = compile(&[source(Layer::BuiltIn, &*base)], None).unwrap();
        let both = [source(Layer::BuiltIn, &*base), source(Layer::Project, &*own)];
        let both = compile(&both, None).unwrap();
        let (plain, both) = (decided(&plain.bytes, &facts), decided(&both.bytes, &facts));
        prop_assert!(both.tier >= plain.tier, "{:?} {:?}", plain.rules(), both.rules());
        prop_assert!(both.action >= plain.action);
    }
}
