//! A machine for tests: HOME=/home/user, in /home/user/work.

use std::path::{Component, Path, PathBuf};

use super::{Depth, Resolved, World};

/// A machine on which every program of the catalog lives in `/usr/bin`, and a few links and directories exist.
#[derive(Debug)]
pub(crate) struct TestWorld {
    pub(crate) cwd: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) links: Vec<(PathBuf, PathBuf)>,
    pub(crate) directories: Vec<PathBuf>,
    pub(crate) programs: Vec<(&'static str, &'static str)>,
    pub(crate) missing: Vec<&'static str>,
    pub(crate) variables: Vec<(&'static str, &'static str)>,
    /// Paths of files whose names a look finds; `None`: nothing can be looked at.
    pub(crate) names: Option<Vec<&'static str>>,
}

impl Default for TestWorld {
    fn default() -> Self {
        Self {
            cwd: "/home/user/work".into(),
            home: "/home/user".into(),
            links: vec![("/home/user/work/link".into(), "/etc".into())],
            directories: [
                "/",
                "/tmp",
                "/etc",
                "/home/user",
                "/home/user/work",
                "/home/user/work/src",
                "/home/user/other",
            ]
            .iter()
            .map(PathBuf::from)
            .collect(),
            programs: vec![("evil-ls", "/tmp/bin/evil-ls"), ("black", "/home/user/.local/bin/black")],
            missing: vec!["no-such-program"],
            variables: vec![("HOME", "/home/user"), ("USER", "user"), ("PATH", "/usr/bin:/bin")],
            names: Some(Vec::new()),
        }
    }
}

impl World for TestWorld {
    fn cwd(&self) -> &Path {
        &self.cwd
    }

    fn home(&self) -> Option<&Path> {
        Some(&self.home)
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let (_, value) = self.variables.iter().find(|(known, _)| known.as_bytes() == name)?;
        Some(value.as_bytes().to_vec())
    }

    fn resolve(&self, path: &Path) -> Resolved {
        let mut resolved = PathBuf::from("/");
        for component in path.components() {
            match component {
                Component::Normal(name) => resolved.push(name),
                Component::ParentDir => {
                    resolved.pop();
                }
                _ => {}
            }
            if let Some((_, target)) = self.links.iter().find(|(link, _)| *link == resolved) {
                resolved.clone_from(target);
            }
        }
        let directory = self.directories.contains(&resolved);
        Resolved { exists: directory, directory, path: resolved }
    }

    fn names_fit(&self, directory: &Path, depth: Depth, fits: &dyn Fn(&[u8]) -> bool) -> bool {
        let Some(names) = &self.names else { return false };
        let below = names.iter().filter_map(|name| Path::new(name).strip_prefix(directory).ok());
        let names = below.flat_map(|path| path.components().take(if depth == Depth::One { 1 } else { 64 }));
        names.into_iter().all(|name| fits(name.as_os_str().as_encoded_bytes()))
    }

    fn tracked_names_fit(&self, directory: &Path, fits: &dyn Fn(&[u8]) -> bool) -> bool {
        self.names_fit(directory, Depth::All, fits)
    }

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        let name = std::str::from_utf8(name).ok()?;
        if self.missing.contains(&name) {
            return None;
        }
        let listed = self.programs.iter().find(|(known, _)| *known == name);
        Some(listed.map_or_else(|| Path::new("/usr/bin").join(name), |(_, path)| PathBuf::from(path)))
    }
}
