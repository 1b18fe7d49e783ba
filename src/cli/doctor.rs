//! `gate doctor`: says what is really enforced here, and what to do about the rest.

mod agents;
mod checks;
mod programs;
mod ssh;

use std::{io::Write as _, path::PathBuf};

use anyhow::Context as _;

use crate::{config, exit::Exit, sys::caller::CallerEnvironment, ui::Printable};

const EXAMPLES: &str = "\
Exit status:
  0 no check fails, 125 at least one does. A warning names a limit that is yours to accept.

Examples:
  gate doctor
  gate doctor | grep -v '^ok'              Only what needs attention
  gate doctor --all                        With every program on PATH that the catalog lacks
  gate doctor --ssh bot                    As root: whether sshd lets the account bot past gate";

/// Arguments of `gate doctor`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Name every program on PATH that the catalog lacks, one on each line
    #[arg(long)]
    all: bool,
    /// Test instead whether this account comes in by sshd through gate alone; yours where none is named
    #[arg(long, value_name = "ACCOUNT", num_args = 0..=1, default_missing_value = "")]
    ssh: Option<String>,
    /// The configuration of sshd to test against, where it is not sshd's own
    #[arg(long, value_name = "FILE", requires = "ssh")]
    sshd_config: Option<PathBuf>,
}

/// How much of a long list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    First,
    All,
}

/// How one check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Ok,
    Warn,
    Fail,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    health: Health,
    subject: &'static str,
    found: String,
    advice: Option<String>,
}

impl Finding {
    fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self { health: Health::Ok, subject, found: found.into(), advice: None }
    }

    fn warn(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { health: Health::Warn, subject, found: found.into(), advice: Some(advice.into()) }
    }

    fn fail(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { health: Health::Fail, ..Self::warn(subject, found, advice) }
    }
}

/// Prints the table on standard output.
///
/// # Errors
/// Where the working directory cannot be named or output fails; what is wrong with gate itself is in the table.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let caller = CallerEnvironment::capture()?;
    if let Some(name) = &arguments.ssh {
        let name = if name.is_empty() { &caller.account.name } else { name };
        return tell(&ssh::account(name, arguments.sshd_config.as_deref()));
    }
    let mut findings = checks::machine(&caller);
    match config::load(&caller) {
        Ok(loaded) => {
            findings.extend(checks::configuration(&caller, &loaded));
            let listing = if arguments.all { Listing::All } else { Listing::First };
            findings.push(programs::programs(&caller, &loaded, listing));
            findings.extend(agents::agents(&caller));
        }
        Err(error) => findings.push(Finding::fail("configuration", error.to_string(), error.hint())),
    }
    tell(&findings)
}

fn tell(findings: &[Finding]) -> anyhow::Result<Exit> {
    let table = draw(findings);
    std::io::stdout().lock().write_all(table.as_bytes()).context("standard output")?;
    let failed = findings.iter().any(|finding| finding.health == Health::Fail);
    Ok(if failed { Exit::Failure } else { Exit::Success })
}

fn draw(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut table = String::new();
    for finding in findings {
        let word = match finding.health {
            Health::Ok => "ok  ",
            Health::Warn => "warn",
            Health::Fail => "FAIL",
        };
        let subject = format!("{:width$}", finding.subject);
        let mut lines =
            finding.found.lines().map(|line| Printable::line(line.as_bytes()).as_str().to_owned());
        let first = lines.next().unwrap_or_default();
        table.push_str(&format!("{word}  {subject}  {first}\n"));
        let margin = " ".repeat(width + 8);
        for line in lines {
            table.push_str(&format!("{margin}{line}\n"));
        }
        if let Some(advice) = &finding.advice {
            table.push_str(&format!("{margin}→ {}\n", Printable::line(advice.as_bytes()).as_str()));
        }
    }
    let count = |health| findings.iter().filter(|finding| finding.health == health).count();
    let (ok, warn, fail) = (count(Health::Ok), count(Health::Warn), count(Health::Fail));
    table.push_str(&format!("\n{ok} ok, {warn} warnings, {fail} failures\n"));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_to_do_and_counts() {
        let findings = [
            Finding::ok("shell", "/bin/bash"),
            Finding::warn("approver", "same account", "use another account"),
            Finding::fail("state", "line one\nline \x1b two", "chmod 700"),
        ];
        assert_eq!(
            draw(&findings),
            "ok    shell     /bin/bash\n\
             warn  approver  same account\n                → use another account\n\
             FAIL  state     line one\n                line \\x1b two\n                → chmod 700\n\
             \n1 ok, 1 warnings, 1 failures\n"
        );
    }
}
