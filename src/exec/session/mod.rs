//! A session's shell: one bash that lives on between commands, fed with what a permit permits and nothing else.
//!
//! The shell itself starts without a permit, as a pty does: it is gate's own instrument, from a pinned path, without
//! start-up files, in a cleaned environment, and runs nothing but the texts that [`Shell::run`] takes out of permits
//! and [`Sentinel`]s, which start nothing.

mod beginning;
mod declared;
mod feed;
mod quote;
mod sentinel;
mod state;
mod terminal;

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::Signal,
        socket::{AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, send, shutdown, socketpair},
    },
    unistd::read,
};

use crate::{
    approval::{Permit, Start},
    record::{Outcome, Recorder},
    syntax::Dialect,
    sys::ids,
};

use super::{
    Ended, Failure,
    child::{self, Child},
    signals::Signals,
};

pub use beginning::{Beginning, Place};
use feed::Frame;
pub use sentinel::Sentinel;
pub use state::{State, Variable};
use terminal::Terminal;

/// More than this no shell reports of itself.
const LONGEST_REPORT: usize = 8 << 20;
/// Milliseconds after which a shell that has begun to report is taken to have been interrupted.
const PATIENCE: u16 = 500;

/// A session's shell.
pub struct Shell {
    child: Child,
    line: OwnedFd,
    /// Without a terminal, whose thread has them.
    signals: Option<Signals>,
    terminal: Option<Terminal>,
    /// The name of the recording.
    recording: Option<String>,
    state: Arc<State>,
    dialect: Dialect,
    stdin: Vec<u8>,
    /// The number of the line on which the next text begins.
    number: u32,
    ended: Option<Ended>,
}

/// What came of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// It ran, and the shell waits for the next.
    Done,
    /// It ended the shell.
    Ended(Ended),
}

/// What a wait for the shell found.
enum Polled {
    Readable,
    Silent,
    Other,
}

/// Why a wait for the caller is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// There is something to read, or nobody writes any more.
    Input,
    /// The shell ended.
    Ended(Ended),
}

impl Shell {
    /// Starts the shell.
    ///
    /// # Errors
    /// Where it cannot be started, or does not report.
    pub fn start(with: &Beginning, recorder: Option<Recorder>) -> Result<Self, Failure> {
        let failed = |error: Errno| Failure::System("cannot connect the session's shell", error.into());
        let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
            .map_err(failed)?;
        fcntl(&ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(failed)?;
        let taken = Signals::take()?;
        let mask = *taken.original();
        let recording = recorder.as_ref().map(|recorder| recorder.name().to_owned());
        let (terminal, signals) = match with.place {
            Place::Outputs => (None, Some(taken)),
            Place::Terminal => (Some(Terminal::open(taken, recorder)?), None),
        };
        let child = beginning::spawn(with, &theirs, terminal.as_ref().map(Terminal::path), &mask)?;
        drop(theirs);
        let stdin =
            terminal.as_ref().map_or(b"/dev/null".to_vec(), |terminal| terminal.path().as_bytes().to_vec());
        let state = Arc::new(State::default());
        let dialect = with.dialect;
        let mut shell = Self {
            child,
            line: ours,
            signals,
            terminal,
            recording,
            state,
            dialect,
            stdin,
            number: 1,
            ended: None,
        };
        match shell.learn(Vec::new())? {
            Step::Done => Ok(shell),
            Step::Ended(_) => Err(Failure::Session("the session's shell ended before it began")),
        }
    }

    /// The name of the session's recording, where there is one.
    #[must_use]
    pub fn recording(&self) -> Option<&str> {
        self.recording.as_deref()
    }

    /// Gives the caller's terminal back while somebody is asked there.
    pub fn lend_terminal(&self) {
        self.terminal.iter().for_each(Terminal::lend);
    }

    /// Takes the caller's terminal again.
    pub fn retake_terminal(&self) {
        self.terminal.iter().for_each(Terminal::retake);
    }

    /// Notes something in the recording.
    pub fn mark(&self, label: &str) {
        self.terminal.iter().for_each(|terminal| terminal.mark(label));
    }

    /// Gives the terminal back for good; tells what the recording came to.
    pub fn close_terminal(&mut self) -> Option<io::Result<Outcome>> {
        self.terminal.as_mut().and_then(Terminal::close)
    }

    /// How the shell stands.
    #[must_use]
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The shell that it is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The shell's working directory, as the kernel knows it: a path that leads there whatever its name.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/cwd", self.child.pid()))
    }

    /// Runs the text that a permit permits.
    ///
    /// # Errors
    /// Where the permit is not for this shell as it stands, or the shell cannot be trusted any more: then it is killed.
    pub fn run(&mut self, permit: &Permit) -> Result<Step, Failure> {
        let plan = permit.plan();
        let Start::Line { text, .. } = &plan.start else {
            return Err(Failure::Session("the permit is not for a session"));
        };
        if std::fs::read_link(self.directory()).ok().as_deref() != Some(plan.cwd.as_path()) {
            return Err(Failure::Moved);
        }
        self.feed(text)
    }

    /// Runs what the session set to run before each prompt: it was decided when it was set, as the text of a trap is.
    ///
    /// # Errors
    /// As [`Shell::run`].
    pub fn prepare_prompt(&mut self) -> Result<Step, Failure> {
        let Some(command) = self.state.value(b"PROMPT_COMMAND").filter(|command| !command.is_empty()) else {
            return Ok(Step::Done);
        };
        let before = Arc::clone(&self.state);
        // `$?` in the prompt is that of the last command.
        let text = [command, format!("\n( \\builtin exit {} )\n", before.status).as_bytes()].concat();
        let step = self.feed(&text)?;
        let state = Arc::make_mut(&mut self.state);
        (state.status, state.last, state.pipe) = (before.status, before.last.clone(), before.pipe.clone());
        Ok(step)
    }

    /// Runs a sentinel, unless a function or alias of the session stands in its way.
    ///
    /// # Errors
    /// As [`Shell::run`].
    pub fn pass(&mut self, sentinel: &Sentinel) -> Result<Step, Failure> {
        self.feed(sentinel.text())
    }

    /// Notes that a text of so many lines did not run: what follows sees this status.
    pub fn skip(&mut self, text: &[u8], status: u8) {
        let state = Arc::make_mut(&mut self.state);
        state.status = status;
        state.pipe = vec![status];
        self.number = self.number.saturating_add(lines(text));
    }

    /// Lets the shell end as at the end of its input.
    ///
    /// # Errors
    /// As [`Shell::run`].
    pub fn end(&mut self) -> Result<Ended, Failure> {
        if let Some(ended) = self.ended {
            return Ok(ended);
        }
        if self.place() == Place::Outputs {
            return self.end_of_input();
        }
        // A shell with jobs that are stopped ends the second time only.
        match self.feed(b"\\builtin exit\n\\builtin exit\n")? {
            Step::Ended(ended) => Ok(ended),
            Step::Done => {
                self.child.signal(Signal::SIGHUP);
                Err(Failure::Session("the session's shell does not end"))
            }
        }
    }

    /// Lets the shell find the end of its input, so that nothing that it traces says otherwise.
    fn end_of_input(&mut self) -> Result<Ended, Failure> {
        let frame =
            Frame { state: &self.state, dialect: self.dialect, stdin: &self.stdin, place: Place::Outputs };
        let bytes = frame.ending();
        let mut sent = 0;
        loop {
            if let Some(ended) = self.reap() {
                return Ok(ended);
            }
            sent += self.send(bytes.get(sent..).unwrap_or_default());
            if sent == bytes.len() {
                let _ = shutdown(self.line.as_raw_fd(), Shutdown::Write);
            }
            self.poll(sent < bytes.len(), sent < bytes.len(), false)?;
            self.receive();
        }
    }

    /// Waits until there is input, or the shell ended; passes signals on meanwhile.
    ///
    /// # Errors
    /// Where the machine cannot wait.
    pub fn wait(&mut self, input: BorrowedFd<'_>) -> Result<Woken, Failure> {
        loop {
            let ready = {
                let mut polled = vec![
                    PollFd::new(self.child.as_fd(), PollFlags::POLLIN),
                    PollFd::new(input, PollFlags::POLLIN),
                ];
                polled.extend(self.signals.iter().map(|it| PollFd::new(it.as_fd(), PollFlags::POLLIN)));
                wait(&mut polled, PollTimeout::NONE)?
            };
            self.receive();
            if let Some(ended) = self.reap() {
                return Ok(Woken::Ended(ended));
            }
            if ready.get(1) == Some(&true) {
                return Ok(Woken::Input);
            }
        }
    }

    fn feed(&mut self, text: &[u8]) -> Result<Step, Failure> {
        let (state, place) = (&self.state, self.place());
        let frame = Frame { state, dialect: self.dialect, stdin: &self.stdin, place };
        let lines_before = frame.around(text);
        self.number = self.number.saturating_add(lines(text));
        self.learn(lines_before)
    }

    /// Sends lines, and learns how the shell stands behind them.
    fn learn(&mut self, mut bytes: Vec<u8>) -> Result<Step, Failure> {
        let (mark, again) = (mark()?, mark()?);
        bytes.extend(feed::report(&mark, self.number, self.place()));
        if self.place() == Place::Terminal {
            // An interrupt discards the rest of the line that it hits: then only the next line reports.
            bytes.extend(feed::report(&again, self.number, Place::Terminal));
        }
        let marks: &[&str] = if self.terminal.is_some() { &[&mark, &again] } else { &[&mark] };
        let Some(report) = self.converse(&bytes, marks)? else { return self.over() };
        let Some((mut fields, names)) = split(&report) else { return Err(self.distrust()) };
        let definitions;
        if !names.is_empty() {
            let mark = self::mark()?;
            let request = feed::definitions(&mark, &names, self.number);
            let Some(answer) = self.converse(&request, &[&mark])? else { return self.over() };
            definitions = answer;
            fields.extend(definitions.split(|byte| *byte == 0));
        }
        let Some(state) = State::read(&fields) else { return Err(self.distrust()) };
        let expands = state.is_on("expand_aliases");
        self.state = Arc::new(state);
        if expands { self.learn(feed::NO_ALIASES.to_vec()) } else { Ok(Step::Done) }
    }

    fn over(&mut self) -> Result<Step, Failure> {
        self.ended.map(Step::Ended).ok_or(Failure::Session("the session's shell fell silent"))
    }

    const fn place(&self) -> Place {
        if self.terminal.is_some() { Place::Terminal } else { Place::Outputs }
    }

    /// Sends lines and collects what the shell says between the first of these marks that it says, up to the last of
    /// them; `None` where the shell ended instead.
    fn converse(&mut self, bytes: &[u8], marks: &[&str]) -> Result<Option<Vec<u8>>, Failure> {
        let mut marks: Vec<String> = marks.iter().map(|mark| (*mark).to_owned()).collect();
        let mut unsent = bytes.to_vec();
        let mut answer = Vec::new();
        let mut open = true;
        loop {
            let begins = |mark: &String| mark.bytes().chain([0]).zip(&answer).all(|(one, two)| one == *two);
            if answer.len() > LONGEST_REPORT || !marks.iter().any(begins) {
                return Err(self.distrust());
            }
            let tail = format!("\0{}\0", marks.last().map_or("", String::as_str));
            if answer.len() > tail.len() && answer.ends_with(tail.as_bytes()) {
                return marks
                    .iter()
                    .find_map(|mark| between(&answer, mark))
                    .map(Some)
                    .ok_or_else(|| self.distrust());
            }
            if let Some(ended) = self.reap() {
                self.ended = Some(ended);
                return Ok(None);
            }
            let begun = self.terminal.is_some() && !answer.is_empty();
            match self.poll(open, !unsent.is_empty(), begun)? {
                Polled::Silent => {
                    // An interrupt hit the last report itself: another is asked for.
                    marks.push(mark()?);
                    let mark = marks.last().map_or("", String::as_str);
                    unsent.extend(feed::report(mark, self.number, Place::Terminal));
                }
                Polled::Readable if open => open = self.collect(&mut answer),
                Polled::Readable | Polled::Other => {}
            }
            self.receive();
            unsent.drain(..self.send(&unsent).min(unsent.len()));
        }
    }

    /// Waits for something to happen; tells whether there is something to read from the shell.
    fn poll(&self, open: bool, unsent: bool, impatient: bool) -> Result<Polled, Failure> {
        let mut wanted = PollFlags::POLLIN;
        wanted.set(PollFlags::POLLOUT, unsent);
        // Without the line there is nothing to read but the shell's end.
        let line = if open {
            PollFd::new(self.line.as_fd(), wanted)
        } else {
            PollFd::new(self.child.as_fd(), wanted)
        };
        let mut polled = vec![PollFd::new(self.child.as_fd(), PollFlags::POLLIN), line];
        polled.extend(self.signals.iter().map(|it| PollFd::new(it.as_fd(), PollFlags::POLLIN)));
        let ready = wait(&mut polled, if impatient { PATIENCE.into() } else { PollTimeout::NONE })?;
        Ok(match ready.get(1) {
            _ if !ready.contains(&true) && impatient => Polled::Silent,
            Some(true) => Polled::Readable,
            _ => Polled::Other,
        })
    }

    fn send(&self, bytes: &[u8]) -> usize {
        if bytes.is_empty() {
            return 0;
        }
        send(self.line.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL).unwrap_or(0)
    }

    /// Reads what the shell says; false where it has closed the line.
    fn collect(&self, answer: &mut Vec<u8>) -> bool {
        let mut buffer = [0; 16 << 10];
        match read(&self.line, &mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
                true
            }
            Err(Errno::EAGAIN | Errno::EINTR) => true,
            Err(_) => false,
        }
    }

    fn receive(&mut self) {
        while let Some(received) = self.signals.as_ref().and_then(Signals::next) {
            let ignored = matches!(received.signal, Signal::SIGCHLD | Signal::SIGWINCH);
            if !ignored && received.is_for(self.child.pid(), self.child.grouping()) {
                self.child.signal(received.signal);
            }
        }
    }

    /// How the shell ended, if it did.
    pub fn ended(&mut self) -> Option<Ended> {
        self.reap()
    }

    fn reap(&mut self) -> Option<Ended> {
        if self.ended.is_none() {
            self.ended = self.child.change().and_then(child::end);
        }
        self.ended
    }

    /// What the shell says is not what was asked for: something in it speaks in its place, so it is killed.
    fn distrust(&mut self) -> Failure {
        self.child.signal(Signal::SIGKILL);
        self.ended = Some(Ended::Signalled { signal: Signal::SIGKILL as u8, core: false });
        Failure::Session("the session's shell was killed: it no longer says how it stands")
    }
}

impl Drop for Shell {
    /// Without its line the shell ends behind the command that it runs; what it started goes on, as behind any shell.
    fn drop(&mut self) {
        let _ = self.reap();
    }
}

fn wait(polled: &mut [PollFd<'_>], timeout: PollTimeout) -> Result<Vec<bool>, Failure> {
    match poll(polled, timeout) {
        Ok(_) => Ok(polled.iter().map(|fd| fd.any().unwrap_or(true)).collect()),
        Err(Errno::EINTR) => Ok(vec![false; polled.len()]),
        Err(error) => Err(Failure::System("cannot wait for the session's shell", error.into())),
    }
}

/// What stands between a mark and the same mark behind it.
fn between(answer: &[u8], mark: &str) -> Option<Vec<u8>> {
    let find =
        |text: &[u8], what: &str| text.windows(what.len()).position(|window| window == what.as_bytes());
    let head = format!("{mark}\0");
    let inner = answer.get(find(answer, &head)? + head.len()..)?;
    inner.get(..find(inner, &format!("\0{head}"))?).map(<[u8]>::to_vec)
}

type Fields<'a> = Vec<&'a [u8]>;

/// The fields of a report, and the names of the functions at its end.
fn split(report: &[u8]) -> Option<(Fields<'_>, Fields<'_>)> {
    let mut fields: Vec<&[u8]> = report.split(|byte| *byte == 0).collect();
    let listed = fields.pop()?;
    let names = listed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    // `declare -f NAME`, with letters for further attributes.
    let name = |line: &'_ [u8]| {
        line.strip_prefix(b"declare -").and_then(|rest| rest.iter().position(|b| *b == b' '))
    };
    let names =
        names.map(|line| line.get(b"declare -".len() + name(line)? + 1..)).collect::<Option<Vec<_>>>()?;
    Some((fields, names))
}

fn mark() -> Result<String, Failure> {
    let random: [u8; 16] =
        ids::random().map_err(|error| Failure::System("/dev/urandom cannot be read", error))?;
    Ok(crate::octets::hex(&random))
}

fn lines(text: &[u8]) -> u32 {
    u32::try_from(text.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}
