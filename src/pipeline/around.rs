//! The machine as analysis sees it: with the places where the policy expects programs.

use std::path::{Path, PathBuf};

use crate::{
    facts::{self, Catalog, CommandLine, Facts, Resolved, World},
    policy::{self, Context, Corrupt, Decision, Policy, Whitelist},
    sys::{self, world::Machine},
};

/// The machine, and the policy that says where its programs lie.
pub(super) struct Around<'a> {
    pub(super) machine: &'a Machine,
    pub(super) policy: &'a Policy<'a>,
    pub(super) context: &'a Context,
}

impl Around<'_> {
    /// Understands and decides, after a look into the trees that count.
    pub(super) fn decide(
        &self,
        line: &CommandLine,
        catalog: &Catalog,
        whitelist: &Whitelist<'_>,
    ) -> Result<(Facts, Decision), Corrupt> {
        let facts = facts::analyse(line, self, catalog);
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

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        self.machine.find_program(name)
    }

    /// A damaged policy expects nothing.
    fn is_system_program(&self, path: &Path) -> bool {
        self.policy.expects_program(self.context, path).unwrap_or(false)
    }
}
