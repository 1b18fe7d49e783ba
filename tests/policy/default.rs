//! The policy that gate ships with, on what analysis really finds.

use gate::{
    facts::Catalog,
    policy::{ExampleMachine, Layer, Source, compile},
};

fn report(found: &[gate::ui::Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn every_rule_matches_its_examples() {
    let machine = ExampleMachine::new(Catalog::built_in());
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/default.toml")).unwrap();
    let source = Source { layer: Layer::User, text: &text, ..Source::built_in() };
    let compiled = compile(&[source], Some(&machine)).unwrap_or_else(|found| {
        panic!("{} findings\n{}", found.len(), report(&found));
    });
    assert_eq!(report(&compiled.warnings), "");
}
