//! `gate policy diff`: what another policy would change, in rules and over labelled command lines.

use std::{fmt::Write as _, path::PathBuf};

use serde::Serialize;

use crate::{
    exit::Exit,
    facts::Catalog,
    policy::{ExampleMachine, Policy, RuleChange, Tier, Way, compare, judge_line, read_corpus},
    ui::Printable,
};

use super::{say, subject};

const EXAMPLES: &str = "\
BEFORE and AFTER are a file, a name that `gate policy show` lists, or several of them with commas between; `here` is
what applies here. Which way a rule goes follows from its tier and conditions; --over shows what it comes to. Nothing is
run: command lines are analysed on a made-up machine.

Exit status: 0; 1 with --no-looser where a rule loosens or a decision becomes milder.

Examples:
  gate policy diff default ci
  gate policy diff here default,team.toml --over corpus.tsv
  gate policy diff --no-looser old.toml new.toml   In CI, before a policy goes live";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Policy that holds now
    before: String,
    /// Policy that would take its place
    after: String,
    /// File of labelled command lines, as `gate policy score` takes it: list those whose tier changes; may be given
    /// more than once
    #[arg(long, value_name = "FILE")]
    over: Vec<PathBuf>,
    /// Fail where anything becomes milder
    #[arg(long)]
    no_looser: bool,
    /// How to print the differences
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON object
    Json,
}

/// The differences as JSON; its keys are a contract.
#[derive(Serialize)]
struct Differences {
    version: u8,
    looser: bool,
    settings: Vec<Setting>,
    rules: Vec<DifferentRule>,
    judged: usize,
    decisions: Vec<DifferentDecision>,
}

#[derive(Serialize)]
struct Setting {
    key: &'static str,
    before: String,
    after: String,
}

#[derive(Serialize)]
struct DifferentRule {
    id: String,
    way: &'static str,
    before: Option<&'static str>,
    after: Option<&'static str>,
    conditions: Vec<DifferentCondition>,
}

#[derive(Serialize)]
struct DifferentCondition {
    key: &'static str,
    gone: Vec<String>,
    new: Vec<String>,
}

#[derive(Serialize)]
struct DifferentDecision {
    file: String,
    line: usize,
    command: String,
    way: &'static str,
    before: &'static str,
    after: &'static str,
    reason: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let (before, after) = (compiled(&arguments.before)?, compiled(&arguments.after)?);
    let differences = between(&Policy::open(&before)?, &Policy::open(&after)?, &arguments.over)?;
    let looser = differences.looser;
    say(&match arguments.format {
        Format::Text => text(&differences),
        Format::Json => serde_json::to_string_pretty(&differences)? + "\n",
    })?;
    Ok(if looser && arguments.no_looser { Exit::Child(1) } else { Exit::Success })
}

/// The rules and settings that differ, for people, and whether anything loosens.
pub(super) fn report(before: &Policy<'_>, after: &Policy<'_>) -> anyhow::Result<(String, bool)> {
    let differences = between(before, after, &[])?;
    Ok((text(&differences), differences.looser))
}

fn between(before: &Policy<'_>, after: &Policy<'_>, over: &[PathBuf]) -> anyhow::Result<Differences> {
    let (judged, decisions) = decisions(over, before, after)?;
    let changes = compare(before, after)?;
    let loosens = Way::Loosens.name();
    let looser = changes.iter().any(|change| change.way == Way::Loosens)
        || decisions.iter().any(|decision| decision.way == loosens);
    let rules = changes.into_iter().map(different_rule).collect();
    let settings = settings(before, after)?;
    Ok(Differences { version: 1, looser, settings, rules, judged, decisions })
}

fn compiled(words: &str) -> anyhow::Result<Vec<u8>> {
    if words == "here" {
        return Ok(subject::compile(&[])?.bytes);
    }
    let policies: Vec<String> = words.split(',').map(str::to_owned).collect();
    Ok(subject::compile(&policies)?.bytes)
}

fn settings(before: &Policy<'_>, after: &Policy<'_>) -> anyhow::Result<Vec<Setting>> {
    let pairs = before.settings()?.into_iter().zip(after.settings()?);
    let different = pairs.filter(|((_, old), (_, new))| old != new);
    Ok(different.map(|((key, before), (_, after))| Setting { key, before, after }).collect())
}

fn different_rule(change: RuleChange) -> DifferentRule {
    let conditions = change.conditions.into_iter().map(|condition| DifferentCondition {
        key: condition.key,
        gone: condition.gone,
        new: condition.new,
    });
    DifferentRule {
        id: change.id,
        way: change.way.name(),
        before: change.before.map(Tier::name),
        after: change.after.map(Tier::name),
        conditions: conditions.collect(),
    }
}

/// How many rows were judged, and those whose tier differs.
fn decisions(
    files: &[PathBuf],
    before: &Policy<'_>,
    after: &Policy<'_>,
) -> anyhow::Result<(usize, Vec<DifferentDecision>)> {
    let machine = ExampleMachine::new(Catalog::built_in());
    let (mut judged, mut different) = (0, Vec::new());
    for path in files {
        let file = path.display().to_string();
        let rows = read_corpus(&subject::text(path)?)
            .map_err(|(line, why)| anyhow::anyhow!("{file}:{line}: {why}"))?;
        for row in rows {
            judged += 1;
            let old = judge_line(&row.command, &machine, before)?;
            let new = judge_line(&row.command, &machine, after)?;
            if old.tier == new.tier {
                continue;
            }
            let way = if new.tier > old.tier { Way::Tightens } else { Way::Loosens };
            different.push(DifferentDecision {
                file: file.clone(),
                line: row.line,
                command: row.command,
                way: way.name(),
                before: old.tier.name(),
                after: new.tier.name(),
                reason: if way == Way::Tightens { new.reason } else { old.reason },
            });
        }
    }
    Ok((judged, different))
}

fn text(differences: &Differences) -> String {
    let Differences { settings, rules, judged, decisions, .. } = differences;
    if settings.is_empty() && rules.is_empty() {
        return "the policies are the same\n".to_owned();
    }
    let mut said = String::new();
    for Setting { key, before, after } in settings {
        let _ = writeln!(said, "setting   {key}: {before} → {after}");
    }
    for rule in rules {
        let (before, after) = (rule.before.unwrap_or("no rule"), rule.after.unwrap_or("no rule"));
        let tiers = if before == after { before.to_owned() } else { format!("{before} → {after}") };
        let _ = writeln!(said, "{:<9} {}: {tiers}", rule.way, rule.id);
        for DifferentCondition { key, gone, new } in &rule.conditions {
            for (sign, texts) in [('-', gone), ('+', new)] {
                for text in texts {
                    let _ = writeln!(said, "            {sign} {key} {text}");
                }
            }
        }
    }
    let count = |way: Way| rules.iter().filter(|rule| rule.way == way.name()).count();
    let [tighter, looser, other] = [Way::Tightens, Way::Loosens, Way::Neither].map(count);
    let _ =
        writeln!(said, "\n{} rules differ: {tighter} tighten, {looser} loosen, {other} change", rules.len());
    if *judged > 0 {
        text_of_decisions(&mut said, *judged, decisions);
    }
    said
}

fn text_of_decisions(said: &mut String, judged: usize, decisions: &[DifferentDecision]) {
    let looser = decisions.iter().filter(|decision| decision.way == Way::Loosens.name()).count();
    let (all, tighter) = (decisions.len(), decisions.len() - looser);
    let _ = writeln!(said, "{all} of {judged} decisions differ: {tighter} tighter, {looser} looser");
    for decision in decisions {
        let DifferentDecision { file, line, before, after, way, .. } = decision;
        let command = Printable::line(decision.command.as_bytes());
        let command: String = command.as_str().chars().take(subject::SHOWN).collect();
        let reason = Printable::line(decision.reason.as_bytes());
        let reason: String = reason.as_str().chars().take(subject::SHOWN).collect();
        let _ = writeln!(said, "{way:<9} {file}:{line}: {before} → {after}: {reason}\n            {command}");
    }
}
