//! The merged policy → bytes.
//!
//! Head, texts and lists, then two tables: the index (hash of a key, rule, pattern; sorted by hash) and the anchored
//! table (kind, base, literal prefix, rule, pattern; sorted), in which everything below a directory lies together.

use sha2::{Digest as _, Sha256};

use crate::facts::EffectKind;

use super::{
    Source, Tier,
    bytes::{Hash, Place, Writer, position, split},
    cache::head,
    index,
    layers::{Merged, MergedRow, MergedRule},
    paths, pattern,
    rule::{Kinds, OwnedPattern},
    score::{Days, Hours},
};

/// Words of a rule's record; see [`super::cache::Rule`].
pub(super) const RULE_WORDS: usize = 32;
/// Words of a source's record.
pub(super) const SOURCE_WORDS: usize = 23;
/// Words of a path pattern's record: text, base.
pub(super) const PATH_WORDS: usize = 3;
/// Words of an index record: hash, rule, pattern.
pub(super) const INDEX_WORDS: usize = 4;
/// Words of an anchored record: kind and base, prefix, rule, pattern.
pub(super) const ANCHORED_WORDS: usize = 5;
/// Words of a score row's record; see [`super::cache::ScoreEntry`].
pub(super) const SCORE_WORDS: usize = 12;

struct Tables {
    index: Vec<(u64, u32, u32)>,
    anchored: Vec<Anchored>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Anchored {
    kind_and_base: u32,
    prefix: Vec<u8>,
    rule: u32,
    pattern: u32,
}

/// Writes the policy.
pub(super) fn write(sources: &[Source<'_>], merged: &Merged) -> Vec<u8> {
    let mut writer = Writer::with_head(head::LENGTH);
    let version = writer.text(env!("CARGO_PKG_VERSION").as_bytes());
    let sources: Vec<_> = sources.iter().map(|source| source_record(&mut writer, source)).collect();
    let sources = writer.list(&sources);
    let rules: Vec<_> =
        merged.rules.iter().map(|rule| rule_record(&mut writer, rule, merged.settings.ttl)).collect();
    let rules = writer.list(&rules);
    let tables = tables(&merged.rules);
    let index: Vec<_> = tables
        .index
        .iter()
        .map(|(hash, rule, pattern)| {
            let [low, high] = split(*hash);
            [low, high, *rule, *pattern]
        })
        .collect();
    let index = writer.list(&index);
    let anchored: Vec<_> = tables
        .anchored
        .iter()
        .map(|entry| {
            let [start, length] = writer.text(&entry.prefix);
            [entry.kind_and_base, start, length, entry.rule, entry.pattern]
        })
        .collect();
    let anchored = writer.list(&anchored);
    let programs = patterns(&mut writer, &merged.settings.programs);
    let score: Vec<_> = merged.score.iter().map(|row| score_record(&mut writer, row)).collect();
    let score = writer.list(&score);
    writer.set(head::VERSION, &version);
    writer.set(head::SOURCES, &sources);
    writer.set(head::RULES, &rules);
    writer.set(head::INDEX, &index);
    writer.set(head::ANCHORED, &anchored);
    writer.set(head::PROGRAMS, &programs);
    writer.set(head::SCORE, &score);
    writer.set(
        head::SETTINGS,
        &[merged.settings.timeout, merged.settings.ttl, u32::from_le_bytes(merged.settings.base)],
    );
    seal(writer)
}

fn seal(mut writer: Writer) -> Vec<u8> {
    writer.set(head::MAGIC, &head::MAGIC_WORDS);
    writer.set(head::TOTAL, &[writer.length()]);
    let mut bytes = writer.into_bytes();
    let sum = head::checksum(&bytes);
    if let Some(slot) = bytes.get_mut(head::CHECKSUM..head::CHECKSUM + 8) {
        slot.copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}

fn source_record(writer: &mut Writer, source: &Source<'_>) -> [u32; SOURCE_WORDS] {
    let identity = source.identity.clone().unwrap_or_default();
    let mut record = [0; SOURCE_WORDS];
    let digest = Sha256::digest(source.text.as_bytes());
    let flags = source.layer as u32 | u32::from(source.identity.is_some()) << 8;
    let numbers = [
        identity.device,
        identity.inode,
        identity.size,
        identity.mtime_ns.cast_unsigned(),
        identity.ctime_ns.cast_unsigned(),
    ];
    let words = writer
        .text(&identity.path)
        .into_iter()
        .chain(writer.text(source.origin.as_bytes()))
        .chain(numbers.into_iter().flat_map(split))
        .chain([flags])
        .chain(digest.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)));
    record.iter_mut().zip(words).for_each(|(slot, word)| *slot = word);
    record
}

fn rule_record(writer: &mut Writer, merged: &MergedRule, ttl: u32) -> [u32; RULE_WORDS] {
    let rule = &merged.rule;
    let recursive = match rule.recursive {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    };
    let packed = [rule.tier as u8, rule.reviewers, recursive, rule.undo.0];
    let marks = rule.marks.iter().fold(0, |marks, row| marks | 1 << *row as u32);
    let commands: Vec<Place> = rule.commands.iter().map(|words| texts(writer, words)).collect();
    let instead_of: Vec<[u32; 1]> = merged.instead_of.iter().map(|rule| [position(*rule)]).collect();
    let places = [
        writer.text(rule.id.as_bytes()),
        writer.text(rule.reason.as_bytes()),
        [u32::from_le_bytes(packed), u32::from(rule.kinds.0)],
        [rule.ttl.unwrap_or(ttl), marks],
        [position(merged.source), rule.line],
        writer.list(&commands),
        patterns(writer, &rule.paths),
        patterns(writer, &rule.except),
        texts(writer, &rule.hosts),
        texts(writer, &rule.names),
        patterns(writer, &rule.when.cwd),
        texts(writer, &rule.when.user),
        texts(writer, &rule.when.host),
        texts(writer, &rule.when.agent),
        writer.list(&instead_of),
    ];
    let mut record = [0; RULE_WORDS];
    record.iter_mut().zip(places.into_iter().flatten()).for_each(|(slot, word)| *slot = word);
    record
}

fn score_record(writer: &mut Writer, merged: &MergedRow) -> [u32; SCORE_WORDS] {
    let terms = &merged.terms;
    let text = writer.text(merged.text.as_bytes());
    let names = texts(writer, terms.names.as_deref().unwrap_or_default());
    let branches = texts(writer, terms.branches.as_deref().unwrap_or_default());
    let places = [
        [merged.row as u32, u32::from(merged.weight)],
        text,
        [terms.threshold.unwrap_or(u32::MAX), terms.within.unwrap_or(0)],
        [terms.hours.unwrap_or(Hours::ALL).to_word(), terms.days.unwrap_or(Days::ALL).0.into()],
        names,
        branches,
    ];
    let mut record = [0; SCORE_WORDS];
    record.iter_mut().zip(places.into_iter().flatten()).for_each(|(slot, word)| *slot = word);
    record
}

fn texts(writer: &mut Writer, texts: &[String]) -> Place {
    writer.texts(texts.iter().map(String::as_bytes))
}

fn patterns(writer: &mut Writer, patterns: &[OwnedPattern]) -> Place {
    let records: Vec<_> = patterns
        .iter()
        .map(|pattern| {
            let [start, length] = writer.text(pattern.below.as_bytes());
            [start, length, pattern.base as u32]
        })
        .collect();
    writer.list(&records)
}

fn tables(rules: &[MergedRule]) -> Tables {
    let mut tables = Tables { index: Vec::new(), anchored: Vec::new() };
    for (number, merged) in rules.iter().enumerate() {
        let number = position(number);
        if merged.rule.commands.is_empty() {
            tables.effect_rule(number, merged);
        } else {
            tables.command_rule(number, merged);
        }
    }
    tables.index.sort_unstable();
    tables.index.dedup();
    tables.anchored.sort_unstable();
    tables.anchored.dedup();
    tables
}

impl Tables {
    fn add(&mut self, key: Hash, rule: u32, pattern: u32) {
        self.index.push((key.value(), rule, pattern));
    }

    fn command_rule(&mut self, rule: u32, merged: &MergedRule) {
        let strict = merged.rule.tier >= Tier::High;
        for (number, words) in merged.rule.commands.iter().enumerate() {
            let number = position(number);
            let literal = |index: usize| {
                words.get(index).map(String::as_bytes).filter(|word| pattern::is_literal(word))
            };
            match (literal(0), literal(1)) {
                (None, _) => self.add(index::any_program(), rule, number),
                (Some(name), None) => self.add(index::program(name), rule, number),
                (Some(name), Some(word)) => {
                    self.add(index::subcommand(name, word), rule, number);
                    if strict {
                        self.add(index::strict_subcommands(name), rule, number);
                    }
                }
            }
        }
    }

    fn effect_rule(&mut self, rule: u32, merged: &MergedRule) {
        let strict = merged.rule.tier >= Tier::High;
        let kinds =
            EffectKind::ALL.into_iter().filter(|kind| merged.rule.kinds.has(*kind)).map(|kind| kind as u8);
        let nothing = merged.rule.kinds.has_nothing().then_some(index::NOTHING);
        for kind in kinds.chain(nothing) {
            let names = merged.rule.hosts.iter().chain(&merged.rule.names);
            if merged.rule.paths.is_empty() && names.clone().next().is_none() {
                self.add(index::any_target(kind), rule, index::NO_PATTERN);
                continue;
            }
            for (number, pattern) in merged.rule.paths.iter().enumerate() {
                self.path_pattern(kind, rule, position(number), pattern, strict);
            }
            for (number, name) in names.enumerate() {
                let literal = pattern::is_literal(name.as_bytes());
                let key = if literal { index::name(kind, name.as_bytes()) } else { index::any_name(kind) };
                self.add(key, rule, position(number));
            }
            if strict {
                self.add(index::strict(kind), rule, index::NO_PATTERN);
            }
        }
    }

    fn path_pattern(&mut self, kind: u8, rule: u32, number: u32, pattern: &OwnedPattern, strict: bool) {
        let below = pattern.below.as_bytes();
        if paths::is_floating(below) {
            let mut behind = paths::components(below).skip_while(|part| *part == b"**");
            let literal = behind.next().filter(|part| pattern::is_literal(part));
            let key = literal.map_or(index::floating_any(kind), |part| index::floating(kind, part));
            self.add(key, rule, number);
            if strict {
                self.add(index::floating_strict(kind), rule, number);
            }
            return;
        }
        let prefix = paths::literal_prefix(below);
        let key = paths::components(prefix).fold(index::path(kind, pattern.base), Hash::part);
        self.add(key, rule, number);
        if strict {
            let kind_and_base = u32::from(kind) << 8 | pattern.base as u32;
            self.anchored.push(Anchored { kind_and_base, prefix: prefix.to_vec(), rule, pattern: number });
        }
    }
}

const _: () = assert!(Kinds::NOTHING_BIT == 1 << index::NOTHING);
