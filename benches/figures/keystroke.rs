//! How long a key takes to come back from a session's prompt, against bash's.

use std::{
    ffi::CString,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    time::{Duration, Instant},
};

use gate::sys::{
    process::{self, Image, Session, Wire},
    pty::{Follower, Pair},
};
use nix::{
    poll::{PollFd, PollFlags, poll},
    sys::signal::{SigSet, Signal, kill},
    unistd::{Pid, read, write},
};

use super::{
    table::{Row, Target, median},
    workplace::Workplace,
};

/// Keys on one line, before it is emptied.
const LINE: usize = 40;

/// A shell at a prompt.
struct Prompt {
    pid: Pid,
    leader: OwnedFd,
    _follower: Follower,
}

impl Prompt {
    fn open(place: &Workplace, words: &[&str]) -> Self {
        let command = place.command(words);
        let word = |word: &std::ffi::OsStr| CString::new(word.as_bytes()).expect("no NUL");
        let file = if words.first() == Some(&"gate") { env!("CARGO_BIN_EXE_gate") } else { "/usr/bin/bash" };
        let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let image = Image {
            file: word(file.as_ref()),
            argv: words.iter().map(|it| word(it.as_ref())).collect(),
            environment: variables
                .map(|(name, value)| {
                    CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).expect("no NUL")
                })
                .collect(),
        };
        let pair = Pair::open(24, 80).expect("a pty");
        let wires = [Wire::Open(&pair.path), Wire::Copy(0), Wire::Copy(0)];
        let pid = process::spawn(&image, wires, Session::New, &SigSet::empty()).expect("a shell");
        let leader = pair.leader.try_clone().expect("a descriptor");
        let prompt = Self { pid, leader, _follower: pair.into_follower() };
        prompt.settle(Duration::from_millis(1500));
        prompt
    }

    /// Reads until nothing came for this long; tells whether anything did.
    fn settle(&self, silence: Duration) -> bool {
        use std::os::fd::AsFd as _;
        let mut any = false;
        loop {
            let mut ready = [PollFd::new(self.leader.as_fd(), PollFlags::POLLIN)];
            let timeout = u16::try_from(silence.as_millis()).unwrap_or(u16::MAX);
            if poll(&mut ready, timeout).unwrap_or(0) == 0 {
                return any;
            }
            let mut buffer = [0; 4096];
            any |= read(&self.leader, &mut buffer).is_ok_and(|count| count > 0);
        }
    }

    /// The time from a key to the first that comes back, in microseconds.
    fn key(&self) -> f64 {
        use std::os::fd::AsFd as _;
        let since = Instant::now();
        write(&self.leader, b"a").expect("the terminal takes keys");
        let mut ready = [PollFd::new(self.leader.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut ready, 5000u16), Ok(1), "the prompt does not echo");
        let time = since.elapsed();
        self.settle(Duration::from_millis(2));
        time.as_secs_f64() * 1e6
    }

    fn empty_line(&self) {
        write(&self.leader, b"\x15").expect("the terminal takes keys");
        self.settle(Duration::from_millis(20));
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGHUP);
    }
}

/// Types at both prompts in turn.
pub(crate) fn measure(place: &Workplace, rounds: usize) -> Vec<Row> {
    let ours = Prompt::open(place, &["gate", "shell"]);
    let bash = Prompt::open(place, &["bash", "--noprofile", "--norc"]);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..rounds.max(1) * 5 {
        with.push(ours.key());
        without.push(bash.key());
        if round % LINE == LINE - 1 {
            ours.empty_line();
            bash.empty_line();
        }
    }
    let (with, without) = (median(with), median(without));
    vec![Row {
        what: "a key's echo at the prompt of a session, above bash's".to_owned(),
        figure: with - without,
        unit: "µs",
        target: Target::AtMost(1000.0),
        detail: format!("{with:.0} µs, bash {without:.0} µs"),
    }]
}
