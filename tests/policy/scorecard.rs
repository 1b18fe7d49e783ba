//! What the shipped policies say of the labelled corpora; the figures in README are these.

use gate::{
    facts::Catalog,
    policy::{
        ExampleMachine, Judgement, Label, Miss, Policy, Row, Shipped, Tally, Tier, compile, judge_line,
        read_corpus, tally,
    },
};

const CORPORA: [(&str, &str); 2] =
    [("bypass.tsv", include_str!("../data/bypass.tsv")), ("benign.tsv", include_str!("../data/benign.tsv"))];

/// The score card in README is the bound: its figures are lowered when they get better.
const README: &str = include_str!("../../README.md");

/// What the card says of a label: its rows, and its false allows, mild rows and false asks.
fn card(label: Label) -> (usize, [usize; 3]) {
    let kind = if label.is_dangerous() { "dangerous" } else { "harmless" };
    let line = README.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let words = line.into_iter().find(|words| words.starts_with(&[kind, label.name()])).unwrap();
    let number = |word: &str| word.parse::<usize>().unwrap();
    let cells: Vec<usize> = words[7..].chunks(3).map(|cell| number(cell[0])).collect();
    let misses = match (kind, &cells[..]) {
        ("dangerous", [allow]) => [*allow, 0, 0],
        ("dangerous", [allow, mild]) => [*allow, *mild, 0],
        ("harmless", [ask]) => [0, 0, *ask],
        other => panic!("{other:?}"),
    };
    (number(words[2]), misses)
}

struct Scored {
    tallies: Vec<Tally>,
    /// Rows that missed, in words.
    misses: Vec<(Miss, String)>,
}

fn score(shipped: Shipped) -> Scored {
    let compiled = compile(&Shipped::sources(&[shipped]), None).unwrap();
    let policy = Policy::open(&compiled.bytes).unwrap();
    let machine = ExampleMachine::new(Catalog::built_in());
    let corpora: Vec<(&str, Vec<Row>)> =
        CORPORA.iter().map(|(name, text)| (*name, read_corpus(text).unwrap())).collect();
    let mut judged: Vec<(&Row, Judgement)> = Vec::new();
    let mut misses = Vec::new();
    for (name, rows) in &corpora {
        for row in rows {
            let judgement = judge_line(&row.command, &machine, &policy).unwrap();
            if let Some(miss) = row.label.miss(judgement.action, judgement.tier) {
                let words = format!("{name}:{}: {}: {judgement:?}: {}", row.line, miss.name(), row.command);
                misses.push((miss, words));
            }
            judged.push((row, judgement));
        }
    }
    Scored { tallies: tally(&judged), misses }
}

#[test]
fn the_default_policy_does_not_get_worse() {
    let scored = score(Shipped::Default);
    for label in Label::ALL {
        let (rows, most) = card(label);
        let tally = scored.tallies.iter().find(|tally| tally.label == label).unwrap();
        assert_eq!(tally.rows, rows, "{label:?}");
        let found = [tally.false_allow, tally.too_mild, tally.false_ask];
        let worse = found.iter().zip(most).any(|(found, most)| *found > most);
        let words: Vec<&String> = scored.misses.iter().map(|(_, words)| words).collect();
        assert!(!worse, "{label:?}: {found:?}, at most {most:?}\n{words:#?}");
    }
}

#[test]
fn no_shipped_policy_lets_anything_dangerous_run() {
    for shipped in Shipped::ALL {
        let scored = score(shipped);
        let allowed: Vec<&String> = scored
            .misses
            .iter()
            .filter(|(miss, _)| *miss == Miss::FalseAllow)
            .map(|(_, words)| words)
            .collect();
        assert!(allowed.is_empty(), "{}: {allowed:#?}", shipped.name());
    }
}

#[test]
fn the_card_holds_what_is_promised() {
    for label in Label::ALL {
        let (rows, [allow, mild, ask]) = card(label);
        assert_eq!(allow, 0, "{label:?}");
        assert!(mild * 100 <= rows * 5 && ask * 100 <= rows * 2, "{label:?}: {mild} {ask} of {rows}");
    }
}

#[test]
fn what_only_looks_flows_under_every_shipped_policy() {
    for shipped in Shipped::ALL {
        let scored = score(shipped);
        let low = scored.tallies.iter().find(|tally| tally.label == Label::AtMost(Tier::Low)).unwrap();
        assert!(low.false_ask * 100 <= low.rows * 5, "{}: {low:?}", shipped.name());
    }
}
