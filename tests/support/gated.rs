//! The test binary plays gate where a test needs a process of its own: signals, terminals, exit by signal.
//!
//! A constructor looks for [`ROLE`] before the test harness starts, does what the runtime would have done, and ends
//! the process as gate's `main` does.

use std::{
    ffi::OsString,
    fs::File,
    io::Write,
    process::{Command, Stdio},
};

use gate::exec::{self, Event, Pty, Sink};
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl, open},
    sys::{
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction},
        stat::Mode,
    },
};

use super::permits;

/// The variable that makes the test binary play gate: what to do, then the program and its words, one unit separator
/// between each.
const ROLE: &str = "GATE_TEST_ROLE";
const SEPARATOR: char = '\u{1f}';

#[used]
// SAFETY: the loader calls the constructor once, on the main thread, before `main`; numbered constructors, gate's own
// among them, ran before.
#[expect(unsafe_code, reason = "only a constructor runs before the test harness writes to stdout")]
#[unsafe(link_section = ".init_array")]
static PLAY: extern "C" fn() = play;

/// One run of gate in a process of its own.
pub(crate) struct Gated {
    pty: Pty,
    record: Option<String>,
    trouble: Option<Trouble>,
    replace: bool,
    words: Vec<String>,
}

/// What goes wrong in the sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is strict, and takes no event.
    Fails,
    /// It panics at the first output.
    Panics,
    /// A thread of its own panics at the first output, and the run goes on.
    PanicsInThread,
}

impl Gated {
    /// gate in front of `file`, run with these words, the name first.
    pub(crate) fn program(file: &str, words: &[&str]) -> Self {
        let words = [file].iter().chain(words).map(|word| (*word).to_owned()).collect();
        Self { pty: Pty::AsCaller, record: None, trouble: None, replace: false, words }
    }

    /// gate in front of a text for `/bin/sh`.
    pub(crate) fn shell(text: &str) -> Self {
        Self::program("/bin/sh", &["sh", "-c", text])
    }

    /// gate in front of a text for `/bin/sh` that contains the role of another gate.
    pub(crate) fn nested(text: &str) -> Self {
        Self::shell(&text.replace(SEPARATOR, "\u{1e}"))
    }

    /// With `--pty`.
    pub(crate) fn pty(mut self) -> Self {
        self.pty = Pty::Always;
        self
    }

    /// With the events written to a file, one a line.
    pub(crate) fn record(mut self, path: &std::path::Path) -> Self {
        self.record = Some(path.to_str().unwrap().to_owned());
        self
    }

    /// With a sink in which something goes wrong.
    pub(crate) fn trouble(mut self, trouble: Trouble) -> Self {
        self.trouble = Some(trouble);
        self
    }

    /// In place, without a process of gate's.
    pub(crate) fn replace(mut self) -> Self {
        self.replace = true;
        self
    }

    /// The name and value of the variable that makes the test binary play this run.
    pub(crate) fn role(&self) -> (&'static str, OsString) {
        let mut fields = vec![
            String::from(if self.replace { "replace" } else { "run" }),
            String::from(if self.pty == Pty::Always { "always" } else { "as-caller" }),
            self.record.clone().unwrap_or_default(),
            self.trouble.map_or_else(String::new, |trouble| format!("{trouble:?}")),
        ];
        fields.extend(self.words.iter().cloned());
        (ROLE, fields.join(&SEPARATOR.to_string()).into())
    }

    /// The run as a command of the standard library, with no input.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let (name, value) = self.role();
        command.env(name, value).stdin(Stdio::null());
        command
    }
}

extern "C" fn play() {
    let Ok(role) = std::env::var(ROLE) else { return };
    as_the_runtime_does();
    let fields: Vec<&str> = role.split(SEPARATOR).collect();
    let inner: Vec<String> = fields.iter().map(|field| field.replace('\u{1e}', "\u{1f}")).collect();
    let fields: Vec<&str> = inner.iter().map(String::as_str).collect();
    let [how, pty, record, trouble, file, words @ ..] = fields.as_slice() else { panic!("{role}") };
    let permit = permits::program_without(ROLE, file, words);
    let pty = if *pty == "always" { Pty::Always } else { Pty::AsCaller };
    let trouble = [Trouble::Fails, Trouble::Panics, Trouble::PanicsInThread]
        .into_iter()
        .find(|one| format!("{one:?}") == *trouble);
    let mut log = (!record.is_empty()).then(|| Log { file: File::create(record).unwrap(), trouble });
    // The runtime catches a panic of `main`, too.
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let sink = log.as_mut().map(|log| log as &mut dyn Sink);
        if *how == "replace" { exec::replace(&permit) } else { exec::run(&permit, pty, sink) }
    }));
    let code = match ended {
        Ok(Ok(ended)) => exec::status(ended),
        Ok(Err(failure)) => {
            gate::sys::talk::say(&failure.to_string());
            125
        }
        Err(_) => 101,
    };
    #[expect(clippy::disallowed_methods, reason = "this is the end of a main function")]
    std::process::exit(i32::from(code));
}

/// Opens standard descriptors that are closed, and ignores SIGPIPE.
fn as_the_runtime_does() {
    for descriptor in 0..=2 {
        let fd = gate::sys::process::standard(match descriptor {
            0 => gate::sys::process::Standard::Input,
            1 => gate::sys::process::Standard::Output,
            _ => gate::sys::process::Standard::Error,
        });
        if fcntl(fd, FcntlArg::F_GETFD).is_err() {
            std::mem::forget(open("/dev/null", OFlag::O_RDWR, Mode::empty()).unwrap());
        }
    }
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: ignoring a signal runs no code.
    #[expect(unsafe_code, reason = "as the runtime does")]
    unsafe { sigaction(Signal::SIGPIPE, &ignore) }.unwrap();
}

/// Writes each event as a line: its kind, and its bytes escaped.
struct Log {
    file: File,
    trouble: Option<Trouble>,
}

impl Sink for Log {
    fn take(&mut self, event: Event<'_>) -> std::io::Result<()> {
        match (self.trouble, event) {
            (Some(Trouble::Fails), _) => return Err(std::io::Error::from_raw_os_error(nix::libc::ENOSPC)),
            (Some(Trouble::Panics), Event::Output(..)) => panic!("in the sink"),
            (Some(Trouble::PanicsInThread), Event::Output(..)) => {
                std::thread::spawn(|| panic!("in a thread")).join().unwrap_err();
            }
            _ => {}
        }
        let line = match event {
            Event::Output(stream, bytes) => format!("{stream:?} {}\n", bytes.escape_ascii()),
            Event::Input(bytes) => format!("Input {}\n", bytes.escape_ascii()),
            other => format!("{other:?}\n"),
        };
        self.file.write_all(line.as_bytes())
    }
}
