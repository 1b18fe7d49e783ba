//! `gate deny ID`: rejects a waiting request from a second terminal.

use anyhow::{Context as _, Result};

use crate::{
    approval::{RequestId, client},
    exit::Exit,
    sys::talk::say,
};

use super::pending::{parse_id, state};

/// Arguments of the subcommand.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  gate deny k7p2mn --reason 'use a branch'   The agent reads the reason")]
pub struct Arguments {
    /// The request
    #[arg(value_name = "ID", value_parser = parse_id)]
    id: RequestId,
    /// Why, in words that the agent reads
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Runs the subcommand.
///
/// # Errors
/// Where nothing was decided: there is no such request, it is settled, or its wrapper refuses.
pub fn run(arguments: &Arguments) -> Result<Exit> {
    let id = &arguments.id;
    let about = || format!("request {id}");
    let waiting = client::look(&state()?, id).with_context(about)?;
    waiting.reject(arguments.reason.clone()).with_context(about)?;
    say(&format!("{id} is denied"));
    Ok(Exit::Success)
}
