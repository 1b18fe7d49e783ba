//! What reviewers approved for longer than once: JSON lines, compiled for look-up.

use serde::{Deserialize, Serialize};

use crate::{
    facts::{Effect, Facts, Invocation, Program, Target},
    ui::Diagnostic,
};

use super::{
    Action, Context, Corrupt, Decision, Policy, Tier,
    bytes::{Bytes, Hash, List, Place, Writer, position, split},
    effect_text, judge, paths,
    paths::{Base, PathPattern, Touch},
    pattern, words,
};

/// The version of the format, in each line.
const VERSION: u8 = 1;

/// One approval that outlives its command: while it lives, a medium part that it covers runs without a human.
///
/// It never covers what is opaque, high or denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhitelistEntry {
    /// Version of the format.
    pub version: u8,
    /// Identifier, unique in its file.
    pub id: String,
    /// The exact words of the invocation, or, with `pattern`, word patterns as in rules; none for redirections and
    /// assignments that belong to no program.
    pub words: Vec<String>,
    /// Whether `words` are patterns.
    #[serde(default)]
    pub pattern: bool,
    /// The wrappers in front, outermost first.
    #[serde(default)]
    pub via: Vec<String>,
    /// The effects that it covers, as [`effect_text`] writes them; `None` covers all.
    #[serde(default)]
    pub effects: Option<Vec<String>>,
    /// The working directory in which it holds; `/**` behind it holds for those below as well, `None` everywhere.
    #[serde(default)]
    pub cwd: Option<String>,
    /// The agent that it holds for; `None` holds for all.
    #[serde(default)]
    pub agent: Option<String>,
    /// Who approved it.
    pub approved_by: String,
    /// Seconds since the epoch.
    pub created: u64,
    /// Seconds since the epoch from which on it is dead.
    pub expires: u64,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Entry(WhitelistEntry),
    Revocation(Revocation),
}

/// Ends an entry before its time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    version: u8,
    revoke: String,
}

impl WhitelistEntry {
    /// The entry as one line, newline included.
    ///
    /// # Errors
    /// None in practice: every field can be written as JSON.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|line| line + "\n")
    }
}

/// The line that ends an entry before its time, newline included.
///
/// # Errors
/// None in practice: an identifier can be written as JSON.
pub fn revocation_line(id: &str) -> Result<String, serde_json::Error> {
    let line = Revocation { version: VERSION, revoke: id.to_owned() };
    serde_json::to_string(&line).map(|line| line + "\n")
}

/// Reads a file of entries; what was revoked is not among them, what is dead is.
///
/// # Errors
/// Every line that is not an entry or a revocation.
pub fn read_whitelist(origin: &str, text: &str) -> Result<Vec<WhitelistEntry>, Vec<Diagnostic>> {
    let mut entries: Vec<WhitelistEntry> = Vec::new();
    let mut errors = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = start..start + line.trim_end().len();
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(Line::Entry(entry)) if entry.version == VERSION => entries.push(entry),
            Ok(Line::Revocation(line)) if line.version == VERSION => {
                entries.retain(|entry| entry.id != line.revoke)
            }
            Ok(_) => errors.push(Diagnostic::error(origin, text.as_bytes(), span, "another version than 1")),
            Err(_) => {
                let message = "neither a whitelist entry nor a revocation of version 1";
                errors.push(Diagnostic::error(origin, text.as_bytes(), span, message));
            }
        }
    }
    if errors.is_empty() { Ok(entries) } else { Err(errors) }
}

/// The entries that "approve and whitelist" makes: one for each medium part that is still asked; none where the
/// decision forbids it. `id` makes identifiers.
///
/// # Errors
/// [`Corrupt`] where the compiled policy is damaged.
pub fn whitelist_entries(
    facts: &Facts,
    decision: &Decision,
    context: &Context,
    policy: &Policy<'_>,
    approved_by: &str,
    mut id: impl FnMut() -> String,
) -> Result<Vec<WhitelistEntry>, Corrupt> {
    let Some(life) = decision.whitelist_for else { return Ok(Vec::new()) };
    let mut entries = Vec::new();
    for (invocation, part) in facts.invocations.iter().zip(&decision.parts) {
        if part.action != Action::Ask || part.tier != Tier::Medium || !is_exact(invocation) {
            continue;
        }
        let effects = judge::judge(policy, context, invocation)?.effects;
        let text = |word: &crate::facts::Argument| String::from_utf8(word.value.clone().unwrap_or_default());
        let Ok(words) = invocation.words.iter().map(text).collect() else { continue };
        entries.push(WhitelistEntry {
            version: VERSION,
            id: id(),
            words,
            pattern: false,
            via: invocation.via.clone(),
            effects: Some(effects.iter().map(effect_text).collect()),
            cwd: context.cwd.to_str().map(str::to_owned),
            agent: context.agent.clone(),
            approved_by: approved_by.to_owned(),
            created: context.now,
            expires: context.now.saturating_add(life.as_secs()),
        });
    }
    Ok(entries)
}

/// Whether the text of an invocation says exactly what it does, so that the same text does the same again.
pub(super) fn is_exact(invocation: &Invocation) -> bool {
    let known = |effect: &Effect| !matches!(effect.target, Target::Unknown | Target::Host { name: None, .. });
    let text =
        |value: &Option<Vec<u8>>| value.as_deref().is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
    invocation.opaque.is_none()
        && invocation.program != Program::Unknown
        && invocation.words.iter().all(|word| text(&word.value))
        && invocation.effects.iter().all(known)
}

const MAGIC: [u32; 2] = [u32::from_le_bytes(*b"gate"), u32::from_le_bytes(*b"wht\x01")];
const TOTAL: usize = 8;
const ENTRIES: usize = 12;
const INDEX: usize = 20;
const HEAD: usize = 28;
const ENTRY_WORDS: usize = 15;
const INDEX_WORDS: usize = 3;

/// Compiles entries into what [`Whitelist::open`] reads.
#[must_use]
pub fn compile_whitelist(entries: &[WhitelistEntry]) -> Vec<u8> {
    let mut writer = Writer::with_head(HEAD);
    let mut index: Vec<(u64, u32)> = entries.iter().map(key_of).zip(0..).collect();
    index.sort_unstable();
    let records: Vec<_> = entries.iter().map(|entry| record(&mut writer, entry)).collect();
    let records = writer.list(&records);
    let index: Vec<_> = index
        .into_iter()
        .map(|(key, entry)| {
            let [low, high] = split(key);
            [low, high, entry]
        })
        .collect();
    let index = writer.list(&index);
    writer.set(0, &MAGIC);
    writer.set(TOTAL, &[writer.length()]);
    writer.set(ENTRIES, &records);
    writer.set(INDEX, &index);
    writer.into_bytes()
}

fn key_of(entry: &WhitelistEntry) -> u64 {
    match entry.words.first() {
        Some(first) if entry.pattern && pattern::is_literal(first.as_bytes()) => {
            pattern_key(Some(first.as_bytes()))
        }
        _ if entry.pattern => pattern_key(None),
        _ => exact_key(entry.words.iter().map(String::as_bytes)),
    }
}

fn exact_key<'w>(words: impl Iterator<Item = &'w [u8]>) -> u64 {
    words.fold(Hash::new(b'x', 0), Hash::part).value()
}

fn pattern_key(program: Option<&[u8]>) -> u64 {
    program.map_or(Hash::new(b'y', 0), |program| Hash::new(b'z', 0).part(program)).value()
}

fn record(writer: &mut Writer, entry: &WhitelistEntry) -> [u32; ENTRY_WORDS] {
    let flags = u32::from(entry.pattern)
        | u32::from(entry.effects.is_some()) << 1
        | u32::from(entry.cwd.is_some()) << 2
        | u32::from(entry.agent.is_some()) << 3;
    let texts = |writer: &mut Writer, texts: &[String]| writer.texts(texts.iter().map(String::as_bytes));
    let places: [Place; 7] = [
        writer.text(entry.id.as_bytes()),
        texts(writer, &entry.words),
        texts(writer, &entry.via),
        texts(writer, entry.effects.as_deref().unwrap_or_default()),
        writer.text(entry.cwd.as_deref().unwrap_or_default().as_bytes()),
        writer.text(entry.agent.as_deref().unwrap_or_default().as_bytes()),
        split(entry.expires),
    ];
    let mut record = [0; ENTRY_WORDS];
    record.iter_mut().zip(places.into_iter().flatten().chain([flags])).for_each(|(slot, word)| *slot = word);
    record
}

/// The live and dead entries, compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whitelist<'a>(Option<Entries<'a>>);

#[derive(Clone, Copy, Debug)]
struct Entries<'a> {
    bytes: Bytes<'a>,
    entries: List<'a>,
    index: List<'a>,
}

impl<'a> Whitelist<'a> {
    /// No entries.
    #[must_use]
    pub const fn empty() -> Self {
        Self(None)
    }

    /// Reads what [`compile_whitelist`] made; looks at nothing but its head.
    ///
    /// # Errors
    /// [`Corrupt`] where the bytes are none of this version's, or not all of them are there.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        let all = Bytes(bytes);
        if [all.word(0)?, all.word(4)?] != MAGIC || all.word(TOTAL)? != position(bytes.len()) {
            return Err(Corrupt);
        }
        let (entries, index) = (all.list(ENTRIES, ENTRY_WORDS)?, all.list(INDEX, INDEX_WORDS)?);
        Ok(Self(Some(Entries { bytes: all, entries, index })))
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none_or(|entries| entries.entries.is_empty())
    }

    /// Whether a live entry covers an invocation with these effects.
    pub(super) fn covers(
        &self,
        invocation: &Invocation,
        effects: &[Effect],
        context: &Context,
    ) -> Result<bool, Corrupt> {
        let Some(entries) = self.0.filter(|entries| !entries.entries.is_empty()) else { return Ok(false) };
        if !is_exact(invocation) {
            return Ok(false);
        }
        let asked = Asked { invocation, effects: effects.iter().map(effect_text).collect(), context };
        let words = || invocation.words.iter().filter_map(|word| word.value.as_deref());
        let keys = [exact_key(words()), pattern_key(words().next()), pattern_key(None)];
        for key in keys {
            if entries.any(key, &asked)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

struct Asked<'q> {
    invocation: &'q Invocation,
    effects: Vec<String>,
    context: &'q Context,
}

impl Entries<'_> {
    fn any(&self, key: u64, asked: &Asked<'_>) -> Result<bool, Corrupt> {
        let first = self.index.partition(|offset| Ok(self.bytes.long(offset)? < key))?;
        for number in first..self.index.len() {
            let offset = self.index.at(number)?;
            if self.bytes.long(offset)? != key {
                break;
            }
            let entry = self.entries.at(self.bytes.word(offset + 8)? as usize)?;
            if self.covers(entry, asked)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn covers(&self, entry: usize, asked: &Asked<'_>) -> Result<bool, Corrupt> {
        let flags = self.bytes.word(entry + 56)?;
        Ok(self.bytes.long(entry + 48)? > asked.context.now
            && self.words_fit(entry, flags & 1 != 0, asked)?
            && self.texts(entry + 16)?
                == asked.invocation.via.iter().map(String::as_bytes).collect::<Vec<_>>()
            && (flags & 2 == 0 || self.effects_fit(entry, asked)?)
            && (flags & 4 == 0 || self.cwd_fits(entry, asked.context)?)
            && (flags & 8 == 0 || Some(self.bytes.string(entry + 40)?) == asked.context.agent.as_deref()))
    }

    fn texts(&self, place: usize) -> Result<Vec<&[u8]>, Corrupt> {
        self.bytes.list(place, 2)?.texts().collect()
    }

    fn words_fit(&self, entry: usize, is_pattern: bool, asked: &Asked<'_>) -> Result<bool, Corrupt> {
        let wanted = self.texts(entry + 8)?;
        let words = || asked.invocation.words.iter().map(|word| word.value.as_deref());
        if !is_pattern {
            return Ok(words().eq(wanted.into_iter().map(Some)));
        }
        let foreign = matches!(asked.invocation.program, Program::Function(_) | Program::Elsewhere(_));
        Ok(!foreign && !wanted.is_empty() && words::touch(&wanted, words()) == Touch::Certain)
    }

    fn effects_fit(&self, entry: usize, asked: &Asked<'_>) -> Result<bool, Corrupt> {
        let covered = self.texts(entry + 24)?;
        Ok(asked.effects.iter().all(|effect| covered.contains(&effect.as_bytes())))
    }

    fn cwd_fits(&self, entry: usize, context: &Context) -> Result<bool, Corrupt> {
        let Some(below) = self.bytes.text(entry + 32)?.strip_prefix(b"/") else { return Ok(false) };
        let directory = below.strip_suffix(b"/**").unwrap_or(below);
        if !pattern::is_literal(directory) {
            return Ok(false);
        }
        let pattern = PathPattern { base: Base::Root, below };
        Ok(paths::of_path(pattern, &context.cwd, &context.cwd, false, context).all)
    }
}
