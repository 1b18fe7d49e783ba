//! The examples of rules: what a rule claims to match is checked when it is loaded.

use std::path::{Component, Path, PathBuf};

use crate::{
    facts::{self, Catalog, CommandLine, Facts, Resolved, World},
    syntax::Dialect,
    ui::Diagnostic,
};

use super::{
    Context, Corrupt, Policy, Source, effect_text, judge,
    layers::{Merged, MergedRule},
    rule::Example,
    source::Layer,
};

/// How the examples of rules are analysed: a fixed, made-up machine, so that a policy means the same everywhere.
pub trait Analyse {
    /// The facts of a shell command line on that machine.
    fn analyse(&self, line: &str) -> Facts;

    /// The circumstances on that machine.
    fn context(&self) -> &Context;
}

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
            now: 0,
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

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        let name = std::str::from_utf8(name).ok()?;
        Some(Path::new("/usr/bin").join(name))
    }
}

/// Every example, of a rule that is not built in, that is not as it claims.
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
    found
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
