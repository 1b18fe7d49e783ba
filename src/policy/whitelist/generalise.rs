//! Rows of words that differ in operands → one row with typed holes.

use crate::facts::{Effect, Invocation, Target};

use super::{
    target::effect_of,
    template::{self, Hole, escape, escape_part},
};

/// How much may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looseness {
    /// Numbers, and names in one directory that begin alike and end alike.
    Alike,
    /// Names in one directory that end alike.
    Beside,
    /// Names that end alike anywhere below a directory.
    Below,
}

impl Looseness {
    /// From the tightest to the loosest.
    pub(super) const ALL: [Self; 3] = [Self::Alike, Self::Beside, Self::Below];

    /// How many different rows of words it takes to see a pattern.
    pub(super) const fn fewest(self) -> usize {
        match self {
            Self::Alike => 1,
            Self::Beside | Self::Below => 3,
        }
    }
}

/// The words with what may vary made equal; `None` where one is not known or is no text.
pub(super) fn masked(
    invocation: &Invocation,
    effects: &[Effect],
    looseness: Looseness,
) -> Option<Vec<String>> {
    let mut masked = Vec::with_capacity(invocation.words.len());
    for (number, word) in invocation.words.iter().enumerate() {
        let text = std::str::from_utf8(word.value.as_deref()?).ok()?;
        masked.push(if number > 0 { mask(text, effects, looseness) } else { text.to_owned() });
    }
    Some(masked)
}

fn mask(word: &str, effects: &[Effect], looseness: Looseness) -> String {
    if word.starts_with('-') {
        return word.to_owned();
    }
    if Hole::Number.takes(word.as_bytes()) {
        return Hole::Number.text().to_owned();
    }
    if !effects.iter().any(|effect| is_named_by(&effect.target, word)) {
        return word.to_owned();
    }
    let (parent, name) = word.rsplit_once('/').map_or(("", word), |(parent, name)| (parent, name));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let top = || {
        let deep = if word.starts_with('/') { 3 } else { 1 };
        word.match_indices('/').nth(deep - 1).and_then(|(at, _)| word.get(..at))
    };
    match (looseness, top()) {
        (Looseness::Alike, _) => {
            let stem = name.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
            let stem = if stem.bytes().all(|byte| byte.is_ascii_digit()) { "" } else { stem };
            format!("{parent}/{stem}\0{ending}")
        }
        (Looseness::Below, Some(top)) => format!("{top}/\0\0{ending}"),
        (Looseness::Beside | Looseness::Below, _) => format!("{parent}/\0{ending}"),
    }
}

/// Whether a word is what an effect is done to.
fn is_named_by(target: &Target, word: &str) -> bool {
    match target {
        Target::Path { path, resolved, .. } if path == resolved => {
            let word = word.strip_prefix("./").unwrap_or(word);
            !word.is_empty() && path.ends_with(word)
        }
        Target::Name(name) => name == word,
        _ => false,
    }
}

/// The words and effects that stand for all of these; `None` where what differs is not what may.
pub(super) fn generalise(parts: &[(&Invocation, &[Effect])]) -> Option<(Vec<String>, Vec<String>)> {
    let (first, effects) = parts.first()?;
    let mut words = Vec::new();
    let mut varied: Vec<Vec<&str>> = Vec::new();
    for number in 0..first.words.len() {
        let texts: Option<Vec<&str>> = parts
            .iter()
            .map(|(part, _)| std::str::from_utf8(part.words.get(number)?.value.as_deref()?).ok())
            .collect();
        let texts = texts?;
        if all_equal(&texts) {
            words.push(escape(texts.first()?).into_owned());
            continue;
        }
        let cut = Cut::of(&texts)?;
        if number == 0 || !cut.is_narrow() {
            return None;
        }
        words.push(cut.template(|text| escape(text).into_owned()));
        varied.push(cut.middles);
    }
    let effects: Option<Vec<String>> =
        (0..effects.len()).map(|number| effect(parts, number, &varied)).collect();
    let mut effects = effects?;
    effects.dedup();
    let sound = words.iter().chain(&effects).all(|text| template::check(text).is_ok());
    sound.then_some((words, effects))
}

/// One effect of all parts; what varies in it is what varies in a word.
fn effect(parts: &[(&Invocation, &[Effect])], number: usize, varied: &[Vec<&str>]) -> Option<String> {
    let all: Option<Vec<&Effect>> = parts.iter().map(|(_, effects)| effects.get(number)).collect();
    let all = all?;
    let named: Option<Vec<String>> = all.iter().map(|effect| effect_of(effect)).collect();
    let named = named?;
    if all_equal(&named) {
        return named.first().cloned();
    }
    let texts: Option<Vec<&str>> = all.iter().map(|effect| variable_text(&effect.target)).collect();
    let texts = texts?;
    let cut = Cut::of(&texts)?;
    if !varied.contains(&cut.middles) {
        return None;
    }
    let (first, text) = (named.first()?, texts.first()?);
    let (before, behind) = first.split_once(escape_part(text).as_ref())?;
    Some(format!("{before}{}{behind}", cut.template(|text| escape_part(text).into_owned())))
}

/// The text of a target that may vary.
fn variable_text(target: &Target) -> Option<&str> {
    match target {
        Target::Path { path, resolved, .. } if path == resolved => path.to_str(),
        Target::Name(name) => Some(name),
        _ => None,
    }
}

fn all_equal<T: PartialEq>(all: &[T]) -> bool {
    all.windows(2).all(|pair| pair.first() == pair.last())
}

/// Texts cut into what they begin with, what varies, and what they end with.
struct Cut<'t> {
    before: &'t str,
    middles: Vec<&'t str>,
    behind: &'t str,
    hole: Hole,
}

impl<'t> Cut<'t> {
    /// Cuts where a name can begin and end; `None` where no hole takes what varies.
    fn of(texts: &[&'t str]) -> Option<Self> {
        let first = texts.first()?;
        let mut start = common(first, texts, |one, other| one.bytes().zip(other.bytes()));
        while !first.get(..start).is_some_and(|before| template::is_border(before.as_bytes())) {
            start = start.checked_sub(1)?;
        }
        let rests: Option<Vec<&str>> = texts.iter().map(|text| text.get(start..)).collect();
        let rests = rests?;
        let rest = rests.first()?;
        let mut end = common(rest, &rests, |one, other| one.bytes().rev().zip(other.bytes().rev()));
        end = end.min(rests.iter().map(|rest| rest.len().saturating_sub(1)).min()?);
        let behind = |end: usize| rest.len().checked_sub(end).and_then(|at| rest.get(at..));
        while behind(end).is_none_or(|text| text.starts_with(|next: char| next.is_ascii_alphanumeric())) {
            end = end.checked_sub(1)?;
        }
        let middles: Option<Vec<&str>> =
            rests.iter().map(|rest| rest.get(..rest.len().checked_sub(end)?)).collect();
        let middles = middles?;
        let takes = |hole: &Hole| middles.iter().all(|middle| hole.takes(middle.as_bytes()));
        let hole = [Hole::Number, Hole::Word, Hole::Path].into_iter().find(takes)?;
        Some(Self { before: first.get(..start)?, behind: behind(end)?, middles, hole })
    }

    /// Whether a hole leaves something of a path: not everything below `/`, and no tree without a directory in front.
    fn is_narrow(&self) -> bool {
        self.before != "/" && !(self.hole == Hole::Path && self.before.is_empty())
    }

    fn template(&self, escape: impl Fn(&str) -> String) -> String {
        format!("{}{}{}", escape(self.before), self.hole.text(), escape(self.behind))
    }
}

/// How many bytes all texts have in common, walked as `pairs` says.
fn common<'t, P: Iterator<Item = (u8, u8)>>(
    first: &'t str,
    texts: &[&'t str],
    pairs: impl Fn(&'t str, &'t str) -> P,
) -> usize {
    let shared = |text: &&'t str| pairs(first, text).take_while(|(one, other)| one == other).count();
    texts.iter().map(shared).min().unwrap_or_default()
}
