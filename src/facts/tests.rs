//! Command lines → what analysis says of them, in one line each.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::syntax::Dialect;

use super::test_world::TestWorld;
use super::{Catalog, CommandLine, Effect, EffectKind, Facts, Target, analyse, catalog};

fn shell(text: &str) -> Facts {
    let line = CommandLine::Shell {
        text: text.as_bytes().to_vec(),
        dialect: Dialect::Bash,
        options: Vec::new(),
        arguments: Vec::new(),
    };
    analyse(&line, &TestWorld::default(), &Catalog::built_in())
}

/// `KIND[-recursive] [TARGET] [UNDO]` as catalog files write it, each once and sorted.
fn effects(facts: &Facts) -> BTreeSet<String> {
    facts.invocations.iter().flat_map(|invocation| &invocation.effects).map(shown).collect()
}

fn shown(effect: &Effect) -> String {
    let Effect { kind, target, undo, .. } = effect;
    let mut shown = kind.name().to_owned();
    if let Target::Path { recursive: true, .. } | Target::Glob { recursive: true, .. } = target {
        shown.push_str("-recursive");
    }
    let _ = match target {
        Target::Nothing => Ok(()),
        Target::Path { path, .. } => write!(shown, " {}", short(&path.display().to_string())),
        Target::Glob { pattern, .. } => write!(shown, " {}", short(&String::from_utf8_lossy(pattern))),
        Target::Host { name, port } => {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            write!(shown, " host:{}{port}", name.as_deref().unwrap_or("unknown"))
        }
        Target::Name(name) => write!(shown, " {name}"),
        Target::Unknown => write!(shown, " unknown"),
    };
    if *undo != kind.usual_undo() && *kind != EffectKind::Environment {
        let _ = write!(shown, " {}", undo.name());
    }
    shown
}

/// Paths as short as they can be, whatever way they are written in an example.
fn short(path: &str) -> String {
    let below = |directory: &str, path: &str| {
        path.strip_prefix(directory)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(str::to_owned)
    };
    match (below("/home/user/work", path), below("/home/user", path)) {
        (Some(rest), _) => format!(".{rest}"),
        (None, Some(rest)) => format!("~{rest}"),
        (None, None) => path.to_owned(),
    }
}

/// An example's effect in the words of [`shown`]: the usual undo class goes without saying.
fn written(effect: &str) -> String {
    let (kind, rest) = effect.split_once(' ').unwrap_or((effect, ""));
    let usual =
        EffectKind::from_name(kind.trim_end_matches("-recursive")).map(|kind| kind.usual_undo().name());
    let rest = match rest.rsplit_once(' ') {
        Some((target, undo)) if Some(undo) == usual => target,
        None if Some(rest) == usual => "",
        _ => rest,
    };
    format!("{kind} {}", short(rest)).trim_end().to_owned()
}

#[test]
fn every_catalog_example_holds() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/catalog");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        for example in catalog::examples(&text, &file.display().to_string()).unwrap() {
            checked += 1;
            let facts = shell(&example.command);
            let opaque = facts.opacities().next();
            let found = effects(&facts);
            let expected = example.effects.iter().map(|effect| written(effect)).collect();
            let complete = !example.opaque || !example.effects.is_empty();
            if opaque.is_some() != example.opaque || complete && found != expected {
                let name = file.file_name().unwrap().display();
                wrong.push(format!(
                    "{name}: {}\n  expected {expected:?} opaque={}\n  found    {found:?} {opaque:?}",
                    example.command, example.opaque
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} examples:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 50, "{checked} examples");
}
