//! `gate shell`, as `gate shell --help` shows it. Its forms are read before clap (see `fast`), as a shell reads them.

use std::ffi::OsString;

use crate::exit::Exit;

const FORMS: &str = "\
Forms:
  gate shell -c TEXT [NAME [ARG…]]   Gate one command line
  gate shell FILE [ARG…]             Gate one script file
  gate shell [-s [ARG…]]             A session: each command is gated as it arrives on standard input
  -gate, bash, sh, zsh               The same, for callers that take a shell by its name (links to gate)

Exit status:
  That of the last command; 2 for words that gate does not take as a shell.

Examples:
  gate shell -lc 'git status'
  gate shell                         A session at this terminal
  SHELL=$(command -v gate) aider     The shell of an agent";

/// Arguments of `gate shell`, for its help only.
#[derive(clap::Args)]
#[command(after_help = FORMS, override_usage = "gate shell [OPTIONS] [-c TEXT | FILE | -s] [ARG…]")]
#[expect(clippy::struct_excessive_bools, reason = "they are the options of a shell, and nothing reads them")]
pub struct Arguments {
    /// Gate one command line
    #[arg(short)]
    c: bool,
    /// Take commands from standard input
    #[arg(short)]
    s: bool,
    /// Be at a person's service, even where standard input is no terminal
    #[arg(short)]
    i: bool,
    /// Taken because login shells get it; no start-up file is ever read
    #[arg(short, long)]
    login: bool,
    /// End at the first command that fails
    #[arg(short)]
    e: bool,
    /// Take an unset variable for an error
    #[arg(short)]
    u: bool,
    /// Print each command before it runs
    #[arg(short)]
    x: bool,
    /// errexit, nounset, pipefail or xtrace
    #[arg(short, value_name = "NAME")]
    o: Option<OsString>,
    /// Taken because agents pass it; changes nothing
    #[arg(long)]
    norc: bool,
    /// Taken because agents pass it; changes nothing
    #[arg(long)]
    noprofile: bool,
    /// Taken because agents pass it; changes nothing
    #[arg(long)]
    noediting: bool,
    /// The words behind the form
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// Refuses: only a request for help comes here, and clap has answered it.
///
/// # Errors
/// Never.
pub fn run(_arguments: &Arguments) -> anyhow::Result<Exit> {
    Ok(Exit::ShellUsage)
}
