//! The keys that let an account in, with their options.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::sys::account;

use super::{Entrance, Finding, Settings, starts_gate};

/// Every key of an account.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    /// Files that the account can write itself.
    writable: Vec<PathBuf>,
    /// Whether a program gives out further keys.
    from_program: bool,
}

/// One key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Key {
    /// File and line.
    place: String,
    command: Option<String>,
    restrict: bool,
}

impl Keys {
    /// Reads the files that sshd would read.
    pub(super) fn read(account: &account::Entry, settings: &Settings) -> Self {
        let files = settings.value("authorizedkeysfile").unwrap_or_default();
        let from_program = settings.value("authorizedkeyscommand").is_some();
        let mut found = Self { from_program, ..Self::default() };
        for file in files.split_ascii_whitespace() {
            let path = expand(file, account);
            if can_write(account, &path) {
                found.writable.push(path.clone());
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines = text.lines().enumerate();
            found.keys.extend(lines.filter_map(|(index, line)| {
                let key = parse(line)?;
                Some(Key { place: format!("{}:{}", path.display(), index.saturating_add(1)), ..key })
            }));
        }
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether there are keys, and each of them forces gate.
    pub(super) fn all_force_gate(&self) -> bool {
        !self.is_empty() && !self.from_program && self.keys.iter().all(Key::forces_gate)
    }

    /// Whether each key refuses forwarding.
    pub(super) fn all_restrict(&self) -> bool {
        !self.from_program && self.keys.iter().all(|key| key.restrict)
    }

    /// What is to say of the keys: little where sshd forces gate anyway, all where nothing else does.
    pub(super) fn findings(&self, entrance: Entrance) -> Vec<Finding> {
        const SUBJECT: &str = "keys";
        if entrance == Entrance::Forced {
            return vec![Finding::ok(SUBJECT, "sshd forces gate, whatever their options are")];
        }
        let mut findings = Vec::new();
        if self.from_program {
            let found = "further keys come from AuthorizedKeysCommand, with options that are not seen here";
            findings.push(Finding::warn(SUBJECT, found, "force gate in sshd's configuration, not by keys"));
        }
        let loose: Vec<&str> =
            self.keys.iter().filter(|key| !key.restrict).map(|key| key.place.as_str()).collect();
        if !loose.is_empty() {
            findings.push(Finding::warn(
                SUBJECT,
                format!("without `restrict`: {}", loose.join(", ")),
                "write `restrict,pty` in front of the key",
            ));
        }
        if entrance == Entrance::Keys && !self.writable.is_empty() {
            let files: Vec<_> = self.writable.iter().map(|path| path.display().to_string()).collect();
            findings.push(Finding::fail(
                SUBJECT,
                format!("the account can add a key without options: {}", files.join(", ")),
                "force gate in sshd's configuration, or set `AuthorizedKeysFile` to a file of root's",
            ));
        }
        if findings.is_empty() {
            findings.push(Finding::ok(SUBJECT, format!("{} with `restrict`", self.keys.len())));
        }
        findings
    }
}

impl Key {
    fn forces_gate(&self) -> bool {
        self.command.as_deref().is_some_and(starts_gate)
    }
}

/// `%h`, `%u` and `%%`; relative paths start at home.
fn expand(file: &str, account: &account::Entry) -> PathBuf {
    let home = account.home.to_string_lossy();
    let text = file.replace("%%", "\0").replace("%h", &home).replace("%u", &account.name).replace('\0', "%");
    account.home.join(text)
}

/// Whether the account may write a file, or put another in its place.
fn can_write(account: &account::Entry, path: &Path) -> bool {
    let mut places = path.ancestors().filter_map(|place| fs::metadata(place).ok());
    places.any(|place| {
        let (mode, sticky) = (place.permissions().mode(), place.mode() & 0o1000 != 0);
        place.uid() == account.uid && account.uid != 0 || mode & 0o002 != 0 && !sticky
    })
}

/// A line of `authorized_keys`; `None` for one that is no key.
fn parse(line: &str) -> Option<Key> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut key = Key::default();
    for option in options(line) {
        let (name, value) = option.split_once('=').unwrap_or((&option, ""));
        match name.to_ascii_lowercase().as_str() {
            "restrict" => key.restrict = true,
            "command" => key.command = Some(value.trim_matches('"').replace("\\\"", "\"")),
            "port-forwarding" | "agent-forwarding" | "x11-forwarding" | "user-rc" => key.restrict = false,
            _ => {}
        }
    }
    Some(key)
}

/// The options in front of a key: what stands before the first blank outside of quotes, unless that is a kind of key.
fn options(line: &str) -> Vec<String> {
    const KINDS: [&str; 4] = ["ssh-", "ecdsa-", "sk-", "rsa-"];
    if KINDS.iter().any(|kind| line.starts_with(kind)) {
        return Vec::new();
    }
    let (mut options, mut option, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for character in line.chars() {
        match character {
            '"' if !escaped => quoted = !quoted,
            ',' if !quoted => {
                options.push(std::mem::take(&mut option));
                continue;
            }
            ' ' | '\t' if !quoted => break,
            _ => {}
        }
        escaped = character == '\\' && !escaped;
        option.push(character);
    }
    options.push(option);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_from_keys_and_from_one_another() {
        let key = |line: &str| parse(line).map(|key| (key.command, key.restrict));
        assert_eq!(key("ssh-ed25519 AAAA x"), Some((None, false)));
        assert_eq!(key("restrict ssh-ed25519 AAAA"), Some((None, true)));
        assert_eq!(
            key("restrict,pty,command=\"gate ssh\" ssh-ed25519 AAAA"),
            Some((Some("gate ssh".into()), true))
        );
        assert_eq!(
            key("command=\"a \\\"b\\\", c\",restrict ssh-rsa A"),
            Some((Some("a \"b\", c".into()), true))
        );
        assert_eq!(key("restrict,port-forwarding ssh-rsa A"), Some((None, false)));
        assert_eq!(key("# ssh-rsa A"), None);
        assert_eq!(key("  "), None);
    }

    #[test]
    fn places_are_expanded() {
        let account = account::Entry {
            name: "ann".into(),
            uid: 1000,
            home: "/home/ann".into(),
            shell: "/bin/sh".into(),
        };
        assert_eq!(expand(".ssh/keys", &account), Path::new("/home/ann/.ssh/keys"));
        assert_eq!(expand("/etc/ssh/%u-%%", &account), Path::new("/etc/ssh/ann-%"));
        assert_eq!(expand("%h/k", &account), Path::new("/home/ann/k"));
    }
}
