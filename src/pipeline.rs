//! The story: how one command is gated, from the words that arrived to the status that the caller sees.
//!
//! Read [`gate`] top to bottom; everything that it calls is one idea each, below it or in the folder beside it.

mod around;
mod bind;
mod here;
mod inherited;
mod ledger;
mod line;
mod past;
mod plan;
mod refused;
mod replay;
pub mod sessions;
mod transfer;
mod unstarted;
mod within;

use anyhow::Result;

use crate::{
    approval::{self, Extent, Ground, Permit, Refusal, Request, Verdict, runs::Cover},
    exec::{self, Ended, Pty},
    exit::Exit,
    facts::CommandLine,
    policy::{Action, Tier},
    record::Recorder,
    sys::talk::say,
};

pub use here::Here;
use ledger::Ledger;
pub use line::{Passed, gate_line};
pub use within::Within;

pub use plan::Shells;
use refused::Refused;
pub use replay::{Rejudged, Replay};

/// As often as something may change under a reviewer's eyes before gate stops asking.
const DRIFTS: usize = 3;

/// What the caller wants to run, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The command line.
    pub command_line: CommandLine,
    /// When the command gets a terminal of its own.
    pub pty: Pty,
    /// Whether the caller wants no recording, where the configuration leaves that to the caller.
    pub no_record: bool,
    /// The agent that the caller says it is.
    pub agent: Option<String>,
    /// The shell of a session that it is for; none for a command that gets a process of its own.
    pub within: Option<Within>,
}

/// What the caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The command ran.
    Ran(Ended),
    /// It did not.
    NotRun(Exit),
}

/// Gates one command: understand, decide, ask, bind, write down, run, write down.
///
/// # Errors
/// Whatever keeps gate from deciding, asking or writing down: then nothing was started (I9).
pub fn gate(run: &Run) -> Result<Outcome> {
    let here = Here::look(run)?;
    let mut ledger = Ledger::open(&here)?;
    if let Some(probe) = here.probe(run) {
        return refuse(&mut ledger, &here.unexamined(run)?, &Refused::Probe(probe));
    }
    let request = here.judge(run)?;
    let settled = match request.decision.action {
        Action::Deny => Err(Refused::ByPolicy),
        Action::Allow => allowed(&request),
        Action::Ask => match here.covering() {
            Some(cover) => covered(&request, &cover),
            None => approved(&here, &mut ledger, run, &request)?,
        },
    };
    match settled {
        Ok(permit) => start(&here, &mut ledger, run, &request, &permit),
        Err(refused) => refuse(&mut ledger, &request, &refused),
    }
}

fn refuse(ledger: &mut Ledger, request: &Request, refused: &Refused) -> Result<Outcome> {
    ledger.reject(request, refused)?;
    Ok(Outcome::NotRun(refused.tell(request)))
}

fn allowed(request: &Request) -> Result<Permit, Refused> {
    Permit::from_decision(&request.decision, request.plan.clone(), request.binding()).map_err(Refused::from)
}

/// People are asked once for what they saw as one command: a shell within an accepted run adds nothing to it.
fn covered(request: &Request, cover: &Cover) -> Result<Permit, Refused> {
    Permit::within(cover, &request.decision, request.plan.clone(), request.binding()).map_err(Refused::from)
}

/// Asks until there is an answer to what would run *now*: whatever changed while a human was thinking is judged and
/// asked again (I2).
fn approved(here: &Here, ledger: &mut Ledger, run: &Run, first: &Request) -> Result<Result<Permit, Refused>> {
    let mut request = first.clone();
    for _ in 0..DRIFTS {
        ledger.request(&request)?;
        let verdict = approval::ask(&request, &here.approvers());
        let Verdict::Approve { extent, by } = &verdict else {
            return Ok(Err(Refused::ByVerdict(verdict)));
        };
        let now = Here::look(run)?.judge(run)?;
        match now.decision.action {
            Action::Deny => return Ok(Err(Refused::ByPolicy)),
            Action::Allow => return Ok(allowed(&now)),
            Action::Ask => {}
        }
        match Permit::from_verdict(request.clone(), &verdict, &now.binding()) {
            Ok(permit) => {
                if *extent == Extent::Whitelist {
                    here.whitelist(&request, by)?;
                }
                return Ok(Ok(permit));
            }
            Err(Refusal::Drifted) => {
                ledger.reject(&request, &Refused::Drifted)?;
                say(&format!("what would run changed while {} was asked; asking again", request.id));
                request = now;
            }
            Err(refusal) => return Ok(Err(refusal.into())),
        }
    }
    Ok(Err(Refused::Drifted))
}

/// Writes `accept` first (I5), then runs the permit, and nothing else.
fn start(here: &Here, ledger: &mut Ledger, run: &Run, request: &Request, permit: &Permit) -> Result<Outcome> {
    let mut recorder = here.recorder(run, request, permit, ledger.run())?;
    let registration = here.register(request, permit, ledger.run())?;
    ledger.accept(request, permit, recorder.as_ref().map(Recorder::name))?;
    if let Some(transfer) = &request.facts.transfer {
        return transfer::run(here, ledger, request, permit, transfer);
    }
    if recorder.is_none() && run.pty == Pty::AsCaller && is_routine(permit) {
        let ended = exec::replace(permit)?;
        unstarted::tell(permit, ended);
        return Ok(Outcome::Ran(ended));
    }
    let ended = exec::run(permit, run.pty, recorder.as_mut().map(|recorder| recorder as &mut dyn exec::Sink));
    drop(registration);
    let ended = ledger.end(ended, recorder.map(Recorder::finish))?;
    unstarted::tell(permit, ended);
    Ok(Outcome::Ran(ended))
}

/// Whether the policy itself lets it through at its lowest tier: then the log can do without its end, and nothing in it
/// could be taken for a reviewer, because everything that it starts is known. What runs within another run is that
/// run's to watch.
fn is_routine(permit: &Permit) -> bool {
    match permit.ground() {
        Ground::Policy => permit.tier() == Tier::Low,
        Ground::Reviewers(_) => false,
        Ground::Within(_) => true,
    }
}
