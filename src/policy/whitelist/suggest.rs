//! What was approved again and again → entries that would have made the questions needless.
//!
//! Only operands are generalised, and only where what varies is a number or names what an effect is done to. Everything
//! else stays literal: the program, its subcommand, its options, their order and number, the wrappers, the effects.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::facts::{Effect, Facts, Invocation, Program, Target};

use super::{
    super::{Action, Context, Corrupt, Decision, Policy, Tier, bytes::Hash, judge, work::Work},
    Whitelist, WhitelistEntry, ban_on_holes,
    born::{directory, is_coverable, words_of},
    compile_whitelist,
    generalise::{self, Looseness},
};

/// Most lines of the log that a suggestion shows of a kind.
const SHOWN: usize = 3;

/// How a human answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Yes.
    Approved,
    /// No.
    Denied,
    /// Nobody did.
    None,
}

/// A part of a command line about which a human was asked.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The part.
    pub invocation: Invocation,
    /// What it does, as it is judged.
    pub effects: Vec<Effect>,
    /// Whether an entry could have answered for it.
    pub coverable: bool,
    /// How long such an entry would live, in seconds.
    pub life: u64,
    /// Who asked, where.
    pub context: Context,
    /// The answer.
    pub answer: Answer,
    /// The request, or the run.
    pub request: String,
}

/// An entry that would have answered for what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The entry, without a name, an approver and dates; it is called by [`Suggestion::id`] until then.
    pub entry: WhitelistEntry,
    /// A name that stays the same while the suggestion does.
    pub id: String,
    /// How long it would live, in seconds.
    pub life: u64,
    /// How often the like of it was approved.
    pub approved: usize,
    /// Different commands that it would have let run, with how often.
    pub covered: Vec<(String, usize)>,
    /// The nearest that it would not: commands of the same program, with how they were answered.
    pub missed: Vec<(String, Answer)>,
}

/// The parts of a command line about which a human is asked.
///
/// # Errors
/// [`Corrupt`] where the compiled policy is damaged.
pub fn samples(
    facts: &Facts,
    decision: &Decision,
    context: &Context,
    policy: &Policy<'_>,
    (answer, request): (Answer, &str),
) -> Result<Vec<Sample>, Corrupt> {
    let mut samples = Vec::new();
    for (invocation, part) in facts.invocations.iter().zip(&decision.parts) {
        if part.action == Action::Allow {
            continue;
        }
        let effects = judge::judge(policy, context, invocation, &Work::of_a_decision())?.effects;
        let is_medium = part.tier == Tier::Medium && part.action == Action::Ask;
        samples.push(Sample {
            coverable: is_medium && is_coverable(invocation, &effects, context),
            life: decision.whitelist_for.map_or(0, |life| life.as_secs()),
            invocation: invocation.clone(),
            effects,
            context: context.clone(),
            answer,
            request: request.to_owned(),
        });
    }
    Ok(samples)
}

/// What could be whitelisted: entries that would have answered at least `min` approvals and no denial, the most useful
/// first.
#[must_use]
pub fn suggest(samples: &[Sample], min: usize) -> Vec<Suggestion> {
    let mut left: Vec<&Sample> = samples.iter().filter(|sample| is_open(sample)).collect();
    let mut found: Vec<Suggestion> = Vec::new();
    for looseness in Looseness::ALL {
        for cluster in clusters(&left, looseness) {
            if cluster.len() >= min.max(1) && distinct(&cluster) >= looseness.fewest() {
                found.extend(suggestion(&cluster, samples, min));
            }
        }
        left.retain(|sample| !found.iter().any(|found| covers(&found.entry, sample)));
    }
    found.sort_by(|one, other| (other.approved, &one.entry.words).cmp(&(one.approved, &other.entry.words)));
    found
}

fn is_open(sample: &Sample) -> bool {
    sample.coverable
        && sample.answer == Answer::Approved
        && sample.life > 0
        && !sample.invocation.words.is_empty()
}

fn distinct(cluster: &[&Sample]) -> usize {
    cluster.iter().map(|sample| words_of(&sample.invocation)).collect::<HashSet<_>>().len()
}

/// Samples that differ in nothing but what may vary.
fn clusters<'s>(samples: &[&'s Sample], looseness: Looseness) -> Vec<Vec<&'s Sample>> {
    let mut clusters: BTreeMap<Vec<String>, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        if let Some(shape) = shape(sample, looseness) {
            clusters.entry(shape).or_default().push(sample);
        }
    }
    clusters.into_values().collect()
}

/// Everything of a sample that stays literal, in a form that can be compared.
fn shape(sample: &Sample, looseness: Looseness) -> Option<Vec<String>> {
    let (invocation, context) = (&sample.invocation, &sample.context);
    let path = match &invocation.program {
        Program::File { path, .. } => path.as_ref()?.to_str()?.to_owned(),
        Program::Builtin(name) => name.clone(),
        _ => return None,
    };
    let scope = [path, context.cwd.to_str()?.to_owned(), context.host.clone()];
    let mut shape = Vec::from(scope);
    shape.push(format!("{:?} {:?}", context.agent, invocation.via));
    shape.extend(sample.effects.iter().map(|effect| {
        let class = std::mem::discriminant(&effect.target);
        let tree = matches!(
            effect.target,
            Target::Path { recursive: true, .. } | Target::Glob { recursive: true, .. }
        );
        format!("{} {} {class:?} {tree}", effect.kind.name(), effect.undo.name())
    }));
    shape.push(String::new());
    shape.extend(generalise::masked(invocation, &sample.effects, looseness)?);
    Some(shape)
}

fn suggestion(cluster: &[&Sample], all: &[Sample], min: usize) -> Option<Suggestion> {
    let first = cluster.first()?;
    let parts: Vec<_> =
        cluster.iter().map(|sample| (&sample.invocation, sample.effects.as_slice())).collect();
    let (words, effects) = generalise::generalise(&parts)?;
    let mut entry = WhitelistEntry {
        words,
        via: first.invocation.via.clone(),
        effects: Some(effects),
        host: Some(first.context.host.clone()),
        cwd: Some(directory(&first.context)?),
        agent: first.context.agent.clone(),
        ..WhitelistEntry::default()
    };
    let banned = |sample: &&Sample| ban_on_holes(&sample.invocation, &sample.effects).is_some();
    if entry.has_holes() && cluster.iter().any(banned) {
        return None;
    }
    let (covered, missed): (Vec<&Sample>, Vec<&Sample>) =
        all.iter().partition(|sample| covers(&entry, sample));
    let approved: Vec<&&Sample> = covered.iter().filter(|sample| sample.answer == Answer::Approved).collect();
    let denied = covered.iter().any(|sample| sample.answer == Answer::Denied);
    if denied || approved.len() < min {
        return None;
    }
    let requests: BTreeSet<&String> = approved.iter().map(|sample| &sample.request).collect();
    entry.requests = requests.into_iter().cloned().collect();
    Some(Suggestion {
        id: id(&entry),
        life: cluster.iter().map(|sample| sample.life).min()?,
        approved: approved.len(),
        covered: counted(&covered),
        missed: near(first, &missed),
        entry,
    })
}

/// Whether an entry would have let a part run.
fn covers(entry: &WhitelistEntry, sample: &Sample) -> bool {
    let live = WhitelistEntry { expires: u64::MAX, ..entry.clone() };
    let compiled = compile_whitelist(&[live]);
    let found = Whitelist::open(&compiled).and_then(|whitelist| {
        Ok(whitelist.covering(&sample.invocation, &sample.effects, &sample.context)?.is_some())
    });
    sample.coverable && found.unwrap_or(false)
}

fn id(entry: &WhitelistEntry) -> String {
    let scope = [&entry.host, &entry.cwd, &entry.agent].map(|text| text.clone().unwrap_or_default());
    let lists = [&entry.words, &entry.via, entry.effects.as_ref().unwrap_or(&entry.via)];
    let mut hash = Hash::new(b's', 1);
    for text in lists.into_iter().flat_map(|texts| texts.iter().chain([&entry.by])).chain(&scope) {
        hash = hash.part(text.as_bytes());
    }
    format!("{:08x}", hash.value() >> 32)
}

/// The words of a part as one would type them.
fn line(invocation: &Invocation) -> String {
    let text = |word: &crate::facts::Argument| match &word.value {
        Some(value) => shell_words::quote(&String::from_utf8_lossy(value)).into_owned(),
        None => "…".to_owned(),
    };
    invocation.words.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn counted(samples: &[&Sample]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sample in samples {
        *counts.entry(line(&sample.invocation)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// The nearest misses: of the same program, denied ones first, then those that share most words.
fn near(like: &Sample, missed: &[&Sample]) -> Vec<(String, Answer)> {
    let name = |sample: &Sample| sample.invocation.words.first().and_then(|word| word.value.clone());
    let shared = |sample: &Sample| {
        let ours = like.invocation.words.iter().map(|word| &word.value);
        ours.filter(|word| sample.invocation.words.iter().any(|other| other.value == **word)).count()
    };
    let mut near: Vec<&&Sample> = missed.iter().filter(|sample| name(sample) == name(like)).collect();
    near.sort_by_key(|sample| (sample.answer != Answer::Denied, std::cmp::Reverse(shared(sample))));
    let mut seen = HashSet::new();
    let lines = near.into_iter().map(|sample| (line(&sample.invocation), sample.answer));
    lines.filter(|(line, _)| seen.insert(line.clone())).take(SHOWN).collect()
}
