//! Two policies beside each other: which rules one has and the other has not, and what that means in tiers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Corrupt, Policy, RuleOverview, Tier};

/// What becomes of a rule on the way from one policy to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// Its identifier.
    pub id: String,
    /// Its tier before; `None` where it is new.
    pub before: Option<Tier>,
    /// Its tier behind; `None` where it is gone.
    pub after: Option<Tier>,
    /// Which way it goes.
    pub way: Way,
    /// Conditions that differ, each with what is gone and what is new in it.
    pub conditions: Vec<ConditionChange>,
}

/// How a condition of a rule changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionChange {
    /// Its key, as it is written in policies.
    pub key: &'static str,
    /// What is gone.
    pub gone: Vec<String>,
    /// What is new.
    pub new: Vec<String>,
}

/// Whether a change asks more or less. Decisions over a corpus tell for sure; this tells where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// More is asked or denied.
    Tightens,
    /// Less is.
    Loosens,
    /// It says the same in other words, or both.
    Neither,
}

impl Way {
    /// The name in text and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Loosens => "loosens",
            Self::Neither => "changes",
        }
    }

    const fn back(self) -> Self {
        match self {
            Self::Tightens => Self::Loosens,
            Self::Loosens => Self::Tightens,
            Self::Neither => Self::Neither,
        }
    }
}

/// What differs between the rules of two policies, in the order of their identifiers.
///
/// # Errors
/// [`Corrupt`].
pub fn compare(before: &Policy<'_>, after: &Policy<'_>) -> Result<Vec<RuleChange>, Corrupt> {
    let (before, after) = (by_id(before)?, by_id(after)?);
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    Ok(ids.into_iter().filter_map(|id| change(id, before.get(id), after.get(id))).collect())
}

/// A project's rule can have the identifier of one that it tightens: the strictest stands for both.
fn by_id(policy: &Policy<'_>) -> Result<BTreeMap<String, RuleOverview>, Corrupt> {
    let mut rules: BTreeMap<String, RuleOverview> = BTreeMap::new();
    for rule in policy.rules()? {
        if rules.get(&rule.id).is_none_or(|known| known.tier < rule.tier) {
            rules.insert(rule.id.clone(), rule);
        }
    }
    Ok(rules)
}

fn change(id: &str, before: Option<&RuleOverview>, after: Option<&RuleOverview>) -> Option<RuleChange> {
    let (way, conditions) = match (before, after) {
        (Some(before), Some(after)) => {
            let conditions = conditions(before, after);
            if before.tier == after.tier && conditions.is_empty() {
                return None;
            }
            (way(before, after, &conditions), conditions)
        }
        (None, Some(new)) => (way_of_new(new), Vec::new()),
        (Some(gone), None) => (way_of_new(gone).back(), Vec::new()),
        (None, None) => return None,
    };
    let tier = |rule: Option<&RuleOverview>| rule.map(|rule| rule.tier);
    Some(RuleChange { id: id.to_owned(), before: tier(before), after: tier(after), way, conditions })
}

/// One more rule that allows loosens, and so does one that sets others aside; any other only adds questions.
fn way_of_new(rule: &RuleOverview) -> Way {
    let sets_aside = rule.conditions.iter().any(|(key, _)| *key == "instead of");
    if rule.tier == Tier::Low || sets_aside { Way::Loosens } else { Way::Tightens }
}

fn way(before: &RuleOverview, after: &RuleOverview, conditions: &[ConditionChange]) -> Way {
    match after.tier.cmp(&before.tier) {
        std::cmp::Ordering::Greater => return Way::Tightens,
        std::cmp::Ordering::Less => return Way::Loosens,
        std::cmp::Ordering::Equal => {}
    }
    let mut ways = conditions.iter().map(|change| way_of_condition(after.tier, change));
    let first = ways.next().unwrap_or(Way::Neither);
    if ways.all(|way| way == first) { first } else { Way::Neither }
}

fn way_of_condition(tier: Tier, change: &ConditionChange) -> Way {
    let wider = match (change.gone.is_empty(), change.new.is_empty()) {
        (true, false) => Way::Tightens,
        (false, true) => Way::Loosens,
        _ => return Way::Neither,
    };
    match change.key {
        "command" | "effect" | "path" | "host" | "name" if tier == Tier::Low => wider.back(),
        "command" | "effect" | "path" | "host" | "name" if tier >= Tier::High => wider,
        "except" if tier == Tier::Low => wider,
        "except" if tier >= Tier::High => wider.back(),
        "instead of" => wider.back(),
        "reviewers" => wider,
        _ => Way::Neither,
    }
}

fn conditions(before: &RuleOverview, after: &RuleOverview) -> Vec<ConditionChange> {
    let parts = |rule: &RuleOverview| -> BTreeMap<&'static str, BTreeSet<String>> {
        let split = |(key, value): &(&'static str, String)| {
            (*key, value.split(", ").map(str::to_owned).collect::<BTreeSet<_>>())
        };
        rule.conditions.iter().map(split).collect()
    };
    let (before, after) = (parts(before), parts(after));
    let keys: BTreeSet<&'static str> = before.keys().chain(after.keys()).copied().collect();
    let none = BTreeSet::new();
    let change = |key: &'static str| {
        let (old, new) = (before.get(key).unwrap_or(&none), after.get(key).unwrap_or(&none));
        let gone = old.difference(new).cloned().collect();
        let added = new.difference(old).cloned().collect();
        ConditionChange { key, gone, new: added }
    };
    keys.into_iter().map(change).filter(|change| !(change.gone.is_empty() && change.new.is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::compiled;

    fn rule(id: &str, tier: &str, rest: &str) -> String {
        format!("[[rule]]\nid = \"{id}\"\ntier = \"{tier}\"\nreason = \"r\"\nmatch = \"x\"\n{rest}\n")
    }

    fn changes(before: &str, after: &str) -> Vec<(String, Way)> {
        let (before, after) = (compiled(before), compiled(after));
        let found = compare(&Policy::open(&before).unwrap(), &Policy::open(&after).unwrap()).unwrap();
        found.into_iter().map(|change| (change.id, change.way)).collect()
    }

    fn way_between(before: &str, after: &str) -> Way {
        changes(before, after)[0].1
    }

    #[test]
    fn the_same_rules_do_not_differ() {
        let text = rule("a", "low", "effect = \"read\"");
        assert_eq!(changes(&text, &text), []);
    }

    #[test]
    fn a_tier_tells_which_way_a_rule_goes() {
        let read = |tier: &str| rule("a", tier, "effect = \"read\"");
        assert_eq!(way_between(&read("low"), &read("high")), Way::Tightens);
        assert_eq!(way_between(&read("deny"), &read("medium")), Way::Loosens);
        assert_eq!(way_between("", &read("low")), Way::Loosens);
        assert_eq!(way_between("", &read("medium")), Way::Tightens);
        assert_eq!(way_between(&read("low"), ""), Way::Tightens);
        assert_eq!(way_between(&read("deny"), ""), Way::Loosens);
    }

    #[test]
    fn a_wider_condition_loosens_what_allows_and_tightens_what_asks() {
        let path = |tier: &str, paths: &str| rule("a", tier, &format!("effect = \"read\"\npath = {paths}"));
        let (narrow, wide) = ("[\"/a\"]", "[\"/a\", \"/b\"]");
        assert_eq!(way_between(&path("low", narrow), &path("low", wide)), Way::Loosens);
        assert_eq!(way_between(&path("high", narrow), &path("high", wide)), Way::Tightens);
        assert_eq!(way_between(&path("high", wide), &path("high", narrow)), Way::Loosens);
        assert_eq!(way_between(&path("high", "\"/a\""), &path("high", "\"/b\"")), Way::Neither);
    }

    #[test]
    fn a_rule_that_sets_another_aside_loosens() {
        let base = rule("a", "high", "effect = \"read\"");
        let aside = rule("b", "medium", "effect = \"read\"\ninstead_of = \"a\"");
        assert_eq!(changes(&base, &format!("{base}{aside}")), [("b".to_owned(), Way::Loosens)]);
    }
}
