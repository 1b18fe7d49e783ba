//! The manual page and the language agree.

use std::collections::BTreeSet;

use gate::policy::{KEYS, WHITELIST_KEYS, score_rows};

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

/// The rows on the page with the weights in parentheses behind their names.
fn rows_described() -> Vec<(String, i64)> {
    let row = |line: &str| {
        let (name, weight) = line.strip_prefix(".It Li ")?.split_once(" Pq ")?;
        Some((name.to_owned(), weight.parse().ok()?))
    };
    PAGE.lines().filter_map(row).collect()
}

/// The rows of the policy that gate ships with, as they are written.
fn rows_shipped() -> Vec<toml::Table> {
    let policy: toml::Table = include_str!("../../policies/default.toml").parse().unwrap();
    let rows = policy["score"].as_array().unwrap().iter();
    rows.map(|row| row.as_table().unwrap().clone()).collect()
}

#[test]
fn every_row_of_the_score_is_described_with_its_weight_and_shipped() {
    let shipped: Vec<(String, i64)> = rows_shipped()
        .iter()
        .map(|row| (row["row"].as_str().unwrap().to_owned(), row["weight"].as_integer().unwrap()))
        .collect();
    let names: Vec<&str> = shipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, score_rows());
    assert_eq!(rows_described(), shipped);
}

#[test]
fn every_term_of_a_shipped_row_is_described_with_its_default() {
    for row in rows_shipped() {
        let name = row["row"].as_str().unwrap();
        let (_, part) = PAGE.split_once(&format!(".It Li {name} Pq ")).unwrap();
        let part = part.split("\n.It Li ").next().unwrap();
        for key in ["threshold", "within", "hours"] {
            let Some(value) = row.get(key) else { continue };
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let described = part.contains(&format!(".Cm {key}\n"));
            assert!(described && part.contains(&value), "{name}: {key} = {value}");
        }
        for key in ["names", "branches"] {
            for value in row.get(key).and_then(|value| value.as_array()).into_iter().flatten() {
                let value = value.as_str().unwrap();
                let words = |line: &str| line.split([' ', ',', '.']).any(|word| word == value);
                assert!(part.lines().any(words), "{name}: {key} holds {value}");
            }
        }
    }
}

#[test]
fn every_row_of_the_score_has_examples_on_both_sides() {
    for row in rows_shipped() {
        for key in ["match", "no_match"] {
            assert!(row.contains_key(key), "{row:?} has no {key}");
        }
    }
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
