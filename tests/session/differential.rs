//! Scripts fed line by line do in a session what they do in bash itself.

use std::{
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use super::talk::Talk;
use crate::support::house::House;

/// Scripts with an empty line between them.
const SCRIPTS: &str = include_str!("scripts.txt");

/// What each script is run behind.
const BEGINNINGS: [&str; 5] = ["", "set -e\n", "set -u\n", "set -o pipefail\n", "set -x\n"];

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    stdout: String,
    stderr: String,
    status: Option<i32>,
}

impl Came {
    /// Processes that run at the same time trace in any order.
    fn settled(&self, script: &str) -> Self {
        let mut lines: Vec<&str> = self.stderr.lines().collect();
        if script.starts_with("set -x") {
            lines.sort_unstable();
        }
        Self { stdout: self.stdout.clone(), stderr: lines.join("\n"), status: self.status }
    }
}

fn scripts() -> Vec<String> {
    let bodies: Vec<String> = SCRIPTS.split("\n\n").map(|body| format!("{}\n", body.trim_end())).collect();
    BEGINNINGS
        .iter()
        .flat_map(|beginning| bodies.iter().map(move |body| format!("{beginning}{body}")))
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "bash is what gate is compared with")]
fn bash(house: &House, script: &str) -> Came {
    use std::io::Write as _;
    let mut command = Command::new("/usr/bin/bash");
    command.arg0("bash").args(["--noprofile", "--norc"]).current_dir(house.path("home/project")).env_clear();
    command.env("HOME", house.path("home")).env("PATH", "/usr/bin:/bin");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Came { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status.code() }
}

/// Line by line: the next is written when the one before was taken.
fn session(house: &House, script: &str) -> Came {
    let mut talk = Talk::begin(house);
    for line in script.split_inclusive('\n') {
        talk.write_taken(line);
    }
    let rest = talk.end();
    Came { stdout: rest.stdout, stderr: rest.stderr, status: rest.status }
}

#[test]
fn scripts_do_in_a_session_what_they_do_in_bash() {
    let scripts = scripts();
    assert!(scripts.len() >= 200, "{}", scripts.len());
    let (next, wrong) = (std::sync::atomic::AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    let work = || {
        let house = House::unattended();
        while let Some(script) = scripts.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            let (expected, came) = (bash(&house, script), session(&house, script));
            if expected.settled(script) != came.settled(script) {
                wrong.lock().unwrap().push(format!("{script}bash:    {expected:?}\nsession: {came:?}\n"));
            }
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), scripts.len(), wrong.join("\n"));
}
