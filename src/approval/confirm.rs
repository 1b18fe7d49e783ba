//! The reviewer's own terminal: shows a request that waits elsewhere, and takes one key.

use std::{
    io,
    os::fd::AsFd as _,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, poll},
};

use super::{
    Verdict,
    ask::{Signals, timeout},
    client::Waiting,
    terminal::Terminal,
};

/// How the reviewer's look at a request ended.
#[derive(Debug)]
pub enum Looked {
    /// The reviewer answered.
    Answered(Verdict),
    /// Somebody else answered, the time ran out, or the wrapper took the question back.
    Settled,
    /// The reviewer left without an answer; the question stays open.
    Left,
}

/// Shows a request on this terminal and waits for a key; `now` is the time in milliseconds since the epoch.
///
/// # Errors
/// Where there is no terminal, or it goes away.
pub fn confirm(waiting: &Waiting, now: u64) -> io::Result<Looked> {
    let signals = Signals::catch()?;
    let deadline = Instant::now() + waiting.left(now);
    let mut terminal = Terminal::ask(&waiting.request, deadline)?;
    let looked = wait(waiting, &signals, &mut terminal, deadline)?;
    terminal.close(match &looked {
        Looked::Answered(Verdict::Approve { .. }) => "approve",
        Looked::Answered(_) => "deny",
        Looked::Settled => "settled elsewhere",
        Looked::Left => "left open",
    });
    Ok(looked)
}

fn wait(
    waiting: &Waiting,
    signals: &Signals,
    terminal: &mut Terminal<'_>,
    deadline: Instant,
) -> io::Result<Looked> {
    loop {
        if Instant::now() >= deadline {
            return Ok(Looked::Settled);
        }
        let until = terminal.alarm().min(deadline).saturating_duration_since(Instant::now());
        let (tty, keys) = terminal.interest();
        let mut descriptors = [
            PollFd::new(signals.descriptor.as_fd(), PollFlags::POLLIN),
            PollFd::new(waiting.as_fd(), PollFlags::POLLIN),
            PollFd::new(tty, keys),
        ];
        match poll(&mut descriptors, timeout(until)) {
            Err(Errno::EINTR) => continue,
            outcome => outcome?,
        };
        let [signal, settled, _] =
            descriptors.map(|it| it.revents().is_some_and(|events| !events.is_empty()));
        if signal {
            return Ok(Looked::Left);
        }
        if settled {
            return Ok(Looked::Settled);
        }
        match terminal.attend()? {
            None => {}
            Some(Verdict::Withdraw { .. }) => return Ok(Looked::Left),
            Some(verdict) => return Ok(Looked::Answered(verdict)),
        }
    }
}

impl Waiting {
    /// How long its wrapper still waits, as far as the two clocks agree.
    #[must_use]
    pub fn left(&self, now: u64) -> Duration {
        let waited = Duration::from_millis(now.saturating_sub(self.request.asked_at));
        self.request.decision.timeout.saturating_sub(waited)
    }
}
