//! What analysis needs to know of the machine, as a value: faked in tests by plain structs.

use std::path::{Path, PathBuf};

/// The machine as the gated command will find it.
pub trait World {
    /// The working directory: absolute, as the kernel names it.
    fn cwd(&self) -> &Path;

    /// The home directory that the command's environment will name; `None` where it names none.
    fn home(&self) -> Option<&Path>;

    /// The value of a variable in the environment that the command will get.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// Follows symbolic links in an absolute path as far as the path exists.
    fn resolve(&self, path: &Path) -> Resolved;

    /// The file that a name without a slash leads to by the command's `PATH`.
    fn find_program(&self, name: &[u8]) -> Option<PathBuf>;

    /// Whether every name in a directory, or in the whole tree below it, satisfies `fits`; `false` where there are too
    /// many to look at, or some cannot be read. Links are not followed.
    fn names_fit(&self, _directory: &Path, _depth: Depth, _fits: &dyn Fn(&[u8]) -> bool) -> bool {
        false
    }

    /// Whether the text is for a shell that lives on and whose channel must stay its own: it holds the channel on a
    /// descriptor from 10 on while a text runs, and tells its state by the built-in `builtin`.
    fn is_session(&self) -> bool {
        false
    }

    /// Whether every component of every name that the git repository around a directory tracks satisfies `fits`; `false`
    /// where that cannot be told.
    fn tracked_names_fit(&self, _directory: &Path, _fits: &dyn Fn(&[u8]) -> bool) -> bool {
        false
    }

    /// The shell that runs what a link to gate under a shell's name is given; `None` for every other path.
    fn stands_for(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    /// Whether a program at this absolute path is the system's own, so that the catalog may speak of it by name.
    fn is_system_program(&self, path: &Path) -> bool {
        const DIRECTORIES: [&str; 6] =
            ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];
        path.parent().is_some_and(|parent| DIRECTORIES.iter().any(|directory| parent == Path::new(directory)))
    }
}

/// How far a look at names goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The names in one directory.
    One,
    /// Those of the whole tree.
    All,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Absolute, every symbolic link followed as far as the path exists, the rest appended.
    pub path: PathBuf,
    /// Whether the whole path exists.
    pub exists: bool,
    /// Whether it exists and is a directory.
    pub directory: bool,
}
