//! The policies that gate ships with: the default one, and those that change some of its rules.

use super::{Layer, Source};

/// A policy that gate ships with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shipped {
    /// A developer's machine; every other one stands on it.
    Default,
    /// Asks more.
    Strict,
    /// A throw-away machine where nobody is there to answer.
    Ci,
    /// An agent's account on a machine that others rely on.
    Production,
    /// Looks, changes nothing.
    ReadOnly,
}

impl Shipped {
    /// Every one, the default first.
    pub const ALL: [Self; 5] = [Self::Default, Self::Strict, Self::Ci, Self::Production, Self::ReadOnly];

    /// The name in settings and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Strict => "strict",
            Self::Ci => "ci",
            Self::Production => "production",
            Self::ReadOnly => "read-only",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shipped| shipped.name() == name)
    }

    /// Its text; without what it stands on.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Default => include_str!("../../policies/default.toml"),
            Self::Strict => include_str!("../../policies/strict.toml"),
            Self::Ci => include_str!("../../policies/ci.toml"),
            Self::Production => include_str!("../../policies/production.toml"),
            Self::ReadOnly => include_str!("../../policies/read-only.toml"),
        }
    }

    /// What it is for: the first line of its text.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.text().lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }

    /// What it takes to use these, each text once: whatever is there stands on the default.
    #[must_use]
    pub fn sources(wanted: &[Self]) -> Vec<Source<'static>> {
        let used =
            |shipped: &Self| wanted.contains(shipped) || *shipped == Self::Default && !wanted.is_empty();
        Self::ALL.into_iter().filter(used).map(Self::source).collect()
    }

    const fn source(self) -> Source<'static> {
        let (origin, layer) = match self {
            Self::Default => ("built-in", Layer::BuiltIn),
            Self::Strict => ("built-in strict", Layer::Shipped),
            Self::Ci => ("built-in ci", Layer::Shipped),
            Self::Production => ("built-in production", Layer::Shipped),
            Self::ReadOnly => ("built-in read-only", Layer::Shipped),
        };
        Source { origin, layer, text: self.text(), identity: None }
    }
}

impl Source<'static> {
    /// The default policy.
    #[must_use]
    pub const fn built_in() -> Self {
        Shipped::Default.source()
    }
}
