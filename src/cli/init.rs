//! `gate init`: writes a first configuration, or an agent's settings, after showing it.

mod agent;

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, bail};

use crate::{agents::recipe::NAMES, config::Places, exit::Exit, sys::caller::CallerEnvironment, sys::files};

const EXAMPLES: &str = "\
Examples:
  gate init                                Show what would be written, ask, write it
  gate init --dry-run                      Only show it
  gate init --yes                          Write it without asking
  gate init claude                         Have Claude Code run its commands through gate
  gate init claude --undo                  Put its settings back as they were";

const SETTINGS: &str = r#"# Settings of gate for this account; gate(1) describes every key. /etc/gate/gate.toml is stronger.
version = 1

# Where rules come from: the built-in policy, and the rules of your own beside this file.
policy = ["default", "policy.toml"]

# How long a reviewer may take at most. Nobody by then means no.
timeout = "5m"

[approver]
# When gate asks on the caller's own terminal: "auto" where a person started it, "always", "never".
terminal = "auto"
# Whether `gate pending`, `gate approve` and `gate deny` answer from a second terminal.
socket = true

[record]
# Which runs are recorded: "all", "none", or from a tier on: "medium", "high".
mode = "all"
"#;

const POLICY: &str = r#"# Rules of this account; gate-policy(5) describes the language, `gate policy check` tries this file.
version = 1

# [[rule]]
# id = "mine.make"
# tier = "low"
# reason = "builds this account's own projects"
# command = "make {all,check}"
# match = ["make check"]
# no_match = ["make install"]
"#;

/// Arguments of `gate init`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The agent whose commands are to run through gate; without one, gate's own configuration is written
    #[arg(value_name = "AGENT", value_parser = clap::builder::PossibleValuesParser::new(NAMES))]
    agent: Option<String>,
    /// Put back what `gate init AGENT` changed last; refused where somebody changed it since
    #[arg(long, requires = "agent")]
    undo: bool,
    /// Show what would be written and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
}

/// Shows what would be written, asks, and writes it; never touches a file that is there.
///
/// # Errors
/// Where there is no place for it, nobody to ask, or it cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    if let Some(name) = &arguments.agent {
        return agent::run(name, arguments);
    }
    let caller = CallerEnvironment::capture()?;
    let places = Places::of(&caller).context("no home directory: set HOME or XDG_CONFIG_HOME")?;
    let new: Vec<(PathBuf, &str)> =
        [(places.account_file(), SETTINGS), (places.account.join("policy.toml"), POLICY)]
            .into_iter()
            .filter(|(path, _)| std::fs::symlink_metadata(path).is_err())
            .collect();
    say(&plan(&places, &new))?;
    if new.is_empty() || arguments.dry_run {
        return Ok(Exit::Success);
    }
    if !arguments.yes && !confirmed()? {
        say("Nothing was written.\n")?;
        return Ok(Exit::Success);
    }
    files::private_directory(&places.account, caller.account.uid)
        .with_context(|| places.account.display().to_string())?;
    for (path, text) in new {
        files::replace(&path, text.as_bytes(), 0o600).with_context(|| path.display().to_string())?;
        say(&format!("Wrote {}\n", path.display()))?;
    }
    say(NEXT)?;
    Ok(Exit::Success)
}

const NEXT: &str = "
Try it:           gate -c 'git status'
What it thinks:   gate check 'git push --force'
What is enforced: gate doctor
For an agent:     gate init claude (codex, gemini, opencode, aider, interpreter, openhands, langchain, mini)
";

fn plan(places: &Places, new: &[(PathBuf, &str)]) -> String {
    if new.is_empty() {
        return format!("{} is there already; nothing to do.\n", places.account.display());
    }
    let mut shown = String::new();
    for (path, text) in new {
        let _ = writeln!(shown, "New file {}:", path.display());
        for line in text.lines() {
            let _ = writeln!(shown, "+ {line}");
        }
        shown.push('\n');
    }
    shown
}

fn confirmed() -> anyhow::Result<bool> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        bail!(
            "standard input is no terminal, so nobody can be asked; `gate init --yes` writes without asking"
        );
    }
    say("Write this? [y/N] ")?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("standard output")
}
