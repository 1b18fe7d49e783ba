//! The compiled policy: bytes that are used where they lie, without parsing.

use std::{fmt, time::Duration};

use crate::facts::EffectKind;

use super::{
    SourceIdentity, Tier,
    bytes::{Bytes, Hash, List},
    paths::{Base, PathPattern},
    rule::{Kinds, UndoSet},
    score::{Days, Hours, Row},
    source::Layer,
    writer::{ANCHORED_WORDS, INDEX_WORDS, PATH_WORDS, RULE_WORDS, SCORE_WORDS, SOURCE_WORDS},
};

/// The head of a compiled policy: where everything stands.
pub(super) mod head {
    pub(in crate::policy) const MAGIC: usize = 0;
    /// `gatepol` and the version of this format.
    pub(in crate::policy) const MAGIC_WORDS: [u32; 2] =
        [u32::from_le_bytes(*b"gate"), u32::from_le_bytes(*b"pol\x02")];
    pub(in crate::policy) const TOTAL: usize = 8;
    pub(in crate::policy) const CHECKSUM: usize = 16;
    pub(in crate::policy) const VERSION: usize = 24;
    pub(in crate::policy) const SOURCES: usize = 32;
    pub(in crate::policy) const RULES: usize = 40;
    pub(in crate::policy) const INDEX: usize = 48;
    pub(in crate::policy) const ANCHORED: usize = 56;
    pub(in crate::policy) const PROGRAMS: usize = 64;
    pub(in crate::policy) const SCORE: usize = 72;
    pub(in crate::policy) const SETTINGS: usize = 80;
    pub(in crate::policy) const LENGTH: usize = 96;

    /// A sum over everything behind itself, to find damage, not forgery.
    pub(in crate::policy) fn checksum(bytes: &[u8]) -> u64 {
        let body = bytes.get(CHECKSUM + 8..).unwrap_or_default();
        let (words, rest) = body.as_chunks::<8>();
        let mix = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let sum = words.iter().fold(body.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
        rest.iter().fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
    }
}

/// The policy, read from what [`super::compile`] made.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    bytes: Bytes<'a>,
    rules: List<'a>,
    index: List<'a>,
    anchored: List<'a>,
}

/// The bytes are not a policy of this version, or were damaged: compile again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

impl fmt::Display for Corrupt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the compiled policy is damaged or of another version")
    }
}

impl std::error::Error for Corrupt {}

impl<'a> Policy<'a> {
    /// Reads a compiled policy; looks at nothing but its head, so that its size does not matter.
    ///
    /// # Errors
    /// [`Corrupt`] where the bytes are none of this version's, or not all of them are there.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        let all = Bytes(bytes);
        let magic = [all.word(head::MAGIC)?, all.word(head::MAGIC + 4)?];
        if magic != head::MAGIC_WORDS || all.word(head::TOTAL)? as usize != bytes.len() {
            return Err(Corrupt);
        }
        if all.text(head::VERSION)? != env!("CARGO_PKG_VERSION").as_bytes() {
            return Err(Corrupt);
        }
        Ok(Self {
            bytes: all,
            rules: all.list(head::RULES, RULE_WORDS)?,
            index: all.list(head::INDEX, INDEX_WORDS)?,
            anchored: all.list(head::ANCHORED, ANCHORED_WORDS)?,
        })
    }

    /// Reads every byte and compares the checksum: for what was just written and for `gate doctor`.
    ///
    /// # Errors
    /// [`Corrupt`] where any bit differs from what was written.
    pub fn verify(&self) -> Result<(), Corrupt> {
        let sum = self.bytes.long(head::CHECKSUM)?;
        if head::checksum(self.bytes.0) == sum { Ok(()) } else { Err(Corrupt) }
    }

    /// Whether it was compiled from exactly these files, in any order.
    #[must_use]
    pub fn is_current(&self, files: &[SourceIdentity]) -> bool {
        let Ok(mut written) = self.sources() else { return false };
        written.retain(|source| source.identity.is_some());
        let known = |file| written.iter().any(|source| source.identity.as_ref() == Some(file));
        let given =
            |source: &CompiledSource| source.identity.as_ref().is_some_and(|file| files.contains(file));
        written.len() == files.len() && files.iter().all(known) && written.iter().all(given)
    }

    /// What it was compiled from.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn sources(&self) -> Result<Vec<CompiledSource>, Corrupt> {
        let sources = self.bytes.list(head::SOURCES, SOURCE_WORDS)?;
        sources.offsets().map(|offset| self.source_at(offset)).collect()
    }

    fn source_at(&self, offset: usize) -> Result<CompiledSource, Corrupt> {
        let long = |index: usize| self.bytes.long(offset + 16 + index * 8);
        let flags = self.bytes.word(offset + 56)?;
        let identity = SourceIdentity {
            path: self.bytes.text(offset)?.to_vec(),
            device: long(0)?,
            inode: long(1)?,
            size: long(2)?,
            mtime_ns: long(3)?.cast_signed(),
            ctime_ns: long(4)?.cast_signed(),
        };
        let digest = self.bytes.0.get(offset + 60..).and_then(<[u8]>::first_chunk).ok_or(Corrupt)?;
        Ok(CompiledSource {
            origin: self.bytes.string(offset + 8)?.to_owned(),
            layer: *Layer::ALL.get(flags as usize & 0xff).ok_or(Corrupt)?,
            identity: (flags & 0x100 != 0).then_some(identity),
            sha256: *digest,
        })
    }

    /// How long a reviewer may take.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn timeout(&self) -> Result<Duration, Corrupt> {
        Ok(Duration::from_secs(self.bytes.word(head::SETTINGS)?.into()))
    }

    /// How long a whitelist entry for something that no rule covers would live.
    pub(super) fn ttl(&self) -> Result<u32, Corrupt> {
        self.bytes.word(head::SETTINGS + 4)
    }

    /// What a tier adds to the score.
    pub(super) fn base(&self, tier: Tier) -> Result<u8, Corrupt> {
        let [low, medium, high, deny] = self.bytes.word(head::SETTINGS + 8)?.to_le_bytes();
        Ok(match tier {
            Tier::Low => low,
            Tier::Medium => medium,
            Tier::High => high,
            Tier::Deny => deny,
        })
    }

    /// What each anomaly adds to the score, in which words and on which terms; without those that the policy does not
    /// name.
    pub(super) fn score_rows(
        &self,
    ) -> Result<impl Iterator<Item = Result<ScoreEntry<'a>, Corrupt>> + use<'a>, Corrupt> {
        let bytes = self.bytes;
        let rows = bytes.list(head::SCORE, SCORE_WORDS)?;
        Ok(rows.offsets().map(move |offset| ScoreEntry::at(bytes, offset)))
    }

    /// Where programs that the catalog describes are expected.
    pub(super) fn programs(&self) -> Result<Patterns<'a>, Corrupt> {
        Patterns::at(self.bytes, head::PROGRAMS)
    }

    /// How many rules hold.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether no rule holds.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(super) fn rule(&self, number: u32) -> Result<Rule<'a>, Corrupt> {
        Ok(Rule { bytes: self.bytes, offset: self.rules.at(number as usize)?, number })
    }

    /// Every rule and pattern that stands under a key of the index.
    pub(super) fn look_up(
        &self,
        key: Hash,
        mut found: impl FnMut(u32, u32) -> Result<Walk, Corrupt>,
    ) -> Result<(), Corrupt> {
        let wanted = key.value();
        let first = self.index.partition(|offset| Ok(self.bytes.long(offset)? < wanted))?;
        for number in first..self.index.len() {
            let offset = self.index.at(number)?;
            if self.bytes.long(offset)? != wanted {
                break;
            }
            if found(self.bytes.word(offset + 8)?, self.bytes.word(offset + 12)?)? == Walk::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Strict anchored path patterns of a base whose literal prefix lies below `directory` (a relative path; empty for
    /// all of the base), until `found` says stop.
    pub(super) fn below(
        &self,
        kind: EffectKind,
        base: Base,
        directory: &[u8],
        mut found: impl FnMut(u32, u32) -> Result<Walk, Corrupt>,
    ) -> Result<(), Corrupt> {
        let wanted = (kind as u32) << 8 | base as u32;
        let mut prefix = directory.to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let key = |offset: usize| -> Result<(u32, &'a [u8]), Corrupt> {
            Ok((self.bytes.word(offset)?, self.bytes.text(offset + 4)?))
        };
        let first = self.anchored.partition(|offset| Ok(key(offset)? < (wanted, &*prefix)))?;
        for number in first..self.anchored.len() {
            let offset = self.anchored.at(number)?;
            let (kind_and_base, text) = key(offset)?;
            if kind_and_base != wanted || !text.starts_with(&prefix) {
                break;
            }
            if found(self.bytes.word(offset + 12)?, self.bytes.word(offset + 16)?)? == Walk::Stop {
                break;
            }
        }
        Ok(())
    }
}

/// Whether to look at more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    On,
    Stop,
}

/// A source as the compiled policy remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledSource {
    /// A path, or `built-in`.
    pub origin: String,
    /// Who wrote it.
    pub layer: Layer,
    /// The file as it was; `None` for what is built in.
    pub identity: Option<SourceIdentity>,
    /// SHA-256 of its text.
    pub sha256: [u8; 32],
}

/// A rule, read where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'a> {
    bytes: Bytes<'a>,
    offset: usize,
    pub(super) number: u32,
}

impl<'a> Rule<'a> {
    const fn field(&self, place: usize) -> usize {
        self.offset + place * 8
    }

    pub(super) fn id(&self) -> Result<&'a str, Corrupt> {
        self.bytes.string(self.field(0))
    }

    pub(super) fn reason(&self) -> Result<&'a str, Corrupt> {
        self.bytes.string(self.field(1))
    }

    fn packed(&self) -> Result<[u8; 4], Corrupt> {
        Ok(self.bytes.word(self.field(2))?.to_le_bytes())
    }

    pub(super) fn tier(&self) -> Result<Tier, Corrupt> {
        match self.packed()? {
            [0, ..] => Ok(Tier::Low),
            [1, ..] => Ok(Tier::Medium),
            [2, ..] => Ok(Tier::High),
            [3, ..] => Ok(Tier::Deny),
            _ => Err(Corrupt),
        }
    }

    pub(super) fn reviewers(&self) -> Result<u8, Corrupt> {
        let [_, reviewers, ..] = self.packed()?;
        Ok(reviewers.max(1))
    }

    /// The answers to "can it be undone" that the rule speaks of.
    pub(super) fn undo(&self) -> Result<UndoSet, Corrupt> {
        let [_, _, _, set] = self.packed()?;
        Ok(UndoSet(set))
    }

    /// Whether the rule speaks only of targets that are meant with everything below them, or only of others.
    pub(super) fn recursive(&self) -> Result<Option<bool>, Corrupt> {
        let [_, _, wanted, _] = self.packed()?;
        Ok(match wanted {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        })
    }

    pub(super) fn kinds(&self) -> Result<Kinds, Corrupt> {
        let kinds = self.bytes.word(self.field(2) + 4)?;
        u16::try_from(kinds).map(Kinds).map_err(|_| Corrupt)
    }

    pub(super) fn ttl(&self) -> Result<u32, Corrupt> {
        self.bytes.word(self.field(3))
    }

    /// The rows of the score that the rule shows.
    pub(super) fn marks(&self) -> Result<impl Iterator<Item = Row> + use<>, Corrupt> {
        let marks = self.bytes.word(self.field(3) + 4)?;
        let rows = if marks == 0 { &[][..] } else { &Row::NAMES[..] };
        Ok(rows.iter().map(|(_, row)| *row).filter(move |row| marks & (1 << *row as u32) != 0))
    }

    /// Index of its source and its line there.
    pub(super) fn origin(&self) -> Result<(usize, u32), Corrupt> {
        Ok((self.bytes.word(self.field(4))? as usize, self.bytes.word(self.field(4) + 4)?))
    }

    /// The word patterns, each a list of words.
    pub(super) fn commands(&self) -> Result<List<'a>, Corrupt> {
        self.bytes.list(self.field(5), 2)
    }

    /// The words of one word pattern.
    pub(super) fn command(&self, number: usize) -> Result<List<'a>, Corrupt> {
        let offset = self.commands()?.at(number)?;
        self.bytes.list(offset, 2)
    }

    pub(super) fn paths(&self) -> Result<Patterns<'a>, Corrupt> {
        Patterns::at(self.bytes, self.field(6))
    }

    pub(super) fn except(&self) -> Result<Patterns<'a>, Corrupt> {
        Patterns::at(self.bytes, self.field(7))
    }

    pub(super) fn hosts(&self) -> Result<List<'a>, Corrupt> {
        self.bytes.list(self.field(8), 2)
    }

    pub(super) fn names(&self) -> Result<List<'a>, Corrupt> {
        self.bytes.list(self.field(9), 2)
    }

    pub(super) fn when_cwd(&self) -> Result<Patterns<'a>, Corrupt> {
        Patterns::at(self.bytes, self.field(10))
    }

    /// The patterns for user, host and agent.
    pub(super) fn when_texts(&self) -> Result<[List<'a>; 3], Corrupt> {
        let list = |place| self.bytes.list(self.field(place), 2);
        Ok([list(11)?, list(12)?, list(13)?])
    }

    /// The numbers of the rules that it sets aside.
    pub(super) fn instead_of(&self) -> Result<Vec<u32>, Corrupt> {
        let list = self.bytes.list(self.field(14), 1)?;
        list.offsets().map(|offset| self.bytes.word(offset)).collect()
    }
}

/// A row of the score, read where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScoreEntry<'a> {
    bytes: Bytes<'a>,
    offset: usize,
    pub(super) row: Row,
}

impl<'a> ScoreEntry<'a> {
    fn at(bytes: Bytes<'a>, offset: usize) -> Result<Self, Corrupt> {
        let (_, row) = *Row::NAMES.get(bytes.word(offset)? as usize).ok_or(Corrupt)?;
        Ok(Self { bytes, offset, row })
    }

    /// 0 to 100.
    pub(super) fn weight(&self) -> Result<u8, Corrupt> {
        Ok(self.bytes.word(self.offset + 4)?.min(100).to_le_bytes()[0])
    }

    pub(super) fn text(&self) -> Result<&'a str, Corrupt> {
        self.bytes.string(self.offset + 8)
    }

    pub(super) fn threshold(&self) -> Result<u32, Corrupt> {
        self.bytes.word(self.offset + 16)
    }

    /// Seconds.
    pub(super) fn within(&self) -> Result<u32, Corrupt> {
        self.bytes.word(self.offset + 20)
    }

    pub(super) fn hours(&self) -> Result<Hours, Corrupt> {
        Ok(Hours::from_word(self.bytes.word(self.offset + 24)?))
    }

    pub(super) fn days(&self) -> Result<Days, Corrupt> {
        Ok(Days(self.bytes.word(self.offset + 28)?.to_le_bytes()[0]))
    }

    pub(super) fn names(&self) -> Result<List<'a>, Corrupt> {
        self.bytes.list(self.offset + 32, 2)
    }

    pub(super) fn branches(&self) -> Result<List<'a>, Corrupt> {
        self.bytes.list(self.offset + 40, 2)
    }
}

/// A list of path patterns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patterns<'a> {
    bytes: Bytes<'a>,
    list: List<'a>,
}

impl<'a> Patterns<'a> {
    fn at(bytes: Bytes<'a>, place: usize) -> Result<Self, Corrupt> {
        Ok(Self { bytes, list: bytes.list(place, PATH_WORDS)? })
    }

    pub(super) const fn is_empty(self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn get(self, number: usize) -> Result<PathPattern<'a>, Corrupt> {
        self.read(self.list.at(number)?)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Result<PathPattern<'a>, Corrupt>> {
        self.list.offsets().map(move |offset| self.read(offset))
    }

    fn read(self, offset: usize) -> Result<PathPattern<'a>, Corrupt> {
        let base = *Base::ALL.get(self.bytes.word(offset + 8)? as usize).ok_or(Corrupt)?;
        Ok(PathPattern { base, below: self.bytes.text(offset)? })
    }
}
