//! Any command line under the shipped policy: what is not understood is never allowed, and one more part never makes a
//! line milder.

#![no_main]

use std::sync::LazyLock;

use gate::facts::{Catalog, Facts};
use gate::policy::{
    Action, Analyse as _, Decision, ExampleMachine, Policy, Source, Tier, Whitelist, compile, compile_whitelist, decide,
};
use libfuzzer_sys::fuzz_target;

static POLICY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    compile(&[Source::built_in()], None).expect("the shipped policy compiles").bytes
});

fn decision(machine: &ExampleMachine, facts: &Facts) -> Decision {
    let policy = Policy::open(&POLICY).expect("a fresh policy");
    let whitelist = compile_whitelist(&[]);
    let whitelist = Whitelist::open(&whitelist).expect("a fresh whitelist");
    decide(facts, machine.context(), &policy, &whitelist).expect("a fresh policy")
}

fuzz_target!(|text: &str| {
    let machine = ExampleMachine::new(Catalog::built_in());
    let facts = machine.analyse(text);
    let alone = decision(&machine, &facts);
    if facts.opacities().next().is_some() {
        assert!(alone.action != Action::Allow && alone.tier >= Tier::High, "opaque, and {:?}", alone.action);
        assert!(alone.whitelist_for.is_none(), "opaque, and can be whitelisted");
    }
    if alone.action == Action::Allow {
        assert_eq!(alone.tier, Tier::Low, "nothing is whitelisted here");
    }
    // The far end of a copy is read as a whole, and one that no client sends is denied as a whole.
    let more = machine.analyse(&format!("true\n{text}"));
    if facts.transfer.is_none() && facts.opaque.is_none() && more.opaque.is_none() && !facts.invocations.is_empty() {
        assert!(decision(&machine, &more).action >= alone.action, "one more part made it milder");
    }
});
