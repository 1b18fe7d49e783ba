//! The story of one text of a session: as [`gate`](super::gate), with a shell that lives on in place of a process of its
//! own.

use anyhow::Result;

use crate::{
    approval::{Ground, Permit, Request},
    exec::session::{Shell, Step},
    exit::Exit,
    policy::Action,
};

use super::{Here, Run, allowed, approved, ledger::Ledger};

/// What came of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Passed {
    /// It ran.
    Ran {
        /// Whether the shell lives on.
        step: Step,
        /// Whether a person had seen it.
        seen: bool,
    },
    /// It did not.
    NotRun(Exit),
}

/// Gates one text of a session: understand, decide, ask, bind, write down, feed, write down.
///
/// # Errors
/// Whatever keeps gate from deciding, asking or writing down: then nothing was fed (I9). A shell that cannot be trusted
/// any more has been killed.
pub fn gate_line(shell: &mut Shell, run: &Run) -> Result<Passed> {
    let here = Here::look(run)?;
    let mut ledger = Ledger::open(&here)?;
    let request = here.judge(run)?;
    let settled = match request.decision.action {
        Action::Deny => Err(super::Refused::ByPolicy),
        Action::Allow => allowed(&request),
        Action::Ask => {
            shell.lend_terminal();
            let settled = approved(&here, &mut ledger, run, &request);
            shell.retake_terminal();
            settled?
        }
    };
    match settled {
        Ok(permit) => feed(shell, &mut ledger, &request, &permit),
        Err(refused) => {
            ledger.reject(&request, &refused)?;
            Ok(Passed::NotRun(refused.tell(&request)))
        }
    }
}

/// Writes `accept` first (I5), then feeds the permit, and nothing else.
fn feed(shell: &mut Shell, ledger: &mut Ledger, request: &Request, permit: &Permit) -> Result<Passed> {
    ledger.accept(request, permit, shell.recording())?;
    let step = shell.run(permit);
    let ended = match &step {
        Ok(Step::Ended(ended)) => Ok(*ended),
        Ok(Step::Done) => Ok(crate::exec::Ended::Exited(shell.state().status)),
        Err(_) => Ok(crate::exec::Ended::NotExecutable),
    };
    let step = match step {
        Ok(step) => step,
        Err(failure) => return ledger.end(Err(failure), None).map(|_| Passed::NotRun(Exit::Failure)),
    };
    let _ = ledger.end(ended, None)?;
    Ok(Passed::Ran { step, seen: matches!(permit.ground(), Ground::Reviewers(_)) })
}
