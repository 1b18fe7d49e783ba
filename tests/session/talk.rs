//! A client that writes commands to a session and reads until its own sentinel comes back.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::fd::AsFd as _,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::support::house::House;

/// A session with its client.
pub(super) struct Talk {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    count: usize,
}

/// What is left when a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) status: Option<i32>,
}

impl Talk {
    /// gate as a shell whose commands arrive on a pipe.
    pub(super) fn begin(house: &House) -> Self {
        Self::with(house.command(&["shell"]))
    }

    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    pub(super) fn with(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdin, stdout, stderr, count: 0 }
    }

    /// The process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes bytes.
    pub(super) fn write(&mut self, text: &str) {
        self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Writes a part, and waits until gate has read it. Nobody may read it any more.
    pub(super) fn write_taken(&mut self, text: &str) {
        let Some(stdin) = self.stdin.as_mut() else { return };
        if stdin.write_all(text.as_bytes()).is_err() {
            return;
        }
        while gate::sys::descriptors::waiting(stdin.as_fd()) > 0 && self.child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
    }

    /// Writes a command, then a sentinel in a second write; gives the command's output and its status.
    pub(super) fn say(&mut self, text: &str) -> (String, i32) {
        self.write(text);
        self.status()
    }

    /// As [`Talk::say`], with a person who approves it.
    pub(super) fn approved(&mut self, house: &House, text: &str) -> (String, i32) {
        self.write(text);
        let id = self.waits();
        assert_eq!(house.run(&["approve", &id, "--yes"]).status, Some(0));
        self.status()
    }

    /// Waits until it asks; gives what people call the request by.
    pub(super) fn waits(&mut self) -> String {
        let line = self.complaint();
        let id = line.strip_prefix("gate: waiting for approval of ").and_then(|rest| rest.get(..6));
        id.unwrap_or_else(|| panic!("it does not wait: {line}")).to_owned()
    }

    /// The next line on standard output.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// The next line on standard error.
    pub(super) fn complaint(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    /// Writes a sentinel and reads up to it.
    pub(super) fn status(&mut self) -> (String, i32) {
        self.count += 1;
        let mark = format!("__DONE_{}__", self.count);
        self.write(&format!("printf '\\n{mark} %s\\n' $?\n"));
        let mut output = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the session ended: {output}");
            if let Some(status) = line.strip_prefix(&mark) {
                output.pop();
                return (output, status.trim().parse().unwrap());
            }
            output.push_str(&line);
        }
    }

    /// Kills gate as nobody can prevent.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the input, and waits.
    pub(super) fn end(mut self) -> Rest {
        drop(self.stdin.take());
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut stderr).unwrap();
        Rest { stdout, stderr, status: self.child.wait().unwrap().code() }
    }
}
