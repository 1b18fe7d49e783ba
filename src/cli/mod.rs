//! The command line: subcommands by clap, one file each, every one `run(&Arguments) -> Result<Exit>`.
//!
//! The run forms `gate -- PROGRAM…` and `gate -c TEXT` never come here: clap costs half of a run, so they are
//! recognised before it.

pub mod approve;
pub mod check;
pub mod completions;
pub mod deny;
pub mod doctor;
pub mod fast;
pub mod init;
pub mod log;
pub mod pending;
pub mod play;
pub mod policy;
pub mod session;
pub mod shell;
pub mod ssh;

use std::{
    ffi::OsString,
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    os::unix::ffi::OsStrExt as _,
};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    audit::LogError,
    config::ConfigError,
    exec::{self, Ended},
    exit::Exit,
    pipeline::{self, Outcome},
    sys::terminal,
    ui::{Printable, Style},
};

use fast::Form;

const RUN_FORMS: &str = "\
Run forms (read before any subcommand):
  gate [OPTIONS] -- PROGRAM [ARG…]         Gate one program, without a shell
  gate [OPTIONS] -c TEXT [NAME [ARG…]]     Gate one shell command line, as `bash -c` takes it

  --pty          Run the command on a terminal of its own even where the caller has none
  --no-record    Make no recording, where the configuration leaves that to the caller
  --agent NAME   Say which agent asks; scopes of rules and the audit log use it

Exit status:
  The command's own, unchanged (128+n when signal n killed it). gate's own: 124 approval timed out,
  125 gate failed, 126 denied or not executable, 127 not found.

Examples:
  gate -- git status
  gate -c 'cargo test 2>&1 | tail -20'
  gate check 'rm -rf build && make'
  gate pending                             In a second terminal: what waits for an answer
  gate approve k7p2mn                      Answer it

`gate SUBCOMMAND --help` has examples of each. The manual: gate(1), gate-policy(5).";

#[derive(Parser)]
#[command(
    name = "gate",
    version,
    about = "An approval gate between AI agents and a shell",
    after_help = RUN_FORMS,
    override_usage = "gate [OPTIONS] -- PROGRAM [ARG…]\n       gate [OPTIONS] -c TEXT [NAME [ARG…]]\n       gate SUBCOMMAND",
    max_term_width = 110,
    subcommand_required = true,
    arg_required_else_help = false
)]
struct Line {
    #[command(subcommand)]
    subcommand: Choice,
}

#[derive(Subcommand)]
enum Choice {
    /// Decide and explain, run nothing
    Check(check::Arguments),
    /// Check, test, show or compile the policy
    #[command(subcommand)]
    Policy(policy::Choice),
    /// Be a shell: one command line, a script file, or a session
    Shell(shell::Arguments),
    /// Be what sshd starts: commands, logins and transfers of an account
    Ssh(ssh::Arguments),
    /// List and show what waits for an approval
    Pending(pending::Arguments),
    /// Approve a waiting request
    Approve(approve::Arguments),
    /// Reject a waiting request
    Deny(deny::Arguments),
    /// Say what a group of runs is for, and look at it
    #[command(subcommand)]
    Session(session::Choice),
    /// Query the audit log
    Log(log::Arguments),
    /// Replay a recording
    Play(play::Arguments),
    /// Write a first configuration, after showing it
    Init(init::Arguments),
    /// Say what is really enforced here, and what to do about the rest
    Doctor(doctor::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
}

/// Does what the words ask for, the program's name first; returns the exit code, or dies of the command's signal.
#[must_use]
pub fn main(words: Vec<OsString>) -> u8 {
    let outcome = match fast::recognise(words.clone()) {
        Form::Run(run) => pipeline::gate(&run),
        Form::Shell(form, wishes) => crate::shell::be(form, wishes),
        Form::Ssh(wishes) => crate::shell::ssh::enter(wishes),
        Form::Usage(message) => Err(anyhow::anyhow!("{message}; `gate --help` shows all forms")),
        Form::Other => return run(words).code(),
    };
    match outcome {
        Ok(Outcome::Ran(ended)) => exec::status(ended),
        Ok(Outcome::NotRun(Exit::Signalled(signal))) => {
            exec::status(Ended::Signalled { signal, core: false })
        }
        Ok(Outcome::NotRun(exit)) => exit.code(),
        Err(error) => tell(&error).code(),
    }
}

/// Runs the subcommand that the words ask for; the first word is the program's name.
///
/// Every failure is told on standard error and ends with [`Exit::Failure`].
pub fn run(words: Vec<OsString>) -> Exit {
    let line = match Line::try_parse_from(words) {
        Ok(line) => line,
        Err(error) => return tell_usage(&error),
    };
    match line.subcommand.run() {
        Ok(exit) => exit,
        Err(error) => tell(&error),
    }
}

impl Choice {
    fn run(&self) -> anyhow::Result<Exit> {
        match self {
            Self::Check(arguments) => check::run(arguments),
            Self::Policy(choice) => policy::run(choice),
            Self::Shell(arguments) => shell::run(arguments),
            Self::Ssh(arguments) => ssh::run(arguments),
            Self::Pending(arguments) => pending::run(arguments),
            Self::Approve(arguments) => approve::run(arguments),
            Self::Deny(arguments) => deny::run(arguments),
            Self::Session(choice) => session::run(choice),
            Self::Log(arguments) => log::run(arguments),
            Self::Play(arguments) => play::run(arguments),
            Self::Init(arguments) => init::run(arguments),
            Self::Doctor(arguments) => doctor::run(arguments),
            Self::Completions(arguments) => completions::run(arguments),
        }
    }
}

/// The definition of the whole command line, for completions and the manual's test.
#[must_use]
pub fn definition() -> clap::Command {
    Line::command()
}

/// Help goes to standard output with success; everything else that clap has to say is a failure of the caller's.
fn tell_usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let help = match look_of_stdout().0 {
            Style::Ansi => error.render().ansi().to_string(),
            Style::Plain => error.render().to_string(),
        };
        return match std::io::stdout().lock().write_all(help.as_bytes()) {
            Ok(()) => Exit::Success,
            Err(_) => Exit::Failure,
        };
    }
    let rendered = error.render().to_string();
    let rendered = rendered.strip_prefix("error: ").unwrap_or(&rendered);
    // The forms of usage are in the help that the last line names.
    let mut in_usage = false;
    let mut lines = rendered.lines().filter(|line| {
        in_usage = line.starts_with("Usage:") || (in_usage && line.starts_with(' '));
        !in_usage && !line.trim().is_empty()
    });
    let mut told = format!("gate: {}\n", Printable::line(lines.next().unwrap_or("wrong usage").as_bytes()));
    for line in lines {
        let line = line.trim();
        let line = line
            .strip_prefix("tip: ")
            .or_else(|| line.strip_prefix("For more information, "))
            .unwrap_or(line);
        let _ = writeln!(told, "gate: hint: {}", Printable::line(line.as_bytes()));
    }
    write_talk(&told);
    Exit::Failure
}

/// Tells why gate failed, with a hint where the failure knows one.
pub fn tell(error: &anyhow::Error) -> Exit {
    let mut told = String::new();
    for line in format!("{error:#}").lines() {
        let _ = writeln!(told, "gate: {}", Printable::line(line.as_bytes()));
    }
    if let Some(hint) = hint(error) {
        let _ = writeln!(told, "gate: hint: {}", Printable::line(hint.as_bytes()));
    }
    write_talk(&told);
    Exit::Failure
}

fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(LogError::Io { error, .. }) = error.downcast_ref::<LogError>()
        && error.kind() == std::io::ErrorKind::ReadOnlyFilesystem
    {
        let hint =
            "agents' own sandboxes do that: gate has to stand outside of them, `gate init AGENT` says how";
        return Some(hint.to_owned());
    }
    error.downcast_ref::<ConfigError>().map(ConfigError::hint)
}

/// Standard error may be closed; there is nobody left to tell then.
fn write_talk(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// The style of standard output, and how many columns it has.
pub(crate) fn look_of_stdout() -> (Style, usize) {
    const USUAL: usize = 100;
    let stdout = std::io::stdout();
    let (no_color, term) = (std::env::var_os("NO_COLOR"), std::env::var_os("TERM"));
    let bytes = |value: &Option<OsString>| value.as_ref().map(|value| value.as_bytes().to_vec());
    let style = Style::of(bytes(&no_color).as_deref(), bytes(&term).as_deref(), stdout.is_terminal());
    (style, terminal::size(&stdout).map_or(USUAL, |size| usize::from(size.columns)))
}
