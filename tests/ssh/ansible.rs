//! Ansible, which starts scores of shell texts for one module: each is asked, and a person says yes.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use super::server::{Server, Way, missing};
use crate::support::house::finished;

/// Where Ansible is: on `PATH`, or where `GATE_ANSIBLE` says.
fn ansible() -> Option<PathBuf> {
    let named = std::env::var_os("GATE_ANSIBLE").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|directory| directory.join("ansible")).find(|file| file.is_file());
    named.or(found)
}

/// Approves what waits until it is told to stop.
fn approve_all(server: &Server, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let waiting = finished(server.as_account(&["pending", "--json"])).stdout();
        for line in waiting.lines() {
            let Ok(request) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let id = request["request"]["id"].as_str().unwrap_or_default();
            finished(server.as_account(&["approve", "--yes", id]));
        }
    }
}

#[test]
fn ansible_pings() {
    let Some(ansible) = ansible() else {
        return println!("SKIPPED 2: Ansible is not installed (pip install ansible-core, or GATE_ANSIBLE)");
    };
    if let Some(why) = missing() {
        return println!("SKIPPED 2: {why}");
    }
    for way in [Way::LoginShell, Way::Both] {
        let server = Server::start(way, "default");
        server.own(
            ".config/gate/gate.toml",
            "timeout = \"60s\"\npolicy = [\"default\"]\n[approver]\nterminal = \"never\"\n",
        );
        let inventory = server.client("inventory");
        let line = format!(
            "it ansible_host=127.0.0.1 ansible_port={} ansible_user={} ansible_python_interpreter=/usr/bin/python3 \
             ansible_ssh_common_args='{}'\n",
            server.port(),
            server.account(),
            server.options().join(" ")
        );
        fs::write(&inventory, line).unwrap();
        let mut command = Command::new(&ansible);
        command.args(["-i", inventory.to_str().unwrap(), "it", "-m", "ping"]);
        command.env("ANSIBLE_HOST_KEY_CHECKING", "False").env("ANSIBLE_LOCAL_TEMP", server.client("tmp"));
        command
            .env("ANSIBLE_SSH_ARGS", "-o ControlMaster=no")
            .env("HOME", server.client("x").parent().unwrap());
        let over = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            scope.spawn(|| approve_all(&server, &over));
            let done = finished(command);
            over.store(true, Ordering::Relaxed);
            done
        });
        let said = format!("{}{}", done.stdout(), done.stderr());
        assert!(done.stdout().contains("\"ping\": \"pong\""), "{way:?}: {said}");
        let events = server.events();
        let accepted = events.iter().filter(|event| event["event"] == "accept").count();
        assert!(accepted >= 3, "{way:?}: {accepted} commands");
    }
}
