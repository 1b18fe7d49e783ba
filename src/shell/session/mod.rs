//! A session: commands that arrive one after the other for one shell that lives on.
//!
//! Every complete command is decided before the shell sees it; a refusal is one line on standard error and a status of
//! 126, and the session goes on.

mod aliases;
mod completion;
mod editor;
mod history;
mod input;
mod interactive;
mod piped;

use std::sync::Arc;

use anyhow::Result;

use crate::{
    approval::{StdinKind, runs::Registration},
    exec::{
        Ended, Pty,
        session::{Place, Shell, Step},
    },
    exit::Exit,
    facts::CommandLine,
    pipeline::{self, Here, Outcome, Passed, Run, Within},
    sys::talk::say,
    ui::Printable,
};

use super::{Opening, Wishes};

pub use interactive::interactive;
pub use piped::piped;

/// A session under way.
struct Session {
    shell: Shell,
    agent: Option<String>,
    stdin: StdinKind,
    /// The variables that programs got when a person last saw what the session does.
    seen: Arc<Vec<(Vec<u8>, Vec<u8>)>>,
    /// Whether anything was decided before.
    begun: bool,
    _registration: Registration,
}

/// Whether a session goes on behind a text.
enum Next {
    /// It ran.
    On,
    /// It did not run, and what comes behind it sees this status.
    Refused(u8),
    /// It was the last.
    Over(Outcome),
}

impl Session {
    fn open(opening: &Opening, wishes: &Wishes, place: Place) -> Result<Self> {
        // Nobody but root reads the memory of a process that feeds a shell, or opens what it has open.
        let _ = nix::sys::prctl::set_dumpable(false);
        let nothing = CommandLine::Shell {
            text: Vec::new(),
            dialect: opening.dialect,
            options: Vec::new(),
            arguments: Vec::new(),
        };
        let here = Here::look(&wishes.clone().run(nothing))?;
        let registration = here.register_session()?;
        let options = opening.options.clone();
        let beginning = here.beginning(opening.dialect, options, opening.parameters.clone(), place);
        let (recorder, stdin) = match place {
            Place::Outputs => (None, StdinKind::Nothing),
            Place::Terminal => (here.session_recorder(wishes.no_record)?, StdinKind::Terminal),
        };
        let shell = Shell::start(&beginning, recorder)?;
        let seen = Arc::new(shell.state().exported());
        Ok(Self {
            shell,
            agent: wishes.agent.clone(),
            stdin,
            seen,
            begun: false,
            _registration: registration,
        })
    }

    /// Decides `decided`, and feeds `fed` if it may run.
    fn gate(&mut self, decided: Vec<u8>, fed: Vec<u8>) -> Result<Next> {
        if fed.contains(&0) {
            // A shell reads over such bytes: another text than the one that was shown would run.
            say("denied: the text has NUL bytes in it, which no shell reads");
            return Ok(Next::Refused(Exit::Denied.code()));
        }
        let run = self.run_of(decided, fed);
        self.begun = true;
        let passed = match pipeline::gate_line(&mut self.shell, &run) {
            Ok(passed) => passed,
            // The shell is as it was: nothing was fed.
            Err(error) if self.shell.ended().is_none() => {
                say(Printable::line(format!("{error:#}").as_bytes()).as_str());
                Passed::NotRun(Exit::Failure)
            }
            Err(error) => return Err(error),
        };
        Ok(match passed {
            Passed::Ran { step: Step::Ended(ended), .. } => Next::Over(Outcome::Ran(ended)),
            Passed::Ran { step: Step::Done, seen } => {
                if seen {
                    self.seen = Arc::new(self.shell.state().exported());
                }
                self.follow();
                Next::On
            }
            Passed::NotRun(Exit::Signalled(signal)) => Next::Over(Outcome::NotRun(Exit::Signalled(signal))),
            Passed::NotRun(exit) => Next::Refused(exit.code()),
        })
    }

    fn run_of(&self, decided: Vec<u8>, fed: Vec<u8>) -> Run {
        let dialect = self.shell.dialect();
        let within = Within {
            text: fed,
            state: Arc::clone(self.shell.state()),
            dialect,
            stdin: self.stdin,
            seen: Arc::clone(&self.seen),
        };
        let command_line = if self.begun {
            CommandLine::Shell { text: decided, dialect, options: Vec::new(), arguments: Vec::new() }
        } else {
            CommandLine::opening(decided, dialect)
        };
        Run {
            command_line,
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

    /// Lets the shell end, and gives the terminal back.
    fn end(mut self) -> Result<Ended> {
        let ended = self.shell.end();
        self.close();
        Ok(ended?)
    }

    fn close(&mut self) {
        if let Some(Err(error)) = self.shell.close_terminal() {
            say(&format!("the recording is incomplete: {error}"));
        }
    }
}
