//! `gate ssh`: being what sshd starts, and the settings of sshd that make it so.

use std::io::Write as _;

use anyhow::Context as _;

use crate::{
    exec::{self, Ended},
    exit::Exit,
    pipeline::Outcome,
    shell::{Wishes, ssh},
};

const EXAMPLES: &str = "\
Examples:
  gate ssh --print-config bot > /etc/ssh/sshd_config.d/10-gate-bot.conf
                                           Make gate the only way in for the account bot
  gate doctor --ssh bot                    Test what sshd really does with it
  restrict,command=\"gate ssh\" ssh-ed25519 AAAA…
                                           The same for one key, in authorized_keys

Where gate is the account's login shell as well, a command is gated once.";

/// The settings, with `ACCOUNT` where the account's name belongs and `GATE` where this program's path does.
const SNIPPET: &str = include_str!("../../policies/sshd-gate.conf");

/// Arguments of `gate ssh`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Print what belongs into sshd's configuration, and start nothing
    #[arg(long, value_name = "ACCOUNT", num_args = 0..=1, default_missing_value = "ACCOUNT")]
    print_config: Option<String>,
}

/// Does what `SSH_ORIGINAL_COMMAND` asks for, or begins a session; or prints the settings.
///
/// # Errors
/// Whatever keeps gate from deciding, asking or writing down; output that fails.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let Some(account) = &arguments.print_config else { return Ok(exit(ssh::enter(Wishes::default())?)) };
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if account.is_empty() || account.starts_with('-') || !account.bytes().all(sane) {
        anyhow::bail!("{account:?} is no name that an account can have in sshd_config");
    }
    let gate = std::env::current_exe().context("this program's own path")?;
    let gate = gate.to_str().filter(|path| !path.contains(|byte: char| byte.is_whitespace() || byte == '"'));
    let gate =
        gate.context("this program's own path does not fit into sshd_config; install gate elsewhere")?;
    let text = SNIPPET.replace("ACCOUNT", account).replace("GATE", gate);
    std::io::stdout().lock().write_all(text.as_bytes()).context("standard output")?;
    Ok(Exit::Success)
}

/// Only `--print-config` and wrong words come here; the plain form is read before clap.
fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Ran(ended @ Ended::Signalled { .. }) => Exit::Child(exec::status(ended)),
        Outcome::Ran(ended) => ended.exit(),
        Outcome::NotRun(exit) => exit,
    }
}
