//! `gate completions SHELL`: prints completions for a shell.

use std::io::Write as _;

use crate::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  gate completions bash > ~/.local/share/bash-completion/completions/gate
  gate completions zsh > ~/.zfunc/_gate
  gate completions fish > ~/.config/fish/completions/gate.fish";

/// Arguments of `gate completions`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the completions on standard output.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::definition(), "gate", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Success)
}
