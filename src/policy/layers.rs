//! Merging sources: built-in < the account's own < the machine's. A project's file, and under `enforce` the account's
//! own as well, may only tighten.

use std::{collections::HashMap, ops::Range};

use crate::ui::Diagnostic;

use super::{
    Source, Tier,
    rule::{Document, Example, OwnedPattern, Rule, ScoreRow, Settings},
    score::{Key, Row, Terms},
    source::Layer,
};

const TIMEOUT: u32 = 300;
const TTL: u32 = 7 * 86_400;
const BASE: [u8; 4] = [0, 30, 60, 90];

/// All sources as one policy.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    pub(super) rules: Vec<MergedRule>,
    pub(super) settings: MergedSettings,
    pub(super) score: Vec<MergedRow>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// A rule that holds.
#[derive(Clone, Debug)]
pub(super) struct MergedRule {
    /// Index of its source.
    pub(super) source: usize,
    pub(super) rule: Rule,
    /// Indexes of the rules that it sets aside.
    pub(super) instead_of: Vec<usize>,
}

/// A row of the score that holds.
#[derive(Clone, Debug)]
pub(super) struct MergedRow {
    pub(super) row: Row,
    pub(super) weight: u8,
    pub(super) text: String,
    pub(super) terms: Terms,
    /// Index of the strongest source that speaks of it, with that source's examples.
    pub(super) source: usize,
    pub(super) examples: Vec<Example>,
}

/// The settings that hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MergedSettings {
    pub(super) timeout: u32,
    pub(super) ttl: u32,
    pub(super) programs: Vec<OwnedPattern>,
    pub(super) base: [u8; 4],
}

struct Merge<'a> {
    sources: &'a [Source<'a>],
    enforce: bool,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

/// Merges documents, each with the source at the same index.
///
/// # Errors
/// References to rules that do not exist, and ids that stand twice in one layer.
pub(super) fn merge(sources: &[Source<'_>], documents: Vec<Document>) -> Result<Merged, Vec<Diagnostic>> {
    let enforce = documents.iter().any(|document| document.enforce);
    let mut merge = Merge { sources, enforce, errors: Vec::new(), warnings: Vec::new() };
    let settings = merge.settings(&documents);
    let score = merge.score(&documents);
    let rules = merge.rules(documents, &settings);
    if merge.errors.is_empty() {
        Ok(Merged { rules, settings, score, warnings: merge.warnings })
    } else {
        Err(merge.errors)
    }
}

impl Merge<'_> {
    fn only_tightens(&self, layer: Layer) -> bool {
        layer == Layer::Project || layer == Layer::User && self.enforce
    }

    fn settings(&mut self, documents: &[Document]) -> MergedSettings {
        let mut merged = MergedSettings { timeout: TIMEOUT, ttl: TTL, programs: Vec::new(), base: BASE };
        for (_, document) in by_layer(documents) {
            if self.only_tightens(document.layer) {
                continue;
            }
            let Settings { timeout, ttl, programs, base } = &document.settings;
            merged.timeout = timeout.unwrap_or(merged.timeout);
            merged.ttl = ttl.unwrap_or(merged.ttl);
            merged.programs = programs.clone().unwrap_or(merged.programs);
            merged.base.iter_mut().zip(base).for_each(|(old, new)| *old = new.unwrap_or(*old));
        }
        for (index, document) in by_layer(documents) {
            if !self.only_tightens(document.layer) {
                continue;
            }
            let Settings { timeout, ttl, programs, base } = &document.settings;
            merged.timeout = timeout.map_or(merged.timeout, |timeout| timeout.min(merged.timeout));
            merged.ttl = ttl.map_or(merged.ttl, |ttl| ttl.min(merged.ttl));
            if programs.is_some() || base.iter().any(Option::is_some) {
                self.warn(index, 0..0, "`programs` and scores are not taken from here");
            }
        }
        merged
    }

    fn score(&mut self, documents: &[Document]) -> Vec<MergedRow> {
        let mut rows: Vec<(usize, ScoreRow)> = Vec::new();
        for (index, document) in by_layer(documents) {
            if self.only_tightens(document.layer) {
                if !document.score.is_empty() {
                    self.warn(index, 0..0, "`score` is not taken from here");
                }
                continue;
            }
            for new in &document.score {
                let old = rows.iter().position(|(_, old)| old.row == new.row).map(|at| rows.swap_remove(at));
                rows.push((index, old.map_or_else(|| new.clone(), |(_, old)| overlaid(old, new.clone()))));
            }
        }
        rows.sort_by_key(|(_, row)| row.row);
        rows.into_iter().filter_map(|(source, row)| self.complete(source, row)).collect()
    }

    /// A row with everything that it needs.
    fn complete(&mut self, source: usize, row: ScoreRow) -> Option<MergedRow> {
        let keys = Key::NAMES.iter().filter(|(_, key)| key.belongs_to(row.row) && key.is_needed());
        let terms = keys.filter(|(_, key)| !row.terms.has(*key)).map(|(name, _)| *name);
        let own = [("weight", row.weight.is_some()), ("text", row.text.is_some())];
        let missing: Vec<&str> =
            own.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name).chain(terms).collect();
        for name in &missing {
            let found =
                self.at(source, row.span.clone(), &format!("the row `{}` needs `{name}`", row.row.name()));
            self.errors.extend(found);
        }
        missing.is_empty().then_some(())?;
        let ScoreRow { row, weight, text, terms, examples, .. } = row;
        Some(MergedRow { row, weight: weight?, text: text?, terms, source, examples })
    }

    fn rules(&mut self, documents: Vec<Document>, settings: &MergedSettings) -> Vec<MergedRule> {
        self.check_ids(&documents);
        let gone = self.disabled(&documents);
        let strongest = self.strongest(&documents);
        let mut rules = Vec::new();
        for (source, document) in documents.into_iter().enumerate() {
            let tightens = self.only_tightens(document.layer);
            for mut rule in document.rules {
                if tightens {
                    if !self.tighten(source, &mut rule, settings) {
                        continue;
                    }
                } else if strongest.get(&rule.id) != Some(&document.layer)
                    || gone.get(&rule.id).is_some_and(|by| *by >= document.layer)
                {
                    continue;
                }
                rules.push(MergedRule { source, rule, instead_of: Vec::new() });
            }
        }
        self.link(&mut rules);
        rules
    }

    /// Takes from a rule everything that could loosen; says whether anything is left of it.
    fn tighten(&mut self, source: usize, rule: &mut Rule, settings: &MergedSettings) -> bool {
        if rule.tier == Tier::Low {
            self.warn(
                source,
                rule.span.clone(),
                "tier `low` is not taken from here: this file may only tighten",
            );
            return false;
        }
        if !rule.instead_of.is_empty() {
            self.warn(
                source,
                rule.span.clone(),
                "`instead_of` is not taken from here: this file may only tighten",
            );
            rule.instead_of.clear();
        }
        rule.ttl = rule.ttl.map(|ttl| ttl.min(settings.ttl));
        true
    }

    fn check_ids(&mut self, documents: &[Document]) {
        let mut seen: HashMap<(Layer, &str), usize> = HashMap::new();
        for (source, document) in documents.iter().enumerate() {
            for rule in &document.rules {
                if seen.insert((document.layer, &rule.id), source).is_some_and(|other| other != source) {
                    let message = format!("the id `{}` stands twice in files of the same rank", rule.id);
                    self.errors.extend(self.at(source, rule.span.clone(), &message));
                }
            }
        }
    }

    /// The ids that are disabled, each with the strongest layer that says so.
    fn disabled(&mut self, documents: &[Document]) -> HashMap<String, Layer> {
        let mut gone: HashMap<String, Layer> = HashMap::new();
        let ids: Vec<&str> =
            documents.iter().flat_map(|document| &document.rules).map(|rule| &*rule.id).collect();
        for (source, document) in documents.iter().enumerate() {
            for (id, span) in &document.disable {
                if self.only_tightens(document.layer) {
                    self.warn(
                        source,
                        span.clone(),
                        "`disable` is not taken from here: this file may only tighten",
                    );
                } else if ids.contains(&&**id) {
                    let layer = gone.entry(id.clone()).or_insert(document.layer);
                    *layer = document.layer.max(*layer);
                } else {
                    self.unknown(source, id, span, &ids);
                }
            }
        }
        gone
    }

    fn strongest(&self, documents: &[Document]) -> HashMap<String, Layer> {
        let mut strongest: HashMap<String, Layer> = HashMap::new();
        for document in documents.iter().filter(|document| !self.only_tightens(document.layer)) {
            for rule in &document.rules {
                let layer = strongest.entry(rule.id.clone()).or_insert(document.layer);
                *layer = document.layer.max(*layer);
            }
        }
        strongest
    }

    /// Turns the ids of `instead_of` into indexes; a stronger layer's rules cannot be set aside.
    fn link(&mut self, rules: &mut [MergedRule]) {
        let mut places: HashMap<String, Vec<(usize, Layer)>> = HashMap::new();
        for (index, merged) in rules.iter().enumerate() {
            places.entry(merged.rule.id.clone()).or_default().push((index, self.layer(merged.source)));
        }
        for merged in rules {
            let own = self.layer(merged.source);
            for (id, span) in &merged.rule.instead_of {
                let Some(found) = places.get(id) else {
                    let ids: Vec<&str> = places.keys().map(String::as_str).collect();
                    self.unknown(merged.source, id, span, &ids);
                    continue;
                };
                if found.iter().any(|(_, layer)| *layer > own) {
                    self.warn(merged.source, span.clone(), "a stronger file's rule cannot be set aside");
                }
                merged
                    .instead_of
                    .extend(found.iter().filter(|(_, layer)| *layer <= own).map(|(index, _)| *index));
            }
        }
    }

    /// The rank of a source where rules set others aside. What gate ships with is of one piece there: the default's
    /// exceptions hold for the rules that another shipped policy puts in the place of the default's.
    fn layer(&self, source: usize) -> Layer {
        match self.sources.get(source).map_or(Layer::Project, |source| source.layer) {
            Layer::Shipped => Layer::BuiltIn,
            layer => layer,
        }
    }

    fn unknown(&mut self, source: usize, id: &str, span: &Range<usize>, known: &[&str]) {
        let found = self.at(source, span.clone(), &format!("there is no rule `{id}`"));
        self.errors.extend(found.map(|found| found.did_you_mean(id, known.iter().copied())));
    }

    fn warn(&mut self, source: usize, span: Range<usize>, message: &str) {
        self.warnings.extend(self.at(source, span, message).map(Diagnostic::warning));
    }

    fn at(&self, source: usize, span: Range<usize>, message: &str) -> Option<Diagnostic> {
        let source = self.sources.get(source)?;
        Some(Diagnostic::error(source.origin, source.text.as_bytes(), span, message))
    }
}

fn overlaid(weaker: ScoreRow, stronger: ScoreRow) -> ScoreRow {
    ScoreRow {
        weight: stronger.weight.or(weaker.weight),
        text: stronger.text.or(weaker.text),
        terms: weaker.terms.overlaid_by(stronger.terms),
        ..stronger
    }
}

/// Documents with their indexes, the weakest first.
fn by_layer(documents: &[Document]) -> impl Iterator<Item = (usize, &Document)> {
    let mut order: Vec<(usize, &Document)> = documents.iter().enumerate().collect();
    order.sort_by_key(|(_, document)| document.layer);
    order.into_iter()
}
