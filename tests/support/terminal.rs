//! A terminal that a test sits at: a pty, and a process that leads the session behind it.

use std::{
    ffi::{CString, OsString},
    io::Read,
    os::fd::{AsFd, OwnedFd},
    os::unix::ffi::OsStrExt,
    time::{Duration, Instant},
};

use gate::sys::{
    process::{Change, Image, Session, Wire, changed, spawn},
    pty::Pair,
    terminal::{self, Size},
};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, Signal, kill},
        termios::{Termios, tcgetattr},
    },
    unistd::{Pid, write},
};

use super::gated::Gated;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal with a process in its foreground.
pub(crate) struct Terminal {
    leader: OwnedFd,
    /// The path of its other end.
    pub(crate) name: String,
    pub(crate) pid: Pid,
    screen: Vec<u8>,
    seen: usize,
    ended: Option<Change>,
}

impl Terminal {
    /// Starts gate as the leader of the terminal's session: nobody controls jobs here.
    pub(crate) fn gate(gated: &Gated) -> Self {
        let this = std::env::current_exe().unwrap();
        Self::start(this.to_str().unwrap(), &["gate"], &[gated.role()])
    }

    /// Starts an interactive shell; the runs are at hand as the commands `$gate1`, `$gate2`, ….
    pub(crate) fn shell(runs: &[&Gated]) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut variables = vec![("PS1", OsString::from("ready> ")), ("HISTFILE", OsString::new())];
        variables.push(("this", this.into_os_string()));
        for (name, run) in ["role1", "role2", "role3"].into_iter().zip(runs) {
            variables.push((name, run.role().1));
        }
        let mut terminal = Self::start("/bin/bash", &["bash", "--norc", "--noprofile", "-i"], &variables);
        terminal.wait_for("ready> ");
        terminal.send("gate() { GATE_TEST_ROLE=$1 exec $this; }; bind 'set enable-bracketed-paste off'\r");
        terminal.wait_for("ready> ");
        terminal
    }

    /// Starts a program with the test's environment and these variables, this terminal on its descriptors 0–2.
    pub(crate) fn start(file: &str, words: &[&str], variables: &[(&str, OsString)]) -> Self {
        let pair = Pair::open(30, 100).unwrap();
        let replaced = |name: &std::ffi::OsStr| variables.iter().any(|(other, _)| *other == name);
        let inherited = std::env::vars_os().filter(|(name, _)| !replaced(name));
        let added = variables.iter().map(|(name, value)| (OsString::from(name), value.clone()));
        let environment = inherited
            .chain(added)
            .map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).unwrap());
        let image = Image {
            file: CString::new(file).unwrap(),
            argv: words.iter().map(|word| CString::new(*word).unwrap()).collect(),
            environment: environment.collect(),
        };
        let wires = [Wire::Open(&pair.path), Wire::Copy(0), Wire::Copy(0)];
        let pid = spawn(&image, wires, Session::New, &SigSet::empty()).unwrap();
        let name = pair.path.to_string_lossy().into_owned();
        Self { leader: pair.into_leader(), name, pid, screen: Vec::new(), seen: 0, ended: None }
    }

    /// Types.
    pub(crate) fn send(&self, keys: &str) {
        write(&self.leader, keys.as_bytes()).unwrap();
    }

    /// Waits until the text appears after what was waited for before; gives what came with it.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let begin = Instant::now();
        loop {
            let fresh = &self.screen[self.seen..];
            if let Some(at) = fresh.windows(text.len()).position(|window| window == text.as_bytes()) {
                let came = String::from_utf8_lossy(&fresh[..at + text.len()]).into_owned();
                self.seen += at + text.len();
                return came;
            }
            assert!(
                begin.elapsed() < PATIENCE && self.read(),
                "waiting for {text:?}, the screen shows {:?}",
                String::from_utf8_lossy(fresh_of(&self.screen, self.seen)),
            );
        }
    }

    /// Waits for the end; gives everything that was shown.
    pub(crate) fn wait(&mut self) -> (Change, String) {
        let begin = Instant::now();
        loop {
            self.read();
            if self.ended.is_none() {
                self.ended =
                    changed(self.pid).unwrap().filter(|change| !matches!(change, Change::Stopped(_)));
            }
            if let Some(ended) = self.ended {
                while self.read() {}
                return (ended, String::from_utf8_lossy(&self.screen).into_owned());
            }
            assert!(begin.elapsed() < PATIENCE, "still running: {:?}", String::from_utf8_lossy(&self.screen));
        }
    }

    /// The terminal's settings now, as the process in its foreground would see them.
    pub(crate) fn settings(&self) -> Termios {
        tcgetattr(&self.leader).unwrap()
    }

    /// Waits until the settings fulfil a condition.
    pub(crate) fn wait_for_settings(&mut self, condition: impl Fn(&Termios) -> bool) {
        let begin = Instant::now();
        while !condition(&self.settings()) {
            assert!(begin.elapsed() < PATIENCE, "{:?}", self.settings());
            self.read();
        }
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        terminal::resize(&self.leader, Size { rows, columns }).unwrap();
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid, signal).unwrap();
    }

    /// Closes the terminal as a window is closed.
    pub(crate) fn close(self) -> Pid {
        self.pid
    }

    /// Reads what is there, waiting a moment for it; false where nothing more can come.
    fn read(&mut self) -> bool {
        let mut ready = [PollFd::new(self.leader.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, PollTimeout::from(50u8)).unwrap_or(0) == 0 {
            return self.ended.is_none();
        }
        let mut bytes = [0; 4096];
        let mut leader = std::fs::File::from(self.leader.try_clone().unwrap());
        match leader.read(&mut bytes) {
            Ok(count) => {
                self.screen.extend_from_slice(&bytes[..count]);
                count > 0
            }
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }
}

fn fresh_of(screen: &[u8], seen: usize) -> &[u8] {
    &screen[seen..]
}
