//! Facts, context and rules → [`Decision`].
//!
//! The strictest part decides; the order of rules is irrelevant (I4). What no rule covers is asked, what is opaque is
//! never allowed (I3).

mod bytes;
mod cache;
mod candidates;
mod comparison;
mod compile;
mod context;
mod corpus;
mod decide;
mod decision;
mod effect_text;
mod examples;
mod findings;
mod floor;
mod index;
mod judge;
#[cfg(test)]
mod language_tests;
mod layers;
mod overview;
mod paths;
mod pattern;
mod program;
#[cfg(test)]
mod properties;
mod rule;
mod schema;
mod score;
mod scorecard;
mod shipped;
mod source;
mod states;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod whitelist;
mod words;
mod work;
mod writer;

pub use cache::{CompiledSource, Corrupt, Policy};
pub use comparison::{ConditionChange, RuleChange, Way, compare};
pub use compile::{Compiled, compile};
pub use context::Context;
pub use corpus::{Label, Miss, Row, read_corpus};
pub use decide::{decide, trees_to_look_at};
pub use decision::{Action, Decision, Part, Reason, Tier};
pub use effect_text::{effect_text, effect_verb, undo_text};
pub use examples::{Analyse, ExampleMachine};
pub use overview::RuleOverview;
pub use schema::{KEYS, score_rows};
pub use score::{Deed, History, LocalTime, Memory, Past, Question, deeds, weigh_past};
pub use scorecard::{Judgement, Tally, judge_line, tally};
pub use shipped::Shipped;
pub use source::{Layer, Source, SourceIdentity};
pub use whitelist::{
    Answer, Banned, Covering, KEYS as WHITELIST_KEYS, NoSuchEntry, Revocation, Sample, Suggestion, Use,
    Whitelist, WhitelistEntry, ban_on_holes, compile_whitelist, days, format_seconds, read_whitelist, review,
    samples, suggest, whitelist_entries, with_entries, with_renewal, with_revocation,
};
