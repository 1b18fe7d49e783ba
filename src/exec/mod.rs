//! Runs what a [`Permit`] permits, and nothing else.
//!
//! The command comes from the permit and nowhere else (I2). Each standard descriptor is handled as what it is: the
//! caller's own terminal becomes a pty, everything else is inherited, or spliced through a pipe where it is recorded.

mod child;
mod console;
mod ended;
pub mod environment;
mod failure;
mod flow;
mod image;
mod passage;
mod relay;
pub mod session;
mod setup;
mod shell;
mod signals;
mod suspend;
mod wiring;

pub use ended::{Ended, Event, Sink, Stream};
pub use failure::Failure;
pub use passage::{Guard, Traffic, pass};
pub use shell::shell;

use crate::{
    approval::Permit,
    sys::{process, signal},
};

use image::Startable;
use relay::{Relay, State};
use setup::{Setup, Started, Unstarted};
use signals::Signals;
use wiring::Capture;

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
pub fn run(permit: &Permit, pty: Pty, mut sink: Option<&mut dyn Sink>) -> Result<Ended, Failure> {
    let image = match image::startable(permit)? {
        Startable::Image(image) => image,
        Startable::Missing(ended) => return Ok(ended),
    };
    let capture = if sink.is_some() { Capture::On } else { Capture::Off };
    let signals = Signals::take()?;
    let setup = Setup::make(wiring::uses(wiring::kinds(), permit.plan().input, pty, capture))?;
    match setup.start(&image, signals.original()) {
        Ok(Started { child, flows, console, follower }) => {
            if let Some(sink) = &mut sink {
                flows.iter().for_each(|flow| sink.open(flow.stream()));
            }
            Relay { child, signals, flows, console, follower, sink, state: State::default() }.run()
        }
        Err(Unstarted::Refused(error)) => image::refusal(error),
        Err(Unstarted::Failed(failure)) => Err(failure),
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
