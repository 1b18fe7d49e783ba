//! Asks people about one request, and waits: for an answer, a signal, the caller's end, or the policy's timeout.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    path::PathBuf,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::getppid,
};

use crate::{
    config::TerminalUse,
    sys::{
        ancestry, peer,
        process::{Standard, standard},
        talk::say,
    },
    ui::Printable,
};

use super::{
    Again, Extent, Grants, Progress, Request, Reviewer, StdinKind, Verdict, runs,
    socket::Socket,
    terminal::{self, Standing, Terminal, may_prompt},
};

/// Who can be asked, and how.
#[derive(Clone, Debug)]
pub struct Approvers {
    /// The state directory; requests are offered in `requests/` below it.
    pub state: PathBuf,
    /// Accounts that may decide from a second terminal.
    pub reviewers: Vec<u32>,
    /// Whether requests are offered to a second terminal.
    pub second_terminal: SecondTerminal,
    /// When the question is put on the caller's own terminal.
    pub terminal: TerminalUse,
    /// How often the caller is told that the question is still open.
    pub keep_alive: Option<Duration>,
}

/// Whether requests are offered to a second terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondTerminal {
    /// `gate pending` and `gate approve` find them.
    Offered,
    /// They are not.
    Off,
}

/// Asks; returns when somebody answered, nobody can any more, or the time is over.
///
/// Whatever goes wrong on the way is a verdict that does not approve (I9).
pub fn ask(request: &Request, approvers: &Approvers) -> Verdict {
    match Question::put(request, approvers) {
        Ok(question) => question.wait(),
        Err(hint) => Verdict::Unattended { hint },
    }
}

/// A question that is open.
struct Question<'a> {
    request: &'a Request,
    deadline: Instant,
    signals: Signals,
    parent: Option<OwnedFd>,
    socket: Option<Socket<'a>>,
    terminal: Option<Terminal<'a>>,
    grants: Grants,
    keep_alive: Option<KeepAlive>,
}

/// When the caller is told next that the question is still open.
struct KeepAlive {
    interval: Duration,
    next: Instant,
}

impl<'a> Question<'a> {
    fn put(request: &'a Request, approvers: &'a Approvers) -> Result<Self, String> {
        let here = may_prompt(approvers.terminal, standing(request, approvers));
        enough(request, approvers, here)?;
        // Nobody but root reads or changes the memory of a process that holds a question.
        let _ = nix::sys::prctl::set_dumpable(false);
        let signals = Signals::catch().map_err(|error| format!("signals cannot be caught: {error}"))?;
        let deadline = Instant::now() + request.decision.timeout;
        let socket = match approvers.second_terminal {
            SecondTerminal::Off => None,
            SecondTerminal::Offered => Some(offer(request, approvers)?),
        };
        let terminal = here.then(|| Terminal::ask(request, deadline).ok()).flatten();
        if socket.is_none() && terminal.is_none() {
            return Err(NOBODY.to_owned());
        }
        let parent = u32::try_from(getppid().as_raw()).ok().filter(|pid| *pid > 1);
        let parent = parent.and_then(|pid| peer::watch(pid).ok());
        let grants = Grants::wanting(request.decision.reviewers);
        // A person who looks at the question at this terminal sees that it is open.
        let interval = approvers.keep_alive.filter(|_| terminal.is_none());
        let keep_alive = interval.map(|interval| KeepAlive { interval, next: Instant::now() + interval });
        Ok(Self { request, deadline, signals, parent, socket, terminal, grants, keep_alive })
    }

    fn wait(mut self) -> Verdict {
        if self.terminal.is_none() {
            self.announce();
        }
        let verdict = loop {
            if let Some(verdict) = self.step() {
                break verdict;
            }
        };
        if let Some(socket) = self.socket.take() {
            socket.close(settled(&verdict));
        }
        if let Some(terminal) = self.terminal.take() {
            terminal.close(&ended(&verdict));
        }
        verdict
    }

    /// The one line that tells the agent that it waits.
    fn announce(&self) {
        let id = &self.request.id;
        let seconds = self.request.decision.timeout.as_secs();
        let who = match self.request.decision.reviewers {
            0 | 1 => "a person decides".to_owned(),
            several => format!("{several} people with different accounts decide"),
        };
        say(&format!("waiting for approval of {id} (at most {seconds} s); {who} with `gate approve {id}`"));
    }

    fn keep_alive(&mut self, now: Instant) {
        let Some(keep_alive) = self.keep_alive.as_mut().filter(|keep_alive| keep_alive.next <= now) else {
            return;
        };
        keep_alive.next = now + keep_alive.interval;
        let left = self.deadline.saturating_duration_since(now).as_secs();
        say(&format!("still waiting for approval of {} (at most {left} s more)", self.request.id));
    }

    /// Waits for the next thing to happen.
    fn step(&mut self) -> Option<Verdict> {
        let now = Instant::now();
        if now >= self.deadline {
            return Some(Verdict::Timeout);
        }
        self.keep_alive(now);
        match self.poll(now) {
            Err(Errno::EINTR) => None,
            Err(error) => Some(withdrawn(None, format!("waiting failed: {error}"))),
            Ok(Woken { signal: true, .. }) => self.signals.take().map(interrupted),
            Ok(Woken { output: true, .. }) => {
                Some(withdrawn(None, "nobody reads standard output any more".to_owned()))
            }
            Ok(Woken { parent: true, .. }) => Some(withdrawn(None, "the caller ended".to_owned())),
            Ok(_) => self.attend(),
        }
    }

    /// Lets both approvers do what they can; the first valid answer counts.
    fn attend(&mut self) -> Option<Verdict> {
        let before = self.grants.progress();
        let grants = &mut self.grants;
        if let Some(verdict) = self.socket.as_mut().and_then(|socket| socket.attend(grants)) {
            return Some(verdict);
        }
        let terminal = self.terminal.as_mut()?;
        let attended = if self.grants.progress() == before {
            terminal.attend()
        } else {
            terminal.inform(&so_far(&self.grants)).and_then(|()| terminal.attend())
        };
        match attended {
            Ok(Some(Verdict::Approve { by, extent })) => self.count(by, extent),
            Ok(verdict) => verdict,
            Err(error) => Some(gone(&error)),
        }
    }

    /// Counts what was approved on the terminal, which is the caller's account.
    fn count(&mut self, by: Vec<Reviewer>, extent: Extent) -> Option<Verdict> {
        let counted = by.into_iter().try_for_each(|by| self.grants.add(by, extent).map(drop));
        if let Some(verdict) = self.grants.verdict() {
            return Some(verdict);
        }
        if let Some(socket) = &mut self.socket {
            socket.tell(&self.grants);
        }
        let text = match counted {
            Ok(()) => so_far(&self.grants),
            Err(Again) => format!("this account has approved it already; {}", so_far(&self.grants)),
        };
        self.terminal.as_mut()?.inform(&text).err().map(|error| gone(&error))
    }

    fn poll(&self, now: Instant) -> nix::Result<Woken> {
        let nothing = PollFlags::empty();
        let output = standard(Standard::Output);
        let parent = self.parent.as_ref().map_or((output, nothing), |it| (it.as_fd(), PollFlags::POLLIN));
        let mut interests =
            vec![(self.signals.descriptor.as_fd(), PollFlags::POLLIN), (output, nothing), parent];
        interests.extend(self.socket.iter().flat_map(Socket::interests));
        interests.extend(self.terminal.iter().map(Terminal::interest));
        let mut descriptors: Vec<PollFd<'_>> =
            interests.into_iter().map(|(descriptor, flags)| PollFd::new(descriptor, flags)).collect();
        let socket = self.socket.as_ref().and_then(Socket::alarm);
        let countdown = self.terminal.as_ref().map(Terminal::alarm);
        let reminder = self.keep_alive.as_ref().map(|keep_alive| keep_alive.next);
        let alarm = socket.into_iter().chain(countdown).chain(reminder).fold(self.deadline, Instant::min);
        poll(&mut descriptors, timeout(alarm.saturating_duration_since(now)))?;
        let woken = |index: usize| {
            descriptors.get(index).and_then(PollFd::revents).is_some_and(|events| !events.is_empty())
        };
        Ok(Woken { signal: woken(0), output: woken(1), parent: woken(2) })
    }
}

/// Whether as many different accounts can answer as a rule asks for.
fn enough(request: &Request, approvers: &Approvers, here: bool) -> Result<(), String> {
    let wanted = usize::from(request.decision.reviewers);
    if wanted <= 1 {
        return Ok(());
    }
    let mut able = match approvers.second_terminal {
        SecondTerminal::Offered => approvers.reviewers.clone(),
        SecondTerminal::Off => Vec::new(),
    };
    able.extend(here.then_some(request.caller.uid));
    able.sort_unstable();
    able.dedup();
    if able.len() < wanted {
        return Err(format!(
            "a rule wants {wanted} reviewers with different accounts, and {} can answer here; name more in \
             approver.reviewers of gate.toml",
            able.len()
        ));
    }
    Ok(())
}

/// Who has approved, and how many have to.
fn so_far(grants: &Grants) -> String {
    let names = grants.names();
    let missing = match grants.progress() {
        Progress::Missing(missing) => usize::from(missing),
        Progress::Complete => 0,
    };
    let wanted = names.len() + missing;
    format!("{} of {wanted} approved, by {}", names.len(), Printable::from(names.join(", ").as_str()))
}

const NOBODY: &str =
    "set approver.socket = true and decide with `gate pending` and `gate approve` in another terminal";

/// What the kernel says of the terminal and of who asks; what it does not say counts against asking there.
fn standing(request: &Request, approvers: &Approvers) -> Standing {
    let own = ancestry::lineage(std::process::id()).unwrap_or_default();
    let inside = |runs: Vec<Vec<ancestry::Process>>| {
        let mut runs = runs.iter().filter_map(|run| run.first());
        runs.any(|run| own.iter().skip(1).any(|ancestor| ancestor.is(run)))
    };
    Standing {
        foreground: terminal::is_foreground(),
        typed: request.caller.stdin == StdinKind::Terminal,
        agent: request.caller.agent.is_some(),
        inside_a_run: own.is_empty() || runs::live(&approvers.state).map_or(true, inside),
    }
}

fn offer<'a>(request: &'a Request, approvers: &'a Approvers) -> Result<Socket<'a>, String> {
    Socket::offer(request, &approvers.reviewers, &approvers.state)
        .map_err(|error| format!("the request cannot be offered in {}: {error}", approvers.state.display()))
}

/// What woke the wrapper up.
struct Woken {
    signal: bool,
    output: bool,
    parent: bool,
}

/// Signals that take a question back, held back while it is open.
pub(super) struct Signals {
    pub(super) descriptor: SignalFd,
    before: SigSet,
}

impl Signals {
    const CAUGHT: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

    pub(super) fn catch() -> nix::Result<Self> {
        let caught = SigSet::from_iter(Self::CAUGHT);
        let before = SigSet::thread_get_mask()?;
        caught.thread_block()?;
        match SignalFd::with_flags(&caught, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC) {
            Ok(descriptor) => Ok(Self { descriptor, before }),
            Err(error) => {
                let _ = before.thread_set_mask();
                Err(error)
            }
        }
    }

    pub(super) fn take(&self) -> Option<u8> {
        let arrived = self.descriptor.read_signal().ok()??;
        u8::try_from(arrived.ssi_signo).ok()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

fn interrupted(signal: u8) -> Verdict {
    let name = Signal::try_from(i32::from(signal)).map_or("a signal", Signal::as_str);
    withdrawn(Some(signal), format!("interrupted by {name}"))
}

fn gone(error: &std::io::Error) -> Verdict {
    withdrawn(None, format!("the terminal is gone: {error}"))
}

const fn withdrawn(signal: Option<u8>, reason: String) -> Verdict {
    Verdict::Withdraw { signal, reason }
}

const fn settled(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Approve { .. } => "it was approved",
        Verdict::Reject { .. } => "it was rejected",
        Verdict::Timeout => "nobody answered in time",
        Verdict::Withdraw { .. } | Verdict::Unattended { .. } => "it was taken back",
    }
}

/// The last line on the terminal.
fn ended(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Approve { by, extent } => {
            let names: Vec<&str> = by.iter().map(|by| by.name.as_str()).collect();
            let how = match extent {
                Extent::Once => "approved once",
                Extent::WithInput => "approved once, with its input,",
                Extent::Whitelist => "approved and whitelisted",
            };
            format!("{how} by {}", Printable::from(names.join(", ").as_str()))
        }
        Verdict::Reject { by, .. } => format!("denied by {}", Printable::from(by.name.as_str())),
        Verdict::Timeout => "nobody answered in time: not run".to_owned(),
        Verdict::Withdraw { .. } | Verdict::Unattended { .. } => "taken back: not run".to_owned(),
    }
}

/// Rounds up, so that a deadline is never waited for in vain.
pub(super) fn timeout(duration: Duration) -> PollTimeout {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    PollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX)).unwrap_or(PollTimeout::MAX)
}
