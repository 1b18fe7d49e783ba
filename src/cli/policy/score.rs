//! `gate policy score`: what a policy says of labelled command lines, and whether that is good enough.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::bail;
use serde::Serialize;

use crate::{
    exit::Exit,
    facts::Catalog,
    policy::{ExampleMachine, Judgement, Miss, Policy, Row, Tally, judge_line, read_corpus, tally},
    ui::Printable,
};

use super::{say, subject};

const EXAMPLES: &str = "\
A FILE holds one command line a row, columns between tabs. `command, why, label, source` is dangerous, and the label is
the mildest tier that will do (medium, high, deny; ask: never allowed). `command, label, source` is harmless, and the
label is the strictest tier that will do (low, medium). Nothing is run: rows are analysed on a made-up machine, so the
answer is the same everywhere.

  false allow   a dangerous row would run without a human
  too mild      a row labelled deny or high would be asked as medium, so a whitelist entry could let it run
  false ask     a row labelled low would be asked, or one labelled medium is above medium

Exit status: 0 when no label is above a bound, 1 when one is, 125 when a file or policy cannot be used.

Examples:
  gate policy score dangerous.tsv harmless.tsv
  gate policy score --policy ci --misses dangerous.tsv
  gate policy score --policy team.toml --format json *.tsv | jq .holds";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy to score instead of what applies here: a file, or a name that `gate policy show` lists; may be given
    /// more than once
    #[arg(long, value_name = "POLICY")]
    policy: Vec<String>,
    /// How to print the score card
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// List the rows that came out wrong, with what was decided and why
    #[arg(long)]
    misses: bool,
    /// Most false allows, in percent of the rows of a label
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    max_false_allow: f64,
    /// Most rows that are too mild, in percent of the rows of a label
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    max_too_mild: f64,
    /// Most false asks, in percent of the rows of a label
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    max_false_ask: f64,
    /// Files of labelled command lines
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// One JSON object
    Json,
}

/// The score card as JSON; its keys are a contract.
#[derive(Serialize)]
struct Card<'a> {
    version: u8,
    policy: &'a [String],
    rows: usize,
    holds: bool,
    labels: Vec<CardLabel>,
    misses: Vec<CardMiss>,
}

#[derive(Serialize)]
struct CardLabel {
    kind: &'static str,
    label: &'static str,
    rows: usize,
    low: usize,
    medium: usize,
    high: usize,
    deny: usize,
    false_allow: usize,
    too_mild: usize,
    false_ask: usize,
}

#[derive(Serialize)]
struct CardMiss {
    file: String,
    line: usize,
    command: String,
    label: &'static str,
    miss: &'static str,
    action: &'static str,
    tier: &'static str,
    reason: String,
}

struct Corpus {
    file: String,
    rows: Vec<Row>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    check_bounds(arguments)?;
    let compiled = subject::compile(&arguments.policy)?;
    let policy = Policy::open(&compiled.bytes)?;
    let corpora = corpora(&arguments.files)?;
    let machine = ExampleMachine::new(Catalog::built_in());
    let mut judged: Vec<(&Row, Judgement)> = Vec::new();
    let mut misses = Vec::new();
    for Corpus { file, rows } in &corpora {
        for row in rows {
            let judgement = judge_line(&row.command, &machine, &policy)?;
            misses.extend(miss(file, row, &judgement));
            judged.push((row, judgement));
        }
    }
    let tallies = tally(&judged);
    let holds = tallies.iter().all(|tally| broken(tally, arguments).next().is_none());
    let said = match arguments.format {
        Format::Text => table(&tallies, &misses, arguments),
        Format::Json => {
            let labels = tallies.iter().map(label).collect();
            let (policy, rows) = (&*arguments.policy, judged.len());
            let card = Card { version: 1, policy, rows, holds, labels, misses };
            serde_json::to_string_pretty(&card)? + "\n"
        }
    };
    say(&said)?;
    Ok(if holds { Exit::Success } else { Exit::Child(1) })
}

/// The labelled rows of files, each file read whole before anything is judged.
fn corpora(files: &[PathBuf]) -> anyhow::Result<Vec<Corpus>> {
    let read = |path: &PathBuf| {
        let file = path.display().to_string();
        let rows = read_corpus(&subject::text(path)?)
            .map_err(|(line, why)| anyhow::anyhow!("{file}:{line}: {why}"))?;
        if rows.is_empty() {
            bail!("{file}: there are no rows");
        }
        Ok(Corpus { file, rows })
    };
    files.iter().map(read).collect()
}

fn check_bounds(arguments: &Arguments) -> anyhow::Result<()> {
    let bounds = [arguments.max_false_allow, arguments.max_too_mild, arguments.max_false_ask];
    let wrong = bounds.into_iter().find(|bound| !(0.0..=100.0).contains(bound));
    wrong.map_or(Ok(()), |bound| Err(anyhow::anyhow!("a bound is between 0 and 100 percent, not {bound}")))
}

fn miss(file: &str, row: &Row, judgement: &Judgement) -> Option<CardMiss> {
    let miss = row.label.miss(judgement.action, judgement.tier)?;
    Some(CardMiss {
        file: file.to_owned(),
        line: row.line,
        command: row.command.clone(),
        label: row.label.name(),
        miss: miss.name(),
        action: judgement.action.name(),
        tier: judgement.tier.name(),
        reason: judgement.reason.clone(),
    })
}

fn label(tally: &Tally) -> CardLabel {
    let [low, medium, high, deny] = tally.tiers;
    CardLabel {
        kind: if tally.label.is_dangerous() { "dangerous" } else { "harmless" },
        label: tally.label.name(),
        rows: tally.rows,
        low,
        medium,
        high,
        deny,
        false_allow: tally.false_allow,
        too_mild: tally.too_mild,
        false_ask: tally.false_ask,
    }
}

/// The bounds that a label does not keep.
fn broken(tally: &Tally, arguments: &Arguments) -> impl Iterator<Item = (Miss, f64)> {
    let bounds = [
        (Miss::FalseAllow, arguments.max_false_allow),
        (Miss::TooMild, arguments.max_too_mild),
        (Miss::FalseAsk, arguments.max_false_ask),
    ];
    bounds.into_iter().filter(|(miss, bound)| percent(tally.missed(*miss), tally.rows) > *bound)
}

#[expect(clippy::cast_precision_loss, reason = "rows are far fewer than 2^52")]
fn percent(count: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { count as f64 * 100.0 / of as f64 }
}

fn table(tallies: &[Tally], misses: &[CardMiss], arguments: &Arguments) -> String {
    let mut said = String::from(
        "                    rows    low  medium    high    deny    false allow     too mild      false ask\n",
    );
    for tally in tallies {
        let kind = if tally.label.is_dangerous() { "dangerous" } else { "harmless" };
        let [low, medium, high, deny] = tally.tiers;
        let _ = write!(
            said,
            "{kind:<10} {:<7} {:>5}  {low:>5}  {medium:>6}  {high:>6}  {deny:>6}",
            tally.label.name(),
            tally.rows
        );
        for (kind, width) in [(Miss::FalseAllow, 13), (Miss::TooMild, 11), (Miss::FalseAsk, 13)] {
            let _ = write!(said, "  {:>width$}", cell(tally, kind));
        }
        said.truncate(said.trim_end().len());
        said.push('\n');
    }
    if arguments.misses {
        for miss in misses {
            let _ = writeln!(said, "\n{}", miss_in_words(miss));
        }
    }
    for tally in tallies {
        for (miss, bound) in broken(tally, arguments) {
            let found = percent(tally.missed(miss), tally.rows);
            let _ = writeln!(
                said,
                "\ntoo many: {} of label {}: {found:.1} %, at most {bound} %",
                miss.name(),
                tally.label.name()
            );
        }
    }
    said
}

/// Count and rate; nothing where a row of this label cannot miss so.
fn cell(tally: &Tally, miss: Miss) -> String {
    let possible = match miss {
        Miss::FalseAllow => tally.label.is_dangerous(),
        Miss::TooMild => matches!(tally.label.name(), "deny" | "high"),
        Miss::FalseAsk => !tally.label.is_dangerous(),
    };
    if !possible {
        return String::new();
    }
    let count = tally.missed(miss);
    format!("{count} {:>5.1} %", percent(count, tally.rows))
}

fn miss_in_words(miss: &CardMiss) -> String {
    let command = Printable::line(miss.command.as_bytes());
    let mut shown: String = command.as_str().chars().take(subject::SHOWN).collect();
    if shown.len() < command.as_str().len() {
        shown.push('…');
    }
    let reason = Printable::line(miss.reason.as_bytes());
    let CardMiss { file, line, label, tier, .. } = miss;
    format!(
        "{file}:{line}: {}: labelled {label}, came out {tier}: {}\n  {shown}",
        miss.miss,
        reason.as_str().chars().take(subject::SHOWN).collect::<String>()
    )
}
