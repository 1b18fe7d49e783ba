//! What an invocation does to a path, host, process or account.

use std::path::PathBuf;

use crate::syntax::Span;

/// One thing that an invocation would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What it does.
    pub kind: EffectKind,
    /// To what.
    pub target: Target,
    /// Whether it can be undone.
    pub undo: Undo,
    /// What in the command line says so, for people: `operand`, `option --pre`, `redirection >`.
    pub because: String,
    /// Where in the source that stands; empty for argv input.
    pub span: Span,
}

/// The kinds of effects; names in policies, in JSON and on screen are those of [`EffectKind::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EffectKind {
    /// Reads a file or directory.
    Read,
    /// Creates or changes a file.
    Write,
    /// Removes a file or directory.
    Delete,
    /// Runs a file or text as code that was not analysed.
    Execute,
    /// Talks to a host.
    Network,
    /// Changes something on another machine or service.
    Remote,
    /// Gains or gives privileges.
    Privilege,
    /// Makes something run later: rc files, hooks, cron, services.
    Persist,
    /// Signals, stops or traces processes.
    Process,
    /// Touches a device, mount or kernel setting.
    Device,
    /// Installs or removes packages.
    Install,
    /// Runs the project's own code: build scripts, tests.
    ProjectCode,
    /// Sets or unsets a variable that changes what later commands do.
    Environment,
    /// Touches gate's own policy, state, socket or process.
    Gate,
}

impl EffectKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 14] = [
        Self::Read,
        Self::Write,
        Self::Delete,
        Self::Execute,
        Self::Network,
        Self::Remote,
        Self::Privilege,
        Self::Persist,
        Self::Process,
        Self::Device,
        Self::Install,
        Self::ProjectCode,
        Self::Environment,
        Self::Gate,
    ];

    /// The name in policies, in JSON and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Network => "network",
            Self::Remote => "remote",
            Self::Privilege => "privilege",
            Self::Persist => "persist",
            Self::Process => "process",
            Self::Device => "device",
            Self::Install => "install",
            Self::ProjectCode => "project-code",
            Self::Environment => "environment",
            Self::Gate => "gate",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What an effect is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The effect has no target, or the kind says it all.
    Nothing,
    /// A path, known exactly.
    Path {
        /// Absolute, `.` and `..` removed, as the command line names it.
        path: PathBuf,
        /// After following symbolic links as far as the path exists; equal to `path` where there are none.
        resolved: PathBuf,
        /// Whether everything below it is meant as well (`rm -r`, `grep -r`, `find`).
        recursive: bool,
    },
    /// Whatever matches an absolute pattern of the shell's `*`, `?`, `[…]`.
    Glob {
        /// The pattern with an absolute literal directory in front; bytes that glob literally are escaped with `\`.
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

/// Whether an effect can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Nothing is changed.
    Harmless,
    /// It can be undone with ordinary means.
    Reversible,
    /// What is gone or sent is gone or sent.
    Irreversible,
}
