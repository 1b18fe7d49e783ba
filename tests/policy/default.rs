//! The policies that gate ships with, on what analysis really finds.

use gate::{
    facts::Catalog,
    policy::{ExampleMachine, Layer, Shipped, Source, compile},
};

fn report(found: &[gate::ui::Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

/// The sources of a policy with ranks at which examples are checked.
fn checked(shipped: Shipped) -> Vec<Source<'static>> {
    let rank = |source: Source<'static>| {
        let layer = if source.layer == Layer::BuiltIn { Layer::User } else { Layer::Root };
        Source { layer, ..source }
    };
    Shipped::sources(&[shipped]).into_iter().map(rank).collect()
}

#[test]
fn every_rule_matches_its_examples() {
    let machine = ExampleMachine::new(Catalog::built_in());
    for shipped in Shipped::ALL {
        if let Err(found) = compile(&checked(shipped), Some(&machine)) {
            panic!("{}: {} findings\n{}", shipped.name(), found.len(), report(&found));
        }
        let compiled = compile(&Shipped::sources(&[shipped]), None).unwrap();
        assert_eq!(report(&compiled.warnings), "", "{}", shipped.name());
    }
}

#[test]
fn every_rule_of_the_smaller_policies_has_examples_on_both_sides() {
    for shipped in Shipped::ALL.into_iter().filter(|shipped| *shipped != Shipped::Default) {
        let table: toml::Table = shipped.text().parse().unwrap();
        for rule in table["rule"].as_array().unwrap() {
            assert!(rule.get("match").is_some() && rule.get("no_match").is_some(), "{}", rule["id"]);
        }
        assert!(shipped.summary().len() > 20, "{}", shipped.summary());
    }
}
