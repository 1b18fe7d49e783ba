//! One key at a time from the reviewer's terminal.

use std::{
    fs::OpenOptions,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    time::Duration,
};

use anyhow::{Context as _, Result};
use nix::sys::termios::{FlushArg, tcflush};

use crate::sys::terminal::{Display, Settings};

/// Keys that are pressed sooner were not meant for what is shown.
const GUARD: Duration = Duration::from_millis(500);
const INTERRUPT: u8 = 3;

/// The terminal, raw until this is dropped.
pub(super) struct Keys {
    terminal: std::fs::File,
    settings: Settings,
}

impl Keys {
    /// Opens the terminal that this process is at.
    pub(super) fn open() -> Result<Self> {
        let about = "this terminal cannot be used";
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").context(about)?;
        let settings = Settings::of(OwnedFd::from(terminal.try_clone().context(about)?)).context(about)?;
        Ok(Self { terminal, settings })
    }

    /// Shows what can be pressed and waits for one of `keys`; the last of them stands for leaving, and for a terminal
    /// that is gone.
    pub(super) fn press(&mut self, offer: &str, keys: &str) -> Result<char> {
        let leave = keys.chars().last().unwrap_or('q');
        write!(self.terminal, "\n{offer} > ").context("this terminal cannot be used")?;
        self.settings.make_raw(Display::AsItIs).context("this terminal cannot be used")?;
        std::thread::sleep(GUARD);
        let _ = tcflush(&self.terminal, FlushArg::TCIFLUSH);
        let pressed = loop {
            let mut byte = [0];
            match self.terminal.read(&mut byte) {
                Ok(0) | Err(_) => break leave,
                Ok(_) if byte == [INTERRUPT] || byte == [4] => break leave,
                Ok(_) => {}
            }
            let [byte] = byte;
            if let Some(key) = keys.chars().find(|key| *key == char::from(byte)) {
                break key;
            }
        };
        self.settings.restore();
        writeln!(self.terminal, "{pressed}").context("this terminal cannot be used")?;
        Ok(pressed)
    }
}
