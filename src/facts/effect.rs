//! What an invocation does to a path, host, process or account.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::syntax::Span;

use super::{EffectKind, Undo};

/// One thing that an invocation would do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// What it does.
    pub kind: EffectKind,
    /// To what.
    pub target: Target,
    /// Whether it can be undone.
    pub undo: Undo,
    /// What in the command line says so, for people: `operand`, `option --pre`, `redirection >`.
    pub because: Cow<'static, str>,
    /// Where in the source that stands; empty for argv input.
    pub span: Span,
}

/// What an effect is done to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// The effect has no target, or the kind says it all.
    Nothing,
    /// A path, known exactly.
    Path {
        /// Absolute, `.` and `..` removed, as the command line names it.
        #[serde(with = "crate::octets")]
        path: PathBuf,
        /// After following symbolic links as far as the path exists; equal to `path` where there are none.
        #[serde(with = "crate::octets")]
        resolved: PathBuf,
        /// Whether everything below it is meant as well (`rm -r`, `grep -r`, `find`).
        recursive: bool,
    },
    /// Whatever matches an absolute pattern of the shell's `*`, `?`, `[…]`.
    Glob {
        /// The pattern with an absolute literal directory in front; bytes that glob literally are escaped with `\`.
        #[serde(with = "crate::octets")]
        pattern: Vec<u8>,
        /// Whether everything below the matches is meant as well.
        recursive: bool,
    },
    /// A host on the network.
    Host {
        /// Name or address, lower case; `None` where dynamic.
        name: Option<String>,
        /// Port, where known.
        port: Option<u16>,
    },
    /// A named thing that is neither path nor host: a variable, package, container, branch, process.
    Name(String),
    /// Something that only the running shell knows.
    Unknown,
}
