//! The caller's own terminal and the pty that stands in for it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    sys::{
        stat::Mode,
        termios::{LocalFlags, SetArg, tcgetattr, tcsetattr},
    },
    unistd::{self, getpgrp, tcgetpgrp},
};

use crate::sys::{
    descriptors,
    pty::Pair,
    terminal::{self, Display, Settings, Size},
};

use super::{Event, Failure};

const KEYS: usize = 4096;

/// The caller's terminal and the leader of the pty that the command has instead.
pub(super) struct Console {
    settings: Settings,
    leader: Option<OwnedFd>,
    size: Size,
    typed: Vec<u8>,
    /// Whether the command reads keys, and what the display is like then.
    wanted: Option<Display>,
}

/// What a look at the keyboard found.
pub(super) enum Keys {
    None,
    /// The terminal is gone.
    HungUp,
}

impl Console {
    /// Opens the caller's terminal once more, and a pty with the same settings and size.
    pub(super) fn open(own: BorrowedFd<'_>) -> Result<(Self, Pair), Failure> {
        let failed = |error: Errno| Failure::System("cannot open the terminal", error.into());
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let own = open("/dev/tty", flags, Mode::empty())
            .or_else(|_| descriptors::reopen(own, OFlag::O_RDWR))
            .map_err(failed)?;
        let size = terminal::size(&own).unwrap_or(Size { rows: 0, columns: 0 });
        let settings = Settings::of(own).map_err(failed)?;
        let pair = Pair::open(size.rows, size.columns)
            .map_err(|error| Failure::System("cannot open a pty", error))?;
        tcsetattr(&pair.leader, SetArg::TCSANOW, settings.saved()).map_err(failed)?;
        let leader = pair.leader.try_clone().map_err(|error| Failure::System("cannot open a pty", error))?;
        Ok((Self { settings, leader: Some(leader), size, typed: Vec::new(), wanted: None }, pair))
    }

    /// Whether gate is in the foreground of its terminal.
    fn in_foreground(&self) -> bool {
        tcgetpgrp(&self.settings) == Ok(getpgrp())
    }

    /// Takes the keyboard, if gate is in the foreground of its terminal; tells whether it has it.
    pub(super) fn take_keyboard(&mut self, display: Display) -> bool {
        self.wanted = Some(display);
        if !self.in_foreground() {
            self.settings.forget();
        } else if !self.settings.is_raw() {
            let _ = self.settings.make_raw(display);
        }
        self.settings.is_raw()
    }

    /// Takes the keyboard for a session: also of a terminal that does not control this process, as a client's that
    /// started it without one.
    pub(super) fn hold_keyboard(&mut self, display: Display) {
        self.wanted = Some(display);
        let _ = self.settings.make_raw(display);
    }

    /// Takes the keyboard again after somebody else may have had it, if the command ever wanted it.
    pub(super) fn retake_keyboard(&mut self) -> bool {
        self.settings.forget();
        self.wanted.is_some_and(|display| self.take_keyboard(display))
    }

    /// Gives the keyboard back.
    pub(super) fn release_keyboard(&mut self) {
        self.settings.restore();
    }

    /// The terminal, if keys are wanted from it.
    pub(super) fn keyboard(&self) -> Option<BorrowedFd<'_>> {
        (self.settings.is_raw() && self.typed.is_empty() && self.leader.is_some())
            .then(|| self.settings.as_fd())
    }

    /// The caller's terminal, for as long as it is not known to be gone.
    pub(super) fn outer(&self) -> Option<BorrowedFd<'_>> {
        self.leader.as_ref().map(|_| self.settings.as_fd())
    }

    /// The leader, if keys wait to be passed on.
    pub(super) fn typed(&self) -> Option<BorrowedFd<'_>> {
        self.leader.as_ref().filter(|_| !self.typed.is_empty()).map(AsFd::as_fd)
    }

    /// Reads keys.
    pub(super) fn read_keys(&mut self) -> Keys {
        let mut keys = [0; KEYS];
        match unistd::read(&self.settings, &mut keys) {
            Ok(0) => Keys::HungUp,
            Ok(count) => {
                self.typed.extend_from_slice(keys.get(..count).unwrap_or_default());
                Keys::None
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Keys::None,
            Err(_) => Keys::HungUp,
        }
    }

    /// The keys that wait, as an event: none while the command reads without echo, which is how passwords are read.
    pub(super) fn visible_keys(&self) -> Option<Event<'_>> {
        let settings = tcgetattr(self.leader.as_ref()?).ok()?;
        let echoes = settings.local_flags.contains(LocalFlags::ECHO);
        (echoes && !self.typed.is_empty()).then_some(Event::Input(&self.typed))
    }

    /// Passes on the keys that the command's terminal takes now.
    pub(super) fn pass_on_keys(&mut self) {
        let Some(leader) = &self.leader else { return self.typed.clear() };
        match unistd::write(leader, &self.typed) {
            Ok(count) => drop(self.typed.drain(..count.min(self.typed.len()))),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => self.typed.clear(),
        }
    }

    /// Gives the pty the size of the terminal; an event if that changed.
    pub(super) fn follow_size(&mut self) -> Option<Event<'static>> {
        let size = terminal::size(&self.settings)?;
        if size == self.size {
            return None;
        }
        self.size = size;
        terminal::resize(self.leader.as_ref()?, size).ok()?;
        Some(Event::Resize { columns: size.columns, rows: size.rows })
    }

    /// Lets go of the pty: the kernel hangs up on the command.
    pub(super) fn hang_up(&mut self) {
        self.leader = None;
        self.typed.clear();
    }
}

impl AsFd for Console {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.settings.as_fd()
    }
}
