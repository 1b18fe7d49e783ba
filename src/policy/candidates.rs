//! Which rules could speak of an effect: found by the index, without looking at the others.

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use crate::facts::{Effect, EffectKind, Target};

use super::{
    Context, Corrupt, Policy,
    bytes::Hash,
    cache::Walk,
    index::{self, NO_PATTERN},
    paths::{self, Base},
    pattern,
};

/// Rules that only *may* touch a target are many where it is wide; as soon as so many of them apply, the rest could
/// only repeat them.
const ENOUGH: usize = 8;

/// Receives a rule and one of its patterns; says whether the rule applies.
pub(super) type Judge<'j> = dyn FnMut(u32, u32) -> Result<bool, Corrupt> + 'j;

/// Every rule that could speak of an effect, each with the pattern by which it was found.
pub(super) fn each(
    policy: &Policy<'_>,
    context: &Context,
    effect: &Effect,
    judge: &mut Judge<'_>,
) -> Result<(), Corrupt> {
    let search = Search { policy, context, kind: effect.kind };
    search.all(index::any_target(effect.kind as u8), judge)?;
    match &effect.target {
        Target::Nothing => Ok(()),
        Target::Unknown | Target::Host { name: None, .. } => {
            search.enough(index::strict(effect.kind as u8), judge)
        }
        Target::Host { name: Some(name), .. } | Target::Name(name) => search.name(name.as_bytes(), judge),
        Target::Path { path, resolved, recursive } => {
            search.path(path, judge)?;
            if path != resolved {
                search.path(resolved, judge)?;
            }
            if *recursive {
                search.below(path, judge)?;
                if path != resolved {
                    search.below(resolved, judge)?;
                }
            }
            Ok(())
        }
        Target::Glob { pattern, .. } => search.glob(pattern, judge),
    }
}

struct Search<'s> {
    policy: &'s Policy<'s>,
    context: &'s Context,
    kind: EffectKind,
}

impl Search<'_> {
    fn all(&self, key: Hash, judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        self.policy.look_up(key, |rule, pattern| judge(rule, pattern).map(|_| Walk::On))
    }

    fn enough(&self, key: Hash, judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        let mut applied = 0;
        self.policy.look_up(key, |rule, pattern| {
            applied += usize::from(judge(rule, pattern)?);
            Ok(if applied < ENOUGH { Walk::On } else { Walk::Stop })
        })
    }

    fn name(&self, name: &[u8], judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        self.all(index::name(self.kind as u8, name), judge)?;
        self.all(index::any_name(self.kind as u8), judge)
    }

    /// Rules whose pattern's literal prefix is the path or one of the directories that it is in, and rules that
    /// protect one of its components wherever it lies.
    fn path(&self, path: &Path, judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        let bytes = path.as_os_str().as_bytes();
        self.prefixes(bytes, judge)?;
        for component in paths::components(bytes) {
            self.all(index::floating(self.kind as u8, component), judge)?;
        }
        self.all(index::floating_any(self.kind as u8), judge)
    }

    fn prefixes(&self, path: &[u8], judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        for base in Base::ALL {
            for directory in base.directories(self.context) {
                let Some(below) = strip(path, directory) else { continue };
                let mut key = index::path(self.kind as u8, base);
                self.all(key, judge)?;
                for component in paths::components(below) {
                    key = key.part(component);
                    self.all(key, judge)?;
                }
            }
        }
        Ok(())
    }

    /// Strict rules whose pattern's literal prefix lies below a directory.
    fn below(&self, directory: &Path, judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        let path = directory.as_os_str().as_bytes();
        let mut applied = 0;
        for base in Base::ALL {
            for anchor in base.directories(self.context) {
                let prefix = match strip(path, anchor) {
                    Some(below) => below,
                    None if strip(anchor.as_os_str().as_bytes(), directory).is_some() => b"",
                    None => continue,
                };
                self.policy.below(self.kind, base, prefix, |rule, pattern| {
                    applied += usize::from(judge(rule, pattern)?);
                    Ok(if applied < ENOUGH { Walk::On } else { Walk::Stop })
                })?;
            }
        }
        Ok(())
    }

    fn glob(&self, glob: &[u8], judge: &mut Judge<'_>) -> Result<(), Corrupt> {
        let directory = paths::literal_directory(glob);
        let literal = directory.as_os_str().as_bytes();
        self.prefixes(literal, judge)?;
        for component in paths::components(glob).filter(|component| !pattern::is_glob(component)) {
            self.all(index::floating(self.kind as u8, &pattern::unescape(component)), judge)?;
        }
        self.all(index::floating_any(self.kind as u8), judge)?;
        self.all(index::floating_strict(self.kind as u8), judge)?;
        self.below(&directory, judge)
    }
}

/// What of a path lies below a directory, without the slash; `None` where it does not lie there.
fn strip<'p>(path: &'p [u8], directory: &Path) -> Option<&'p [u8]> {
    let directory = directory.as_os_str().as_bytes();
    if directory == b"/" {
        return path.strip_prefix(b"/");
    }
    match path.strip_prefix(directory)? {
        [] => Some(&[]),
        [b'/', below @ ..] => Some(below),
        _ => None,
    }
}

/// Every command rule that could speak of an invocation of `name`. `second` is its second word: absent, unknown
/// (`Some(None)`), or known.
pub(super) fn each_command<'n>(
    policy: &Policy<'_>,
    names: impl IntoIterator<Item = &'n [u8]>,
    second: Option<Option<&[u8]>>,
    judge: &mut Judge<'_>,
) -> Result<(), Corrupt> {
    let mut all = |key| policy.look_up(key, |rule, pattern| judge(rule, pattern).map(|_| Walk::On));
    all(index::any_program())?;
    for name in names {
        all(index::program(name))?;
        match second {
            None => {}
            Some(Some(word)) => all(index::subcommand(name, word))?,
            Some(None) => all(index::strict_subcommands(name))?,
        }
    }
    Ok(())
}

/// Every rule for invocations that do nothing.
pub(super) fn each_of_nothing(policy: &Policy<'_>, judge: &mut Judge<'_>) -> Result<(), Corrupt> {
    debug_assert_eq!(NO_PATTERN, u32::MAX);
    policy.look_up(index::any_target(index::NOTHING), |rule, pattern| judge(rule, pattern).map(|_| Walk::On))
}
