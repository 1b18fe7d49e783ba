//! What a run reports while it goes on, and how it ended.

use crate::exit::Exit;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The child exited with this status.
    Exited(u8),
    /// A signal killed the child.
    Signalled {
        /// The signal's number.
        signal: u8,
        /// Whether the kernel wrote a core file.
        core: bool,
    },
    /// It could not be started: no such file.
    NotFound,
    /// It could not be started: found, but not executable.
    NotExecutable,
}

impl Ended {
    /// The exit code for the caller.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Exited(status) => Exit::Child(status),
            Self::Signalled { signal, .. } => Exit::Signalled(signal),
            Self::NotFound => Exit::NotFound,
            Self::NotExecutable => Exit::Denied,
        }
    }
}

/// Where bytes came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The pty: output of everything that has the terminal.
    Terminal,
    /// Standard output through a pipe.
    Output,
    /// Standard error through a pipe.
    Error,
}

/// Something that happened during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The child wrote these bytes.
    Output(Stream, &'a [u8]),
    /// The caller typed these bytes, and the terminal echoes: never sent while echo is off.
    Input(&'a [u8]),
    /// The terminal has a new size.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// No more output is waiting: what is buffered should be written.
    Idle,
    /// The run ended.
    End(Ended),
}

/// Takes a run's events; the recorder is one.
pub trait Sink {
    /// Takes one event.
    ///
    /// # Errors
    /// Any error ends the run if the recording is strict: the command is terminated, nothing hangs.
    fn take(&mut self, event: Event<'_>) -> std::io::Result<()>;

    /// Is told, before anything of it comes, that the run has this stream: what has none goes past gate.
    fn open(&mut self, stream: Stream) {
        let _ = stream;
    }

    /// How long the run may stay quiet from now before it takes [`Event::Idle`] again, because something that it holds
    /// is then due on the disk; `None` where it holds nothing.
    fn due(&self) -> Option<std::time::Duration> {
        None
    }
}
