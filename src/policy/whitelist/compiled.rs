//! Entries compiled for look-up: by all their words, or by what stands in front of their first hole.

use crate::facts::{Effect, EffectKind, Invocation};

use super::{
    super::{
        Context, Corrupt,
        bytes::{Bytes, Hash, List, Place, Writer, position, split},
        paths::{self, Base, PathPattern},
        pattern,
    },
    WhitelistEntry, ban_on_holes,
    born::{is_coverable, words_of},
    target::effect_of,
    template,
};

const MAGIC: [u32; 2] = [u32::from_le_bytes(*b"gate"), u32::from_le_bytes(*b"wht\x02")];
const TOTAL: usize = 8;
const ENTRIES: usize = 12;
const EXACT: usize = 20;
const HOLES: usize = 28;
const HEAD: usize = 36;
const ENTRY_WORDS: usize = 19;
const INDEX_WORDS: usize = 3;

const ID: usize = 0;
const WORDS: usize = 8;
const VIA: usize = 16;
const EFFECTS: usize = 24;
const HOST: usize = 32;
const CWD: usize = 40;
const AGENT: usize = 48;
const BY: usize = 56;
const EXPIRES: usize = 64;
const FLAGS: usize = 72;

/// More words than an entry with holes is compared with.
const MOST_WORDS: usize = 64;
/// Longer words than an entry with holes is compared with.
const LONGEST_WORD: usize = 255;

/// Compiles entries into what [`Whitelist::open`] reads; what was revoked is left out.
#[must_use]
pub fn compile_whitelist(entries: &[WhitelistEntry]) -> Vec<u8> {
    let mut writer = Writer::with_head(HEAD);
    let entries: Vec<&WhitelistEntry> = entries.iter().filter(|entry| entry.revoked.is_none()).collect();
    let records: Vec<_> = entries.iter().map(|entry| record(&mut writer, entry)).collect();
    let (exact, holes): (Vec<Key>, Vec<Key>) =
        entries.iter().zip(0..).map(key).partition(|key| !key.has_holes);
    let records = writer.list(&records);
    let (exact, holes) = (index(&mut writer, exact), index(&mut writer, holes));
    writer.set(0, &MAGIC);
    writer.set(TOTAL, &[writer.length()]);
    for (offset, place) in [(ENTRIES, records), (EXACT, exact), (HOLES, holes)] {
        writer.set(offset, &place);
    }
    writer.into_bytes()
}

struct Key {
    key: u64,
    entry: u32,
    has_holes: bool,
}

fn key((entry, number): (&&WhitelistEntry, u32)) -> Key {
    let lead = entry.words.iter().position(|word| !template::is_literal(word));
    let key = match lead {
        None => exact_key(entry.words.iter().map(String::as_bytes)),
        Some(at) => {
            let before = entry.words.iter().take(at).map(String::as_bytes);
            let word = entry.words.get(at).map_or(&[][..], String::as_bytes);
            let lead = word.get(..template::first_hole(word).unwrap_or_default()).unwrap_or_default();
            lead_key(before.fold(row(entry.words.len()), Hash::part), lead)
        }
    };
    Key { key, entry: number, has_holes: lead.is_some() }
}

fn index(writer: &mut Writer, mut keys: Vec<Key>) -> Place {
    keys.sort_unstable_by_key(|key| (key.key, key.entry));
    let records = keys.iter().map(|key| {
        let [low, high] = split(key.key);
        [low, high, key.entry]
    });
    let records: Vec<[u32; INDEX_WORDS]> = records.collect();
    writer.list(&records)
}

fn exact_key<'w>(words: impl Iterator<Item = &'w [u8]>) -> u64 {
    words.fold(Hash::new(b'x', 0), Hash::part).value()
}

/// The beginning of the key of a row of so many words.
fn row(words: usize) -> Hash {
    Hash::new(b'h', u8::try_from(words).unwrap_or(u8::MAX))
}

fn lead_key(before: Hash, lead: &[u8]) -> u64 {
    before.part(lead).part(b"{").value()
}

fn record(writer: &mut Writer, entry: &WhitelistEntry) -> [u32; ENTRY_WORDS] {
    let flags = u32::from(entry.effects.is_some())
        | u32::from(entry.host.is_some()) << 1
        | u32::from(entry.cwd.is_some()) << 2
        | u32::from(entry.agent.is_some()) << 3;
    let texts = |writer: &mut Writer, texts: &[String]| writer.texts(texts.iter().map(String::as_bytes));
    let scope = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
    let places: [Place; 9] = [
        writer.text(entry.id.as_bytes()),
        texts(writer, &entry.words),
        texts(writer, &entry.via),
        texts(writer, entry.effects.as_deref().unwrap_or_default()),
        writer.text(&scope(&entry.host)),
        writer.text(&scope(&entry.cwd)),
        writer.text(&scope(&entry.agent)),
        writer.text(entry.by.as_bytes()),
        split(entry.expires),
    ];
    let mut record = [0; ENTRY_WORDS];
    record.iter_mut().zip(places.into_iter().flatten().chain([flags])).for_each(|(slot, word)| *slot = word);
    record
}

/// The live and dead entries, compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whitelist<'a>(Option<Entries<'a>>);

/// The entry that lets something run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covering<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Who approved it.
    pub by: &'a str,
    /// Seconds since the epoch from which on it is dead.
    pub expires: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entries<'a> {
    bytes: Bytes<'a>,
    entries: List<'a>,
    exact: List<'a>,
    holes: List<'a>,
}

/// What is to be covered.
struct Asked<'q> {
    words: Vec<String>,
    via: &'q [String],
    effects: Vec<String>,
    context: &'q Context,
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
        let entries = all.list(ENTRIES, ENTRY_WORDS)?;
        let (exact, holes) = (all.list(EXACT, INDEX_WORDS)?, all.list(HOLES, INDEX_WORDS)?);
        Ok(Self(Some(Entries { bytes: all, entries, exact, holes })))
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none_or(|entries| entries.entries.is_empty())
    }

    /// The live entry that covers an invocation with these effects, if one does.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn covering(
        &self,
        invocation: &Invocation,
        effects: &[Effect],
        context: &Context,
    ) -> Result<Option<Covering<'a>>, Corrupt> {
        let Some(entries) = self.0.filter(|entries| !entries.entries.is_empty()) else { return Ok(None) };
        if !is_coverable(invocation, effects, context) {
            return Ok(None);
        }
        let named: Option<Vec<String>> = effects.iter().map(effect_of).collect();
        let (Some(words), Some(effects_named)) = (words_of(invocation), named) else { return Ok(None) };
        let asked = Asked { words, via: &invocation.via, effects: effects_named, context };
        let exact = exact_key(asked.words.iter().map(String::as_bytes));
        if let Some(found) = entries.any(entries.exact, exact, &asked)? {
            return Ok(Some(found));
        }
        if entries.holes.is_empty() || ban_on_holes(invocation, effects).is_some() {
            return Ok(None);
        }
        entries.with_holes(&asked)
    }
}

/// Whether it starts another file than the words name, such as one of the same name in an unexpected place.
fn runs_something_else(asked: &Asked<'_>) -> bool {
    asked.effects.iter().any(|effect| effect.split(' ').next() == Some(EffectKind::Execute.name()))
}

impl<'a> Entries<'a> {
    /// Tries every text that can stand in front of a first hole.
    fn with_holes(&self, asked: &Asked<'_>) -> Result<Option<Covering<'a>>, Corrupt> {
        if asked.words.len() > MOST_WORDS {
            return Ok(None);
        }
        let mut before = row(asked.words.len());
        for (number, word) in asked.words.iter().map(String::as_bytes).enumerate() {
            let borders = (0..word.len().min(LONGEST_WORD))
                .filter(|at| number > 0 && template::is_border(word.get(..*at).unwrap_or_default()));
            for border in borders {
                let key = lead_key(before, word.get(..border).unwrap_or_default());
                if let Some(found) = self.any(self.holes, key, asked)? {
                    return Ok(Some(found));
                }
            }
            before = before.part(word);
        }
        Ok(None)
    }

    fn any(&self, index: List<'a>, key: u64, asked: &Asked<'_>) -> Result<Option<Covering<'a>>, Corrupt> {
        let first = index.partition(|offset| Ok(self.bytes.long(offset)? < key))?;
        for number in first..index.len() {
            let offset = index.at(number)?;
            if self.bytes.long(offset)? != key {
                break;
            }
            let entry = self.entries.at(self.bytes.word(offset + 8)? as usize)?;
            if self.covers(entry, asked)? {
                let (id, by) = (self.bytes.string(entry + ID)?, self.bytes.string(entry + BY)?);
                return Ok(Some(Covering { id, by, expires: self.bytes.long(entry + EXPIRES)? }));
            }
        }
        Ok(None)
    }

    fn covers(&self, entry: usize, asked: &Asked<'_>) -> Result<bool, Corrupt> {
        let flags = self.bytes.word(entry + FLAGS)?;
        let (words, via) = (self.texts(entry + WORDS)?, self.texts(entry + VIA)?);
        Ok(self.bytes.long(entry + EXPIRES)? > asked.context.now
            && words.len() == asked.words.len()
            && words
                .iter()
                .zip(&asked.words)
                .all(|(wanted, word)| template::matches(wanted, word.as_bytes()))
            && via.iter().eq(asked.via.iter().map(String::as_bytes).collect::<Vec<_>>().iter())
            && if flags & 1 == 0 { !runs_something_else(asked) } else { self.effects_fit(entry, asked)? }
            && (flags & 2 == 0 || self.bytes.string(entry + HOST)? == asked.context.host)
            && (flags & 4 == 0 || self.cwd_fits(entry, asked.context)?)
            && (flags & 8 == 0 || Some(self.bytes.string(entry + AGENT)?) == asked.context.agent.as_deref()))
    }

    fn texts(&self, place: usize) -> Result<Vec<&'a [u8]>, Corrupt> {
        self.bytes.list(place, 2)?.texts().collect()
    }

    fn effects_fit(&self, entry: usize, asked: &Asked<'_>) -> Result<bool, Corrupt> {
        let covered = self.texts(entry + EFFECTS)?;
        let fits =
            |effect: &String| covered.iter().any(|wanted| template::matches(wanted, effect.as_bytes()));
        Ok(asked.effects.iter().all(fits))
    }

    fn cwd_fits(&self, entry: usize, context: &Context) -> Result<bool, Corrupt> {
        let Some(below) = self.bytes.text(entry + CWD)?.strip_prefix(b"/") else { return Ok(false) };
        let directory = below.strip_suffix(b"/**").unwrap_or(below);
        if !pattern::is_literal(directory) {
            return Ok(false);
        }
        let pattern = PathPattern { base: Base::Root, below };
        Ok(paths::of_path(pattern, &context.cwd, &context.cwd, false, context).all)
    }
}
