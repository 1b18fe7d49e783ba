//! `enforce = true` on a machine of its own: root's `/etc/gate`, an account that is not root, real mounts.

use std::{fs, os::unix::fs::chown, path::Path, process::Command};

use crate::support::house::{Done, finished};

const SYSTEM: [&str; 8] = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs"];

const ACCOUNT: [&str; 6] = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"];

/// A machine with its own `/etc/gate`, `/var/cache/gate` and one account, 1000, in `/home/me`.
struct Machine {
    directory: tempfile::TempDir,
}

impl Machine {
    /// `None` where the test cannot build one: without root, bubblewrap or setpriv.
    fn new(settings: &str) -> Option<Self> {
        let has = |program: &str| Path::new("/usr/bin").join(program).exists();
        if !nix::unistd::geteuid().is_root() || !has("bwrap") || !has("setpriv") {
            println!("SKIPPED: needs root, bwrap and setpriv");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let machine = Self { directory };
        for folder in ["etc", "cache", "home/project/.git", "home/.config/gate"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        machine.write("etc/gate.toml", settings);
        machine.write("passwd", "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n");
        machine.give_away(&machine.path("home"));
        Some(machine)
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    fn give_away(&self, path: &Path) {
        chown(path, Some(1000), Some(1000)).unwrap();
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                self.give_away(&entry.unwrap().path());
            }
        }
    }

    fn command(&self, account: &[&str], words: &[&str]) -> Command {
        self.command_with("HOME=/home/me", account, words)
    }

    fn command_with(&self, variable: &str, account: &[&str], words: &[&str]) -> Command {
        let path = |path: &str| self.path(path).to_str().unwrap().to_owned();
        let (etc, cache, home, passwd) = (path("etc"), path("cache"), path("home"), path("passwd"));
        let mut command = Command::new("bwrap");
        command
            .args(SYSTEM)
            .args(["/etc", "--ro-bind", &passwd, "/etc/passwd", "--ro-bind", &etc, "/etc/gate"])
            .args(["--tmpfs", "/var/cache", "--bind", &cache, "/var/cache/gate"])
            .args([
                "--tmpfs",
                "/usr/local/bin",
                "--ro-bind",
                env!("CARGO_BIN_EXE_gate"),
                "/usr/local/bin/gate",
            ])
            .args(["--tmpfs", "/home", "--bind", &home, "/home/me", "--chdir", "/home/me/project"])
            .args(account)
            .args(["env", "-i", variable, "PATH=/usr/local/bin:/usr/bin:/bin", "XDG_CONFIG_HOME=/tmp/loose"])
            .arg("gate")
            .args(words);
        command
    }

    /// gate as the account that is not root.
    fn run(&self, words: &[&str]) -> Done {
        finished(self.command(&ACCOUNT, words))
    }

    fn run_as_root(&self, words: &[&str]) -> Done {
        finished(self.command(&[], words))
    }
}

#[test]
fn nothing_of_the_accounts_own_loosens_what_root_enforces() {
    let Some(machine) = Machine::new("enforce = true\n[approver]\nsocket = false\nterminal = \"never\"\n")
    else {
        return;
    };
    machine.write("home/.config/gate/gate.toml", "policy = [\"loose.toml\"]\n[record]\nmode = \"none\"\n");
    machine.write("home/.config/gate/loose.toml", "version = 1\n");
    machine.give_away(&machine.path("home"));
    let done = machine.run(&["-c", "echo works"]);
    assert_eq!((done.status, done.stdout()), (Some(0), "works\n".to_owned()), "{}", done.stderr());
    assert_eq!(machine.run(&["-c", "rm -rf ."]).status, Some(126));
    assert!(machine.path("home/.local/state/gate/recordings").is_dir(), "recorded whatever the account says");
    let doctor = machine.run(&["doctor"]).stdout();
    assert!(doctor.contains("ok    enforce"), "{doctor}");
}

#[test]
fn no_variable_moves_the_account_to_another_home() {
    let Some(machine) = Machine::new("enforce = true\n[approver]\nsocket = false\nterminal = \"never\"\n")
    else {
        return;
    };
    for text in ["printenv HOME", "echo $HOME", "echo ~; true"] {
        let done = finished(machine.command_with("HOME=/home/me/project", &ACCOUNT, &["-c", text]));
        assert_eq!(
            (done.status, done.stdout()),
            (Some(0), "/home/me\n".to_owned()),
            "{text}: {}",
            done.stderr()
        );
    }
    let done =
        finished(machine.command_with("HOME=/home/me/project", &ACCOUNT, &["-c", "cat ~/.ssh/id_rsa"]));
    assert!(done.stderr().contains("reads /home/me/.ssh/id_rsa"), "{}", done.stderr());
}

#[test]
fn no_option_says_that_another_agent_asks() {
    let settings = "enforce = true\nagent = \"codex\"\n[approver]\nsocket = false\nterminal = \"never\"\n";
    let Some(machine) = Machine::new(settings) else { return };
    assert_eq!(machine.run(&["--agent", "nobody", "-c", "echo works"]).stdout(), "works\n");
    let log = machine.run(&["log", "--json"]).stdout();
    assert!(log.contains("\"agent\":\"codex\"") && !log.contains("nobody"), "{log}");
}

#[test]
fn the_account_uses_what_root_compiled() {
    let Some(machine) = Machine::new("enforce = true\n") else { return };
    assert!(machine.run(&["doctor"]).stdout().contains("every run compiles the policy again"));
    assert_eq!(machine.run_as_root(&["policy", "compile"]).stdout(), "compiled\n");
    assert!(machine.run(&["doctor"]).stdout().contains("settings and policy are compiled"));
    assert_eq!(machine.run(&["-c", "echo works"]).stdout(), "works\n");
}

#[test]
fn a_policy_or_setting_that_the_account_can_write_stops_everything() {
    let Some(machine) = Machine::new("enforce = true\npolicy = [\"default\", \"team.toml\"]\n") else {
        return;
    };
    machine.write("etc/team.toml", "version = 1\n");
    assert_eq!(machine.run(&["-c", "true"]).status, Some(0));
    for file in ["etc/team.toml", "etc/gate.toml"] {
        chown(machine.path(file), Some(1000), None).unwrap();
        let done = machine.run(&["-c", "true"]);
        assert_eq!(done.status, Some(125), "{file}");
        assert!(done.stderr().contains("belongs to account 1000, not to root"), "{}", done.stderr());
        chown(machine.path(file), Some(0), None).unwrap();
    }
}
