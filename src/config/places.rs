//! Where configuration and state lie for a caller.

use std::path::{Path, PathBuf};

use crate::sys::{caller::CallerEnvironment, world};

/// The files and directories that settings come from, and where they are kept compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The machine's configuration; root's.
    pub machine: PathBuf,
    /// Directory of settings and policy compiled by root, for `enforce = true`.
    pub machine_cache: PathBuf,
    /// Directory of root's whitelist, for `enforce = true`.
    pub machine_state: PathBuf,
    /// The account's own configuration directory.
    pub account: PathBuf,
    /// The account's state directory.
    pub state: PathBuf,
    /// The same by `/etc/passwd`, whatever the environment says.
    pub enforced_state: PathBuf,
    /// The project that the caller works in.
    pub workspace: Option<PathBuf>,
    /// Its rules, whether or not the file is there.
    pub project: Option<PathBuf>,
}

impl Places {
    /// Finds the places of a caller: XDG variables, else the usual directories below home.
    ///
    /// `None` where neither the environment nor `/etc/passwd` names a home directory.
    #[must_use]
    pub fn of(caller: &CallerEnvironment) -> Option<Self> {
        let home = caller.directory("HOME").or_else(|| caller.account.home.clone());
        let below = |variable: &str, usual: &str| {
            caller
                .directory(variable)
                .or_else(|| Some(home.as_ref()?.join(usual)))
                .map(|base| base.join("gate"))
        };
        let state = below("XDG_STATE_HOME", ".local/state")?;
        let own = caller.account.home.as_ref().map(|home| home.join(".local/state/gate"));
        let workspace = world::workspace(&caller.cwd, caller.account.home.as_deref().or(home.as_deref()));
        Some(Self {
            machine: PathBuf::from("/etc/gate"),
            machine_cache: PathBuf::from("/var/cache/gate"),
            machine_state: PathBuf::from("/var/lib/gate"),
            account: below("XDG_CONFIG_HOME", ".config")?,
            enforced_state: own.unwrap_or_else(|| state.clone()),
            state,
            project: workspace.as_ref().map(|root| root.join(".gate.toml")),
            workspace,
        })
    }

    /// The machine's settings.
    #[must_use]
    pub fn machine_file(&self) -> PathBuf {
        self.machine.join("gate.toml")
    }

    /// The account's own settings.
    #[must_use]
    pub fn account_file(&self) -> PathBuf {
        self.account.join("gate.toml")
    }

    /// What reviewers approved for longer than once.
    #[must_use]
    pub fn whitelist(state: &Path) -> PathBuf {
        state.join("whitelist.toml")
    }

    /// Directories of gate's own, which no gated command may touch unasked. A project's `.gate.toml` is none: it can
    /// only tighten, and whoever reads the project reads it; writing it is a matter of policy.
    #[must_use]
    pub fn own_paths(&self, state: &Path) -> Vec<PathBuf> {
        let mut paths = vec![
            self.machine.clone(),
            self.machine_cache.clone(),
            self.machine_state.clone(),
            self.account.clone(),
            self.state.clone(),
            state.to_path_buf(),
        ];
        // By bytes: comparing paths goes by components, and costs more than it saves.
        paths.dedup_by(|one, other| one.as_os_str() == other.as_os_str());
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::account::Account;

    fn caller(variables: &[(&str, &str)]) -> CallerEnvironment {
        let home = Some(PathBuf::from("/home/me"));
        CallerEnvironment {
            variables: variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            cwd: "/srv/project".into(),
            account: Account { uid: 1000, gid: 1000, name: "me".to_owned(), home },
            host: "host".to_owned(),
        }
    }

    #[test]
    fn directories_are_those_of_xdg_else_below_home() {
        let usual = Places::of(&caller(&[("HOME", "/h")])).unwrap();
        assert_eq!(usual.account_file(), PathBuf::from("/h/.config/gate/gate.toml"));
        assert_eq!(usual.state, PathBuf::from("/h/.local/state/gate"));
        let named =
            Places::of(&caller(&[("XDG_STATE_HOME", "/s"), ("XDG_CONFIG_HOME", "relative")])).unwrap();
        assert_eq!(named.state, PathBuf::from("/s/gate"));
        assert_eq!(named.account, PathBuf::from("/home/me/.config/gate"));
    }

    #[test]
    fn no_variable_moves_what_is_enforced() {
        let moved = [("HOME", "/tmp/h"), ("XDG_STATE_HOME", "/tmp/s"), ("XDG_CONFIG_HOME", "/tmp/c")];
        let places = Places::of(&caller(&moved)).unwrap();
        assert_eq!(places.enforced_state, PathBuf::from("/home/me/.local/state/gate"));
        assert_eq!(places.machine_file(), PathBuf::from("/etc/gate/gate.toml"));
    }

    #[test]
    fn without_any_home_there_are_no_places() {
        let mut homeless = caller(&[]);
        homeless.account.home = None;
        assert_eq!(Places::of(&homeless), None);
        homeless.variables = vec![(b"HOME".to_vec(), b"/h".to_vec())];
        assert!(Places::of(&homeless).is_some());
    }
}
