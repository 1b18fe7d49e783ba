//! sshd's own answer to what holds for an account.

use std::{path::Path, process::Command};

const PLACES: [&str; 4] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd"];

/// The settings that hold for an account: lower-case keys with their values.
#[derive(Debug, Default)]
pub(super) struct Settings(Vec<(String, String)>);

/// Asks sshd, which reads its configuration as for a connection from this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "sshd is asked for its settings; no command of a caller is started"
)]
pub(super) fn read(account: &str, configuration: Option<&Path>) -> Result<Settings, String> {
    let sshd = PLACES.into_iter().find(|place| Path::new(place).exists()).ok_or("sshd is not installed")?;
    let mut command = Command::new(sshd);
    command.args(["-T", "-C", &format!("user={account},host=localhost,addr=127.0.0.1")]);
    if let Some(file) = configuration {
        command.arg("-f").arg(file);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(said.lines().next().unwrap_or("sshd says nothing").to_owned());
    }
    Ok(Settings::parse(&String::from_utf8_lossy(&output.stdout)))
}

impl Settings {
    /// Reads what `sshd -T` prints.
    pub(super) fn parse(text: &str) -> Self {
        let pair = |line: &str| {
            let (key, value) = line.split_once(' ')?;
            Some((key.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Self(text.lines().filter_map(pair).collect())
    }

    /// The first value of a key; `None` where there is none or it is `none`.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.all(key).next().filter(|value| *value != "none")
    }

    /// Every value of a key.
    pub(super) fn all<'s>(&'s self, key: &str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether a key has this value.
    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.all(key).next() == Some(value)
    }

    /// The program of a subsystem.
    pub(super) fn subsystem(&self, name: &str) -> Option<&str> {
        let mut all = self.all("subsystem").filter_map(|value| value.split_once(' '));
        all.find(|(known, _)| *known == name).and_then(|(_, program)| program.split_ascii_whitespace().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sshd_prints_is_read() {
        let text = "port 22\nforcecommand none\nacceptenv LANG\nacceptenv LC_*\nsubsystem sftp internal-sftp -l INFO\n";
        let settings = Settings::parse(text);
        assert_eq!(settings.value("forcecommand"), None);
        assert_eq!(settings.all("acceptenv").collect::<Vec<_>>(), ["LANG", "LC_*"]);
        assert_eq!(settings.subsystem("sftp"), Some("internal-sftp"));
        assert!(settings.is("port", "22") && !settings.is("port", "2") && !settings.is("x", ""));
    }
}
