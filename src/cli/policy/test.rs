//! `gate policy test`: cases, each a command line with the action that it should get.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    exit::Exit,
    facts::Catalog,
    policy::{self, Action, Analyse as _, Compiled, ExampleMachine, Policy, Whitelist},
    ui::Printable,
};

use super::{say, subject};

const EXAMPLES: &str = "\
CASES holds one case a line: the expected action (allow, ask, deny), a blank, and a command line; `#` begins a
comment. Cases run on a made-up machine: user `user` on `machine`, working in /home/user/project.

Examples:
  gate policy test cases.txt               Against the policy that applies here
  gate policy test --policy ci --policy team.toml cases.txt";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy to test instead of what applies here: a file, or a name that `gate policy show` lists; may be given
    /// more than once
    #[arg(long, value_name = "POLICY")]
    policy: Vec<String>,
    /// File of cases
    cases: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let compiled = subject::compile(&arguments.policy)?;
    let (said, failed) = report(&compiled, &arguments.cases)?;
    say(&said)?;
    Ok(if failed == 0 { Exit::Success } else { Exit::Failure })
}

/// What comes of the cases of a file, and how many fail.
pub(super) fn report(compiled: &Compiled, cases: &Path) -> anyhow::Result<(String, u32)> {
    let text = subject::text(cases)?;
    let cases = cases.display().to_string();
    let (policy, examples) = (Policy::open(&compiled.bytes)?, ExampleMachine::new(Catalog::built_in()));
    let (mut passed, mut failed, mut said) = (0u32, 0u32, String::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (expected, command) = case(line).with_context(|| format!("{cases}:{number}"))?;
        let facts = examples.analyse(command);
        let found = policy::decide(&facts, examples.context(), &policy, &Whitelist::empty())?.action;
        if found == expected {
            passed += 1;
            continue;
        }
        failed += 1;
        let command = Printable::line(command.as_bytes());
        let (found, expected) = (found.name(), expected.name());
        let _ = writeln!(said, "{cases}:{number}: {found}, not {expected}: {}", command.as_str());
    }
    let _ = writeln!(said, "{passed} passed, {failed} failed");
    Ok((said, failed))
}

fn case(line: &str) -> anyhow::Result<(Action, &str)> {
    let (word, command) =
        line.split_once(char::is_whitespace).context("no command line behind the action")?;
    let known = [Action::Allow, Action::Ask, Action::Deny];
    let action = known.into_iter().find(|action| action.name() == word);
    Ok((action.with_context(|| format!("{word:?} is none of allow, ask, deny"))?, command.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_an_action_and_a_command_line() {
        assert_eq!(case("allow git status").unwrap(), (Action::Allow, "git status"));
        assert_eq!(case("deny\t rm -rf /").unwrap(), (Action::Deny, "rm -rf /"));
        assert!(case("allow").is_err());
        assert_eq!(case("never ls").unwrap_err().to_string(), "\"never\" is none of allow, ask, deny");
    }
}
