//! The manual page and the language agree.

use std::collections::BTreeSet;

use gate::policy::{KEYS, WHITELIST_KEYS};

const PAGE: &str = include_str!("../../man/gate-policy.5");

/// The keys of `.It Cm a , b` lines, by section.
fn described(section: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut inside = false;
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix(".Sh ") {
            inside = title == section;
        } else if let Some(list) = line.strip_prefix(".It Cm ").filter(|_| inside) {
            keys.extend(list.split([' ', ',']).filter(|key| !key.is_empty()).map(str::to_owned));
        }
    }
    keys
}

#[test]
fn every_key_is_described_and_every_described_key_exists() {
    let sections = [
        ("", "TOP LEVEL"),
        ("settings", "SETTINGS"),
        ("score", "SCORE"),
        ("rule", "RULES"),
        ("when", "SCOPES"),
    ];
    assert_eq!(sections.len(), KEYS.len());
    for (table, section) in sections {
        let (_, keys) = KEYS.iter().find(|(name, _)| *name == table).unwrap();
        let known: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(described(section), known, "{section}");
    }
}

#[test]
fn every_key_of_the_whitelist_is_described_and_every_described_key_exists() {
    let known: BTreeSet<String> =
        WHITELIST_KEYS.iter().flat_map(|(_, keys)| keys.iter().map(|key| (*key).to_owned())).collect();
    assert_eq!(described("WHITELIST"), known);
}

#[test]
fn every_kind_of_effect_is_described() {
    let line = PAGE.lines().find(|line| line.starts_with(".Li read , ")).unwrap();
    let names: Vec<&str> =
        line.trim_start_matches(".Li ").split([' ', ',']).filter(|name| !name.is_empty()).collect();
    let kinds: Vec<&str> = gate::facts::EffectKind::ALL.into_iter().map(|kind| kind.name()).collect();
    assert_eq!(names, kinds);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test asks the system's own renderer")]
fn the_page_renders_without_complaint() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/man/gate-policy.5");
    let arguments = ["-mandoc", "-Tutf8", "-ww", "-rCHECKSTYLE=1", page];
    let Ok(output) = std::process::Command::new("groff").args(arguments).output() else {
        println!("skipped: groff, which renders manual pages, is not installed");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(String::from_utf8_lossy(&output.stdout).contains("push.agent"));
}

#[test]
fn the_examples_on_the_page_hold() {
    use gate::{
        facts::Catalog,
        policy::{ExampleMachine, Layer, Source, compile},
    };
    let text: String = PAGE
        .split_once(".Bd -literal -offset indent\n")
        .and_then(|(_, rest)| rest.split_once(".Ed"))
        .map(|(example, _)| example.replace("\\&", ""))
        .unwrap();
    let own = Source { origin: "gate-policy.5", layer: Layer::User, text: &text, identity: None };
    let machine = ExampleMachine::new(Catalog::built_in());
    let found = compile(&[Source::built_in(), own], Some(&machine)).map(|_| ()).err().unwrap_or_default();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}
