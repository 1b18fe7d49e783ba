//! A rule that wants several people: accounts are counted, by what the kernel says of them.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::Command,
};

use gate::sys::account;

use crate::support::{
    house::{Done, House, Waiting, finished},
    terminal::Terminal,
};

const RULE: &str = r#"version = 1
[[rule]]
id = "two"
tier = "high"
reviewers = 2
reason = "two people look at it"
command = "touch **"
match = "touch x"
"#;

/// gate as an account that is not root, and root beside it.
struct Office {
    house: House,
    gate: PathBuf,
    nobody: u32,
}

impl Office {
    /// `None` where there is only one account to act as.
    fn new(settings: &str) -> Option<Self> {
        let nobody = account::uid_of("nobody").filter(|uid| *uid != 0);
        let (true, Some(nobody), true) =
            (nix::unistd::geteuid().is_root(), nobody, Path::new("/usr/bin/setpriv").exists())
        else {
            println!("SKIPPED: needs root, an account nobody, and setpriv");
            return None;
        };
        let policy = "timeout = \"60s\"\npolicy = [\"default\", \"two.toml\"]\n";
        let house = House::with(&format!("{policy}{settings}"));
        house.write("home/.config/gate/two.toml", RULE);
        // The account may have no way to where the test's own program lies.
        let gate = house.path("gate");
        fs::copy(env!("CARGO_BIN_EXE_gate"), &gate).unwrap();
        fs::set_permissions(&gate, fs::Permissions::from_mode(0o755)).unwrap();
        give_away(&house.path("."), nobody);
        fs::create_dir(house.path("root")).unwrap();
        Some(Self { house, gate, nobody })
    }

    fn as_nobody(&self, words: &[&str]) -> Command {
        let uid = self.nobody.to_string();
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", &uid, "--regid", &uid, "--clear-groups"])
            .arg(&self.gate)
            .args(words)
            .current_dir(self.house.path("home/project"))
            .env_clear()
            .env("HOME", self.house.path("home"))
            .env("PATH", "/usr/bin:/bin");
        command
    }

    fn run_as_nobody(&self, words: &[&str]) -> Done {
        finished(self.as_nobody(words))
    }

    /// root, who looks into the account's state.
    fn run_as_root(&self, words: &[&str]) -> Done {
        let mut command = Command::new(&self.gate);
        command
            .args(words)
            .env_clear()
            .env("HOME", self.house.path("root"))
            .env("XDG_STATE_HOME", self.house.path("home/.local/state"));
        finished(command)
    }

    fn ask(&self) -> Waiting {
        self.house.ask_with(self.as_nobody(&["-c", "touch canary"]))
    }

    fn log(&self) -> String {
        self.run_as_nobody(&["log", "--json"]).stdout()
    }
}

fn give_away(path: &Path, uid: u32) {
    chown(path, Some(uid), Some(uid)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path(), uid);
        }
    }
}

const SOCKET: &str = "[approver]\nterminal = \"never\"\nreviewers = [\"nobody\", \"root\"]\n";

#[test]
fn two_accounts_approve_and_the_log_names_both() {
    let Some(office) = Office::new(SOCKET) else { return };
    let mut waiting = office.ask();
    let id = waiting.id.clone();
    assert!(office.run_as_nobody(&["pending"]).stdout().contains("0 of 2 approved\n"));
    let first = office.run_as_nobody(&["approve", &id, "--yes"]);
    assert_eq!(
        first.stderr(),
        format!("gate: {id} is approved by you; one more account has to approve it\n")
    );
    assert_eq!(first.status, Some(0));
    assert!(waiting.is_waiting() && !office.house.has("canary"));
    let listed = office.run_as_root(&["pending"]);
    assert!(listed.stdout().contains("1 of 2 approved by nobody\n"), "{listed:?}");
    let whole = office.run_as_root(&["pending", &id]).stdout();
    assert!(whole.contains("needs 2 reviewers, each with another account"), "{whole}");
    let second = office.run_as_root(&["approve", &id, "--yes"]);
    assert_eq!(second.stderr(), format!("gate: {id} is approved\n"));
    let done = waiting.end();
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    assert!(office.house.has("canary"));
    let log = office.log();
    let accept = log.lines().find(|line| line.contains("\"event\":\"accept\"")).unwrap();
    let expected = format!(
        "\"by\":{{\"kind\":\"reviewer\",\"name\":\"nobody\",\"uid\":{},\"channel\":\"socket\",\"others\":[{{\"name\":\"root\",\"uid\":0,\"channel\":\"socket\"}}]}}",
        office.nobody
    );
    assert!(accept.contains(&expected), "{accept}");
    assert_eq!(office.run_as_nobody(&["log", "--verify"]).status, Some(0));
    assert!(office.run_as_nobody(&["log"]).stdout().contains("nobody, root"));
}

#[test]
fn i10_a_process_of_the_same_account_cannot_reach_into_one_that_waits() {
    let Some(office) = Office::new(SOCKET) else { return };
    let waiting = office.ask();
    let uid = office.nobody.to_string();
    for file in ["mem", "environ", "fd/0"] {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &uid, "--regid", &uid, "--clear-groups", "head", "-c1"]);
        command.arg(format!("/proc/{}/{file}", waiting.pid()));
        let done = finished(command);
        assert!(done.stderr().contains("Permission denied"), "{file}: {done:?}");
    }
    assert_eq!(office.run_as_root(&["deny", &waiting.id]).status, Some(0));
    assert_eq!(waiting.end().status, Some(126));
}

#[test]
fn one_account_does_not_pass_for_two() {
    let Some(office) = Office::new(SOCKET) else { return };
    let mut waiting = office.ask();
    let id = waiting.id.clone();
    assert_eq!(office.run_as_nobody(&["approve", &id, "--yes"]).status, Some(0));
    for _ in 0..3 {
        let again = office.run_as_nobody(&["approve", &id, "--yes"]);
        let told = format!(
            "gate: request {id}: refused: this account has approved it already; 2 different ones have to\n"
        );
        assert_eq!((again.status, again.stderr()), (Some(125), told));
    }
    assert!(waiting.is_waiting());
    assert_eq!(office.run_as_root(&["deny", &id, "--reason", "no"]).status, Some(0));
    let done = waiting.end();
    assert_eq!(done.status, Some(126));
    assert!(done.stderr().contains("gate: denied by root: no\n"), "{}", done.stderr());
    assert!(!office.house.has("canary"));
}

#[test]
fn one_rejection_settles_it_at_once() {
    let Some(office) = Office::new(SOCKET) else { return };
    let waiting = office.ask();
    assert_eq!(office.run_as_root(&["deny", &waiting.id]).status, Some(0));
    assert_eq!(waiting.end().status, Some(126));
    assert!(!office.house.has("canary"));
}

#[test]
fn on_the_terminal_the_callers_account_approves_and_another_one_elsewhere() {
    let settings = SOCKET.replace("never", "always");
    let Some(office) = Office::new(&settings) else { return };
    let uid = office.nobody.to_string();
    let gate = office.gate.to_str().unwrap();
    let project = office.house.path("home/project");
    let script = format!(
        "cd {} && exec env -i HOME={} TERM=xterm PATH=/usr/bin:/bin {gate} -c 'touch canary'",
        project.display(),
        office.house.path("home").display()
    );
    let words = ["setpriv", "--reuid", &uid, "--regid", &uid, "--clear-groups", "sh", "-c", &script];
    let mut terminal = Terminal::start("/usr/bin/setpriv", &words, &[]);
    terminal.wait_for(" > ");
    std::thread::sleep(std::time::Duration::from_millis(650));
    terminal.send("a");
    terminal.wait_for("1 of 2 approved, by nobody");
    terminal.wait_for(" > ");
    std::thread::sleep(std::time::Duration::from_millis(650));
    terminal.send("a");
    terminal.wait_for("this account has approved it already; 1 of 2 approved, by nobody");
    assert!(!office.house.has("canary"));
    let listed = office.run_as_root(&["pending"]).stdout();
    assert!(listed.contains("1 of 2 approved by nobody"), "{listed}");
    assert_eq!(office.run_as_root(&["approve", &listed[..6], "--yes"]).status, Some(0));
    terminal.wait_for("approved once by nobody, root");
    terminal.wait();
    assert!(office.house.has("canary"));
}

#[test]
fn where_too_few_accounts_can_answer_nobody_is_asked() {
    for (approver, able) in [
        ("[approver]\nterminal = \"never\"\n", 1),
        ("[approver]\nterminal = \"never\"\nreviewers = [\"root\", \"root\"]\n", 1),
        ("[approver]\nterminal = \"never\"\nreviewers = [\"root\", \"no-such-account\"]\n", 1),
        ("[approver]\nterminal = \"never\"\nsocket = false\nreviewers = [\"root\", \"nobody\"]\n", 0),
    ] {
        let house = House::with(&format!("policy = [\"default\", \"two.toml\"]\n{approver}"));
        house.write("home/.config/gate/two.toml", RULE);
        let done = house.run(&["-c", "touch canary"]);
        assert_eq!(done.status, Some(126), "{approver}");
        let told = done.stderr();
        assert!(
            told.starts_with("gate: denied: it needs 2 reviewers, and so many cannot be asked\n"),
            "{told}"
        );
        let hint = format!(
            "gate: hint: a rule wants 2 reviewers with different accounts, and {able} can answer here; name more in approver.reviewers of gate.toml\n"
        );
        assert!(told.ends_with(&hint), "{told}");
        assert!(!house.has("canary"));
        let log = house.run(&["log", "--json"]).stdout();
        assert!(log.contains("\"cause\":\"unattended\""), "{log}");
    }
}
