//! gate as people have it: the program itself, in a home and a project of the test's own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// A home with a project, and what to run there.
pub(crate) struct House {
    directory: tempfile::TempDir,
}

/// What gate left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) status: Option<i32>,
}

/// gate, waiting for an answer.
pub(crate) struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    /// What people call the request by.
    pub(crate) id: String,
}

impl House {
    /// A home whose settings leave nobody to be asked.
    pub(crate) fn unattended() -> Self {
        Self::with("[approver]\nterminal = \"never\"\nsocket = false\n")
    }

    /// A home whose settings let a second terminal answer.
    pub(crate) fn attended() -> Self {
        Self::with("timeout = \"60s\"\n[approver]\nterminal = \"never\"\n")
    }

    /// A home with these settings.
    pub(crate) fn with(settings: &str) -> Self {
        let house = Self { directory: tempfile::tempdir().unwrap() };
        house.write("home/.config/gate/gate.toml", settings);
        fs::create_dir_all(house.path("home/project/.git")).unwrap();
        house
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.path("home/.local/state/gate")
    }

    /// Whether a file of the project exists.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path("home/project").join(name).exists()
    }

    /// gate with these words, ready to start in the project.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate"));
        command.args(words);
        self.settle(command)
    }

    /// A command in the project, with this home and nothing else of the caller's.
    pub(crate) fn settle(&self, mut command: Command) -> Command {
        command
            .current_dir(self.path("home/project"))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null());
        command
    }

    /// Runs gate with these words.
    pub(crate) fn run(&self, words: &[&str]) -> Done {
        finished(self.command(words))
    }

    /// Runs gate with these words and this standard input.
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    pub(crate) fn feed(&self, words: &[&str], input: &[u8]) -> Done {
        let mut command = self.command(words);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let done = done(child.wait_with_output().unwrap());
        let _ = writer.join();
        done
    }

    /// Starts gate with these words and waits until it asks.
    pub(crate) fn ask(&self, words: &[&str]) -> Waiting {
        self.ask_with(self.command(words))
    }

    /// Starts this gate and waits until it asks.
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    pub(crate) fn ask_with(&self, mut command: Command) -> Waiting {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let id = line
            .strip_prefix("gate: waiting for approval of ")
            .and_then(|rest| rest.get(..6))
            .unwrap_or_else(|| panic!("it does not wait: {line}"))
            .to_owned();
        Waiting { child, stderr, id }
    }
}

impl Waiting {
    /// Waits for the end.
    pub(crate) fn end(self) -> Done {
        self.end_by_signal().0
    }

    /// Waits for the end; gives the signal as well that killed gate, if one did.
    pub(crate) fn end_by_signal(mut self) -> (Done, Option<i32>) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.stderr.read_to_end(&mut stderr).unwrap();
        self.child.stdout.take().map(|mut out| out.read_to_end(&mut stdout).unwrap());
        let status = self.child.wait().unwrap();
        (Done { stdout, stderr, status: status.code() }, status.signal())
    }

    /// Reads standard output no more.
    pub(crate) fn hang_up(&mut self) {
        self.child.stdout.take();
    }

    /// The waiting process.
    pub(crate) fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Whether it still waits.
    pub(crate) fn is_waiting(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Done {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap()
    }
}

/// Runs a program to its end.
#[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
pub(crate) fn finished(mut command: Command) -> Done {
    done(command.output().unwrap())
}

fn done(output: Output) -> Done {
    Done { stdout: output.stdout, stderr: output.stderr, status: output.status.code() }
}

/// Every file below a directory, for "nothing came or went".
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}
