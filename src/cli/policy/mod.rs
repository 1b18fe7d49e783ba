//! `gate policy …`: checks, tests, scores, compares, shows and compiles policies; one file a subcommand.

mod check;
mod compile;
mod diff;
mod keys;
mod lines;
mod person;
mod promote;
mod replay;
mod score;
mod show;
mod subject;
mod suggest;
mod test;
mod whitelist;

use std::io::Write as _;

use anyhow::Context as _;

use crate::exit::Exit;

/// What is to be done with the policy.
#[derive(clap::Subcommand)]
pub enum Choice {
    /// Report what is wrong with the policy, with line and caret
    Check(check::Arguments),
    /// Run cases against the policy
    Test(test::Arguments),
    /// Count what a policy gets wrong in labelled command lines
    Score(score::Arguments),
    /// Show what another policy would change, in rules and over labelled command lines
    Diff(diff::Arguments),
    /// Print the rules that hold here and where they come from, or a policy that gate ships with
    Show(show::Arguments),
    /// Suggest whitelist entries for what was approved again and again
    Suggest(suggest::Arguments),
    /// List, show, revoke and renew whitelist entries
    #[command(subcommand)]
    Whitelist(whitelist::Choice),
    /// Show what another policy would have changed
    Replay(replay::Arguments),
    /// Put a policy file in its production place, after check, tests and replay
    Promote(promote::Arguments),
    /// Compile settings and policy now instead of at the next run
    Compile(compile::Arguments),
}

/// Runs the subcommand.
///
/// # Errors
/// Where a policy cannot be read or used, a case fails, or output fails.
pub fn run(choice: &Choice) -> anyhow::Result<Exit> {
    match choice {
        Choice::Check(arguments) => check::run(arguments),
        Choice::Test(arguments) => test::run(arguments),
        Choice::Score(arguments) => score::run(arguments),
        Choice::Diff(arguments) => diff::run(arguments),
        Choice::Show(arguments) => show::run(arguments),
        Choice::Suggest(arguments) => suggest::run(arguments),
        Choice::Whitelist(choice) => whitelist::run(choice),
        Choice::Replay(arguments) => replay::run(arguments),
        Choice::Promote(arguments) => promote::run(arguments),
        Choice::Compile(arguments) => compile::run(arguments),
    }
}

/// Puts data on standard output.
fn say(text: &str) -> anyhow::Result<Exit> {
    std::io::stdout().lock().write_all(text.as_bytes()).context("standard output")?;
    Ok(Exit::Success)
}
