//! Catalog files and their examples → what a file says that no example shows, and what it says without saying anything.

use std::collections::BTreeSet;

use super::compile::{self, Tables};
use super::schema::{RawEntry, RawFile, RawOption, Text};
use super::{Catalog, Entry, glob_matches, look_up};
use crate::facts::item::Item;
use crate::facts::options::{Part, parse};
use crate::facts::test_world::TestWorld;
use crate::facts::{CommandLine, EffectKind, Facts, Invocation, Program, Target, analyse};
use crate::syntax::Dialect;

/// Something that a file says, by whom (`program rg`, `group common`) and of what (`option --pre`, `operands`).
type Statement = (String, String);

/// A catalog file, as written and as compiled.
struct Subject {
    file: RawFile,
    tables: Tables,
}

impl Subject {
    fn new(text: &str) -> Self {
        let file = compile::read(text).expect("a catalog file");
        let tables = compile::compile(&file).expect("a catalog file");
        Self { file, tables }
    }
}

/// Every complaint about one file: `FILE: OWNER: WHAT: why`.
pub(in crate::facts) fn complaints(text: &str, name: &str, catalog: &Catalog) -> Vec<String> {
    let subject = Subject::new(text);
    let file = &subject.file;
    let complain = |(owner, what): &Statement, why: &str| format!("{name}: {owner}: {what}: {why}");
    let mut complaints: Vec<String> = Vec::new();
    let shown = shown(&subject, catalog);
    for (owner, option) in option_tables(file) {
        if is_empty(option) {
            let what = (owner, format!("option {}", option.names.get_ref()));
            complaints.push(complain(&what, "says no effect; options without one stand in `options`"));
        }
    }
    for alternatives in statements(file) {
        if let Some(first) =
            alternatives.first().filter(|_| alternatives.iter().all(|one| !shown.contains(one)))
        {
            complaints.push(complain(first, "no example shows it"));
        }
    }
    if !has_hit_and_near_miss(&subject, catalog) {
        complaints.push(format!("{name}: no example of a program lacks the effects of another one"));
    }
    complaints
}

/// Whether an option table says no more than a row of `options` without effects.
fn is_empty(option: &RawOption) -> bool {
    let plain = |kind: &Text| matches!(kind.get_ref().as_str(), "text" | "text?");
    option.value.as_ref().is_none_or(plain)
        && option.values.iter().all(plain)
        && option.values.len() < 2
        && option.harmless_values.is_none()
        && option.effects.is_empty()
        && option.operands.is_none()
        && option.operands_also.is_none()
        && option.stdin.is_none()
        && option.opaque.is_none()
        && option.retypes.is_empty()
        && !(option.recursive
            || option.ends_options
            || option.cancels_effects
            || option.replaces_first_operand)
}

fn option_tables(file: &RawFile) -> Vec<(String, &RawOption)> {
    let mut tables = Vec::new();
    for (owner, entry) in entries(file) {
        tables.extend(entry.option.iter().map(|option| (owner.clone(), option)));
    }
    for (name, group) in &file.group {
        tables.extend(group.option.iter().map(|option| (format!("group {}", name.get_ref()), option)));
    }
    tables
}

/// Every program, built-in and subcommand, with its owner's name.
fn entries(file: &RawFile) -> Vec<(String, &RawEntry)> {
    fn below<'f>(owner: &str, entry: &'f RawEntry, found: &mut Vec<(String, &'f RawEntry)>) {
        found.push((owner.to_owned(), entry));
        for (name, sub) in &entry.sub {
            below(&format!("{owner} {}", name.get_ref()), sub, found);
        }
    }
    let mut found = Vec::new();
    for (section, table) in [("program", &file.program), ("builtin", &file.builtin)] {
        for (name, entry) in table {
            below(&format!("{section} {}", name.get_ref()), entry, &mut found);
        }
    }
    found
}

/// Everything that a file says and an example has to show; the alternatives of one stand together.
fn statements(file: &RawFile) -> Vec<Vec<Statement>> {
    let mut statements = Vec::new();
    for (owner, entry) in entries(file) {
        let mut says = |what: &str| statements.push(vec![(owner.clone(), what.to_owned())]);
        if entry.operands.iter().any(|kind| !matches!(kind.get_ref().as_str(), "text" | "text*")) {
            says("operands");
        }
        if !entry.without_operands.is_empty() {
            says("no operand");
        }
        if !entry.effects.is_empty() {
            says("effects");
        }
        if entry.opaque.is_some() {
            says("opaque");
        }
        if entry.stdin.is_some() {
            says("no operand");
        }
        for rule in &entry.word {
            says(&format!("word {}", rule.matches.join(" ")));
        }
    }
    for (owner, option) in option_tables(file) {
        statements.push(alternatives(&owner, option.names.get_ref()));
    }
    for (owner, kinds) in entries(file)
        .into_iter()
        .map(|(owner, entry)| (owner, &entry.options))
        .chain(file.group.iter().map(|(name, group)| (format!("group {}", name.get_ref()), &group.options)))
    {
        for (kind, names) in kinds {
            if !matches!(kind.get_ref().as_str(), "none" | "text" | "text?") {
                statements.push(alternatives(&owner, names.get_ref()));
            }
        }
    }
    statements.extend(file.variable.keys().map(|names| {
        names.get_ref().split(',').map(|name| ("variable".to_owned(), name.to_owned())).collect()
    }));
    statements
}

fn alternatives(owner: &str, names: &str) -> Vec<Statement> {
    names.split_whitespace().map(|names| (owner.to_owned(), format!("option {names}"))).collect()
}

/// What the examples of a file show.
fn shown(subject: &Subject, catalog: &Catalog) -> BTreeSet<Statement> {
    let mut shown = BTreeSet::new();
    for command in subject.file.examples.keys() {
        for invocation in facts(command.get_ref(), catalog).invocations {
            variables(&subject.file, &invocation, &mut shown);
            invocation_shows(subject, &invocation, &mut shown);
        }
    }
    shown
}

fn facts(command: &str, catalog: &Catalog) -> Facts {
    let line = CommandLine::Shell {
        text: command.as_bytes().to_vec(),
        dialect: Dialect::Bash,
        options: Vec::new(),
        arguments: Vec::new(),
    };
    analyse(&line, &TestWorld::default(), catalog)
}

fn variables(file: &RawFile, invocation: &Invocation, shown: &mut BTreeSet<Statement>) {
    for effect in invocation.effects.iter().filter(|effect| effect.kind == EffectKind::Environment) {
        let Target::Name(set) = &effect.target else { continue };
        let names = file.variable.keys().flat_map(|names| names.get_ref().split(','));
        for name in names.filter(|name| glob_matches(name.as_bytes(), set.as_bytes())) {
            shown.insert(("variable".to_owned(), name.to_owned()));
        }
    }
}

/// The key of a table in which a name stands.
fn key<'f, T>(table: &'f std::collections::BTreeMap<Text, T>, name: &str) -> Option<(&'f str, &'f T)> {
    let stands = |key: &Text| key.get_ref().split(',').any(|known| known.trim() == name);
    table.iter().find(|(key, _)| stands(key)).map(|(key, value)| (key.get_ref().as_str(), value))
}

fn invoked<'f>(
    subject: &'f Subject,
    invocation: &Invocation,
) -> Option<(String, &'f RawEntry, &'static Entry)> {
    let Subject { file, tables } = subject;
    let (section, table, name) = match &invocation.program {
        Program::Builtin(name) => ("builtin", &file.builtin, name.as_str()),
        Program::File { name, .. } => ("program", &file.program, name.as_str()),
        Program::Elsewhere(name) => ("program", &file.program, name.rsplit('/').next().unwrap_or_default()),
        _ => return None,
    };
    let (key, raw) = key(table, name)?;
    let compiled = if section == "builtin" { &tables.builtins } else { &tables.programs };
    Some((format!("{section} {key}"), raw, look_up(compiled, name)?))
}

fn invocation_shows(subject: &Subject, invocation: &Invocation, shown: &mut BTreeSet<Statement>) {
    let Some((mut owner, mut raw, entry)) = invoked(subject, invocation) else { return };
    let words: Vec<Item<'_>> = invocation
        .words
        .iter()
        .skip(1)
        .map(|word| match &word.value {
            Some(value) => Item::known(value.clone(), word.span),
            None => Item::anything(word.span),
        })
        .collect();
    let mut rest = words.as_slice();
    let mut owners = vec![(owner.clone(), raw)];
    let mut scope = vec![entry];
    loop {
        let parsed = parse(rest, &scope);
        entry_shows(&owners, &parsed.parts, parsed.read == rest.len(), shown);
        rest = rest.get(parsed.read..).unwrap_or_default();
        let name = rest.first().map_or(scope[0].default_sub, Item::text);
        let Some(sub) = name.and_then(|name| look_up(scope[0].subs, name)) else { return };
        let Some((below, next)) = name.and_then(|name| key(&raw.sub, name)) else { return };
        owner = format!("{owner} {below}");
        raw = next;
        owners.insert(0, (owner.clone(), raw));
        scope.insert(0, sub);
        rest = rest.get(1..).unwrap_or_default();
    }
}

/// What the words of one level show; `owners` is that level and those around it.
fn entry_shows(
    owners: &[(String, &RawEntry)],
    parts: &[Part<'_>],
    last: bool,
    shown: &mut BTreeSet<Statement>,
) {
    let (owner, raw) = &owners[0];
    let mut show = |owner: &str, what: &str| shown.insert((owner.to_owned(), what.to_owned()));
    let options = || {
        parts.iter().filter_map(|part| match part {
            Part::Option(option, ..) => Some(*option),
            Part::Operand(_) => None,
        })
    };
    let own_operands = options().all(|option| option.operands.is_none());
    let happens = options().all(|option| !option.cancels_effects);
    if happens {
        show(owner, "effects");
    }
    show(owner, "opaque");
    let mut operands = 0;
    for part in parts {
        match part {
            Part::Option(option, ..) => {
                for (owner, raw) in owners {
                    show(owner, &format!("option {}", option.names));
                    let groups = raw.groups.iter().flat_map(|groups| groups.get_ref().split_whitespace());
                    for group in groups {
                        show(&format!("group {group}"), &format!("option {}", option.names));
                    }
                }
            }
            Part::Operand(item) => {
                operands += 1;
                if own_operands {
                    show(owner, "operands");
                }
                let word = item.bytes().unwrap_or_default();
                for rule in &raw.word {
                    if rule.matches.iter().any(|pattern| glob_matches(pattern.as_bytes(), word)) {
                        show(owner, &format!("word {}", rule.matches.join(" ")));
                    }
                }
            }
        }
    }
    let places = raw.operands.iter().position(|kind| kind.get_ref().ends_with('*')).unwrap_or(0);
    if operands <= places && last && happens {
        show(owner, "no operand");
    }
}

/// Whether some program has an example that does more than another one of its examples, which is understood.
fn has_hit_and_near_miss(subject: &Subject, catalog: &Catalog) -> bool {
    let does: Vec<(String, BTreeSet<String>)> = subject
        .file
        .examples
        .iter()
        .map(|(command, says)| {
            let facts = facts(command.get_ref(), catalog);
            let first = facts.invocations.first().and_then(|invocation| invoked(subject, invocation));
            let mut does: BTreeSet<String> = facts
                .invocations
                .iter()
                .flat_map(|invocation| &invocation.effects)
                .map(|effect| format!("{:?} {:?}", effect.kind, effect.undo))
                .collect();
            does.extend(says.iter().find(|word| *word == "opaque").cloned());
            (first.map(|(owner, ..)| owner).unwrap_or_default(), does)
        })
        .collect();
    does.iter().any(|(owner, more)| {
        does.iter().any(|(other, less)| owner == other && less.len() < more.len() && less.is_subset(more))
    })
}

#[test]
fn whatever_a_catalog_file_says_an_example_shows() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/catalog");
    let mut found = Vec::new();
    for file in std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy();
        found.extend(complaints(&text, &name, &Catalog::built_in()));
    }
    found.sort();
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));
}

#[test]
fn lint_names_file_program_and_option() {
    let text = r#"
        [program.foo]
        operands = ["write*"]
        [program.foo.options]
        none = "-v"
        read = "-f -g,--get"
        [[program.foo.option]]
        names = "--plain"
        value = "text"
        [[program.foo.option]]
        names = "--run"
        value = "execute"
        [program.foo.sub."add,new"]
        effects = ["write ./x"]
    "#;
    let catalog = || Catalog::built_in().with_user(text, "foo.toml").unwrap();
    let bare = [
        "foo.toml: program foo: option --plain: says no effect; options without one stand in `options`",
        "foo.toml: program foo: operands: no example shows it",
        "foo.toml: program foo add,new: effects: no example shows it",
        "foo.toml: program foo: option --plain: no example shows it",
        "foo.toml: program foo: option --run: no example shows it",
        "foo.toml: program foo: option -f: no example shows it",
        "foo.toml: no example of a program lacks the effects of another one",
    ];
    assert_eq!(complaints(text, "foo.toml", &catalog()), bare);
    let shown = format!("{text}\n[examples]\n\"foo --run x -g a new\" = []\n\"foo -v\" = []\n");
    assert_eq!(complaints(&shown, "foo.toml", &catalog()), [bare[0], bare[1], bare[3]]);
}
