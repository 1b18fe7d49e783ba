//! Terminals: their size, and a raw mode that no way out of the process leaves behind.

use std::{
    os::fd::{AsFd, AsRawFd, OwnedFd},
    sync::atomic::{AtomicI32, AtomicPtr, Ordering},
};

use nix::{
    libc,
    sys::{
        signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask},
        termios::{self, SetArg, Termios},
    },
    unistd::{getpgrp, tcgetpgrp},
};

/// Signals that end the process, that nobody forwards to a command, and that would leave a raw terminal behind.
const FATAL: [Signal; 12] = [
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSEGV,
    Signal::SIGSYS,
    Signal::SIGTRAP,
    Signal::SIGXCPU,
    Signal::SIGXFSZ,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGIO,
];

/// What a fatal signal restores: the saved settings of the terminal that is raw now, and its descriptor.
static RAW_SETTINGS: AtomicPtr<libc::termios> = AtomicPtr::new(std::ptr::null_mut());
static RAW_TERMINAL: AtomicI32 = AtomicI32::new(-1);

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows; 0 where nobody knows.
    pub rows: u16,
    /// Columns; 0 where nobody knows.
    pub columns: u16,
}

mod ioctl {
    use nix::libc;
    nix::ioctl_read_bad!(window_size, libc::TIOCGWINSZ, libc::winsize);
    nix::ioctl_write_ptr_bad!(set_window_size, libc::TIOCSWINSZ, libc::winsize);
}

/// Asks a terminal for its size.
#[must_use]
pub fn size(terminal: impl AsFd) -> Option<Size> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one `winsize` to the pointer, which is valid for it.
    #[expect(unsafe_code, reason = "an ioctl")]
    let asked = unsafe { ioctl::window_size(terminal.as_fd().as_raw_fd(), &raw mut size) };
    asked.ok().map(|_| Size { rows: size.ws_row, columns: size.ws_col })
}

/// Sets the size of a terminal; its foreground group gets SIGWINCH if it changes.
///
/// # Errors
/// The kernel's, as where it is no terminal.
pub fn resize(terminal: impl AsFd, size: Size) -> nix::Result<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads one `winsize` from the pointer, which is valid for it.
    #[expect(unsafe_code, reason = "an ioctl")]
    unsafe { ioctl::set_window_size(terminal.as_fd().as_raw_fd(), &raw const size) }.map(drop)
}

/// What becomes of bytes that are written to a raw terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// Every byte passes.
    Raw,
    /// As before: other members of a pipeline write to the terminal, too.
    AsItIs,
}

/// A terminal whose settings are put back when this value is dropped, on a panic too, and on a fatal signal.
#[derive(Debug)]
pub struct Settings {
    terminal: OwnedFd,
    saved: Termios,
    /// The raw settings as they were made, to know them again: they are never saved as the caller's.
    made: Option<Termios>,
    raw: bool,
}

impl Settings {
    /// Notes the settings of a terminal.
    ///
    /// # Errors
    /// Where it is no terminal.
    pub fn of(terminal: OwnedFd) -> nix::Result<Self> {
        let saved = termios::tcgetattr(&terminal)?;
        Ok(Self { terminal, saved, made: None, raw: false })
    }

    /// The settings as they were noted.
    #[must_use]
    pub const fn saved(&self) -> &Termios {
        &self.saved
    }

    /// Whether the terminal is raw now.
    #[must_use]
    pub const fn is_raw(&self) -> bool {
        self.raw
    }

    /// Makes the terminal raw: every byte that is typed passes, and what is written does as `display` says.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn make_raw(&mut self, display: Display) -> nix::Result<()> {
        let current = termios::tcgetattr(&self.terminal)?;
        if self.made.as_ref() != Some(&current) {
            self.saved = current;
        }
        let mut raw = self.saved.clone();
        termios::cfmakeraw(&mut raw);
        if display == Display::AsItIs {
            raw.output_flags = self.saved.output_flags;
        }
        guard_against_fatal_signals(&self.saved, self.terminal.as_raw_fd());
        self.raw = true;
        without_background_stop(|| termios::tcsetattr(&self.terminal, SetArg::TCSADRAIN, &raw))?;
        self.made = termios::tcgetattr(&self.terminal).ok();
        Ok(())
    }

    /// Forgets that the terminal was made raw: somebody else has it now, with settings of their own.
    pub fn forget(&mut self) {
        self.raw = false;
        RAW_TERMINAL.store(-1, Ordering::SeqCst);
    }

    /// Puts the settings back, unless somebody else is in the terminal's foreground by now.
    pub fn restore(&mut self) {
        if !std::mem::take(&mut self.raw) {
            return;
        }
        let foreground = tcgetpgrp(&self.terminal);
        // A terminal that does not control this process has no foreground that this process could see.
        if foreground == Ok(getpgrp()) || foreground == Err(nix::errno::Errno::ENOTTY) {
            let _ = without_background_stop(|| {
                termios::tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.saved)
            });
        }
        RAW_TERMINAL.store(-1, Ordering::SeqCst);
    }
}

impl AsFd for Settings {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.terminal.as_fd()
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Runs something that would stop a process in the background of its terminal.
pub fn without_background_stop<T>(action: impl FnOnce() -> T) -> T {
    let stops = SigSet::from_iter([Signal::SIGTTOU]);
    let mut before = SigSet::empty();
    let changed = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&stops), Some(&mut before));
    let result = action();
    if changed.is_ok() {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
    }
    result
}

fn guard_against_fatal_signals(saved: &Termios, terminal: i32) {
    let settings: Box<libc::termios> = Box::new(saved.clone().into());
    // Never freed: a signal may be reading it. One is made each time that a terminal becomes raw.
    RAW_SETTINGS.store(Box::into_raw(settings), Ordering::SeqCst);
    RAW_TERMINAL.store(terminal, Ordering::SeqCst);
    let action = SigAction::new(
        SigHandler::Handler(restore_and_die),
        SaFlags::SA_RESETHAND | SaFlags::SA_NODEFER | SaFlags::SA_ONSTACK,
        SigSet::empty(),
    );
    for signal in FATAL {
        if super::inherited::is_ignored(signal as libc::c_int) {
            continue;
        }
        // SAFETY: the handler calls only async-signal-safe functions and touches only atomics.
        #[expect(unsafe_code, reason = "installing a disposition is unsafe in general")]
        let _ = unsafe { sigaction(signal, &action) };
    }
}

extern "C" fn restore_and_die(signal: libc::c_int) {
    let terminal = RAW_TERMINAL.load(Ordering::SeqCst);
    let settings = RAW_SETTINGS.load(Ordering::SeqCst);
    if terminal >= 0 && !settings.is_null() {
        // SAFETY: the pointer is a leaked box that is never written again; tcsetattr is async-signal-safe.
        #[expect(unsafe_code, reason = "only the C call may be used in a signal handler")]
        let _ = unsafe { libc::tcsetattr(terminal, libc::TCSANOW, settings) };
    }
    // SAFETY: raise is async-signal-safe; SA_RESETHAND made the disposition the default one.
    #[expect(unsafe_code, reason = "only the C call may be used in a signal handler")]
    let _ = unsafe { libc::raise(signal) };
}
