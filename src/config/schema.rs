//! `gate.toml` as it is written → an [`Overlay`] of checked values, or every finding with line and caret.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use toml::Spanned;

use crate::{
    policy::{Shipped, Tier},
    record,
    ui::Diagnostic,
};

use super::{PolicySource, RecordFrom, Settings, TerminalUse};

/// Everything that is wrong with the text of a `gate.toml`; nothing where it is good.
#[must_use]
pub fn check(text: &str) -> Vec<Diagnostic> {
    Overlay::read(Path::new("/etc/gate/gate.toml"), text, Owner::Root).err().unwrap_or_default()
}

/// Every key of `gate.toml`, tables dotted, in the order of the man page.
pub const KEYS: [&str; 23] = [
    "version",
    "enforce",
    "shell",
    "sh",
    "policy",
    "timeout",
    "agent",
    "state",
    "catalog",
    "approver.terminal",
    "approver.socket",
    "approver.reviewers",
    "approver.keep_alive",
    "record.mode",
    "record.format",
    "record.input",
    "record.max_size",
    "record.strict",
    "record.redact",
    "audit.durable",
    "environment.strip",
    "environment.show",
    "environment.pass",
];

const LONGEST_TIMEOUT: u64 = 24 * 60 * 60;
const SMALLEST_RECORDING: u64 = 4096;
const LARGEST_RECORDING: u64 = 1 << 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: Option<Spanned<i64>>,
    enforce: Option<Spanned<bool>>,
    shell: Option<Spanned<String>>,
    sh: Option<Spanned<String>>,
    policy: Option<Vec<Spanned<String>>>,
    timeout: Option<Spanned<String>>,
    agent: Option<Spanned<String>>,
    state: Option<Spanned<String>>,
    catalog: Option<Spanned<String>>,
    #[serde(default)]
    approver: RawApprover,
    #[serde(default)]
    record: RawRecord,
    #[serde(default)]
    audit: RawAudit,
    #[serde(default)]
    environment: RawEnvironment,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApprover {
    terminal: Option<Spanned<String>>,
    socket: Option<bool>,
    reviewers: Option<Vec<Spanned<String>>>,
    keep_alive: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord {
    mode: Option<Spanned<String>>,
    format: Option<Spanned<String>>,
    input: Option<bool>,
    max_size: Option<Spanned<String>>,
    strict: Option<Spanned<String>>,
    redact: Option<Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAudit {
    durable: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEnvironment {
    strip: Option<Vec<Spanned<String>>>,
    show: Option<Vec<Spanned<String>>>,
    pass: Option<Vec<Spanned<String>>>,
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The machine's, in `/etc/gate`.
    Root,
    /// The account's own.
    Account,
}

/// What one file says; what it does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overlay {
    pub(super) enforce: Option<bool>,
    pub(super) shell: Option<PathBuf>,
    pub(super) sh: Option<PathBuf>,
    pub(super) policy: Option<Vec<PolicySource>>,
    pub(super) timeout: Option<Duration>,
    pub(super) agent: Option<String>,
    pub(super) state: Option<PathBuf>,
    pub(super) catalog: Option<PathBuf>,
    pub(super) terminal: Option<TerminalUse>,
    pub(super) socket: Option<bool>,
    pub(super) reviewers: Option<Vec<String>>,
    pub(super) keep_alive: Option<Duration>,
    pub(super) mode: Option<RecordFrom>,
    pub(super) format: Option<record::Format>,
    pub(super) input: Option<record::Input>,
    pub(super) max_size: Option<u64>,
    pub(super) strict: Option<Option<Tier>>,
    pub(super) redact: Option<Vec<String>>,
    pub(super) durable: Option<Tier>,
    pub(super) strip: Option<Vec<String>>,
    pub(super) show: Option<Vec<String>>,
    pub(super) pass: Option<Vec<String>>,
}

impl Overlay {
    /// Reads a file's text; relative policy files are meant from the directory of `path`.
    pub(super) fn read(path: &Path, text: &str, owner: Owner) -> Result<Self, Vec<Diagnostic>> {
        let origin = path.display().to_string();
        let mut findings = Findings { origin: &origin, text: text.as_bytes(), found: Vec::new() };
        let raw: RawFile = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                findings.syntax(&error);
                return Err(findings.found);
            }
        };
        let overlay = convert(raw, path.parent().unwrap_or(Path::new("/")), owner, &mut findings);
        if findings.found.is_empty() { Ok(overlay) } else { Err(findings.found) }
    }

    /// Puts what the file says over `settings`.
    pub(super) fn apply(self, settings: &mut Settings) {
        put(&mut settings.enforce, self.enforce);
        put(&mut settings.shell, self.shell);
        put(&mut settings.sh, self.sh);
        put(&mut settings.policy, self.policy);
        put(&mut settings.timeout, self.timeout.map(Some));
        put(&mut settings.agent, self.agent.map(Some));
        put(&mut settings.state, self.state);
        put(&mut settings.catalog, self.catalog.map(Some));
        put(&mut settings.approver.terminal, self.terminal);
        put(&mut settings.approver.socket, self.socket);
        put(&mut settings.approver.reviewers, self.reviewers);
        put(&mut settings.approver.keep_alive, self.keep_alive.map(Some));
        put(&mut settings.record.mode, self.mode);
        put(&mut settings.record.format, self.format);
        put(&mut settings.record.input, self.input);
        put(&mut settings.record.max_size, self.max_size);
        put(&mut settings.record.strict, self.strict);
        put(&mut settings.record.redact, self.redact);
        put(&mut settings.audit.durable, self.durable);
        put(&mut settings.environment.strip, self.strip);
        put(&mut settings.environment.show, self.show);
        put(&mut settings.environment.pass, self.pass);
    }
}

fn put<T>(value: &mut T, over: Option<T>) {
    if let Some(over) = over {
        *value = over;
    }
}

fn convert(raw: RawFile, directory: &Path, owner: Owner, findings: &mut Findings<'_>) -> Overlay {
    if let Some(version) = raw.version.filter(|version| *version.get_ref() != 1) {
        findings.add(version.span(), "unknown version: this gate reads version 1");
    }
    if let Some(enforce) = raw.enforce.as_ref().filter(|_| owner == Owner::Account) {
        findings.add(enforce.span(), "`enforce` counts only in /etc/gate/gate.toml");
    }
    let RawFile { approver, record, audit, environment, .. } = raw;
    Overlay {
        enforce: raw.enforce.map(Spanned::into_inner),
        shell: findings.check(raw.shell, absolute),
        sh: findings.check(raw.sh, absolute),
        policy: findings.check_all(raw.policy, |text| policy_source(text, directory)),
        timeout: findings.check(raw.timeout, timeout),
        agent: findings.check(raw.agent, name),
        state: findings.check(raw.state, absolute),
        catalog: findings.check(raw.catalog, absolute),
        terminal: findings.choose(approver.terminal, &TERMINAL),
        socket: approver.socket,
        reviewers: findings.check_all(approver.reviewers, name),
        keep_alive: findings.check(approver.keep_alive, timeout),
        mode: findings.choose(record.mode, &MODE),
        format: findings.choose(record.format, &FORMAT),
        input: record.input.map(|keep| if keep { record::Input::Keep } else { record::Input::Skip }),
        max_size: findings.check(record.max_size, size),
        strict: findings.choose(record.strict, &STRICT),
        redact: findings.check_all(record.redact, expression),
        durable: findings.choose(audit.durable, &DURABLE),
        strip: findings.check_all(environment.strip, variable),
        show: findings.check_all(environment.show, variable),
        pass: findings.check_all(environment.pass, variable),
    }
}

const TERMINAL: [(&str, TerminalUse); 3] =
    [("auto", TerminalUse::Auto), ("always", TerminalUse::Always), ("never", TerminalUse::Never)];
const MODE: [(&str, RecordFrom); 5] = [
    ("all", RecordFrom::Tier(Tier::Low)),
    ("none", RecordFrom::Nothing),
    ("low", RecordFrom::Tier(Tier::Low)),
    ("medium", RecordFrom::Tier(Tier::Medium)),
    ("high", RecordFrom::Tier(Tier::High)),
];
const FORMAT: [(&str, record::Format); 2] = [("v2", record::Format::V2), ("v3", record::Format::V3)];
const STRICT: [(&str, Option<Tier>); 4] =
    [("none", None), ("low", Some(Tier::Low)), ("medium", Some(Tier::Medium)), ("high", Some(Tier::High))];
const DURABLE: [(&str, Tier); 3] = [("low", Tier::Low), ("medium", Tier::Medium), ("high", Tier::High)];

/// Collects what is wrong with one file.
struct Findings<'a> {
    origin: &'a str,
    text: &'a [u8],
    found: Vec<Diagnostic>,
}

impl Findings<'_> {
    fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.found.push(Diagnostic::error(self.origin, self.text, span, message));
    }

    /// A finding of the TOML reader; where it names a key that is unknown, the nearest known one is suggested.
    fn syntax(&mut self, error: &toml::de::Error) {
        let message = error.message();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let found = match (message.starts_with("unknown field"), quoted.next()) {
            (true, Some(written)) => self
                .diagnostic(error.span(), format!("unknown key `{written}`"))
                .did_you_mean(written, quoted.collect::<Vec<_>>()),
            _ => self.diagnostic(error.span(), message.to_owned()),
        };
        self.found.push(found);
    }

    fn diagnostic(&self, span: Option<Range<usize>>, message: String) -> Diagnostic {
        Diagnostic::error(self.origin, self.text, span.unwrap_or(0..0), message)
    }

    fn check<T>(
        &mut self,
        value: Option<Spanned<String>>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = value?;
        match read(value.get_ref()) {
            Ok(read) => Some(read),
            Err(message) => {
                self.add(value.span(), message);
                None
            }
        }
    }

    fn check_all<T>(
        &mut self,
        values: Option<Vec<Spanned<String>>>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        Some(values?.into_iter().filter_map(|value| self.check(Some(value), &read)).collect())
    }

    fn choose<T: Copy>(&mut self, value: Option<Spanned<String>>, choices: &[(&str, T)]) -> Option<T> {
        let value = value?;
        if let Some((_, chosen)) = choices.iter().find(|(word, _)| word == value.get_ref()) {
            return Some(*chosen);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let message = format!("unknown value {:?}: one of {}", value.get_ref(), words.join(", "));
        let found = self.diagnostic(Some(value.span()), message).did_you_mean(value.get_ref(), words);
        self.found.push(found);
        None
    }
}

fn absolute(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    if path.is_absolute() && !text.contains('\0') {
        Ok(path.to_path_buf())
    } else {
        Err("a path here is absolute: it begins with `/`".to_owned())
    }
}

fn policy_source(text: &str, directory: &Path) -> Result<PolicySource, String> {
    if text.is_empty() {
        return Err("a policy is the name of one that gate ships with, or a file's path".to_owned());
    }
    match Shipped::of_name(text) {
        Some(shipped) => Ok(PolicySource::Shipped(shipped)),
        None => absolute(&directory.join(text).to_string_lossy()).map(PolicySource::File),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let seconds = number_with_unit(text, &[('s', 1), ('m', 60), ('h', 3600)])
        .ok_or("a time is a whole number with its unit: 90s, 5m, 1h")?;
    if (1..=LONGEST_TIMEOUT).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err("this time is between 1s and 24h".to_owned())
    }
}

fn size(text: &str) -> Result<u64, String> {
    let bytes = number_with_unit(text, &[('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)])
        .ok_or("a size is a whole number with its unit: 512K, 64M, 1G")?;
    if (SMALLEST_RECORDING..=LARGEST_RECORDING).contains(&bytes) {
        Ok(bytes)
    } else {
        Err("a size is between 4K and 1024G".to_owned())
    }
}

fn number_with_unit(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let (_, factor) = units.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let digits = text.get(..text.len().checked_sub(1)?)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

fn name(text: &str) -> Result<String, String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.@+".contains(character);
    if !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a name is 1 to 64 letters, digits and - _ . @ +".to_owned())
    }
}

fn expression(text: &str) -> Result<String, String> {
    match regex::RegexBuilder::new(text).size_limit(1 << 20).build() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string().lines().last().unwrap_or("no regular expression").to_owned()),
    }
}

fn variable(text: &str) -> Result<String, String> {
    let stem = text.strip_suffix('*').unwrap_or(text);
    if !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Ok(text.to_owned())
    } else {
        Err("a variable is a name, perhaps with `*` for the rest of it".to_owned())
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
