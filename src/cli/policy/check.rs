//! `gate policy check`: what is wrong with a policy, with line and caret.

use std::fmt::Write as _;

use crate::{exit::Exit, policy::Policy};

use super::{say, subject};

const EXAMPLES: &str = "\
Examples:
  gate policy check                        Everything that applies here
  gate policy check team.toml              One file, before it is put in force";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy files, or names of policies that gate ships with, to read instead of what applies here
    #[arg(value_name = "POLICY")]
    policies: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let compiled = subject::compile(&arguments.policies)?;
    let rules = Policy::open(&compiled.bytes)?.len();
    let mut said = String::new();
    for warning in &compiled.warnings {
        let _ = writeln!(said, "{warning}");
    }
    let _ = writeln!(said, "{rules} rules, {} warnings, no errors", compiled.warnings.len());
    say(&said)
}
