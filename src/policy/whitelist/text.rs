//! The whitelist as people read it: TOML, one `[[entry]]` each.
//!
//! Whoever changes the file changes text, so that comments and the order of entries stay as somebody wrote them.

use std::{collections::HashSet, ops::Range};

use toml::de::{DeTable, DeValue};

use crate::{
    facts::EffectKind,
    ui::{Diagnostic, Printable},
};

use super::{
    super::findings::{Findings, Text, Value},
    Revocation, WhitelistEntry, ban, template, time,
};

/// The version of the format.
const VERSION: &str = "1";

const HEAD: &str = "\
# What reviewers approved for longer than once; gate-policy(5), section WHITELIST.
# `gate policy whitelist` lists, renews and revokes entries.
version = 1
";

/// Every table of the format with its keys; `man/gate-policy.5` describes the same.
pub const KEYS: [(&str, &[&str]); 2] = [
    ("", &["version", "entry"]),
    (
        "entry",
        &[
            "id",
            "words",
            "via",
            "effects",
            "tier",
            "host",
            "cwd",
            "agent",
            "by",
            "approved",
            "expires",
            "requests",
            "renewed",
            "renewed_by",
            "revoked",
            "revoked_by",
            "revoked_why",
        ],
    ),
];

/// An entry with the places of what can change in it.
struct Placed {
    entry: WhitelistEntry,
    expires: Range<usize>,
    renewed: Option<[Range<usize>; 2]>,
}

/// There is no entry of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchEntry;

/// Reads a file of entries, the dead and the revoked ones among them.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn read_whitelist(origin: &str, text: &str) -> Result<Vec<WhitelistEntry>, Vec<Diagnostic>> {
    read(origin, text).map(|placed| placed.into_iter().map(|placed| placed.entry).collect())
}

/// The text with more entries; an empty one gets its head.
#[must_use]
pub fn with_entries(text: &str, entries: &[WhitelistEntry]) -> String {
    let mut text = if text.trim().is_empty() { HEAD.to_owned() } else { text.to_owned() };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for entry in entries {
        push_entry(&mut text, entry);
    }
    text
}

/// The text with an entry's life ended.
///
/// # Errors
/// [`NoSuchEntry`], also where it is revoked already.
pub fn with_revocation(text: &str, id: &str, revocation: &Revocation) -> Result<String, NoSuchEntry> {
    let placed = find(text, id)?;
    if placed.entry.revoked.is_some() {
        return Err(NoSuchEntry);
    }
    let mut lines = format!("\nrevoked = {}", time::format_seconds(revocation.at));
    push_key(&mut lines, "revoked_by", &quoted(&revocation.by));
    if let Some(why) = &revocation.why {
        push_key(&mut lines, "revoked_why", &quoted(why));
    }
    Ok(spliced(text, vec![(placed.expires.end..placed.expires.end, lines)]))
}

/// The text with an entry's life made longer, or shorter.
///
/// # Errors
/// [`NoSuchEntry`], also where it is revoked.
pub fn with_renewal(
    text: &str,
    id: &str,
    expires: u64,
    (at, by): (u64, &str),
) -> Result<String, NoSuchEntry> {
    let placed = find(text, id)?;
    if placed.entry.revoked.is_some() {
        return Err(NoSuchEntry);
    }
    let (at, by) = (time::format_seconds(at), quoted(by));
    let mut changes = Vec::new();
    let mut expires = time::format_seconds(expires);
    match placed.renewed {
        Some([old_at, old_by]) => changes.extend([(old_at, at), (old_by, by)]),
        None => {
            push_key(&mut expires, "renewed", &at);
            push_key(&mut expires, "renewed_by", &by);
        }
    }
    changes.push((placed.expires, expires));
    Ok(spliced(text, changes))
}

fn find(text: &str, id: &str) -> Result<Placed, NoSuchEntry> {
    read("", text).unwrap_or_default().into_iter().find(|placed| placed.entry.id == id).ok_or(NoSuchEntry)
}

fn spliced(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, new) in changes {
        text.replace_range(range, &new);
    }
    text
}

fn push_entry(text: &mut String, entry: &WhitelistEntry) {
    text.push_str("\n[[entry]]");
    push_key(text, "id", &quoted(&entry.id));
    if !entry.words.is_empty() {
        push_key(text, "words", &list(&entry.words));
    }
    if !entry.via.is_empty() {
        push_key(text, "via", &list(&entry.via));
    }
    if let Some(effects) = &entry.effects {
        push_key(text, "effects", &list(effects));
    }
    push_key(text, "tier", "\"medium\"");
    for (key, value) in [("host", &entry.host), ("cwd", &entry.cwd), ("agent", &entry.agent)] {
        if let Some(value) = value {
            push_key(text, key, &quoted(value));
        }
    }
    push_key(text, "by", &quoted(&entry.by));
    push_key(text, "approved", &time::format_seconds(entry.approved));
    push_key(text, "expires", &time::format_seconds(entry.expires));
    if !entry.requests.is_empty() {
        push_key(text, "requests", &list(&entry.requests));
    }
    text.push('\n');
}

fn push_key(text: &mut String, key: &str, value: &str) {
    text.push('\n');
    text.push_str(key);
    text.push_str(" = ");
    text.push_str(value);
}

/// A list of strings: on one line, or with a line for each where that is too long to read.
fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    let line = format!("[{}]", quoted.join(", "));
    if line.len() <= 100 {
        return line;
    }
    format!("[\n{}]", quoted.iter().map(|text| format!("  {text},\n")).collect::<String>())
}

/// A basic string that shows on every screen what it holds (I6).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ if is_plain(character) => quoted.push(character),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

fn is_plain(character: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    Printable::line(text.as_bytes()).as_str() == text
}

fn read(origin: &str, text: &str) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let mut findings = Findings::new(origin, text);
    let mut entries = Vec::new();
    match DeTable::parse(text) {
        Ok(_) if text.trim().is_empty() => {}
        Ok(table) => entries = document(&mut findings, table.get_ref()),
        Err(error) => {
            let end = text.len();
            findings.error(error.span().unwrap_or(end..end), error.message().replace('\n', ", "));
        }
    }
    let mut found = findings.into_list();
    found.sort_by_key(|finding| finding.span.start);
    if found.is_empty() { Ok(entries) } else { Err(found) }
}

fn keys(table: &str) -> &'static [&'static str] {
    KEYS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, keys)| keys)
}

fn document(findings: &mut Findings<'_>, table: &DeTable<'_>) -> Vec<Placed> {
    findings.check_keys(table, keys(""));
    if let Some(version) = findings.required(table, "version", 0..0) {
        let known = version.get_ref().as_integer().is_some_and(|number| number.as_str() == VERSION);
        if !known {
            findings.error(version.span(), "this program reads `version = 1` only");
        }
    }
    let mut ids = HashSet::new();
    let mut entries = Vec::new();
    for (table, span) in findings.tables(table.get("entry"), "entry") {
        let Some(placed) = entry(findings, table, &span) else { continue };
        if !ids.insert(placed.entry.id.clone()) {
            let span = table.get("id").map_or(span, |id| id.span());
            findings.error(span, format!("another entry is called `{}`", placed.entry.id));
        }
        entries.push(placed);
    }
    entries
}

fn entry(findings: &mut Findings<'_>, table: &DeTable<'_>, span: &Range<usize>) -> Option<Placed> {
    findings.check_keys(table, keys("entry"));
    let id = findings.required(table, "id", span.clone()).and_then(|id| name(findings, id));
    let words = texts(findings, table.get("words")).unwrap_or_default();
    let effects = texts(findings, table.get("effects"));
    check_words(findings, &words);
    check_effects(findings, &words, effects.as_deref(), span);
    check_tier(findings, table.get("tier"));
    let by = findings.required(table, "by", span.clone()).and_then(|by| findings.string(by));
    let approved = findings.required(table, "approved", span.clone()).and_then(|at| moment(findings, at));
    let expires = findings.required(table, "expires", span.clone()).and_then(|at| moment(findings, at));
    let renewed = pair(findings, table, "renewed", "renewed_by");
    let revoked = pair(findings, table, "revoked", "revoked_by");
    let why = string(findings, table.get("revoked_why"));
    let bare = |texts: Vec<Text>| texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    let entry = WhitelistEntry {
        id: id?,
        words: bare(words),
        via: bare(texts(findings, table.get("via")).unwrap_or_default()),
        effects: effects.map(bare),
        host: string(findings, table.get("host")),
        cwd: table.get("cwd").and_then(|cwd| directory(findings, cwd)),
        agent: string(findings, table.get("agent")),
        by: by?.0,
        approved: approved?.0,
        expires: expires.as_ref()?.0,
        requests: bare(texts(findings, table.get("requests")).unwrap_or_default()),
        renewed: renewed.as_ref().map(|((at, by), _)| (*at, by.clone())),
        revoked: revoked.map(|((at, by), _)| Revocation { at, by, why }),
    };
    Some(Placed { entry, expires: expires?.1, renewed: renewed.map(|(_, places)| places) })
}

fn name(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<String> {
    let (text, span) = findings.string(value)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=40).contains(&text.len()) && text.bytes().all(plain) {
        return Some(text);
    }
    findings.error(span, "an entry's name is 1 to 40 of `a-z`, `0-9` and `-`");
    None
}

fn string(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Option<String> {
    findings.string(value?).map(|(text, _)| text)
}

/// A list of strings, which may be empty.
fn texts(findings: &mut Findings<'_>, value: Option<&Value<'_>>) -> Option<Vec<Text>> {
    let value = value?;
    match value.get_ref() {
        DeValue::Array(array) => Some(array.iter().filter_map(|text| findings.string(text)).collect()),
        other => {
            findings.error(value.span(), format!("a list of strings is wanted, not {}", other.type_str()));
            None
        }
    }
}

fn check_words(findings: &mut Findings<'_>, words: &[Text]) {
    for (word, span) in words {
        if let Err((_, why)) = template::check(word) {
            findings.error(span.clone(), why);
        }
    }
    let (Some((program, span)), true) = (words.first(), has_holes(words)) else { return };
    if !template::is_literal(program) {
        findings.error(span.clone(), "the program's name has no holes");
    } else if let Some(banned) = ban::of_program(program) {
        findings.error(span.clone(), format!("an entry with holes never covers this: {}", banned.why()));
    }
}

fn has_holes(texts: &[Text]) -> bool {
    texts.iter().any(|(text, _)| !template::is_literal(text))
}

fn check_effects(findings: &mut Findings<'_>, words: &[Text], effects: Option<&[Text]>, span: &Range<usize>) {
    let Some(effects) = effects else {
        if words.is_empty() || has_holes(words) {
            findings.error(span.clone(), "without exact `words` an entry needs `effects`");
        }
        return;
    };
    let kinds = EffectKind::ALL.map(|kind| (kind.name(), kind));
    for (effect, span) in effects {
        let kind = effect.split(' ').next().unwrap_or_default().to_owned();
        let kind = findings.one_of(&(kind, span.clone()), "kind of effect", &kinds);
        if let Err((_, why)) = template::check(effect) {
            findings.error(span.clone(), why);
        }
        if let Some(kind) = kind.filter(|kind| has_holes(words) && !ban::is_general(*kind)) {
            let why = ban::Banned::Effect(kind).why();
            findings.error(span.clone(), format!("an entry with holes never covers this: {why}"));
        }
    }
    if has_holes(effects) && !has_holes(words) {
        findings.error(span.clone(), "there are holes in `effects` and none in `words`");
    }
}

fn check_tier(findings: &mut Findings<'_>, tier: Option<&Value<'_>>) {
    let Some((tier, span)) = tier.and_then(|tier| findings.string(tier)) else { return };
    match tier.as_str() {
        "medium" => {}
        "low" => findings.error(span, "what is low runs without an entry; entries are of tier `medium`"),
        "high" | "deny" => {
            findings
                .error(span, format!("what is {tier} is never whitelisted; entries are of tier `medium`"));
        }
        _ => {
            let _: Option<()> = findings.one_of(&(tier, span), "tier", &[("medium", ())]);
        }
    }
}

fn directory(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<String> {
    let (text, span) = findings.string(value)?;
    let literal = text.strip_suffix("/**").unwrap_or(&text);
    if text.starts_with('/') && !literal.contains(['*', '\\']) {
        return Some(text);
    }
    findings.error(span, "a directory begins with `/`; `/**` behind it means everything below as well");
    None
}

type Moment = (u64, Range<usize>);

fn moment(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Moment> {
    let at = match value.get_ref() {
        DeValue::Datetime(at) => time::parse_seconds(&at.to_string()),
        _ => None,
    };
    if at.is_none() {
        findings.error(value.span(), "a time is wanted, without quotes: 2026-01-31T12:00:00Z");
    }
    at.map(|at| (at, value.span()))
}

type When = ((u64, String), [Range<usize>; 2]);

/// Two keys that stand together: when, and who.
fn pair(findings: &mut Findings<'_>, table: &DeTable<'_>, at: &str, by: &str) -> Option<When> {
    match (table.get(at), table.get(by)) {
        (Some(at), Some(by)) => {
            let (at, by) = (moment(findings, at)?, findings.string(by)?);
            Some(((at.0, by.0), [at.1, by.1]))
        }
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => {
            findings.error(one.span(), format!("`{at}` and `{by}` stand together"));
            None
        }
    }
}
