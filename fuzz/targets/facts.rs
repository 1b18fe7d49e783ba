//! Any command line: analysis ends, spans lie in the text, and what is opaque as a whole has no parts.

#![no_main]

use gate::facts::Catalog;
use gate::policy::{Analyse as _, ExampleMachine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let machine = ExampleMachine::new(Catalog::built_in());
    let facts = machine.analyse(text);
    assert!(facts.opaque.is_none() || facts.invocations.is_empty());
    assert!(facts.simple.is_none_or(|at| at < facts.invocations.len()));
    for invocation in &facts.invocations {
        assert!(invocation.span.end as usize <= text.len());
        for effect in &invocation.effects {
            assert!(effect.span.start <= effect.span.end && effect.span.end as usize <= text.len());
        }
    }
});
