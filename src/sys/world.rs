//! The machine as the gated command will find it.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use crate::facts::{Depth, Resolved, World};

/// As many symbolic links as Linux follows in one look-up (`MAXSYMLINKS`).
const LINK_LIMIT: u32 = 40;
/// Longer paths than the kernel takes are not looked at.
const PATH_LIMIT: usize = 4096;
/// How many directories upward a project's root is looked for.
const WORKSPACE_DEPTH: usize = 64;
/// Where bash and execvp look without a `PATH`.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The real machine, with the environment that the command will get.
#[derive(Clone, Debug)]
pub struct Machine {
    cwd: PathBuf,
    home: Option<PathBuf>,
    variables: Arc<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl Machine {
    /// Describes the machine for a command that starts in `cwd` with the cleaned environment `variables`.
    #[must_use]
    pub fn new(cwd: PathBuf, variables: Arc<Vec<(Vec<u8>, Vec<u8>)>>) -> Self {
        let mut machine = Self { cwd, home: None, variables };
        machine.home = machine
            .value(b"HOME")
            .filter(|home| home.starts_with(b"/"))
            .map(|home| PathBuf::from(OsStr::from_bytes(home)));
        machine
    }

    /// The environment that the command will get.
    #[must_use]
    pub const fn environment(&self) -> &Arc<Vec<(Vec<u8>, Vec<u8>)>> {
        &self.variables
    }

    fn value(&self, name: &[u8]) -> Option<&[u8]> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }
}

impl World for Machine {
    fn cwd(&self) -> &Path {
        &self.cwd
    }

    fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.value(name).map(<[u8]>::to_vec)
    }

    fn resolve(&self, path: &Path) -> Resolved {
        resolve(path)
    }

    fn names_fit(&self, directory: &Path, depth: Depth, fits: &dyn Fn(&[u8]) -> bool) -> bool {
        super::tree::names_fit(directory, depth, fits)
    }

    fn tracked_names_fit(&self, directory: &Path, fits: &dyn Fn(&[u8]) -> bool) -> bool {
        let chooses = [&b"GIT_DIR"[..], b"GIT_INDEX_FILE", b"GIT_WORK_TREE", b"GIT_CONFIG"];
        let elsewhere =
            self.variables.iter().any(|(name, _)| chooses.iter().any(|other| name.starts_with(other)));
        !elsewhere && super::tracked::names_fit(directory, fits)
    }

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        find_on_path(self.value(b"PATH").unwrap_or(DEFAULT_PATH), name, &self.cwd)
    }
}

/// Follows symbolic links in an absolute path as far as the path exists; total and bounded.
#[must_use]
pub fn resolve(path: &Path) -> Resolved {
    if path.as_os_str().len() > PATH_LIMIT {
        return Resolved { path: path.to_path_buf(), exists: false, directory: false };
    }
    let mut walk = Walk { done: PathBuf::from("/"), todo: names(path), links: 0, directory: true };
    while let Some(name) = walk.todo.pop_front() {
        if !walk.step(&name) {
            walk.append(&name);
            return Resolved { path: walk.done, exists: false, directory: false };
        }
    }
    Resolved { path: walk.done, exists: true, directory: walk.directory }
}

struct Walk {
    done: PathBuf,
    todo: VecDeque<OsString>,
    links: u32,
    directory: bool,
}

impl Walk {
    /// Goes down one name; `false` where there is nothing to go down to.
    fn step(&mut self, name: &OsStr) -> bool {
        if !self.directory {
            return false;
        }
        if name == ".." {
            self.done.pop();
            return true;
        }
        let next = self.done.join(name);
        let Ok(metadata) = fs::symlink_metadata(&next) else { return false };
        if !metadata.is_symlink() {
            self.directory = metadata.is_dir();
            self.done = next;
            return true;
        }
        self.links += 1;
        let Ok(target) = fs::read_link(&next) else { return false };
        if self.links > LINK_LIMIT {
            return false;
        }
        if target.is_absolute() {
            self.done = PathBuf::from("/");
        }
        for name in names(&target).into_iter().rev() {
            self.todo.push_front(name);
        }
        true
    }

    /// Appends the name at which the walk ended and all behind it, as written.
    fn append(&mut self, name: &OsStr) {
        self.todo.push_front(name.to_owned());
        for name in self.todo.drain(..) {
            if name == ".." {
                self.done.pop();
            } else {
                self.done.push(name);
            }
        }
    }
}

fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// The first executable file called `name` in the directories of `path`; relative ones are meant from `cwd`.
#[must_use]
pub fn find_on_path(path: &[u8], name: &[u8], cwd: &Path) -> Option<PathBuf> {
    if name.is_empty() || name.contains(&b'/') || name.contains(&0) {
        return None;
    }
    let mut file = Vec::with_capacity(PATH_LIMIT);
    for directory in path.split(|byte| *byte == b':') {
        file.clear();
        if !directory.starts_with(b"/") {
            file.extend_from_slice(cwd.as_os_str().as_bytes());
            file.push(b'/');
        }
        for part in [directory, b"/", name] {
            file.extend_from_slice(part);
        }
        let found = Path::new(OsStr::from_bytes(&file));
        if is_executable(found) {
            let is_plain = !file.windows(2).any(|pair| matches!(pair, b"//" | b"/."));
            return Some(if is_plain { found.to_path_buf() } else { found.components().collect() });
        }
    }
    None
}

/// Whether the file exists, is regular, and this account may execute it.
#[must_use]
pub fn is_executable(file: &Path) -> bool {
    use nix::unistd::{AccessFlags, access};
    access(file, AccessFlags::X_OK).is_ok() && fs::metadata(file).is_ok_and(|metadata| metadata.is_file())
}

/// The root of the project that `cwd` is in: the nearest directory upward with a `.git`, else `cwd` itself; never the
/// home directory or `/`.
#[must_use]
pub fn workspace(cwd: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let candidate = |directory: &&Path| directory.parent().is_some() && Some(*directory) != home;
    cwd.ancestors()
        .take(WORKSPACE_DEPTH)
        .take_while(candidate)
        .find(|directory| fs::symlink_metadata(directory.join(".git")).is_ok())
        .or_else(|| Some(cwd).filter(candidate))
        .map(Path::to_path_buf)
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
