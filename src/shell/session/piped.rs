//! Commands that arrive on a pipe, a socket or a file: no prompt, no echo, nothing on standard output but theirs.

use anyhow::Result;

use crate::{
    exec::session::{Place, Sentinel, Step, Woken},
    pipeline::Outcome,
    shell::{Opening, Wishes},
    sys::process::{Standard, standard},
};

use super::{
    Next, Session,
    input::{Batch, Input},
};

/// Runs a session whose commands arrive on standard input; gives its shell's status.
///
/// # Errors
/// Whatever keeps gate from opening a session, or from trusting its shell any longer.
pub fn piped(opening: &Opening, wishes: &Wishes) -> Result<Outcome> {
    let mut session = Session::open(opening, wishes, Place::Outputs)?;
    let stdin = standard(Standard::Input);
    let mut input = Input::default();
    loop {
        while let Some(batch) = input.batch(session.shell.dialect()) {
            if let Next::Over(outcome) = session.take(&batch)? {
                return Ok(outcome);
            }
        }
        if input.is_over() {
            return Ok(Outcome::Ran(session.end()?));
        }
        match session.shell.wait(stdin)? {
            Woken::Input => input.fill(stdin)?,
            Woken::Ended(ended) => return Ok(Outcome::Ran(ended)),
        }
    }
}

impl Session {
    /// Decides commands that arrived together as one.
    fn take(&mut self, batch: &Batch) -> Result<Next> {
        let commands = batch.commands(self.shell.state());
        let text = batch.to_decide(&commands, self.shell.dialect());
        if text.is_empty() {
            return self.pass_sentinels(&commands, 0);
        }
        match self.gate(text, batch.text.clone())? {
            Next::Refused(status) => self.pass_sentinels(&commands, status),
            next => Ok(next),
        }
    }

    /// Clients find the end of what did not run, and its status.
    fn pass_sentinels(&mut self, commands: &[(&[u8], Option<Sentinel>)], refused: u8) -> Result<Next> {
        for (command, sentinel) in commands {
            let Some(sentinel) = sentinel else {
                self.shell.skip(command, refused);
                continue;
            };
            if let Step::Ended(ended) = self.shell.pass(sentinel)? {
                return Ok(Next::Over(Outcome::Ran(ended)));
            }
        }
        Ok(Next::On)
    }
}
