//! Who asks, where: what scopes of rules are compared with.

use std::path::PathBuf;

/// The circumstances of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Name of the account that runs the command.
    pub user: String,
    /// Name of this machine.
    pub host: String,
    /// Name of the agent, where one is configured or recognised.
    pub agent: Option<String>,
    /// The working directory, symbolic links followed.
    pub cwd: PathBuf,
    /// Root of the project that the working directory is in: the nearest directory upward with a `.git`, else the
    /// working directory itself; never the home directory or `/`.
    pub workspace: Option<PathBuf>,
    /// The account's home directory.
    pub home: Option<PathBuf>,
    /// Directories of gate's own configuration and state.
    pub gate_paths: Vec<PathBuf>,
    /// Files that a bounded look found in the trees that [`super::trees_to_look_at`] names.
    pub found: Vec<PathBuf>,
    /// Seconds since the epoch.
    pub now: u64,
}
