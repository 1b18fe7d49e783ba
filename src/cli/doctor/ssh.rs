//! `gate doctor --ssh`: whether an account that comes in by sshd comes in through gate, and in no other way.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::sys::account;

use super::Finding;

mod keys;
mod settings;

use keys::Keys;
use settings::Settings;

/// Where the account's commands go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entrance {
    /// sshd forces gate on every session.
    Forced,
    /// sshd hands commands to the login shell, which is gate.
    Shell,
    /// Each key forces gate.
    Keys,
    /// There is a way that is not gate.
    Open,
}

/// What is known of an account's way in.
struct Case<'c> {
    account: &'c account::Entry,
    settings: &'c Settings,
    keys: &'c Keys,
    shell_is_gate: bool,
    entrance: Entrance,
}

/// Tests an account; `configuration` instead of sshd's own file.
pub(super) fn account(name: &str, configuration: Option<&Path>) -> Vec<Finding> {
    let Some(entry) = account::Entry::named(name) else {
        return vec![Finding::fail(
            "ssh account",
            format!("there is no account {name}"),
            "name one that there is",
        )];
    };
    let settings = match settings::read(name, configuration) {
        Ok(settings) => settings,
        Err(why) => {
            let advice = "run it as root, on the machine that sshd runs on";
            return vec![
                Finding::fail("sshd", format!("its settings for {name} cannot be read: {why}"), advice),
                shell(&entry, is_gate(&entry.shell), false),
            ];
        }
    };
    let keys = Keys::read(&entry, &settings);
    let shell_is_gate = is_gate(&entry.shell);
    let case = Case {
        entrance: entrance(&settings, shell_is_gate, &keys),
        account: &entry,
        settings: &settings,
        keys: &keys,
        shell_is_gate,
    };
    case.findings()
}

fn entrance(settings: &Settings, shell_is_gate: bool, keys: &Keys) -> Entrance {
    match settings.value("forcecommand") {
        Some(command) if starts_gate(command) => Entrance::Forced,
        Some(_) => Entrance::Open,
        None if shell_is_gate => Entrance::Shell,
        None if keys.all_force_gate() => Entrance::Keys,
        None => Entrance::Open,
    }
}

/// Whether a forced command is `gate ssh`, with options of gate's own at most.
fn starts_gate(command: &str) -> bool {
    let words: Vec<&str> = command.split_ascii_whitespace().collect();
    let (Some(program), Some(last)) = (words.first(), words.last()) else { return false };
    let plain = !command.contains(|byte: char| ";&|<>()$`\\\"'*?[]{}~#!\n".contains(byte));
    let options = matches!(words.as_slice(), [_, _] | [_, "--agent", _, _]);
    plain && options && *last == "ssh" && is_gate(Path::new(program))
}

/// Whether a path leads to the file of this program; a bare name has to be looked up by the account's shell.
fn is_gate(path: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    let places = ["/usr/local/bin", "/usr/bin", "/bin"].map(|directory| Path::new(directory).join(path));
    let path = if path.is_absolute() {
        Some(path.to_path_buf())
    } else {
        places.into_iter().find(|path| path.exists())
    };
    path.is_some_and(|path| {
        identity(&path).is_some() && identity(&path) == identity(Path::new("/proc/self/exe"))
    })
}

/// The login shell: sshd starts even a forced command through it.
fn shell(account: &account::Entry, is_gate: bool, is_forced: bool) -> Finding {
    const SUBJECT: &str = "login shell";
    let shown = account.shell.display();
    let name = account.shell.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if is_gate {
        return Finding::ok(SUBJECT, format!("{shown} is gate"));
    }
    let change = format!("as root: usermod --shell {} {}", this_program().display(), account.name);
    match name {
        "sh" | "dash" if is_forced => {
            Finding::ok(SUBJECT, format!("{shown} reads no start-up file in front of the forced command"))
        }
        "nologin" | "false" => Finding::ok(SUBJECT, format!("{shown}: nobody comes in")),
        _ if is_forced => Finding::fail(
            SUBJECT,
            format!("{shown} starts the forced command and may read ~/.bashrc or the like first"),
            change,
        ),
        _ => Finding::fail(SUBJECT, format!("{shown} runs what the client asks for"), change),
    }
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "gate".into())
}

impl Case<'_> {
    fn findings(&self) -> Vec<Finding> {
        let mut findings = vec![
            self.way_in(),
            shell(
                self.account,
                self.shell_is_gate,
                matches!(self.entrance, Entrance::Forced | Entrance::Keys),
            ),
            self.listed_shell(),
            self.sftp(),
            self.forwarding(),
            self.user_rc(),
            self.user_environment(),
            self.accepted_variables(),
        ];
        findings.extend(self.keys.findings(self.entrance));
        findings.push(self.other_ways());
        findings
    }

    fn way_in(&self) -> Finding {
        const SUBJECT: &str = "way in";
        let print = format!(
            "gate ssh --print-config {} prints what belongs into sshd's configuration",
            self.account.name
        );
        match (self.entrance, self.settings.value("forcecommand")) {
            (Entrance::Forced, _) => Finding::ok(SUBJECT, "sshd forces gate on every session"),
            (Entrance::Shell, _) => Finding::warn(
                SUBJECT,
                "commands go to the login shell, gate; nothing in sshd forces it",
                print,
            ),
            (Entrance::Keys, _) => {
                Finding::warn(SUBJECT, "every key forces gate; a login without a key is not forced", print)
            }
            (Entrance::Open, Some(other)) => {
                Finding::fail(SUBJECT, format!("sshd forces something else: {other}"), print)
            }
            (Entrance::Open, None) => Finding::fail(SUBJECT, "no session has to go through gate", print),
        }
    }

    /// Whoever has a shell that is listed may choose another.
    fn listed_shell(&self) -> Finding {
        const SUBJECT: &str = "/etc/shells";
        let shells = fs::read_to_string(SUBJECT).unwrap_or_default();
        let is_listed = shells.lines().any(|line| Path::new(line.trim()) == self.account.shell);
        match (is_listed, self.shell_is_gate) {
            (false, _) => Finding::ok(SUBJECT, "the account cannot choose another shell"),
            (true, true) => Finding::fail(
                SUBJECT,
                "lists gate, so the account may choose another shell with chsh, and others with su -s",
                "take the line out; sshd and login need no entry (only services with pam_shells, such as ftp, do)",
            ),
            (true, false) => Finding::warn(
                SUBJECT,
                format!(
                    "lists {}, so the account may choose another shell with chsh",
                    self.account.shell.display()
                ),
                "make gate its login shell, and do not list gate",
            ),
        }
    }

    fn sftp(&self) -> Finding {
        const SUBJECT: &str = "sftp";
        match (self.settings.subsystem("sftp"), self.entrance) {
            (None, _) => Finding::ok(SUBJECT, "no subsystem"),
            (Some(_), Entrance::Forced) => Finding::ok(SUBJECT, "forced through gate"),
            (Some("internal-sftp"), Entrance::Shell) => Finding::fail(
                SUBJECT,
                "internal-sftp runs inside sshd and passes the login shell by",
                "force gate (`gate ssh --print-config`), or set `Subsystem sftp` to the sftp-server program",
            ),
            (Some(_), Entrance::Shell | Entrance::Keys) => Finding::ok(SUBJECT, "started through gate"),
            (Some(program), Entrance::Open) => Finding::fail(
                SUBJECT,
                format!("{program} reads and writes files past gate"),
                "force gate: `gate ssh --print-config`",
            ),
        }
    }

    fn forwarding(&self) -> Finding {
        const SUBJECT: &str = "forwarding";
        if self.settings.is("disableforwarding", "yes") {
            return self.tunnels(SUBJECT);
        }
        let open: Vec<&str> = [
            ("allowtcpforwarding", "ports"),
            ("allowstreamlocalforwarding", "sockets"),
            ("allowagentforwarding", "agent"),
            ("x11forwarding", "X11"),
            ("permittunnel", "tunnels"),
        ]
        .into_iter()
        .filter(|(key, _)| !self.settings.is(key, "no"))
        .map(|(_, name)| name)
        .collect();
        if open.is_empty() {
            return Finding::ok(SUBJECT, "off");
        }
        if self.keys.all_restrict() && !self.keys.is_empty() {
            return Finding::warn(
                SUBJECT,
                format!("only the keys' own options refuse it: {}", open.join(", ")),
                "set `DisableForwarding yes` for the account",
            );
        }
        Finding::fail(
            SUBJECT,
            format!("open, past gate: {}", open.join(", ")),
            "set `DisableForwarding yes` for the account",
        )
    }

    fn tunnels(&self, subject: &'static str) -> Finding {
        if self.settings.is("permittunnel", "no") {
            Finding::ok(subject, "off")
        } else {
            Finding::fail(subject, "open, past gate: tunnels", "set `PermitTunnel no` for the account")
        }
    }

    fn user_rc(&self) -> Finding {
        const SUBJECT: &str = "~/.ssh/rc";
        if self.settings.is("permituserrc", "no") || self.entrance == Entrance::Forced {
            return Finding::ok(SUBJECT, "not run");
        }
        let advice = "set `PermitUserRC no` for the account";
        if self.shell_is_gate {
            Finding::warn(SUBJECT, "run at each login, gated like any command", advice)
        } else {
            Finding::fail(SUBJECT, "run at each login, past gate", advice)
        }
    }

    fn user_environment(&self) -> Finding {
        const SUBJECT: &str = "environment";
        if self.settings.is("permituserenvironment", "no") {
            return Finding::ok(SUBJECT, "the account sets none by ~/.ssh/environment");
        }
        Finding::fail(
            SUBJECT,
            "~/.ssh/environment sets variables of every session",
            "set `PermitUserEnvironment no` (in front of any Match)",
        )
    }

    fn accepted_variables(&self) -> Finding {
        const SUBJECT: &str = "AcceptEnv";
        let usual = |name: &&str| {
            ["LANG", "LC_*", "COLORTERM", "NO_COLOR", "TERM"].contains(name) || name.starts_with("LC_")
        };
        let others: Vec<&str> = self.settings.all("acceptenv").filter(|name| !usual(name)).collect();
        if others.is_empty() {
            return Finding::ok(SUBJECT, "language only");
        }
        Finding::warn(
            SUBJECT,
            format!("clients also set {}", others.join(", ")),
            "set `AcceptEnv LANG LC_*` for the account",
        )
    }

    /// cron and at start a shell of their own.
    fn other_ways(&self) -> Finding {
        const SUBJECT: &str = "cron and at";
        let lists = |file: &str| {
            let text = fs::read_to_string(file).ok()?;
            Some(text.lines().any(|line| line.trim() == self.account.name))
        };
        let is_open = |tool: &str, allow: &str, deny: &str| {
            let installed = ["/usr/bin", "/bin"].iter().any(|place| Path::new(place).join(tool).exists());
            installed && lists(allow).unwrap_or_else(|| !lists(deny).unwrap_or(false))
        };
        let open: Vec<&str> =
            [("crontab", "/etc/cron.allow", "/etc/cron.deny"), ("at", "/etc/at.allow", "/etc/at.deny")]
                .into_iter()
                .filter(|(tool, allow, deny)| is_open(tool, allow, deny))
                .map(|(tool, ..)| tool)
                .collect();
        if open.is_empty() {
            return Finding::ok(SUBJECT, "not for this account");
        }
        Finding::warn(
            SUBJECT,
            format!("{} runs commands of the account with another shell, past gate", open.join(" and ")),
            format!("as root: add {} to /etc/cron.deny and /etc/at.deny", self.account.name),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gate_itself_with_its_own_options_is_gate() {
        let own = std::env::current_exe().unwrap();
        let own = own.display();
        for (command, expected) in [
            (format!("{own} ssh"), true),
            (format!("{own} --agent bot ssh"), true),
            (format!("{own} ssh; id"), false),
            (format!("{own} ssh $SSH_ORIGINAL_COMMAND"), false),
            (format!("{own} -c ssh"), false),
            (format!("{own}"), false),
            ("/bin/sh ssh".to_owned(), false),
            ("internal-sftp".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(starts_gate(&command), expected, "{command}");
        }
    }
}
