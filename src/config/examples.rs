//! The made-up machine on which the examples of rules are analysed, so that a policy means the same everywhere.

use std::path::{Component, Path, PathBuf};

use crate::{
    facts::{self, Catalog, CommandLine, Facts, Resolved, World},
    policy::{Analyse, Context},
    syntax::Dialect,
};

const HOME: &str = "/home/user";
const PROJECT: &str = "/home/user/project";

/// `user` in `/home/user/project` on `machine`; every program lies in `/usr/bin`, there are no symbolic links.
#[derive(Debug)]
pub struct Examples {
    context: Context,
    catalog: Catalog,
}

impl Examples {
    /// Makes the machine up.
    #[must_use]
    pub fn new() -> Self {
        let context = Context {
            user: "user".to_owned(),
            host: "machine".to_owned(),
            agent: None,
            cwd: PROJECT.into(),
            workspace: Some(PROJECT.into()),
            home: Some(HOME.into()),
            gate_paths: vec![
                "/etc/gate".into(),
                "/home/user/.config/gate".into(),
                "/home/user/.local/state/gate".into(),
            ],
            found: Vec::new(),
            now: 0,
        };
        Self { context, catalog: Catalog::built_in() }
    }
}

impl Default for Examples {
    fn default() -> Self {
        Self::new()
    }
}

impl Analyse for Examples {
    fn analyse(&self, line: &str) -> Facts {
        let line = CommandLine::Shell {
            text: line.as_bytes().to_vec(),
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        };
        facts::analyse(&line, self, &self.catalog)
    }

    fn context(&self) -> &Context {
        &self.context
    }
}

impl World for Examples {
    fn cwd(&self) -> &Path {
        Path::new(PROJECT)
    }

    fn home(&self) -> Option<&Path> {
        Some(Path::new(HOME))
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b"HOME" => Some(HOME.into()),
            b"USER" => Some(b"user".to_vec()),
            b"PATH" => Some(b"/usr/local/bin:/usr/bin:/bin".to_vec()),
            _ => None,
        }
    }

    fn resolve(&self, path: &Path) -> Resolved {
        let mut plain = PathBuf::from("/");
        for component in path.components() {
            match component {
                Component::Normal(name) => plain.push(name),
                Component::ParentDir => {
                    plain.pop();
                }
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        let directory = [PROJECT, HOME, "/home", "/tmp", "/etc", "/usr/bin", "/"]
            .iter()
            .any(|known| plain == Path::new(known));
        Resolved { path: plain, exists: directory, directory }
    }

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && !name.contains('/'))?;
        Some(Path::new("/usr/bin").join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{self, Action, Layer, Policy, Source, Whitelist};

    #[test]
    fn the_default_policy_means_the_same_on_every_machine() {
        let source = Source {
            origin: "built-in",
            layer: Layer::BuiltIn,
            text: super::super::DEFAULT_POLICY,
            identity: None,
        };
        let compiled = policy::compile(&[source], None).unwrap();
        let examples = Examples::new();
        let action = |line: &str| {
            let policy = Policy::open(&compiled.bytes).unwrap();
            let facts = examples.analyse(line);
            policy::decide(&facts, examples.context(), &policy, &Whitelist::empty()).unwrap().action
        };
        assert_eq!(action("cat README.md | head -5"), Action::Allow);
        assert_eq!(action("cat ~/.ssh/id_rsa"), Action::Ask);
        assert_eq!(action("rm -rf ~"), Action::Deny);
        assert_eq!(action("eval \"$x\""), Action::Ask);
    }
}
