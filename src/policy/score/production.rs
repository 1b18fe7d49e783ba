//! Whether something is aimed at production: hosts, contexts, accounts, branches and directories that are called so.

use std::os::unix::ffi::OsStrExt as _;

use crate::facts::{Effect, EffectKind, Facts, Invocation, Program, Target, names_production};

use super::{super::pattern, Context, Corrupt, ScoreEntry, changes, lies_inside};

/// Whether a word or a target's name speaks of production.
pub(in crate::policy) fn is_about_production(invocation: &Invocation) -> bool {
    let words = invocation.words.iter().filter_map(|word| word.value.as_deref());
    let names = invocation.effects.iter().filter_map(|effect| match &effect.target {
        Target::Host { name: Some(name), .. } | Target::Name(name) => Some(name.as_bytes()),
        _ => None,
    });
    words.chain(names).any(names_production)
}

/// Whether letters and digits between other characters are a name.
fn has_part(word: &[u8], name: &[u8]) -> bool {
    word.split(|byte| !byte.is_ascii_alphanumeric()).any(|part| part.eq_ignore_ascii_case(name))
}

/// What shows it: the word, host, path or branch.
pub(super) fn shown(
    facts: &Facts,
    context: &Context,
    entry: &ScoreEntry<'_>,
) -> Result<Option<String>, Corrupt> {
    if !facts
        .invocations
        .iter()
        .any(|part| part.opaque.is_some() || !part.effects.is_empty() || !part.subs.is_empty())
    {
        return Ok(None);
    }
    let (names, branches) = (texts(entry.names()?)?, texts(entry.branches()?)?);
    let labels = Labels { names: &names, branches: &branches, context };
    let found = facts.invocations.iter().find_map(|invocation| labels.in_invocation(invocation));
    Ok(found.map(|found| String::from_utf8_lossy(found).into_owned()))
}

fn texts(list: super::super::bytes::List<'_>) -> Result<Vec<&[u8]>, Corrupt> {
    list.texts().collect()
}

struct Labels<'l> {
    names: &'l [&'l [u8]],
    branches: &'l [&'l [u8]],
    context: &'l Context,
}

impl Labels<'_> {
    fn in_invocation<'i>(&self, invocation: &'i Invocation) -> Option<&'i [u8]> {
        let target = invocation.effects.iter().find_map(|effect| self.in_target(effect));
        let words = || invocation.words.iter().skip(1).filter_map(|word| word.value.as_deref());
        target
            .or_else(|| words().filter(|_| reaches_beyond_files(invocation)).find(|word| self.in_word(word)))
            .or_else(|| self.pushed_branch(invocation))
    }

    fn in_target<'i>(&self, effect: &'i Effect) -> Option<&'i [u8]> {
        let text = match &effect.target {
            Target::Host { name: Some(name), .. } => name.as_bytes(),
            Target::Name(name) if !matches!(effect.kind, EffectKind::Read | EffectKind::List) => {
                name.as_bytes()
            }
            Target::Path { path, .. } if changes(effect) && !lies_inside(&effect.target, self.context) => {
                path.as_os_str().as_bytes()
            }
            _ => return None,
        };
        self.in_word(text).then_some(text)
    }

    /// Whether a part of the word is a name. What has blanks is a message, and names nothing.
    fn in_word(&self, word: &[u8]) -> bool {
        if word.iter().any(u8::is_ascii_whitespace) {
            return false;
        }
        self.names.iter().any(|name| {
            if name.iter().all(u8::is_ascii_alphanumeric) {
                has_part(word, name)
            } else {
                pattern::matches(name, word)
            }
        })
    }

    /// The branch that `git push` would change, where it is one of those that everybody builds on.
    fn pushed_branch<'i>(&self, invocation: &'i Invocation) -> Option<&'i [u8]> {
        let pushes = invocation.subs.first().is_some_and(|sub| sub == "push");
        if !pushes || !matches!(&invocation.program, Program::File { name, .. } if name == "git") {
            return None;
        }
        let words = invocation.words.iter().filter_map(|word| word.value.as_deref());
        let operands =
            words.skip_while(|word| *word != b"push").skip(1).filter(|word| !word.starts_with(b"-"));
        operands.map(branch).find(|branch| self.branches.iter().any(|name| pattern::matches(name, branch)))
    }
}

/// The branch at the other end of a refspec.
fn branch(refspec: &[u8]) -> &[u8] {
    let refspec = refspec.strip_prefix(b"+").unwrap_or(refspec);
    let colon = refspec.iter().rposition(|byte| *byte == b':');
    let target = colon.and_then(|at| refspec.get(at + 1..)).unwrap_or(refspec);
    target.strip_prefix(b"refs/heads/").unwrap_or(target)
}

/// Whether its words can name something else than files of this machine.
fn reaches_beyond_files(invocation: &Invocation) -> bool {
    use EffectKind::{Delete, Environment, List, Persist, Read, Write};
    let beyond =
        |effect: &Effect| !matches!(effect.kind, Read | List | Write | Delete | Persist | Environment);
    let chooses = |sub: &std::borrow::Cow<'_, str>| sub.contains("context") || sub.contains("workspace");
    invocation.opaque.is_some()
        || matches!(invocation.program, Program::Elsewhere(_))
        || invocation.effects.iter().any(beyond)
        || invocation.subs.iter().any(chooses)
}
