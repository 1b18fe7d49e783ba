//! What a policy says of labelled command lines, counted by label.

use super::{Action, Analyse, Corrupt, Label, Miss, Policy, Tier, Whitelist, corpus::Row, decide::decide};

/// The counts of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The label.
    pub label: Label,
    /// Rows with this label.
    pub rows: usize,
    /// How many of them came out low, medium, high and deny.
    pub tiers: [usize; 4],
    /// Rows that ran without a human and must not.
    pub false_allow: usize,
    /// Rows that were asked, but as something that can be whitelisted.
    pub too_mild: usize,
    /// Rows that were asked, or asked as high, without need.
    pub false_ask: usize,
}

/// A row with what was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What is to be done.
    pub action: Action,
    /// Its tier.
    pub tier: Tier,
    /// Its heaviest reason, for people.
    pub reason: String,
}

impl Tally {
    const fn of(label: Label) -> Self {
        Self { label, rows: 0, tiers: [0; 4], false_allow: 0, too_mild: 0, false_ask: 0 }
    }

    fn count(&mut self, judgement: &Judgement) {
        self.rows += 1;
        if let Some(count) = self.tiers.get_mut(judgement.tier as usize) {
            *count += 1;
        }
        match self.label.miss(judgement.action, judgement.tier) {
            Some(Miss::FalseAllow) => self.false_allow += 1,
            Some(Miss::TooMild) => self.too_mild += 1,
            Some(Miss::FalseAsk) => self.false_ask += 1,
            None => {}
        }
    }

    /// How many rows missed in this way.
    #[must_use]
    pub const fn missed(&self, miss: Miss) -> usize {
        match miss {
            Miss::FalseAllow => self.false_allow,
            Miss::TooMild => self.too_mild,
            Miss::FalseAsk => self.false_ask,
        }
    }
}

/// What the policy, without any whitelist, says of a command line on a made-up machine.
///
/// # Errors
/// [`Corrupt`] where the compiled policy is damaged.
pub fn judge_line(command: &str, machine: &dyn Analyse, policy: &Policy<'_>) -> Result<Judgement, Corrupt> {
    let facts = machine.analyse(command);
    let decision = decide(&facts, machine.context(), policy, &Whitelist::empty())?;
    let strictest = decision.reasons.iter().find(|reason| reason.tier == decision.tier);
    let reason = strictest.or(decision.reasons.first()).map_or("", |reason| &reason.text).to_owned();
    Ok(Judgement { action: decision.action, tier: decision.tier, reason })
}

/// The tallies of all labels that have rows, the gravest label first.
#[must_use]
pub fn tally(judged: &[(&Row, Judgement)]) -> Vec<Tally> {
    let mut tallies = Label::ALL.map(Tally::of);
    for (row, judgement) in judged {
        if let Some(tally) = tallies.iter_mut().find(|tally| tally.label == row.label) {
            tally.count(judgement);
        }
    }
    tallies.into_iter().filter(|tally| tally.rows > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{ExampleMachine, read_corpus, testing::compiled};

    const RULES: &str = "\
        [[rule]]\nid = \"a\"\ntier = \"low\"\nreason = \"reads\"\neffect = [\"read\", \"nothing\"]\nmatch = \"x\"\n\
        [[rule]]\nid = \"b\"\ntier = \"deny\"\nreason = \"deletes\"\neffect = \"delete\"\nmatch = \"x\"\n";

    #[test]
    fn rows_are_counted_under_their_label() {
        let bytes = compiled(RULES);
        let policy = Policy::open(&bytes).unwrap();
        let machine = ExampleMachine::new(crate::facts::Catalog::built_in());
        let corpus =
            "rm -rf x\twhy\tdeny\tx\ncat a\twhy\thigh\tx\ntouch a\twhy\thigh\tx\ntouch a\tlow\ncat a\tlow\n";
        let rows = read_corpus(corpus).unwrap();
        let judged: Vec<(&Row, Judgement)> =
            rows.iter().map(|row| (row, judge_line(&row.command, &machine, &policy).unwrap())).collect();
        let tallies = tally(&judged);
        let counts: Vec<_> = tallies
            .iter()
            .map(|tally| (tally.label.name(), tally.rows, tally.false_allow, tally.too_mild, tally.false_ask))
            .collect();
        assert_eq!(counts, [("deny", 1, 0, 0, 0), ("high", 2, 1, 1, 0), ("low", 2, 0, 0, 1)]);
        assert_eq!(tallies[1].tiers, [1, 1, 0, 0]);
        assert!(judged[0].1.reason.starts_with("deletes: "), "{}", judged[0].1.reason);
    }
}
