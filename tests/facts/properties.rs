//! What holds for every command line: the properties that the fuzz targets look for, on known trouble cut and joined at
//! random.

use gate::facts::{Catalog, Facts};
use gate::policy::{
    Action, Analyse as _, Decision, ExampleMachine, Policy, Source, Tier, Whitelist, compile,
    compile_whitelist, decide,
};

use crate::support::random::Random;

const LINES: usize = 2_000;

/// Known trouble, and what joins or breaks it.
fn pieces() -> Vec<&'static str> {
    let rows = |data: &'static str| data.lines().filter_map(|row| row.split('\t').next());
    let joints = [
        ";", "|", "&&", " ", "\n", "$(", ")", "\"", "'", "`", "{ ", "; }", "<(", "<<E\n", "\nE\n", ">&3",
        "$x",
    ];
    rows(include_str!("../data/bypass.tsv"))
        .chain(rows(include_str!("../data/benign.tsv")))
        .filter(|row| row.len() < 300)
        .chain(joints.into_iter().cycle().take(400))
        .collect()
}

fn line(pieces: &[&str], random: &mut Random) -> String {
    let mut line = String::new();
    for _ in 0..=random.below(4) {
        let piece = pieces[random.below(pieces.len())].replace('\u{2424}', "\n");
        let from = if random.one_in(3) { random.below(piece.len()) } else { 0 };
        let to = if random.one_in(3) { from + random.below(piece.len() - from + 1) } else { piece.len() };
        line.push_str(piece.get(from..to).unwrap_or(&piece));
    }
    line
}

fn decision(machine: &ExampleMachine, policy: &[u8], facts: &Facts) -> Decision {
    let policy = Policy::open(policy).unwrap();
    let whitelist = compile_whitelist(&[]);
    decide(facts, machine.context(), &policy, &Whitelist::open(&whitelist).unwrap()).unwrap()
}

#[test]
fn what_is_not_understood_is_never_allowed_and_one_more_part_makes_nothing_milder() {
    let machine = ExampleMachine::new(Catalog::built_in());
    let policy = compile(&[Source::built_in()], None).unwrap().bytes;
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let pieces = pieces();
    let mut opaque = 0;
    for _ in 0..LINES {
        let line = line(&pieces, &mut random);
        let facts = machine.analyse(&line);
        let alone = decision(&machine, &policy, &facts);
        if facts.opacities().next().is_some() {
            opaque += 1;
            assert!(alone.action != Action::Allow && alone.tier >= Tier::High, "{line}");
            assert_eq!(alone.whitelist_for, None, "{line}");
        }
        assert!(alone.action != Action::Allow || alone.tier == Tier::Low, "{line}");
        let more = machine.analyse(&format!("true\n{line}"));
        if facts.opaque.is_none() && more.opaque.is_none() && !facts.invocations.is_empty() {
            let more = decision(&machine, &policy, &more);
            assert!(more.action >= alone.action && more.tier >= alone.tier, "{line}");
        }
    }
    assert!(opaque > LINES / 10 && opaque < LINES * 9 / 10, "{opaque} of {LINES} are opaque");
}

#[test]
fn an_empty_line_is_asked() {
    let machine = ExampleMachine::new(Catalog::built_in());
    let policy = compile(&[Source::built_in()], None).unwrap().bytes;
    for line in ["", " \n\t", "# nothing"] {
        let decision = decision(&machine, &policy, &machine.analyse(line));
        assert_eq!((decision.action, decision.tier), (Action::Ask, Tier::Medium), "{line:?}");
    }
}
