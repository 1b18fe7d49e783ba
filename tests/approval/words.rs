//! `gate pending`, `gate approve`, `gate deny` as people type them.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use gate::sys::process::Change;

use super::{asking::Asking, elsewhere::Wrapper};
use crate::support::terminal::Terminal;

/// A home of its own, with a request that waits in it.
struct Scene {
    home: tempfile::TempDir,
    wrapper: Wrapper,
}

impl Scene {
    fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("gate")).unwrap();
        let wrapper = Wrapper::start(&Asking::new(&home.path().join("gate"), text));
        Self { home, wrapper }
    }

    fn variables(home: &Path) -> [(&'static str, OsString); 4] {
        let home = PathBuf::from(home).into_os_string();
        [
            ("HOME", home.clone()),
            ("XDG_STATE_HOME", home.clone()),
            ("XDG_CONFIG_HOME", home),
            ("TERM", "xterm".into()),
        ]
    }

    fn gate(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate"));
        command.args(words).envs(Self::variables(self.home.path())).stdin(Stdio::null()).output().unwrap()
    }

    fn id(&self) -> &str {
        self.wrapper.id.as_str()
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn what_waits_is_listed_in_a_line_each_and_shown_whole() {
    let scene = Scene::new("make \u{202e}install");
    let listed = said(&scene.gate(&["pending"]));
    assert!(listed.starts_with(&format!("0{}  high    40 ", scene.id())), "{listed}");
    assert!(listed.ends_with(" s  make \\u{202e}install\n"), "{listed}");
    let shown = said(&scene.gate(&["pending", scene.id()]));
    assert!(shown.contains("│ make \\u{202e}install") && shown.contains("digest"), "{shown}");
    let json = scene.gate(&["pending", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["request"]["id"], scene.id());
    assert_eq!(json["digest"].as_str().unwrap().len(), 64);
    assert_eq!(
        said(&scene.gate(&["deny", scene.id(), "--reason", "no"])),
        format!("0gate: {} is denied\n", scene.id())
    );
    assert!(scene.wrapper.verdict().contains("Some(\"no\")"));
}

#[test]
fn without_a_terminal_only_the_digest_of_what_was_shown_approves() {
    let scene = Scene::new("make install");
    let id = scene.id().to_owned();
    assert!(said(&scene.gate(&["approve", &id])).contains("nobody can press a key here"));
    assert!(said(&scene.gate(&["approve", &id, "--digest", "0123"])).contains("at least 12 digits"));
    assert!(
        said(&scene.gate(&["approve", &id, "--digest", "000000000000"])).contains("is not what was shown")
    );
    let json: serde_json::Value =
        serde_json::from_slice(&scene.gate(&["pending", &id, "--json"]).stdout).unwrap();
    let prefix = &json["digest"].as_str().unwrap()[..12];
    assert_eq!(
        said(&scene.gate(&["approve", &id, "--digest", prefix])),
        format!("0gate: {id} is approved\n")
    );
    assert!(scene.wrapper.verdict().contains("Approve"));
}

#[test]
fn in_a_second_terminal_one_key_decides() {
    let scene = Scene::new("make install");
    let mut terminal = Terminal::start(
        env!("CARGO_BIN_EXE_gate"),
        &["gate", "approve", scene.id()],
        &Scene::variables(scene.home.path()),
    );
    terminal.wait_for("make install");
    terminal.wait_for(" > ");
    std::thread::sleep(Duration::from_millis(650));
    terminal.send("a");
    terminal.wait_for("is approved");
    assert!(matches!(terminal.wait().0, Change::Exited(0)));
    assert!(scene.wrapper.verdict().contains("Approve"));
}

#[test]
fn a_second_terminal_is_told_when_the_question_is_settled() {
    let scene = Scene::new("make install");
    let mut terminal = Terminal::start(
        env!("CARGO_BIN_EXE_gate"),
        &["gate", "approve", scene.id()],
        &Scene::variables(scene.home.path()),
    );
    terminal.wait_for(" > ");
    scene.gate(&["deny", scene.id()]);
    terminal.wait_for("settled elsewhere");
    terminal.wait_for("no longer waits");
    assert!(matches!(terminal.wait().0, Change::Exited(125)));
}

#[test]
fn what_does_not_wait_cannot_be_decided() {
    let scene = Scene::new("make install");
    for words in [["approve", "zzzzzz"], ["deny", "zzzzzz"], ["pending", "zzzzzz"]] {
        let told = said(&scene.gate(&words));
        assert_eq!(told, "125gate: request zzzzzz: no such request waits\n");
    }
    assert!(said(&scene.gate(&["approve", "../../x"])).contains("is not the identifier of a request"));
    scene.gate(&["deny", scene.id()]);
}
