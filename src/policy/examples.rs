//! The examples of rules: what a rule claims to match is checked when it is loaded.

use std::path::{Component, Path, PathBuf};

use crate::{
    facts::{self, Catalog, CommandLine, Depth, Facts, Resolved, World},
    syntax::Dialect,
    ui::Diagnostic,
};

use super::{
    Context, Corrupt, LocalTime, Past, Policy, Source, Whitelist, decide, effect_text, findings, judge,
    layers::{Merged, MergedRow, MergedRule},
    rule::Example,
    score::{self, Days, Row},
    source::Layer,
};

/// How the examples of rules are analysed: a fixed, made-up machine, so that a policy means the same everywhere.
pub trait Analyse {
    /// The facts of a shell command line on that machine.
    fn analyse(&self, line: &str) -> Facts;

    /// The circumstances on that machine.
    fn context(&self) -> &Context;

    /// What was before on that machine: one command line was accepted, one was denied.
    fn past(&self) -> Past {
        let deeds = |line| score::deeds(&self.analyse(line));
        let now = self.context().now;
        Past {
            accepted: deeds(ACCEPTED),
            denied: deeds(DENIED).into_iter().map(|deed| (now, deed)).collect(),
            ..Past::default()
        }
    }
}

/// What was accepted on the machine of examples.
const ACCEPTED: &str = "git commit -m x";
/// What was denied there.
const DENIED: &str = "git push --force origin main";

/// The made-up machine of examples: `/home/user/project` is workspace and working directory, every program lives in
/// `/usr/bin`, every path exists, nothing is a link.
#[derive(Debug)]
pub struct ExampleMachine {
    context: Context,
    catalog: Catalog,
}

impl ExampleMachine {
    /// The machine with a catalog of programs.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        let context = Context {
            user: "user".into(),
            host: "machine".into(),
            agent: None,
            cwd: "/home/user/project".into(),
            workspace: Some("/home/user/project".into()),
            home: Some("/home/user".into()),
            gate_paths: vec!["/home/user/.config/gate".into(), "/home/user/.local/state/gate".into()],
            found: Vec::new(),
            now: 1_000_000_000,
        };
        Self { context, catalog }
    }
}

impl Analyse for ExampleMachine {
    fn analyse(&self, line: &str) -> Facts {
        let line = CommandLine::Shell {
            text: line.as_bytes().to_vec(),
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        };
        facts::analyse(&line, self, &self.catalog)
    }

    fn context(&self) -> &Context {
        &self.context
    }
}

impl World for ExampleMachine {
    fn cwd(&self) -> &Path {
        &self.context.cwd
    }

    fn home(&self) -> Option<&Path> {
        self.context.home.as_deref()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let value: &[u8] = match name {
            b"HOME" => b"/home/user",
            b"PWD" => b"/home/user/project",
            b"USER" | b"LOGNAME" => b"user",
            b"PATH" => b"/usr/bin:/bin",
            _ => return None,
        };
        Some(value.to_vec())
    }

    fn resolve(&self, path: &Path) -> Resolved {
        let mut resolved = PathBuf::from("/");
        for component in path.components() {
            match component {
                Component::Normal(name) => resolved.push(name),
                Component::ParentDir => {
                    resolved.pop();
                }
                _ => {}
            }
        }
        let directory = resolved.extension().is_none();
        Resolved { path: resolved, exists: true, directory }
    }

    fn names_fit(&self, _directory: &Path, _depth: Depth, _fits: &dyn Fn(&[u8]) -> bool) -> bool {
        true
    }

    fn tracked_names_fit(&self, _directory: &Path, _fits: &dyn Fn(&[u8]) -> bool) -> bool {
        true
    }

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        let name = std::str::from_utf8(name).ok()?;
        Some(Path::new("/usr/bin").join(name))
    }
}

/// Every example, of a rule or row that is not built in, that is not as it claims.
pub(super) fn check(
    sources: &[Source<'_>],
    merged: &Merged,
    bytes: &[u8],
    analyse: &dyn Analyse,
) -> Vec<Diagnostic> {
    let Ok(policy) = Policy::open(bytes) else { return Vec::new() };
    let mut found = Vec::new();
    for (number, merged) in (0..).zip(&merged.rules) {
        let Some(source) = sources
            .get(merged.source)
            .filter(|source| !matches!(source.layer, Layer::BuiltIn | Layer::Shipped))
        else {
            continue;
        };
        for example in &merged.rule.examples {
            found.extend(problem(source, merged, number, example, &policy, analyse));
        }
    }
    for row in &merged.score {
        let Some(source) = sources.get(row.source).filter(|source| source.layer != Layer::BuiltIn) else {
            continue;
        };
        for example in row.examples.iter().filter(|_| row.weight > 0) {
            found.extend(row_problem(source, row, example, &policy, analyse));
        }
    }
    found
}

fn row_problem(
    source: &Source<'_>,
    merged: &MergedRow,
    example: &Example,
    policy: &Policy<'_>,
    analyse: &dyn Analyse,
) -> Option<Diagnostic> {
    let name = merged.row.name();
    let message = match (shows(policy, merged.row, &example.line, analyse).ok()?, example.matches) {
        (Some(shows), matches) if shows == matches => return None,
        (Some(true), _) => format!("the row `{name}` counts in this example"),
        (Some(false), _) => format!("the row `{name}` does not count in this example"),
        (None, _) => format!("examples of `{name}` are written as {}", form(merged.row)),
    };
    Some(Diagnostic::error(source.origin, source.text.as_bytes(), example.span.clone(), message))
}

const fn form(row: Row) -> &'static str {
    if matches!(row, Row::Hours) { "`sat 03:00`" } else { "`20 in 5m`" }
}

/// Whether a row counts in an example; `None` where the example does not have the row's form.
fn shows(
    policy: &Policy<'_>,
    row: Row,
    example: &str,
    analyse: &dyn Analyse,
) -> Result<Option<bool>, Corrupt> {
    let mut past = analyse.past();
    let line = match row {
        Row::Hours => {
            past.local_time = local_time(example);
            if past.local_time.is_none() {
                return Ok(None);
            }
            ACCEPTED
        }
        Row::Burst => {
            let Some(requests) = requests(example, analyse.context().now) else { return Ok(None) };
            past.requests = requests;
            ACCEPTED
        }
        _ => example,
    };
    let facts = analyse.analyse(line);
    let mut decision = decide(&facts, analyse.context(), policy, &Whitelist::empty())?;
    score::weigh_past(&mut decision, &facts, analyse.context(), policy, &past)?;
    Ok(Some(decision.reasons.iter().any(|reason| reason.row.as_deref() == Some(row.name()))))
}

/// Reads `sat 03:00`.
fn local_time(text: &str) -> Option<LocalTime> {
    let (day, time) = text.split_once(' ')?;
    let day = Days::NAMES.iter().position(|name| *name == day)?;
    let minute = score::minute(time).filter(|minute| *minute < 24 * 60)?;
    Some(LocalTime { day: u8::try_from(day).ok()?, minute })
}

/// Reads `20 in 5m`: the times of so many requests, evenly spread over so long.
fn requests(text: &str, now: u64) -> Option<Vec<u64>> {
    let (count, length) = text.split_once(" in ")?;
    let (count, length) = (count.parse::<u16>().ok()?, u64::from(findings::seconds(length)?));
    let count = u64::from(count);
    Some((0..count).map(|index| now.saturating_sub(index * length / count)).collect())
}

fn problem(
    source: &Source<'_>,
    merged: &MergedRule,
    number: u32,
    example: &Example,
    policy: &Policy<'_>,
    analyse: &dyn Analyse,
) -> Option<Diagnostic> {
    let facts = analyse.analyse(&example.line);
    let matches = speaks(policy, analyse.context(), &facts, number).ok()?;
    let message = match (example.matches, matches) {
        (true, true) | (false, false) => return None,
        (true, false) => format!("the rule `{}` does not match this example", merged.rule.id),
        (false, true) => format!("the rule `{}` matches this example", merged.rule.id),
    };
    let found = Diagnostic::error(source.origin, source.text.as_bytes(), example.span.clone(), message);
    Some(found.suggest(summary(&facts)))
}

fn speaks(policy: &Policy<'_>, context: &Context, facts: &Facts, rule: u32) -> Result<bool, Corrupt> {
    for invocation in &facts.invocations {
        if judge::speakers(policy, context, invocation)?.contains(&rule) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What analysis found in an example, in one line.
fn summary(facts: &Facts) -> String {
    if let Some(opacity) = &facts.opaque {
        return format!("not understood: {}", opacity.why);
    }
    let mut all: Vec<String> = facts
        .invocations
        .iter()
        .flat_map(|invocation| {
            let opaque = invocation.opaque.iter().map(|opacity| format!("not understood: {}", opacity.why));
            invocation.effects.iter().map(effect_text).chain(opaque)
        })
        .collect();
    all.dedup();
    if all.is_empty() { "it has no effects".to_owned() } else { format!("it {}", all.join("; ")) }
}
