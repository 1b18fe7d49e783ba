//! Runs what a [`Permit`] permits, and nothing else.
//!
//! The command comes from the permit and nowhere else (I2). Each standard descriptor is handled as what it is: the
//! caller's own terminal becomes a pty, everything else is inherited, or spliced through a pipe where it is recorded.

mod ended;
mod failure;
mod image;

pub use ended::{Ended, Event, Sink, Stream};
pub use failure::Failure;

use nix::sys::{
    signal::SigSet,
    wait::{WaitStatus, waitpid},
};

use crate::{
    approval::Permit,
    sys::{
        process::{self, Session, Wire},
        signal,
    },
};

use image::Startable;

/// Whether the command gets a pty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pty {
    /// Where the caller has a terminal of its own in the foreground.
    #[default]
    AsCaller,
    /// Always, for standard output and standard error (`--pty`).
    Always,
}

/// Replaces this process by the permitted command: nothing of gate remains, so signals and exit status need no care.
///
/// For runs of which nothing is captured. Returns only if nothing was started.
///
/// # Errors
/// Where the reason is not the command's.
pub fn replace(permit: &Permit) -> Result<Ended, Failure> {
    match image::startable(permit)? {
        Startable::Image(image) => image::refusal(process::replace(&image)),
        Startable::Missing(ended) => Ok(ended),
    }
}

/// Runs the permitted command to its end and hands its events to the sink.
///
/// An error of the sink ends the run: the command is terminated (a recorder that is not strict never returns one).
///
/// # Errors
/// Where the run could not be started, or went wrong, for a reason that is not the command's.
pub fn run(permit: &Permit, pty: Pty, sink: Option<&mut dyn Sink>) -> Result<Ended, Failure> {
    let _ = (pty, sink);
    let image = match image::startable(permit)? {
        Startable::Image(image) => image,
        Startable::Missing(ended) => return Ok(ended),
    };
    let child = match process::spawn(&image, [Wire::Keep; 3], Session::Same, &SigSet::empty()) {
        Ok(child) => child,
        Err(error) => return image::refusal(error),
    };
    loop {
        match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, status)) => return Ok(Ended::Exited(status.to_le_bytes()[0])),
            Ok(WaitStatus::Signaled(_, signal, core)) => {
                return Ok(Ended::Signalled { signal: (signal as i32).to_le_bytes()[0], core });
            }
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(Failure::System("cannot wait for the command", error.into())),
        }
    }
}

/// Makes the caller see how the command ended: a killed command kills gate by the same signal.
///
/// Returns the exit code where that cannot be done, or where the command was not killed. For the end of `main`.
#[must_use]
pub fn status(ended: Ended) -> u8 {
    if let Ended::Signalled { signal, .. } = ended {
        signal::die_of(signal);
    }
    ended.exit().code()
}
