//! Rules and settings as they stand in one source, after all checks.

use std::ops::Range;

use crate::facts::{EffectKind, Undo};

use super::{
    Tier,
    findings::Text,
    paths::Base,
    score::{Row, Terms},
    source::Layer,
};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) tier: Tier,
    pub(super) reason: String,
    /// Word patterns, alternatives written out; empty where the rule does not look at words.
    pub(super) commands: Vec<Vec<String>>,
    pub(super) kinds: Kinds,
    pub(super) paths: Vec<OwnedPattern>,
    pub(super) except: Vec<OwnedPattern>,
    pub(super) hosts: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) recursive: Option<bool>,
    pub(super) undo: UndoSet,
    pub(super) when: Scope,
    pub(super) ttl: Option<u32>,
    pub(super) reviewers: u8,
    pub(super) instead_of: Vec<Text>,
    pub(super) marks: Vec<Row>,
    pub(super) examples: Vec<Example>,
    /// Where its id stands.
    pub(super) span: Range<usize>,
    /// The line of its id, from 1.
    pub(super) line: u32,
}

/// A path pattern that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnedPattern {
    pub(super) base: Base,
    pub(super) below: String,
}

/// The circumstances in which a rule holds; empty lists hold always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) cwd: Vec<OwnedPattern>,
    pub(super) user: Vec<String>,
    pub(super) host: Vec<String>,
    pub(super) agent: Vec<String>,
}

/// A command line that a rule claims to match, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Example {
    pub(super) line: String,
    pub(super) span: Range<usize>,
    pub(super) matches: bool,
}

/// A set of kinds of effects, and of "no effect at all".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(pub(super) u16);

impl Kinds {
    /// The name for an invocation that has no effects.
    pub(super) const NOTHING: &'static str = "nothing";
    pub(super) const NOTHING_BIT: u16 = 1 << 15;

    pub(super) const fn of(kind: EffectKind) -> Self {
        Self(1 << kind as u16)
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn has(self, kind: EffectKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    pub(super) const fn has_nothing(self) -> bool {
        self.0 & Self::NOTHING_BIT != 0
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        let kinds = EffectKind::ALL.into_iter().filter(|kind| self.has(*kind)).map(EffectKind::name);
        kinds.chain(self.has_nothing().then_some(Self::NOTHING)).collect()
    }
}

/// A set of answers to "can it be undone"; the empty set stands for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UndoSet(pub(super) u8);

impl UndoSet {
    pub(super) const NAMES: [(&'static str, Undo); 3] = [
        ("harmless", Undo::Harmless),
        ("reversible", Undo::Reversible),
        ("irreversible", Undo::Irreversible),
    ];

    pub(super) const fn with(self, undo: Undo) -> Self {
        Self(self.0 | 1 << undo as u8)
    }

    pub(super) const fn has(self, undo: Undo) -> bool {
        self.0 == 0 || self.0 & (1 << undo as u8) != 0
    }
}

/// The settings of one source; what it does not set is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) timeout: Option<u32>,
    pub(super) ttl: Option<u32>,
    pub(super) programs: Option<Vec<OwnedPattern>>,
    pub(super) base: [Option<u8>; 4],
}

/// What a score row says in one source; what it does not say holds as a weaker source says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScoreRow {
    pub(super) row: Row,
    pub(super) weight: Option<u8>,
    pub(super) text: Option<String>,
    pub(super) terms: Terms,
    pub(super) examples: Vec<Example>,
    /// Where its name stands.
    pub(super) span: Range<usize>,
}

/// One source, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) layer: Layer,
    pub(super) enforce: bool,
    pub(super) settings: Settings,
    pub(super) score: Vec<ScoreRow>,
    pub(super) disable: Vec<Text>,
    pub(super) rules: Vec<Rule>,
}
