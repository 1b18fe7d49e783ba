//! `gate doctor --ssh` says what is open, each in one line.

use std::{fs, process::Command};

use super::server::{Server, WAYS, Way, missing};
use crate::support::house::finished;

/// What doctor finds, without what depends on the machine.
fn found(server: &Server) -> (Vec<String>, Option<i32>) {
    let mut command = Command::new(super::server::program());
    command.args(["doctor", "--ssh", server.account(), "--sshd-config"]).arg(server.config());
    let done = finished(command);
    let lines = done.stdout().lines().map(str::to_owned).collect::<Vec<_>>();
    let lines = lines.into_iter().filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
    (lines.filter(|line| !line.contains("cron and at")).collect(), done.status)
}

fn wrong(server: &Server) -> Vec<String> {
    let words = |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    found(server).0.iter().filter(|line| !line.starts_with("ok")).map(words).collect()
}

/// Puts another text in the place of one in sshd's configuration.
fn change(server: &Server, from: &str, to: &str) {
    let text = fs::read_to_string(server.config()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(server.config(), text.replace(from, to)).unwrap();
}

#[test]
fn what_is_printed_for_sshd_leaves_nothing_open() {
    if let Some(why) = missing() {
        return println!("SKIPPED {}: {why}", WAYS.len());
    }
    for way in [Way::ForceCommand, Way::Both] {
        let server = Server::start(way, "default");
        let (lines, status) = found(&server);
        let is_fine = |line: &String| line.starts_with("ok") || line.starts_with("warn  /etc/shells");
        assert!(lines.iter().all(is_fine), "{way:?}: {lines:#?}");
        assert!(way != Way::Both || lines.iter().all(|line| line.starts_with("ok")), "{lines:#?}");
        assert_eq!(status, Some(0), "{way:?}");
    }
    let shell = Server::start(Way::LoginShell, "default");
    assert!(
        wrong(&shell)[0].starts_with("warn way in commands go to the login shell, gate"),
        "{:?}",
        wrong(&shell)
    );
    let key = Server::start(Way::Key, "default");
    let wrong = wrong(&key);
    assert!(wrong[0].starts_with("warn way in every key forces gate"), "{wrong:?}");
    assert_eq!(found(&shell).1, Some(0));
    change(&key, "AuthorizedKeysFile ", "AuthorizedKeysFile .ssh/keys ");
    let line = format!("{}\n", fs::read_to_string(key.path("authorized_keys")).unwrap());
    let own = key.own(".ssh/keys", line);
    let wrong = self::wrong(&key);
    let line = format!("FAIL keys the account can add a key without options: {}", own.display());
    assert!(wrong.contains(&line), "{wrong:#?}");
}

#[test]
fn each_hole_is_named() {
    if let Some(why) = missing() {
        return println!("SKIPPED 1: {why}");
    }
    let server = Server::start(Way::ForceCommand, "default");
    for (from, to, line) in [
        (
            "DisableForwarding yes",
            "DisableForwarding no",
            "FAIL forwarding open, past gate: ports, sockets, agent",
        ),
        ("PermitTunnel no", "PermitTunnel yes", "FAIL forwarding open, past gate: tunnels"),
        (
            "PermitUserEnvironment no",
            "PermitUserEnvironment yes",
            "FAIL environment ~/.ssh/environment sets variables of every session",
        ),
        (
            "AcceptEnv LANG LC_*\n    Permit",
            "AcceptEnv LANG GIT_*\n    Permit",
            "warn AcceptEnv clients also set GIT_*",
        ),
        ("ForceCommand", "# ForceCommand", "FAIL way in no session has to go through gate"),
    ] {
        change(&server, from, to);
        let wrong = wrong(&server);
        assert!(wrong.iter().any(|found| found == line), "{to}: {wrong:#?}");
        assert_eq!(found(&server).1, Some(if line.starts_with("FAIL") { 125 } else { 0 }), "{to}");
        change(&server, to, from);
    }
    change(&server, "ForceCommand", "# ForceCommand");
    let wrong = wrong(&server);
    for line in [
        "FAIL login shell /bin/sh runs what the client asks for",
        "FAIL sftp internal-sftp reads and writes files past gate",
    ] {
        assert!(wrong.iter().any(|found| found == line), "{wrong:#?}");
    }
}

#[test]
fn a_login_shell_that_a_subsystem_passes_by_or_that_reads_startup_files_is_named() {
    if let Some(why) = missing() {
        return println!("SKIPPED 2: {why}");
    }
    let server = Server::start(Way::LoginShell, "internal-sftp");
    let wrong = wrong(&server);
    let line = "FAIL sftp internal-sftp runs inside sshd and passes the login shell by";
    assert!(wrong.iter().any(|found| found == line), "{wrong:#?}");
    let forced = Server::start(Way::ForceCommand, "default");
    let mut usermod = Command::new("usermod");
    usermod.args(["--shell", "/bin/bash", forced.account()]);
    assert_eq!(finished(usermod).status, Some(0));
    let wrong = self::wrong(&forced);
    let line =
        "FAIL login shell /bin/bash starts the forced command and may read ~/.bashrc or the like first";
    assert!(wrong.iter().any(|found| found == line), "{wrong:#?}");
}

#[test]
fn an_account_that_is_not_there_fails() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gate"));
    command.args(["doctor", "--ssh", "no-such-account"]);
    let done = finished(command);
    assert_eq!(done.status, Some(125));
    assert!(done.stdout().contains("there is no account no-such-account"), "{}", done.stdout());
}
