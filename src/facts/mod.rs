//! Syntax tree → [`Facts`]: every invocation that could start, with wrappers undone, and what each would do.
//!
//! "Understood" is not "harmless": built-ins that read data as code, dynamic command names and options that the
//! catalog does not know make an invocation opaque, and an opaque invocation is never allowed (I3).

mod analyse;
mod analysis;
mod awk;
mod builtin;
pub mod catalog;
mod command_line;
mod directories;
mod disguise;
mod effect;
mod effect_kind;
mod flow;
mod found;
mod invocation;
mod item;
mod kinds;
mod listings;
mod names;
#[cfg(test)]
mod names_tests;
mod network;
mod options;
mod path;
mod perform;
mod plain_words;
mod production;
mod script;
mod sed;
mod sql;
mod started;
#[cfg(test)]
pub(crate) mod test_world;
#[cfg(test)]
mod tests;
mod transfer;
mod variables;
mod world;

pub use analyse::analyse;
pub use catalog::{Catalog, CatalogError};
pub use command_line::CommandLine;
pub use effect::{Effect, Target};
pub use effect_kind::{EffectKind, Undo};
pub use invocation::{Argument, Disguise, Facts, Invocation, Opacity, Program};
pub use production::names_production;
pub use transfer::Transfer;
pub use world::{Depth, Resolved, World};
