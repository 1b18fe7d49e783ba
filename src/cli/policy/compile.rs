//! `gate policy compile`: compiles settings and policy now instead of at the next run.

use anyhow::bail;

use crate::{config::Origin, exit::Exit};

use super::{say, subject};

const EXAMPLES: &str = "\
Examples:
  sudo gate policy compile                 Needed after each change where enforce = true";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

pub(super) fn run(_: &Arguments) -> anyhow::Result<Exit> {
    let loaded = subject::loaded()?;
    match &loaded.origin {
        Origin::Cache => say("up to date\n"),
        Origin::Compiled => say("compiled\n"),
        Origin::Unkept(why) => bail!("compiled, but it cannot be kept: {why}"),
    }
}
