//! What reviewers approved for longer than once: a TOML file for people, compiled for look-up.
//!
//! An entry speaks of one invocation: its words, in which typed holes may stand, the wrappers in front, and its effects.
//! It lets parts of tier medium run, and nothing else; what it can never cover stands in [`ban`].

mod ban;
mod born;
mod compiled;
mod entry;
mod generalise;
mod review;
mod suggest;
#[cfg(test)]
mod suggest_tests;
mod target;
mod template;
mod text;
mod time;
#[cfg(test)]
mod whitelist_tests;

use ban::is_never_covered;
pub use ban::{Banned, ban_on_holes};
pub(super) use born::is_coverable;
pub use born::whitelist_entries;
pub use compiled::{Covering, Whitelist, compile_whitelist};
pub use entry::{Revocation, WhitelistEntry};
pub use review::{Use, days, review};
pub use suggest::{Answer, Sample, Suggestion, samples, suggest};
pub use text::{KEYS, NoSuchEntry, read_whitelist, with_entries, with_renewal, with_revocation};
pub use time::format_seconds;
