//! What the policy says, with reasons.

use std::time::Duration;

use crate::syntax::Span;

/// What is to be done; ordered from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Run it.
    Allow,
    /// Ask a human.
    Ask,
    /// Never run it.
    Deny,
}

impl Action {
    /// The name in JSON and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// How much a human has to do with it; ordered from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Tier {
    /// Runs without a human.
    Low,
    /// Runs while a whitelist entry lives, else asked.
    Medium,
    /// Always asked, never whitelisted.
    High,
    /// Never runs.
    Deny,
}

impl Tier {
    /// The name in policies, in JSON and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Deny => "deny",
        }
    }
}

/// What the policy says of a command line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Decision {
    /// What is to be done: the strictest of the parts'.
    pub action: Action,
    /// The strictest of the parts' tiers.
    pub tier: Tier,
    /// 0–100; orders what a reviewer sees and never turns an ask into an allow.
    pub score: u8,
    /// What made the score and the tier, heaviest first.
    pub reasons: Vec<Reason>,
    /// One for each invocation, in the order of [`crate::facts::Facts::invocations`].
    pub parts: Vec<Part>,
    /// How long a reviewer may take; nobody by then means no (124).
    pub timeout: Duration,
    /// How long "approve and whitelist" would live; `None` where the tier, or something opaque, forbids it.
    pub whitelist_for: Option<Duration>,
    /// How many different people have to approve.
    pub reviewers: u8,
}

impl Decision {
    /// Identifiers of every rule that had a say, sorted, each once.
    #[must_use]
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = self.reasons.iter().filter_map(|reason| reason.rule.as_deref()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

/// What the policy says of one invocation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What is to be done.
    pub action: Action,
    /// Its tier.
    pub tier: Tier,
    /// Why, strictest first.
    pub reasons: Vec<Reason>,
}

/// One reason, in words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The rule that says so; `None` where no rule covers it.
    pub rule: Option<String>,
    /// The row of the score that says so.
    pub row: Option<String>,
    /// The tier that it calls for.
    pub tier: Tier,
    /// A clause for people.
    pub text: String,
    /// What it adds to the score.
    pub weight: u8,
    /// Where in the source.
    pub span: Option<Span>,
}
