//! `gate policy replay`: what another policy would have said to the commands of the audit log.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    cli::log::{Since, parse_since},
    exit::Exit,
    pipeline::Replay,
    policy::{Action, Policy},
    sys::{clock, talk},
};

use super::{
    lines::{fitted, width},
    say, subject,
};

/// Commands that are shown of those that change in one way.
const SHOWN: usize = 10;

const EXAMPLES: &str = "\
Both policies judge every command line of the log as if it were asked now, with
the whitelist as it is. Nothing runs.

Examples:
  gate policy replay team.toml                     Against what applies here
  gate policy replay --since 7d strict team.toml   Two together
  gate policy replay --format json ci              For programs";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How far to look back: `7d`, `30d`, `2026-01-31`
    #[arg(long, value_name = "TIME", value_parser = parse_since, default_value = "30d")]
    since: Since,
    /// Print `text` for people or `json`
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    format: String,
    /// The other policy: a file, or a name that `gate policy show` lists
    #[arg(required = true)]
    policy: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let past = Replay::look()?;
    let compiled = subject::compile(&arguments.policy)?;
    let (before, after) = (past.loaded.policy()?, Policy::open(&compiled.bytes)?);
    let replayed = replay(&past, arguments.since, &before, &after)?;
    say(&if arguments.format == "json" { replayed.json() } else { replayed.table() })
}

/// What came of a replay.
pub(super) struct Replayed {
    judged: usize,
    left_out: usize,
    /// By action before and after: different commands with how often each was asked for.
    changed: BTreeMap<(Action, Action), BTreeMap<String, usize>>,
}

/// Judges the log's commands by two policies.
pub(super) fn replay(
    past: &Replay,
    since: Since,
    before: &Policy<'_>,
    after: &Policy<'_>,
) -> anyhow::Result<Replayed> {
    let (runs, wholeness) = past.runs(since.from(clock::now_millis()))?;
    if let Err(broken) = &wholeness.chain {
        talk::say(&format!(
            "the audit log was changed: {broken}; what is counted from there on proves nothing"
        ));
    }
    let whitelist = past.loaded.whitelist()?;
    let mut replayed = Replayed { judged: 0, left_out: 0, changed: BTreeMap::new() };
    for subject in runs.iter().filter_map(|run| run.subject.as_ref()) {
        let (old, new) = (past.judge(subject, before, &whitelist)?, past.judge(subject, after, &whitelist)?);
        let (Some(old), Some(new)) = (old, new) else {
            replayed.left_out += 1;
            continue;
        };
        replayed.judged += 1;
        let change = (old.decision.action, new.decision.action);
        if change.0 != change.1 {
            let commands = replayed.changed.entry(change).or_default();
            *commands.entry(subject.command.lossy().into_owned()).or_default() += 1;
        }
    }
    Ok(replayed)
}

impl Replayed {
    /// Whether something runs without a human, or can be approved, that could not before.
    pub(super) fn loosens(&self) -> bool {
        self.changed.keys().any(|(before, after)| after < before)
    }

    /// A table for people.
    pub(super) fn table(&self) -> String {
        let width = width();
        let mut text = format!("{} command lines of the log, judged as if they were asked now", self.judged);
        if self.left_out > 0 {
            let _ = write!(
                text,
                "\n{} left out: a secret was cut out of them, or they are another machine's",
                self.left_out
            );
        }
        text.push('\n');
        for ((before, after), commands) in &self.changed {
            let change = format!("{} → {}", before.name(), after.name());
            let total: usize = commands.values().sum();
            let _ = writeln!(text, "\n{change}   {total}");
            let mut commands: Vec<_> = commands.iter().collect();
            commands.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (command, count) in commands.iter().take(SHOWN) {
                let _ = writeln!(text, "{count:>7}  {}", fitted(command, width.saturating_sub(9)));
            }
            if commands.len() > SHOWN {
                let _ = writeln!(text, "         and {} more", commands.len() - SHOWN);
            }
        }
        let changed: usize = self.changed.values().flat_map(BTreeMap::values).sum();
        let _ = writeln!(text, "\nunchanged   {}", self.judged - changed);
        text
    }

    fn json(&self) -> String {
        let change = |((before, after), commands): (&(Action, Action), &BTreeMap<String, usize>)| {
            let command =
                |(command, count): (&String, &usize)| serde_json::json!({"command": command, "times": count});
            serde_json::json!({
                "before": before.name(),
                "after": after.name(),
                "times": commands.values().sum::<usize>(),
                "commands": commands.iter().map(command).collect::<Vec<_>>(),
            })
        };
        let changes: Vec<_> = self.changed.iter().map(change).collect();
        format!(
            "{}\n",
            serde_json::json!({"judged": self.judged, "left_out": self.left_out, "changes": changes})
        )
    }
}
