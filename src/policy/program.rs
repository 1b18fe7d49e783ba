//! Which program an invocation really starts: the one that the catalog means, one of the workspace's own, or a stray.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::facts::{Effect, EffectKind, Invocation, Program, Target, Undo};

use super::{Context, Corrupt, Policy, judge::any_pattern, paths};

impl Policy<'_> {
    /// Whether a program may lie at this absolute path, so that the catalog may speak of it by its name.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn expects_program(&self, context: &Context, path: &Path) -> Result<bool, Corrupt> {
        any_pattern(self.programs()?, |pattern| paths::of_path(pattern, path, path, false, context).all)
    }
}

/// The effects of an invocation, running a program from an unexpected place among them. A program of the workspace's
/// own is project code.
pub(super) fn effects(
    policy: &Policy<'_>,
    context: &Context,
    invocation: &Invocation,
) -> Result<Vec<Effect>, Corrupt> {
    let mut effects = invocation.effects.clone();
    effects.extend(stray_program(policy, context, invocation)?);
    let own = invocation_path(invocation).filter(|_| invocation.via.iter().all(|name| is_see_through(name)));
    for effect in &mut effects {
        if effect.kind == EffectKind::Execute && own.is_some_and(|own| is_own(own, &effect.target, context)) {
            (effect.kind, effect.undo) = (EffectKind::ProjectCode, Undo::Reversible);
        }
    }
    Ok(effects)
}

/// Whether a wrapper starts what a person can see it start; others hide it in an option (`tar -I ./x`).
fn is_see_through(wrapper: &str) -> bool {
    ["env", "time", "timeout", "nice", "nohup", "stdbuf", "bash", "sh", "exec", "command"].contains(&wrapper)
}

/// Whether a target is the program itself and lies in the workspace.
fn is_own(program: &Path, target: &Target, context: &Context) -> bool {
    let Target::Path { path, resolved, recursive: false } = target else { return false };
    let inside = |path: &Path| context.workspace.as_deref().is_some_and(|root| path.starts_with(root));
    path == program && inside(path) && inside(resolved)
}

fn invocation_path(invocation: &Invocation) -> Option<&Path> {
    match &invocation.program {
        Program::File { path, .. } => path.as_deref(),
        _ => None,
    }
}

/// What the catalog says of a program holds for the program that it means. One of the same name from an unexpected
/// place is judged as running that file.
fn stray_program(
    policy: &Policy<'_>,
    context: &Context,
    invocation: &Invocation,
) -> Result<Option<Effect>, Corrupt> {
    let target = match &invocation.program {
        Program::Nothing | Program::Builtin(_) | Program::Function(_) | Program::Elsewhere(_) => {
            return Ok(None);
        }
        Program::Unknown => Target::Unknown,
        Program::File { path: Some(path), .. } => {
            if policy.expects_program(context, path)? {
                return Ok(None);
            }
            Target::Path { path: path.clone(), resolved: path.clone(), recursive: false }
        }
        Program::File { path: None, .. } => {
            let written = invocation.words.first().and_then(|word| word.value.as_deref()).unwrap_or(b"/");
            if !written.contains(&b'/') {
                return Ok(None);
            }
            named_file(written, &context.cwd)
        }
    };
    let span = invocation.words.first().map_or(invocation.span, |word| word.span);
    let because = "program from an unexpected place".into();
    Ok(Some(Effect { kind: EffectKind::Execute, target, undo: Undo::Irreversible, because, span }))
}

fn named_file(written: &[u8], cwd: &Path) -> Target {
    if paths::components(written).any(|part| part == b"..") {
        return Target::Unknown;
    }
    let plain = paths::components(written).filter(|part| *part != b".").map(std::ffi::OsStr::from_bytes);
    let mut path = if written.starts_with(b"/") { PathBuf::from("/") } else { cwd.to_owned() };
    path.extend(plain);
    Target::Path { resolved: path.clone(), path, recursive: false }
}
