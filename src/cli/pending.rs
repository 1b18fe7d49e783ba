//! `gate pending`: lists and shows what waits for an approval.

use anyhow::bail;

use crate::exit::Exit;

/// Arguments of the subcommand.
#[derive(clap::Args)]
pub struct Arguments {}

/// Runs the subcommand.
///
/// # Errors
/// Always, as long as it is not there.
pub fn run(_arguments: &Arguments) -> anyhow::Result<Exit> {
    bail!("not there yet")
}
