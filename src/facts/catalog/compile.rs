//! Catalog files → tables; every mistake has a place in the file.
//!
//! The tables live as long as the process: the built-in ones are constants, and a process reads its user's files once.

use std::collections::BTreeMap;
use std::ops::Range;

use super::model::{
    Entry, Kind, OptionEntry, Reach, ShellKind, Slot, Stdin, Style, Template, TemplateTarget, Variable,
    WordRule,
};
use super::schema::{RawEntry, RawFile, RawGroup, RawOption, RawVariable, RawWordRule, Text};
use super::{EffectKind, Undo};

/// What one catalog file says.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Each program's name and entry, in order of names.
    pub programs: Vec<(&'static str, &'static Entry)>,
    /// Each built-in's name and entry, in order of names.
    pub builtins: Vec<(&'static str, &'static Entry)>,
    /// Each variable's name or pattern, in order of names.
    pub variables: Vec<(&'static str, &'static Variable)>,
}

/// A mistake in a catalog file.
#[derive(Debug)]
pub(super) struct Problem {
    /// What is wrong.
    pub message: String,
    /// Which bytes.
    pub span: Range<usize>,
    /// Words one of which may have been meant.
    pub candidates: Vec<&'static str>,
}

type Outcome<T> = Result<T, Problem>;

/// Reads one file's text.
pub(super) fn read(text: &str) -> Outcome<RawFile> {
    toml::from_str(text).map_err(|error| Problem {
        message: error.message().to_owned(),
        span: error.span().unwrap_or(0..0),
        candidates: Vec::new(),
    })
}

/// Turns a file into tables.
pub(super) fn compile(file: &RawFile) -> Outcome<Tables> {
    let mut tables = Tables {
        programs: entries(&file.program, &file.group)?,
        builtins: entries(&file.builtin, &file.group)?,
        variables: Vec::new(),
    };
    for (names, raw) in &file.variable {
        let variable = variable(raw)?;
        for name in names_in(names)? {
            tables.variables.push((name, variable));
        }
    }
    sort_unique(&mut tables.variables, 0..0)?;
    Ok(tables)
}

fn entries(
    raw: &BTreeMap<Text, RawEntry>,
    groups: &BTreeMap<Text, RawGroup>,
) -> Outcome<Vec<(&'static str, &'static Entry)>> {
    let mut entries = Vec::new();
    for (names, raw) in raw {
        let entry: &'static Entry = Box::leak(Box::new(entry(names, raw, groups)?));
        for name in names_in(names)? {
            entries.push((name, entry));
        }
    }
    let span = raw.keys().next().map_or(0..0, Text::span);
    sort_unique(&mut entries, span)?;
    Ok(entries)
}

fn entry(names: &Text, raw: &RawEntry, groups: &BTreeMap<Text, RawGroup>) -> Outcome<Entry> {
    let options = options(names, raw, groups)?;
    let operands = slots(&raw.operands)?;
    let operand_reach = operands.iter().map(|slot| slot.kind.reach()).max().unwrap_or(Reach::Nothing);
    let reach =
        options.iter().map(|(_, option)| reach(option, operand_reach)).max().unwrap_or(Reach::Nothing);
    let entry = Entry {
        style: raw.style.as_ref().map_or(Ok(Style::Gnu), style)?,
        options_first: raw.options_first,
        complete: raw.complete,
        numbers: raw.numbers,
        plus: raw.plus,
        inherited: raw.inherited,
        reach,
        options: leak(options),
        operands: leak(operands),
        without_operands: leak(templates(&raw.without_operands)?),
        effects: leak(templates(&raw.effects)?),
        undo: raw.undo.as_ref().map(undo).transpose()?,
        stdin: raw.stdin.as_ref().map_or(Ok(Stdin::Data), stdin)?,
        words: leak(raw.word.iter().map(word_rule).collect::<Outcome<_>>()?),
        subs: leak(entries(&raw.sub, groups)?),
        default_sub: raw.default_sub.as_ref().map(|name| text(name.get_ref())),
        opaque: raw.opaque.as_deref().map(text),
    };
    default_sub_exists(&entry, raw)?;
    Ok(entry)
}

fn default_sub_exists(entry: &Entry, raw: &RawEntry) -> Outcome<()> {
    let Some(name) = &raw.default_sub else { return Ok(()) };
    if entry.subs.iter().any(|(known, _)| known == name.get_ref()) {
        return Ok(());
    }
    Err(problem(
        "there is no subcommand of this name",
        name,
        entry.subs.iter().map(|(name, _)| *name).collect(),
    ))
}

fn options(
    names: &Text,
    raw: &RawEntry,
    groups: &BTreeMap<Text, RawGroup>,
) -> Outcome<Vec<(&'static str, &'static OptionEntry)>> {
    let mut options = Vec::new();
    short_options(&raw.options, &mut options)?;
    long_options(&raw.option, &mut options)?;
    for group in
        raw.groups.iter().flat_map(|list| list.get_ref().split_whitespace().map(move |name| (list, name)))
    {
        let (list, name) = group;
        let Some((_, group)) = groups.iter().find(|(key, _)| key.get_ref() == name) else {
            return Err(problem(format!("there is no group `{name}` in this file"), list, Vec::new()));
        };
        short_options(&group.options, &mut options)?;
        long_options(&group.option, &mut options)?;
    }
    sort_unique(&mut options, names.span())?;
    Ok(options)
}

type Options = Vec<(&'static str, &'static OptionEntry)>;

fn short_options(raw: &BTreeMap<Text, Text>, options: &mut Options) -> Outcome<()> {
    for (kind, names) in raw {
        let (values, optional) = option_value(kind)?;
        let values = leak(values);
        for group in names.get_ref().split_whitespace() {
            let option = OptionEntry { names: text(group), values, optional, ..OptionEntry::PLAIN };
            add_option(option, group, names, options)?;
        }
    }
    Ok(())
}

fn option_value(kind: &Text) -> Outcome<(Vec<Kind>, bool)> {
    let name = kind.get_ref().as_str();
    let (name, optional) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
    if name == "none" {
        return Ok((Vec::new(), false));
    }
    Ok((vec![kind_named(name, kind)?], optional))
}

fn add_option(option: OptionEntry, group: &str, at: &Text, options: &mut Options) -> Outcome<()> {
    let option: &'static OptionEntry = Box::leak(Box::new(option));
    if group == "," {
        options.push((",", option));
        return Ok(());
    }
    for name in group.split(',') {
        if name.is_empty() || name.contains('=') {
            return Err(problem(format!("`{name}` is not an option's name"), at, Vec::new()));
        }
        options.push((text(name), option));
    }
    Ok(())
}

fn long_options(raw: &[RawOption], options: &mut Options) -> Outcome<()> {
    for raw in raw {
        let option = option(raw)?;
        for group in raw.names.get_ref().split_whitespace() {
            add_option(OptionEntry { names: text(group), ..option }, group, &raw.names, options)?;
        }
    }
    Ok(())
}

fn option(raw: &RawOption) -> Outcome<OptionEntry> {
    let (mut values, optional) = raw.value.as_ref().map_or(Ok((Vec::new(), false)), option_value)?;
    for value in &raw.values {
        values.push(kind_named(value.get_ref(), value)?);
    }
    let mut retypes = Vec::new();
    for (names, kind) in &raw.retypes {
        for name in names_in(names)? {
            retypes.push((name, kind_named(kind.get_ref(), kind)?));
        }
    }
    Ok(OptionEntry {
        names: "",
        values: leak(values),
        optional,
        harmless_values: raw.harmless_values.as_ref().map(|patterns| texts(patterns)),
        effects: leak(templates(&raw.effects)?),
        operands: raw.operands.as_ref().map(|kinds| slots(kinds).map(leak)).transpose()?,
        operands_also: raw.operands_also.as_ref().map(|kind| kind_named(kind.get_ref(), kind)).transpose()?,
        recursive: raw.recursive,
        ends_options: raw.ends_options,
        cancels_effects: raw.cancels_effects,
        replaces_first_operand: raw.replaces_first_operand,
        retypes: leak(retypes),
        stdin: raw.stdin.as_ref().map(stdin).transpose()?,
        opaque: raw.opaque.as_deref().map(text),
    })
}

/// What an unseen option could do, and what could then be done to the operands.
fn reach(option: &OptionEntry, operand_reach: Reach) -> Reach {
    let read_only = |templates: &[Template]| {
        templates.iter().all(|one| matches!(one.kind, EffectKind::Read | EffectKind::List))
    };
    if option.opaque.is_some()
        || option.harmless_values.is_some()
        || option.operands.is_some()
        || option.operands_also.is_some()
        || option.ends_options
        || !option.retypes.is_empty()
        || option.stdin.is_some_and(|stdin| stdin != Stdin::Data)
        || !read_only(option.effects)
    {
        return Reach::Anything;
    }
    let values = option.values.iter().map(|kind| kind.reach()).max().unwrap_or(Reach::Nothing);
    // Where the option stands in for the first operand, that one is read as the next.
    let values = if option.replaces_first_operand { values.max(operand_reach) } else { values };
    let lists = operand_reach == Reach::Nothing;
    if option.effects.is_empty() && (lists || !option.recursive) { values } else { values.max(Reach::Read) }
}

fn word_rule(raw: &RawWordRule) -> Outcome<WordRule> {
    Ok(WordRule {
        patterns: texts(&raw.matches),
        effects: leak(templates(&raw.effects)?),
        opaque: raw.opaque.as_deref().map(text),
    })
}

fn variable(raw: &RawVariable) -> Outcome<&'static Variable> {
    Ok(Box::leak(Box::new(Variable {
        harmless_values: texts(&raw.harmless_values),
        effects: leak(templates(&raw.effects)?),
        opaque: raw.opaque.as_deref().map(text),
    })))
}

fn slots(kinds: &[Text]) -> Outcome<Vec<Slot>> {
    let slots: Vec<Slot> = kinds.iter().map(slot).collect::<Outcome<_>>()?;
    let open = |slot: &&Slot| slot.repeated && slot.kind != Kind::Assignment;
    match kinds.first() {
        Some(first) if slots.iter().filter(open).count() > 1 => {
            Err(problem("only one operand may be repeated", first, Vec::new()))
        }
        _ => Ok(slots),
    }
}

fn slot(kind: &Text) -> Outcome<Slot> {
    let name = kind.get_ref().as_str();
    let (name, repeated) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
    Ok(Slot { kind: kind_named(name, kind)?, repeated })
}

fn templates(raw: &[Text]) -> Outcome<Vec<Template>> {
    raw.iter().map(template).collect()
}

/// Reads `KIND[-recursive] [TARGET] [UNDO]`.
fn template(raw: &Text) -> Outcome<Template> {
    let mut words: Vec<&str> = raw.get_ref().split_whitespace().collect();
    let stated = words.last().and_then(|word| Undo::from_name(word));
    if stated.is_some() {
        words.pop();
    }
    let (name, target) = match words.as_slice() {
        [name] => (*name, TemplateTarget::Nothing),
        [name, target] => (*name, template_target(target)),
        _ => {
            return Err(problem("an effect is `KIND`, `KIND TARGET` or `KIND TARGET UNDO`", raw, Vec::new()));
        }
    };
    let (plain, recursive) = name.strip_suffix("-recursive").map_or((name, false), |plain| (plain, true));
    let Some(kind) = EffectKind::from_name(plain) else {
        let kinds = EffectKind::ALL.into_iter().map(EffectKind::name).collect();
        return Err(problem(format!("there is no effect `{name}`"), raw, kinds));
    };
    Ok(Template { kind, target, recursive, undo: stated.unwrap_or(kind.usual_undo()) })
}

fn template_target(word: &str) -> TemplateTarget {
    if word == "unknown" {
        TemplateTarget::Unknown
    } else if word == "." || word.starts_with(['/', '~']) || word.starts_with("./") {
        TemplateTarget::Path(text(word))
    } else if let Some(host) = word.strip_prefix("host:") {
        TemplateTarget::Host(text(host))
    } else {
        TemplateTarget::Name(text(word))
    }
}

fn style(raw: &Text) -> Outcome<Style> {
    named(raw, "style", &STYLES)
}

const STYLES: [(&str, Style); 7] = [
    ("gnu", Style::Gnu),
    ("exact", Style::Exact),
    ("single-dash", Style::SingleDash),
    ("find", Style::Find),
    ("pairs", Style::Pairs),
    ("tar", Style::Tar),
    ("words", Style::Words),
];

fn stdin(raw: &Text) -> Outcome<Stdin> {
    const NAMES: [(&str, Stdin); 4] = [
        ("data", Stdin::Data),
        ("code", Stdin::Code),
        ("sh", Stdin::Shell(ShellKind::Sh)),
        ("bash", Stdin::Shell(ShellKind::Bash)),
    ];
    named(raw, "kind of standard input", &NAMES)
}

fn undo(raw: &Text) -> Outcome<Undo> {
    const NAMES: [(&str, Undo); 3] = [
        ("harmless", Undo::Harmless),
        ("reversible", Undo::Reversible),
        ("irreversible", Undo::Irreversible),
    ];
    named(raw, "undo class", &NAMES)
}

fn kind_named(name: &str, at: &Text) -> Outcome<Kind> {
    match KINDS.iter().find(|(known, _)| *known == name) {
        Some((_, kind)) => Ok(*kind),
        None => {
            let candidates = KINDS.iter().map(|(name, _)| *name).collect();
            Err(problem(format!("there is no word kind `{name}`"), at, candidates))
        }
    }
}

const KINDS: [(&str, Kind); 48] = [
    ("text", Kind::Text),
    ("text-or-file", Kind::TextOrFile),
    ("method", Kind::Method),
    ("read", Kind::Path(EffectKind::Read, false)),
    ("read-recursive", Kind::Path(EffectKind::Read, true)),
    ("list", Kind::Path(EffectKind::List, false)),
    ("list-recursive", Kind::Path(EffectKind::List, true)),
    ("write", Kind::Path(EffectKind::Write, false)),
    ("write-recursive", Kind::Path(EffectKind::Write, true)),
    ("delete", Kind::Path(EffectKind::Delete, false)),
    ("delete-recursive", Kind::Path(EffectKind::Delete, true)),
    ("device-path", Kind::Path(EffectKind::Device, false)),
    ("persist-path", Kind::Path(EffectKind::Persist, false)),
    ("project-code-path", Kind::Path(EffectKind::ProjectCode, false)),
    ("execute-path", Kind::Path(EffectKind::Execute, false)),
    ("directory", Kind::Directory),
    ("execute", Kind::Execute),
    ("sh", Kind::Shell(ShellKind::Sh)),
    ("bash", Kind::Shell(ShellKind::Bash)),
    ("eval", Kind::Eval),
    ("command", Kind::Command),
    ("command-with-input", Kind::CommandWithInput),
    ("command-until", Kind::CommandUntil),
    ("remote-command", Kind::RemoteCommand),
    ("remote-eval", Kind::RemoteEval),
    ("assignment", Kind::Assignment),
    ("host", Kind::Host),
    ("url", Kind::Url),
    ("transfer-read", Kind::Transfer(EffectKind::Read, false)),
    ("transfer-read-recursive", Kind::Transfer(EffectKind::Read, true)),
    ("transfer-write", Kind::Transfer(EffectKind::Write, false)),
    ("transfer-write-recursive", Kind::Transfer(EffectKind::Write, true)),
    ("variable", Kind::Variable),
    ("sed", Kind::Sed),
    ("awk", Kind::Awk),
    ("jq", Kind::Jq),
    ("sql", Kind::Sql),
    ("code", Kind::Code),
    ("mount", Kind::Mount),
    ("package", Kind::Named(EffectKind::Install)),
    ("process", Kind::Named(EffectKind::Process)),
    ("service", Kind::Named(EffectKind::Persist)),
    ("remote", Kind::Named(EffectKind::Remote)),
    ("privilege", Kind::Named(EffectKind::Privilege)),
    ("device", Kind::Named(EffectKind::Device)),
    ("name-write", Kind::Named(EffectKind::Write)),
    ("name-delete", Kind::Named(EffectKind::Delete)),
    ("opaque", Kind::Opaque),
];

fn named<T: Copy>(raw: &Text, what: &str, names: &[(&'static str, T)]) -> Outcome<T> {
    match names.iter().find(|(name, _)| name == raw.get_ref()) {
        Some((_, value)) => Ok(*value),
        None => {
            let message = format!("there is no {what} `{}`", raw.get_ref());
            Err(problem(message, raw, names.iter().map(|(name, _)| *name).collect()))
        }
    }
}

/// Splits a key of names that are joined by commas.
fn names_in(names: &Text) -> Outcome<Vec<&'static str>> {
    names
        .get_ref()
        .split(',')
        .map(|name| match name.trim() {
            "" => Err(problem("a name is empty", names, Vec::new())),
            name => Ok(text(name)),
        })
        .collect()
}

fn sort_unique<T>(pairs: &mut [(&'static str, &'static T)], span: Range<usize>) -> Outcome<()> {
    pairs.sort_by_key(|(name, _)| *name);
    match pairs.iter().zip(pairs.iter().skip(1)).find(|((a, _), (b, _))| a == b) {
        Some(((name, _), _)) => {
            Err(Problem { message: format!("`{name}` is listed twice"), span, candidates: Vec::new() })
        }
        None => Ok(()),
    }
}

fn problem(message: impl Into<String>, at: &Text, candidates: Vec<&'static str>) -> Problem {
    Problem { message: message.into(), span: at.span(), candidates }
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    items.leak()
}

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn texts(list: &[String]) -> &'static [&'static str] {
    leak(list.iter().map(|item| text(item)).collect())
}
