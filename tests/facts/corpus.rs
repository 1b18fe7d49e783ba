//! The labelled corpora: what is dangerous never looks harmless, what is harmless is mostly seen through.

use gate::facts::{Catalog, EffectKind, Facts, Target};
use gate::policy::{Analyse as _, ExampleMachine};

/// A row's command and label.
fn rows(corpus: &'static str) -> impl Iterator<Item = (String, &'static str)> {
    corpus.lines().map(move |line| {
        let mut columns = line.split('\t');
        let command = columns.next().unwrap_or_default();
        let command = command.replace('\u{2424}', "\n").replace('\u{240d}', "\r").replace('\u{2409}', "\t");
        if corpus == BYPASS {
            columns.next();
        }
        (command, columns.next().unwrap_or_default())
    })
}

const BYPASS: &str = include_str!("../data/bypass.tsv");
const BENIGN: &str = include_str!("../data/benign.tsv");

fn facts(command: &str) -> Facts {
    ExampleMachine::new(Catalog::built_in()).analyse(command)
}

/// Whether a careless policy could let this run: it is seen through, and reads nothing but the workspace.
fn looks_harmless(facts: &Facts) -> bool {
    facts.opacities().next().is_none()
        && facts.invocations.iter().flat_map(|invocation| &invocation.effects).all(|effect| {
            match effect.kind {
                EffectKind::Read => match &effect.target {
                    Target::Path { resolved, .. } => {
                        let path = resolved.to_string_lossy();
                        resolved.starts_with("/home/user/project") && !is_secret(&path)
                    }
                    Target::Glob { pattern, .. } => pattern.starts_with(b"/home/user/project/"),
                    Target::Nothing => true,
                    _ => false,
                },
                EffectKind::Environment => effect.undo == gate::facts::Undo::Harmless,
                _ => false,
            }
        })
}

fn is_secret(path: &str) -> bool {
    [".env", "id_rsa", "server.key", ".ssh", "credentials"].iter().any(|name| path.contains(name))
}

#[test]
fn nothing_dangerous_looks_harmless() {
    let harmless: Vec<String> = rows(BYPASS)
        .filter(|(command, _)| looks_harmless(&facts(command)))
        .map(|(command, _)| command)
        .collect();
    assert!(harmless.is_empty(), "{} rows:\n{}", harmless.len(), harmless.join("\n"));
    assert_eq!(rows(BYPASS).count(), 428);
}

#[test]
fn benign_commands_are_seen_through() {
    let low: Vec<String> =
        rows(BENIGN).filter(|(_, label)| *label == "low").map(|(command, _)| command).collect();
    let mut opaque = Vec::new();
    let mut effects = Vec::new();
    for command in &low {
        let facts = facts(command);
        if let Some(opacity) = facts.opacities().next() {
            opaque.push(format!("{command}: {}", opacity.why));
        } else if let Some(effect) = facts
            .invocations
            .iter()
            .flat_map(|invocation| &invocation.effects)
            .find(|effect| !matches!(effect.kind, EffectKind::Read | EffectKind::Environment))
        {
            effects.push(format!("{command}: {} {:?}", effect.kind.name(), effect.target));
        }
    }
    let seen = low.len() - opaque.len();
    println!(
        "benign low rows: {} of {} transparent, {} with more than read effects",
        seen,
        low.len(),
        effects.len()
    );
    println!("opaque:\n{}\nmore than reading:\n{}", opaque.join("\n"), effects.join("\n"));
    assert!(seen * 100 >= low.len() * 90, "{seen} of {}", low.len());
}
