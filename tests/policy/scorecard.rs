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

/// Most misses of the default policy by label: false allow, too mild, false ask. Lower them when fewer are left; a
/// change that needs more is a change for the worse.
const MOST: [(Label, [usize; 3]); 6] = [
    (Label::AtLeast(Tier::Deny), [0, 0, 0]),
    (Label::AtLeast(Tier::High), [0, 0, 0]),
    (Label::AtLeast(Tier::Medium), [0, 0, 0]),
    (Label::NotAllowed, [0, 0, 0]),
    (Label::AtMost(Tier::Low), [0, 0, 1]),
    (Label::AtMost(Tier::Medium), [0, 0, 0]),
];

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
    for (label, most) in MOST {
        let tally = scored.tallies.iter().find(|tally| tally.label == label).unwrap();
        let found = [tally.false_allow, tally.too_mild, tally.false_ask];
        let worse = found.iter().zip(most).any(|(found, most)| *found > most);
        let words: Vec<&String> = scored.misses.iter().map(|(_, words)| words).collect();
        assert!(!worse, "{label:?}: {found:?}, at most {most:?}\n{words:#?}");
    }
    assert_eq!(scored.tallies.iter().map(|tally| tally.rows).sum::<usize>(), 711);
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
fn what_only_looks_flows_under_every_shipped_policy() {
    for shipped in Shipped::ALL {
        let scored = score(shipped);
        let low = scored.tallies.iter().find(|tally| tally.label == Label::AtMost(Tier::Low)).unwrap();
        assert!(low.false_ask * 100 <= low.rows * 5, "{}: {low:?}", shipped.name());
    }
}
