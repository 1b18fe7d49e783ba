//! What the caller gave this process: environment, working directory, account.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, os::unix::ffi::OsStringExt as _, path::PathBuf};

use super::account::{Account, host_name};

/// The caller's environment and whereabouts, read once at the edge and passed on as a value.
#[derive(Clone, Debug)]
pub struct CallerEnvironment {
    /// Every variable in the order of the environment, duplicates included.
    pub variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// The working directory, as the kernel names it.
    pub cwd: PathBuf,
    /// The account that gate runs as.
    pub account: Account,
    /// The name of this machine.
    pub host: String,
}

impl CallerEnvironment {
    /// Reads what this process was given.
    ///
    /// # Errors
    /// Where the working directory is gone or cannot be named.
    pub fn capture() -> std::io::Result<Self> {
        let variables =
            std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect();
        let cwd = std::env::current_dir()?;
        if !cwd.is_absolute() {
            return Err(std::io::Error::other("the working directory is outside of the root directory"));
        }
        Ok(Self { variables, cwd, account: Account::current(), host: host_name() })
    }

    /// Makes `HOME` the account's own, whatever the caller says: programs look for code to run below it.
    pub fn return_home(&mut self) {
        let Some(home) = &self.account.home else { return };
        self.variables.retain(|(name, _)| name != b"HOME");
        self.variables.push((b"HOME".to_vec(), home.as_os_str().as_bytes().to_vec()));
    }

    /// The value of the first variable with this name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&[u8]> {
        let found = self.variables.iter().find(|(known, _)| known == name.as_bytes())?;
        Some(&found.1)
    }

    /// The value of a variable that names an absolute path; anything else counts as unset.
    #[must_use]
    pub fn directory(&self, name: &str) -> Option<PathBuf> {
        let value = self.variable(name).filter(|value| value.starts_with(b"/"))?;
        Some(PathBuf::from(OsStr::from_bytes(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_count_as_directories() {
        let mut caller = CallerEnvironment::capture().unwrap();
        caller.variables = [("A", "/x"), ("B", "x"), ("C", ""), ("A", "/second")]
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec();
        assert_eq!(caller.directory("A"), Some(PathBuf::from("/x")));
        assert_eq!(caller.directory("B"), None);
        assert_eq!(caller.directory("C"), None);
        assert_eq!(caller.directory("D"), None);
    }
}
