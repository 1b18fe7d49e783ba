//! `gate shell`: the shell that agents and accounts live in.
//!
//! gate is a shell wherever it is called like one: `gate -c TEXT`, `gate shell …`, `-gate` at login, and as a link
//! called `bash`, `sh` or `zsh`. Which real shell runs beneath is configuration, never `PATH` or `$SHELL`, where gate
//! would find itself.

mod form;
pub mod probe;
pub mod session;
pub mod ssh;
pub mod wrapper;

use anyhow::Result;

use crate::{
    approval::StdinKind,
    config,
    exec::Pty,
    exit::Exit,
    facts::CommandLine,
    pipeline::{self, Outcome, Run},
    syntax::Dialect,
    sys::{self, caller::CallerEnvironment, talk::say},
    ui::Printable,
};

pub use form::{Form, Opening, called, read};

/// What the caller wishes for its runs, besides the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// When a command gets a terminal of its own.
    pub pty: Pty,
    /// Whether nothing is to be recorded, where the configuration leaves that to the caller.
    pub no_record: bool,
    /// The agent that the caller says it is.
    pub agent: Option<String>,
}

impl Wishes {
    /// One run with these wishes.
    #[must_use]
    pub fn run(self, command_line: CommandLine) -> Run {
        Run { command_line, pty: self.pty, no_record: self.no_record, agent: self.agent, within: None }
    }
}

/// Does what a caller wants who takes gate for a shell.
///
/// # Errors
/// Whatever keeps gate from deciding, asking or writing down: then nothing was started (I9).
pub fn be(form: Form, wishes: Wishes) -> Result<Outcome> {
    match form {
        Form::Text(command_line) => match ssh::start_of_gate_ssh(&command_line) {
            Some(wishes) => ssh::enter(wishes),
            None => pipeline::gate(&wishes.run(command_line)),
        },
        Form::Script { dialect, words } => pipeline::gate(&wishes.run(script(dialect, words)?)),
        Form::Session(opening) => match sys::stdin::kind() {
            StdinKind::Terminal => session::interactive(&opening, &wishes),
            _ => session::piped(&opening, &wishes),
        },
        Form::Usage(message) => {
            say(Printable::line(message.as_bytes()).as_str());
            say(
                "hint: usage is -c TEXT [NAME [ARG…]], FILE [ARG…] or -s [ARG…]; `gate shell --help` has all forms",
            );
            Ok(Outcome::NotRun(Exit::ShellUsage))
        }
    }
}

/// A script file is an operand of the shell like any other: analysis knows what `bash FILE` does, and an approval is
/// bound to the file's content.
fn script(dialect: Dialect, words: Vec<Vec<u8>>) -> Result<CommandLine> {
    use std::os::unix::ffi::OsStringExt as _;
    let settings = config::load(&CallerEnvironment::capture()?)?.settings;
    let shell = match dialect {
        Dialect::Bash => settings.shell,
        Dialect::Sh => settings.sh,
    };
    let quiet = match dialect {
        Dialect::Bash => vec![b"--noprofile".to_vec(), b"--norc".to_vec()],
        Dialect::Sh => Vec::new(),
    };
    let shell = shell.into_os_string().into_vec();
    Ok(CommandLine::Argv([shell].into_iter().chain(quiet).chain(words).collect()))
}
