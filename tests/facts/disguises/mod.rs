//! Dangerous commands behind every wrapper of the catalog, in every way of writing, in every place of a script.
//!
//! What is compared: the decision of the shipped policy, with an empty whitelist, on a fixed machine. A disguised command is
//! never allowed, and its tier is never below that of the bare command. One exception: where something in the disguised line
//! is not understood, or runs without having been looked into, high is enough where the bare command is denied.

mod payload;
mod position;
mod quoting;
mod wrapper;

use std::collections::BTreeMap;

use gate::facts::{Catalog, EffectKind, Facts, Undo};
use gate::policy::{Action, Analyse, ExampleMachine, Policy, Source, Tier, Whitelist, compile, decide};

use crate::support::random::Random;
use payload::{PAYLOADS, Payload};
use position::{POSITIONS, Position};
use quoting::{QUOTINGS, Quoting, write};
use wrapper::{Takes, Wrapper};

/// Lines that `cargo test` takes, unless `GATE_DISGUISES` says another number, `all` or `product`.
const SAMPLE: usize = 6_000;
/// Lines that a report shows.
const SHOWN: usize = 60;

/// The shipped policy on a made-up machine.
struct Bench {
    machine: ExampleMachine,
    policy: Vec<u8>,
    whitelist: Vec<u8>,
}

/// How a disguised line came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// High instead of deny, because something is not understood or not looked into.
    NotUnderstood,
    /// In this tier.
    Tier(Tier),
}

impl Bench {
    fn new() -> Self {
        let compiled = compile(&[Source::built_in()], None).expect("the shipped policy compiles");
        let whitelist = gate::policy::compile_whitelist(&[]);
        Self { machine: ExampleMachine::new(Catalog::built_in()), policy: compiled.bytes, whitelist }
    }

    fn decide(&self, line: &str) -> (Action, Tier, Facts) {
        let facts = self.machine.analyse(line);
        let policy = Policy::open(&self.policy).expect("a fresh policy");
        let whitelist = Whitelist::open(&self.whitelist).expect("a fresh whitelist");
        let decision = decide(&facts, self.machine.context(), &policy, &whitelist).expect("a fresh policy");
        (decision.action, decision.tier, facts)
    }

    /// What became of a disguised command; `Err`: it is milder than the bare one.
    fn judge(&self, line: &str, bare: Tier) -> Result<Outcome, String> {
        let (action, tier, facts) = self.decide(line);
        match action {
            Action::Allow => Err(format!("ALLOWED ({} when bare): {line}", bare.name())),
            _ if tier >= bare => Ok(Outcome::Tier(tier)),
            _ if tier == Tier::High && is_unseen(&facts) => Ok(Outcome::NotUnderstood),
            _ => Err(format!("{} instead of {}: {line}", tier.name(), bare.name())),
        }
    }
}

/// Whether something is not understood, or a program or text is run that nobody looked into.
fn is_unseen(facts: &Facts) -> bool {
    let mut effects = facts.invocations.iter().flat_map(|invocation| &invocation.effects);
    facts.opacities().next().is_some()
        || effects.any(|effect| effect.kind == EffectKind::Execute && effect.undo == Undo::Irreversible)
}

/// One line with what it is made of.
struct Disguise<'d> {
    wrappers: Vec<&'d Wrapper>,
    payload: &'d Payload,
    quoting: Quoting,
    position: &'d Position,
}

impl Disguise<'_> {
    fn line(&self) -> String {
        let command = write(self.payload.words, self.quoting);
        let command = self.wrappers.iter().fold(command, |command, wrapper| wrapper.around(&command));
        (self.position.1)(&command)
    }
}

/// Every combination of one wrapper (or none) with a payload and a way of writing, in this many places; without a
/// wrapper, in every place.
fn every<'d>(wrappers: &'d [Wrapper], places: usize) -> impl Iterator<Item = Disguise<'d>> {
    let wrappers = std::iter::once(None).chain(wrappers.iter().map(Some));
    let combinations = wrappers.flat_map(|wrapper| {
        PAYLOADS
            .iter()
            .flat_map(move |payload| QUOTINGS.iter().map(move |&quoting| (wrapper, payload, quoting)))
    });
    combinations.enumerate().flat_map(move |(number, (wrapper, payload, quoting))| {
        // What is not looked into is the same in every place.
        let unseen = wrapper.is_some_and(|wrapper| wrapper.takes() == Takes::Unseen);
        let places = match wrapper {
            None => POSITIONS.len(),
            Some(_) if unseen => 1,
            Some(_) => places.min(POSITIONS.len()),
        };
        (0..places).map(move |place| {
            // Places take turns, so that each meets every wrapper, payload and way of writing.
            let position = &POSITIONS[(number * places + place) % POSITIONS.len()];
            Disguise { wrappers: wrapper.into_iter().collect(), payload, quoting, position }
        })
    })
}

/// Random combinations with up to three wrappers.
fn some<'d>(wrappers: &'d [Wrapper], count: usize, random: &mut Random) -> Vec<Disguise<'d>> {
    let seen: Vec<&Wrapper> = wrappers.iter().filter(|wrapper| wrapper.takes() != Takes::Unseen).collect();
    let one = |random: &mut Random| {
        let depth = [0, 1, 1, 1, 1, 2, 2, 3][random.below(8)];
        let mut chosen: Vec<&Wrapper> = (0..depth).map(|_| seen[random.below(seen.len())]).collect();
        if random.one_in(20) {
            chosen.push(&wrappers[random.below(wrappers.len())]);
        }
        Disguise {
            wrappers: chosen,
            payload: &PAYLOADS[random.below(PAYLOADS.len())],
            quoting: QUOTINGS[random.below(QUOTINGS.len())],
            position: &POSITIONS[random.below(POSITIONS.len())],
        }
    };
    (0..count).map(|_| one(random)).collect()
}

/// Judges lines and panics with what is milder than it should be.
fn check<'d>(lines: impl Iterator<Item = Disguise<'d>>) {
    let bench = Bench::new();
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut milder: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut count = 0;
    for disguise in lines {
        count += 1;
        match bench.judge(&disguise.line(), disguise.payload.tier) {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(report) => {
                let names: Vec<&str> = disguise.wrappers.iter().map(|wrapper| wrapper.name()).collect();
                let (position, _) = disguise.position;
                let key = format!("[{}] {:?} {position}", names.join(" < "), disguise.payload.words);
                milder.entry(key).or_insert((0, report)).0 += 1;
            }
        }
    }
    println!("{count} lines: {outcomes:?}");
    let understood: usize = outcomes
        .iter()
        .filter(|(outcome, _)| **outcome != Outcome::NotUnderstood)
        .map(|(_, count)| count)
        .sum();
    let shown: Vec<String> =
        milder.values().take(SHOWN).map(|(count, report)| format!("{count} × {report}")).collect();
    let total: usize = milder.values().map(|(count, _)| count).sum();
    assert!(
        milder.is_empty(),
        "{total} of {count} lines are milder than what they hide:\n{}",
        shown.join("\n")
    );
    assert!(understood * 5 >= count, "only {understood} of {count} lines were understood: that shows little");
}

#[test]
fn bare_commands_have_the_tiers_that_are_written_beside_them() {
    let bench = Bench::new();
    let wrong: Vec<String> = PAYLOADS
        .iter()
        .filter_map(|payload| {
            let line = write(payload.words, Quoting::Bare).whole();
            let (_, tier, _) = bench.decide(&line);
            (tier != payload.tier)
                .then(|| format!("{} instead of {}: {line}", tier.name(), payload.tier.name()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(PAYLOADS.len() >= 40);
}

#[test]
fn no_disguise_makes_a_command_milder() {
    let catalog = Catalog::built_in();
    let wrappers = wrapper::all(&catalog);
    let number = std::env::var("GATE_DISGUISES").unwrap_or_else(|_| SAMPLE.to_string());
    match number.as_str() {
        "all" => return check(every(&wrappers, 3)),
        "product" => return check(every(&wrappers, POSITIONS.len())),
        _ => {}
    }
    let seed = std::env::var("GATE_DISGUISES_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) ^ clock());
    println!("GATE_DISGUISES_SEED={seed}");
    let count = number.parse().expect("GATE_DISGUISES is a number, `all` or `product`");
    check(some(&wrappers, count, &mut Random::new(seed)).into_iter());
}

fn clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos())
}
