//! Commands that arrive on a pipe, a socket or a file: no prompt, no echo, nothing on standard output but theirs.

use std::sync::Arc;

use anyhow::Result;

use crate::{
    approval::StdinKind,
    exec::{
        Pty,
        session::{Sentinel, Shell, Step, Woken},
    },
    exit::Exit,
    facts::CommandLine,
    pipeline::{self, Here, Outcome, Passed, Run, Within},
    shell::{Opening, Wishes},
    sys::{
        process::{Standard, standard},
        talk::say,
    },
};

use super::input::{Batch, Input};

/// A session without a terminal.
struct Session {
    shell: Shell,
    agent: Option<String>,
    /// The variables that programs got when a person last saw what the session does.
    seen: Arc<Vec<(Vec<u8>, Vec<u8>)>>,
}

/// Whether a session goes on.
enum Flow {
    On,
    Over(Outcome),
}

/// Runs a session whose commands arrive on standard input; gives its shell's status.
///
/// # Errors
/// Whatever keeps gate from deciding, asking or writing down: then the session is over.
pub fn piped(opening: &Opening, wishes: &Wishes) -> Result<Outcome> {
    let _ = nix::sys::prctl::set_dumpable(false);
    let nothing = CommandLine::Shell {
        text: Vec::new(),
        dialect: opening.dialect,
        options: Vec::new(),
        arguments: Vec::new(),
    };
    let here = Here::look(&wishes.clone().run(nothing))?;
    let _registration = here.register_session()?;
    let beginning = here.beginning(opening.dialect, opening.options.clone(), opening.parameters.clone());
    let shell = Shell::start(&beginning)?;
    let seen = Arc::new(shell.state().exported());
    Session { shell, agent: wishes.agent.clone(), seen }.run()
}

impl Session {
    fn run(mut self) -> Result<Outcome> {
        let stdin = standard(Standard::Input);
        let mut input = Input::default();
        loop {
            while let Some(batch) = input.batch(self.shell.dialect()) {
                if let Flow::Over(outcome) = self.take(&batch)? {
                    return Ok(outcome);
                }
            }
            if input.is_over() {
                return Ok(Outcome::Ran(self.shell.end()?));
            }
            match self.shell.wait(stdin)? {
                Woken::Input => input.fill(stdin)?,
                Woken::Ended(ended) => return Ok(Outcome::Ran(ended)),
            }
        }
    }

    /// Decides commands that arrived together as one.
    fn take(&mut self, batch: &Batch) -> Result<Flow> {
        let commands = batch.commands(self.shell.state());
        let text = batch.to_decide(&commands, self.shell.dialect());
        if text.is_empty() {
            return self.sentinels(&commands);
        }
        let run = self.run_of(text, batch.text.clone());
        match pipeline::gate_line(&mut self.shell, &run)? {
            Passed::Ran { step: Step::Ended(ended), .. } => Ok(Flow::Over(Outcome::Ran(ended))),
            Passed::Ran { step: Step::Done, seen } => {
                if seen {
                    self.seen = Arc::new(self.shell.state().exported());
                }
                self.follow();
                Ok(Flow::On)
            }
            Passed::NotRun(Exit::Signalled(signal)) => {
                Ok(Flow::Over(Outcome::NotRun(Exit::Signalled(signal))))
            }
            Passed::NotRun(exit) => self.refused(&commands, exit),
        }
    }

    /// The clients still find the end of what did not run, and its status.
    fn refused(&mut self, commands: &[(&[u8], Option<Sentinel>)], exit: Exit) -> Result<Flow> {
        for (command, sentinel) in commands {
            let flow = match sentinel {
                Some(sentinel) => self.pass(sentinel)?,
                None => {
                    self.shell.skip(command, exit.code());
                    Flow::On
                }
            };
            if let Flow::Over(outcome) = flow {
                return Ok(Flow::Over(outcome));
            }
        }
        Ok(Flow::On)
    }

    fn sentinels(&mut self, commands: &[(&[u8], Option<Sentinel>)]) -> Result<Flow> {
        for sentinel in commands.iter().filter_map(|(_, sentinel)| sentinel.as_ref()) {
            if let Flow::Over(outcome) = self.pass(sentinel)? {
                return Ok(Flow::Over(outcome));
            }
        }
        Ok(Flow::On)
    }

    fn pass(&mut self, sentinel: &Sentinel) -> Result<Flow> {
        match self.shell.pass(sentinel)? {
            Step::Done => Ok(Flow::On),
            Step::Ended(ended) => Ok(Flow::Over(Outcome::Ran(ended))),
        }
    }

    fn run_of(&self, decided: Vec<u8>, fed: Vec<u8>) -> Run {
        let dialect = self.shell.dialect();
        let within = Within {
            text: fed,
            state: Arc::clone(self.shell.state()),
            dialect,
            stdin: StdinKind::Nothing,
            seen: Arc::clone(&self.seen),
        };
        Run {
            command_line: CommandLine::Shell {
                text: decided,
                dialect,
                options: Vec::new(),
                arguments: Vec::new(),
            },
            pty: Pty::AsCaller,
            no_record: false,
            agent: self.agent.clone(),
            within: Some(within),
        }
    }

    /// Goes where the shell went, so that what is looked at next is looked at from there.
    fn follow(&self) {
        if let Err(error) = std::env::set_current_dir(self.shell.directory()) {
            say(&format!("the session's working directory cannot be entered: {error}"));
        }
    }
}
