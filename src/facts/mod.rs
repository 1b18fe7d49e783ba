//! Syntax tree → [`Facts`]: every invocation that could start, with wrappers undone, and what each would do.
//!
//! "Understood" is not "harmless": built-ins that read data as code, dynamic command names and options that the
//! catalog does not know make an invocation opaque, and an opaque invocation is never allowed (I3).

mod command_line;
mod effect;
mod invocation;
mod world;

pub use command_line::CommandLine;
pub use effect::{Effect, EffectKind, Target, Undo};
pub use invocation::{Argument, Facts, Invocation, Opacity, Program};
pub use world::{Resolved, World};
