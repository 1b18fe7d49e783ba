//! The kinds of effects and their undo classes; free of imports, because the build script reads this file as well.

/// The kinds of effects; names in policies, in JSON and on screen are those of [`EffectKind::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
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
    /// Shows names, sizes, dates and rights of a file or of what is in a directory, but no content.
    List,
}

impl EffectKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 15] = [
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
        Self::List,
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
            Self::List => "list",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it can be undone, where the catalog says nothing else.
    #[must_use]
    pub const fn usual_undo(self) -> Undo {
        match self {
            Self::Read | Self::List | Self::Network => Undo::Harmless,
            Self::Persist | Self::Install | Self::ProjectCode | Self::Environment => Undo::Reversible,
            Self::Write
            | Self::Delete
            | Self::Execute
            | Self::Remote
            | Self::Privilege
            | Self::Process
            | Self::Device
            | Self::Gate => Undo::Irreversible,
        }
    }
}

/// Whether an effect can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Undo {
    /// Nothing is changed.
    Harmless,
    /// It can be undone with ordinary means.
    Reversible,
    /// What is gone or sent is gone or sent.
    Irreversible,
}

impl Undo {
    /// The name in the catalog and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Reversible => "reversible",
            Self::Irreversible => "irreversible",
        }
    }

    /// The class with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Harmless, Self::Reversible, Self::Irreversible].into_iter().find(|undo| undo.name() == name)
    }
}
