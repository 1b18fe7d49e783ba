//! Where rules come from.

/// Who wrote a source, and so what it may do; ordered from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// A project's own `.gate.toml`: may only tighten.
    Project,
    /// The default policy, which gate ships with.
    BuiltIn,
    /// Another policy that gate ships with, which stands on the default.
    Shipped,
    /// The account's own.
    User,
    /// The machine's, in `/etc/gate`; with `enforce = true` the account's own may only tighten.
    Root,
}

impl Layer {
    pub(super) const ALL: [Self; 5] = [Self::Project, Self::BuiltIn, Self::Shipped, Self::User, Self::Root];
}

/// One policy text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// A path, or `built-in`; shown in diagnostics and explanations.
    pub origin: &'a str,
    /// Who wrote it.
    pub layer: Layer,
    /// The text.
    pub text: &'a str,
    /// The file as it was before it was read; `None` for what is built in.
    pub identity: Option<SourceIdentity>,
}

/// A file as the kernel describes it: a change of its content changes at least one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceIdentity {
    /// The path that was opened.
    pub path: Vec<u8>,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Size in bytes.
    pub size: u64,
    /// Last change of the content, nanoseconds since the epoch.
    pub mtime_ns: i64,
    /// Last change of the inode, nanoseconds since the epoch.
    pub ctime_ns: i64,
}
