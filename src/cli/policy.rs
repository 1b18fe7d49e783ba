//! `gate policy …`: checks, tests, shows and compiles the policy.

use anyhow::bail;

use crate::exit::Exit;

/// What is to be done with the policy.
#[derive(clap::Subcommand)]
pub enum Choice {
    /// Read every policy file that applies here and report what is wrong with it
    Check,
}

/// Runs the subcommand.
///
/// # Errors
/// Always, as long as it is not there.
pub fn run(_choice: &Choice) -> anyhow::Result<Exit> {
    bail!("not there yet")
}
