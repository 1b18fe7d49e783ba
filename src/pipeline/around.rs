//! The machine as analysis sees it: with the places where the policy expects programs.

use std::path::{Path, PathBuf};

use crate::{
    facts::{Resolved, World},
    policy::{Context, Policy},
    sys::world::Machine,
};

/// The machine, and the policy that says where its programs lie.
pub(super) struct Around<'a> {
    pub(super) machine: &'a Machine,
    pub(super) policy: &'a Policy<'a>,
    pub(super) context: &'a Context,
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

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        self.machine.find_program(name)
    }

    /// A damaged policy expects nothing.
    fn is_system_program(&self, path: &Path) -> bool {
        self.policy.expects_program(self.context, path).unwrap_or(false)
    }
}
