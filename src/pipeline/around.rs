//! The machine as analysis sees it: with the places where the policy expects programs.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::{
    config::Settings,
    facts::{self, Catalog, CommandLine, Depth, Facts, Resolved, World},
    policy::{self, Context, Corrupt, Decision, Policy, Whitelist},
    sys::{self, ancestry, world::Machine},
};

use super::within::Doubt;

/// The machine, and the policy that says where its programs lie.
pub(super) struct Around<'a> {
    pub(super) machine: &'a Machine,
    pub(super) policy: &'a Policy<'a>,
    pub(super) context: &'a Context,
    pub(super) settings: &'a Settings,
    /// Whether it is for a session.
    pub(super) session: bool,
    /// What that makes doubtful.
    pub(super) doubt: Option<&'a Doubt>,
}

impl Around<'_> {
    /// Understands and decides, after a look into the trees that count.
    pub(super) fn decide(
        &self,
        line: &CommandLine,
        catalog: &Catalog,
        whitelist: &Whitelist<'_>,
    ) -> Result<(Facts, Decision), Corrupt> {
        let mut facts = facts::analyse(line, self, catalog);
        if let Some(doubt) = self.doubt {
            doubt.cast_on(&mut facts, line);
        }
        let trees = policy::trees_to_look_at(&facts, self.context, self.policy)?;
        let decision = if trees.is_empty() {
            policy::decide(&facts, self.context, self.policy, whitelist)?
        } else {
            let context = Context { found: sys::tree::files_below(&trees), ..self.context.clone() };
            policy::decide(&facts, &context, self.policy, whitelist)?
        };
        Ok((facts, decision))
    }
}

impl World for Around<'_> {
    fn cwd(&self) -> &Path {
        self.machine.cwd()
    }

    fn home(&self) -> Option<&Path> {
        self.machine.home()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.machine.variable(name)
    }

    fn resolve(&self, path: &Path) -> Resolved {
        self.machine.resolve(path)
    }

    fn is_session(&self) -> bool {
        self.session
    }

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        self.machine.find_program(name)
    }

    fn names_fit(&self, directory: &Path, depth: Depth, fits: &dyn Fn(&[u8]) -> bool) -> bool {
        self.machine.names_fit(directory, depth, fits)
    }

    fn tracked_names_fit(&self, directory: &Path, fits: &dyn Fn(&[u8]) -> bool) -> bool {
        self.machine.tracked_names_fit(directory, fits)
    }

    /// A damaged policy expects nothing.
    fn is_system_program(&self, path: &Path) -> bool {
        self.policy.expects_program(self.context, path).unwrap_or(false)
    }

    fn stands_for(&self, path: &Path) -> Option<PathBuf> {
        let shell = match path.file_name()?.as_bytes() {
            b"bash" => &self.settings.shell,
            b"sh" => &self.settings.sh,
            _ => return None,
        };
        self.is_gate(path).then(|| shell.clone())
    }
}

impl Around<'_> {
    /// Whether a path leads to this very program, where an agent cannot put another in its place between the decision
    /// and the start.
    fn is_gate(&self, path: &Path) -> bool {
        let is_own = |directory: &Path| self.context.gate_paths.iter().any(|own| directory.starts_with(own));
        ancestry::identity(path).is_some_and(|file| ancestry::image(std::process::id()) == Some(file))
            && (path.parent().is_some_and(is_own) || self.is_system_program(path))
    }
}
