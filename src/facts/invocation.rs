//! One program that would be started, and everything known of a command line.

use std::{borrow::Cow, path::PathBuf};

use crate::syntax::Span;

use super::{Effect, Transfer};

/// Everything that analysis knows of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Every invocation that could start, in source order, wrappers followed by what they start. Redirections and
    /// assignments that belong to no program stand in an invocation without words.
    pub invocations: Vec<Invocation>,
    /// Why the whole line is not understood; then `invocations` is empty.
    pub opaque: Option<Opacity>,
    /// The index in `invocations` of the one simple command that this line is, if it is nothing else (no shell
    /// feature, no redirection, no assignment, not a built-in): it may be executed directly, without a shell.
    pub simple: Option<usize>,
    /// In which ways the text hides what it does.
    pub disguises: Vec<Disguise>,
    /// Where the text is the far end of a copy: what is started then, without a shell.
    pub transfer: Option<Transfer>,
}

impl Facts {
    /// Every reason why something is opaque: the whole line's, then each invocation's.
    pub fn opacities(&self) -> impl Iterator<Item = &Opacity> {
        self.opaque.iter().chain(self.invocations.iter().filter_map(|invocation| invocation.opaque.as_ref()))
    }

    /// Whether something in it runs, as code, what comes on its standard input: a shell, an interpreter, a prompt of a
    /// database, a shell on another machine. Then nobody can say what it will do.
    #[must_use]
    pub fn is_open_ended(&self) -> bool {
        self.invocations.iter().any(|invocation| invocation.open_ended)
    }
}

/// A way of writing that hides what a text does from whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disguise {
    /// A clause for people: `writes letters as numbers`.
    pub why: Cow<'static, str>,
    /// For a word that could be encoded data, its length in bytes.
    pub length: Option<u32>,
    /// Where in the source.
    pub span: Span,
}

/// One program that would be started, with its argv.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// What the first word names.
    pub program: Program,
    /// The words, the program's name first.
    pub words: Vec<Argument>,
    /// Names of the wrappers that were undone to find it, outermost first: `sudo`, `env`, `xargs`.
    pub via: Vec<String>,
    /// What it would do.
    pub effects: Vec<Effect>,
    /// The catalog's names of the subcommands that its words lead to, outermost first: `stash`, `pop`.
    pub subs: Vec<Cow<'static, str>>,
    /// Why analysis did not see everything that it would do.
    pub opaque: Option<Opacity>,
    /// Whether it would run what comes on its standard input.
    pub open_ended: bool,
    /// Where it stands in the text of [`CommandLine::text`](super::CommandLine::text).
    pub span: Span,
}

/// A word of an invocation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// The exact bytes; `None` where only the running shell knows.
    #[serde(with = "crate::octets")]
    pub value: Option<Vec<u8>>,
    /// Where it stands in the source.
    pub span: Span,
}

/// What a command name leads to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Program {
    /// No program: redirections or assignments alone.
    Nothing,
    /// A shell built-in.
    Builtin(String),
    /// A function that the same text defines; its body is in the list.
    Function(String),
    /// A file; `path` is where it was found, symbolic links not followed.
    File {
        /// The base name that the catalog knows it by.
        name: String,
        /// Absolute path; `None` where no such file was found.
        #[serde(with = "crate::octets")]
        path: Option<PathBuf>,
    },
    /// Runs somewhere else (`ssh host …`, `docker exec c …`): this machine's files say nothing about it.
    Elsewhere(String),
    /// The name is not known before the shell runs.
    Unknown,
}

/// Why analysis did not see everything, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opacity {
    /// A clause for people that completes "not understood: …".
    pub why: String,
    /// Where in the source.
    pub span: Span,
}
