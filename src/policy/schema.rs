//! Policy text → [`Document`], or everything that is wrong with it.

use std::{collections::HashMap, ops::Range};

use toml::de::DeTable;

use crate::{facts::EffectKind, ui::Diagnostic};

use super::{
    Source, Tier,
    findings::{Findings, Text, Value},
    paths, pattern,
    rule::{Document, Example, Kinds, OwnedPattern, Rule, Scope, ScoreRow, Settings, UndoSet},
    score::{Days, Hours, Key, Row, Terms},
    source::Layer,
    words,
};

/// The version of the rule language.
const VERSION: &str = "1";

/// Every table of the language with its keys; `man/gate-policy.5` describes the same.
pub const KEYS: [(&str, &[&str]); 5] = [
    ("", &["version", "enforce", "disable", "settings", "score", "rule"]),
    ("settings", &["timeout", "ttl", "programs", "low", "medium", "high", "deny"]),
    (
        "score",
        &[
            "row",
            "weight",
            "text",
            "threshold",
            "within",
            "hours",
            "days",
            "names",
            "branches",
            "match",
            "no_match",
        ],
    ),
    (
        "rule",
        &[
            "id",
            "tier",
            "reason",
            "command",
            "effect",
            "path",
            "except",
            "host",
            "name",
            "recursive",
            "undo",
            "when",
            "ttl",
            "reviewers",
            "instead_of",
            "marks",
            "match",
            "no_match",
        ],
    ),
    ("when", &["cwd", "user", "host", "agent"]),
];

/// The names of the rows of the score; `man/gate-policy.5` describes the same.
#[must_use]
pub fn score_rows() -> Vec<&'static str> {
    Row::NAMES.iter().map(|(name, _)| *name).collect()
}

const TIERS: [(&str, Tier); 4] =
    [("low", Tier::Low), ("medium", Tier::Medium), ("high", Tier::High), ("deny", Tier::Deny)];

/// Reads one source.
///
/// # Errors
/// Every finding, in the order of the text.
pub(super) fn read(source: &Source<'_>) -> Result<Document, Vec<Diagnostic>> {
    let mut findings = Findings::new(source.origin, source.text);
    let document = match DeTable::parse(source.text) {
        Ok(table) => Some(document(&mut findings, table.get_ref(), source.layer)),
        Err(error) => {
            let end = source.text.len();
            findings.error(error.span().unwrap_or(end..end), error.message().replace('\n', ", "));
            None
        }
    };
    let mut list = findings.into_list();
    list.sort_by_key(|finding| finding.span.start);
    match document {
        Some(document) if list.is_empty() => Ok(document),
        _ => Err(list),
    }
}

fn document(findings: &mut Findings<'_>, table: &DeTable<'_>, layer: Layer) -> Document {
    findings.check_keys(table, keys(""));
    check_version(findings, table);
    let disable = findings.strings(table.get("disable"));
    let enforce = findings.boolean(table.get("enforce")).unwrap_or(false);
    if let Some(value) = table.get("enforce").filter(|_| layer != Layer::Root) {
        findings.error(value.span(), "only the machine's own policy in /etc/gate can say `enforce`");
    }
    Document {
        layer,
        enforce,
        settings: settings(findings, table),
        score: score(findings, table),
        disable,
        rules: rules(findings, table),
    }
}

fn check_version(findings: &mut Findings<'_>, table: &DeTable<'_>) {
    let Some(value) = findings.required(table, "version", 0..0) else { return };
    let version = value.get_ref().as_integer().filter(|number| number.as_str() == VERSION);
    if version.is_none() {
        findings.error(value.span(), "this program reads `version = 1` only");
    }
}

fn settings(findings: &mut Findings<'_>, table: &DeTable<'_>) -> Settings {
    let Some(table) = table.get("settings").and_then(|value| findings.table(value, "`settings`")) else {
        return Settings::default();
    };
    findings.check_keys(table, keys("settings"));
    Settings {
        timeout: findings.duration(table.get("timeout")),
        ttl: findings.duration(table.get("ttl")),
        programs: table.get("programs").map(|value| path_patterns(findings, Some(value))),
        base: TIERS.map(|(name, _)| findings.number(table.get(name), 0..101)),
    }
}

fn score(findings: &mut Findings<'_>, table: &DeTable<'_>) -> Vec<ScoreRow> {
    let mut rows = Vec::new();
    for (table, span) in findings.tables(table.get("score"), "score") {
        findings.check_keys(table, keys("score"));
        let Some(value) = findings.required(table, "row", span) else { continue };
        let weight = findings.number(table.get("weight"), 0..101);
        let text = table.get("text").and_then(|value| findings.string(value)).map(|(text, _)| text);
        let terms = terms(findings, table);
        let examples = examples(findings, table);
        let Some(row) = row(findings, value) else { continue };
        for (name, key) in Key::NAMES {
            if let Some(value) = table.get(name).filter(|_| !key.belongs_to(row)) {
                findings.error(value.span(), format!("the row `{}` has no `{name}`", row.name()));
            }
        }
        rows.push(ScoreRow { row, weight, text, terms, examples, span: value.span() });
    }
    rows
}

fn terms(findings: &mut Findings<'_>, table: &DeTable<'_>) -> Terms {
    Terms {
        threshold: findings.count(table.get("threshold")),
        within: findings.duration(table.get("within")),
        hours: table.get("hours").and_then(|value| hours(findings, value)),
        days: table.get("days").map(|value| days(findings, value)),
        names: table.get("names").map(|value| text_patterns(findings, Some(value))),
        branches: table.get("branches").map(|value| text_patterns(findings, Some(value))),
    }
}

fn hours(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Hours> {
    let (text, span) = findings.string(value)?;
    let hours = Hours::parse(&text);
    if hours.is_none() {
        findings.error(span, "hours are written as `07:00-20:00`");
    }
    hours
}

fn days(findings: &mut Findings<'_>, value: &Value<'_>) -> Days {
    let texts = findings.strings(Some(value));
    let known = Days::named();
    let one = |days: Days, text: &Text| {
        Days(days.0 | findings.one_of(text, "day", &known).map_or(0, |day: Days| day.0))
    };
    texts.iter().fold(Days(0), one)
}

fn row(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Row> {
    let text = findings.string(value)?;
    findings.one_of(&text, "score row", &Row::NAMES)
}

fn rules(findings: &mut Findings<'_>, table: &DeTable<'_>) -> Vec<Rule> {
    let mut seen: HashMap<String, Range<usize>> = HashMap::new();
    let mut rules = Vec::new();
    for (table, span) in findings.tables(table.get("rule"), "rule") {
        let Some(rule) = rule(findings, table, span) else { continue };
        if seen.insert(rule.id.clone(), rule.span.clone()).is_some() {
            findings.error(rule.span.clone(), format!("the id `{}` stands twice in this file", rule.id));
        }
        rules.push(rule);
    }
    rules
}

fn rule(findings: &mut Findings<'_>, table: &DeTable<'_>, span: Range<usize>) -> Option<Rule> {
    findings.check_keys(table, keys("rule"));
    let id = findings.required(table, "id", span.clone()).and_then(|value| id(findings, value));
    let place = id.as_ref().map_or(span, |(_, span)| span.clone());
    let tier = findings.required(table, "tier", place.clone()).and_then(|value| findings.string(value));
    let tier = tier.and_then(|text| findings.one_of(&text, "tier", &TIERS));
    let reason = findings.required(table, "reason", place.clone()).and_then(|value| findings.string(value));
    let rule = Rule {
        id: String::new(),
        tier: tier.unwrap_or(Tier::Deny),
        reason: String::new(),
        commands: commands(findings, table.get("command")),
        kinds: kinds(findings, table.get("effect")),
        paths: path_patterns(findings, table.get("path")),
        except: path_patterns(findings, table.get("except")),
        hosts: text_patterns(findings, table.get("host")),
        names: text_patterns(findings, table.get("name")),
        recursive: findings.boolean(table.get("recursive")),
        undo: undo(findings, table.get("undo")),
        when: scope(findings, table.get("when")),
        ttl: findings.duration(table.get("ttl")),
        reviewers: findings.number(table.get("reviewers"), 1..10).unwrap_or(1),
        instead_of: findings.strings(table.get("instead_of")),
        marks: marks(findings, table.get("marks")),
        examples: examples(findings, table),
        span: place.clone(),
        line: findings.line(place.start),
    };
    check_combination(findings, table, &rule, place);
    Some(Rule { id: id?.0, tier: tier?, reason: reason?.0, ..rule })
}

/// What is right by itself and wrong together.
fn check_combination(findings: &mut Findings<'_>, table: &DeTable<'_>, rule: &Rule, place: Range<usize>) {
    let has = |key: &str| table.get(key).is_some();
    let mut wrong = |key: &str, message: &str| {
        let span = table.get(key).map_or(place.clone(), |value| value.span());
        findings.error(span, message);
    };
    if !has("command") && !has("effect") {
        wrong("id", "a rule has a `command`, an `effect`, or both");
    }
    for key in ["path", "host", "name", "recursive", "undo"] {
        if has(key) && !has("effect") {
            wrong(key, &format!("`{key}` belongs to an `effect`"));
        }
    }
    if has("except") && !has("path") {
        wrong("except", "`except` belongs to a `path`");
    }
    if [has("path"), has("host"), has("name")].into_iter().filter(|has| *has).count() > 1 {
        wrong("effect", "a rule has one of `path`, `host` and `name`; write several rules");
    }
    if has("ttl") && rule.tier != Tier::Medium {
        wrong("ttl", "only tier `medium` has a `ttl`");
    }
    if has("reviewers") && rule.tier != Tier::High {
        wrong("reviewers", "only tier `high` has `reviewers`");
    }
    if !has("match") {
        wrong("id", "a rule has at least one example in `match`");
    }
}

fn id(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Text> {
    let (id, span) = findings.string(value)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) {
        findings.error(span, "an id has 1 to 64 of `a-z`, `0-9`, `-` and `.`");
        return None;
    }
    Some((id, span))
}

fn commands(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (text, span) in findings.strings(value) {
        match command(&text) {
            Ok(variants) => all.extend(variants),
            Err(message) => findings.error(span, message),
        }
    }
    all
}

/// Reads a command pattern and writes out its alternatives.
pub(super) fn command(text: &str) -> Result<Vec<Vec<String>>, &'static str> {
    let mut rows: Vec<Vec<String>> = vec![Vec::new()];
    for word in words::parse(text)? {
        let variants = pattern::expand(&word)?;
        let with = |row: &Vec<String>| {
            let row = row.clone();
            variants.iter().map(move |variant| row.iter().chain([variant]).cloned().collect())
        };
        rows = rows.iter().flat_map(with).collect();
        if rows.len() > 256 {
            return Err("alternatives make more than 256 patterns; write several");
        }
    }
    Ok(rows)
}

fn kinds(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Kinds {
    let mut known: Vec<(&str, Kinds)> =
        EffectKind::ALL.into_iter().map(|kind| (kind.name(), Kinds::of(kind))).collect();
    known.push((Kinds::NOTHING, Kinds(Kinds::NOTHING_BIT)));
    let texts = findings.strings(value);
    let one =
        |kinds: Kinds, text: &Text| kinds.with(findings.one_of(text, "effect", &known).unwrap_or_default());
    texts.iter().fold(Kinds::default(), one)
}

fn undo(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> UndoSet {
    let texts = findings.strings(value);
    let one = |set: UndoSet, text: &Text| {
        findings.one_of(text, "value of `undo`", &UndoSet::NAMES).map_or(set, |undo| set.with(undo))
    };
    texts.iter().fold(UndoSet::default(), one)
}

fn marks(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Vec<Row> {
    let texts = findings.strings(value);
    texts.iter().filter_map(|text| findings.one_of(text, "score row", &Row::NAMES)).collect()
}

fn path_patterns(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Vec<OwnedPattern> {
    let mut all = Vec::new();
    for (text, span) in findings.strings(value) {
        let owned = |(base, below): (_, &str)| OwnedPattern { base, below: below.to_owned() };
        let variants = pattern::expand(&text);
        let read =
            variants.and_then(|texts| texts.iter().map(|text| paths::parse(text).map(owned)).collect());
        match read {
            Ok(patterns) => all.extend::<Vec<_>>(patterns),
            Err(message) => findings.error(span, message),
        }
    }
    all
}

fn text_patterns(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Vec<String> {
    let mut all = Vec::new();
    for (text, span) in findings.strings(value) {
        match pattern::expand(&text) {
            Ok(variants) => all.extend(variants),
            Err(message) => findings.error(span, message),
        }
    }
    all
}

fn scope(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Scope {
    let Some(table) = value.and_then(|value| findings.table(value, "`when`")) else {
        return Scope::default();
    };
    findings.check_keys(table, keys("when"));
    Scope {
        cwd: path_patterns(findings, table.get("cwd")),
        user: text_patterns(findings, table.get("user")),
        host: text_patterns(findings, table.get("host")),
        agent: text_patterns(findings, table.get("agent")),
    }
}

fn examples(findings: &mut Findings<'_>, table: &DeTable<'_>) -> Vec<Example> {
    let mut all = Vec::new();
    for (key, matches) in [("match", true), ("no_match", false)] {
        let texts = findings.strings(table.get(key));
        all.extend(texts.into_iter().map(|(line, span)| Example { line, span, matches }));
    }
    all
}

fn keys(table: &str) -> &'static [&'static str] {
    KEYS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, keys)| keys)
}
