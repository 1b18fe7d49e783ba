//! Effects as entries name them: kind and target, in words that differ wherever the effects do.

use std::{borrow::Cow, fmt::Write as _, path::Path};

use crate::facts::{Effect, Target};

use super::template::escape_part;

/// An effect as an entry names it, such as `delete /tmp/a` or `network host example.com:443`. Parts are separated by
/// blanks, and blanks within a part are escaped. `None` where the target is not known or is no text.
pub(crate) fn effect_of(effect: &Effect) -> Option<String> {
    let mut text = effect.kind.name().to_owned();
    match &effect.target {
        Target::Nothing => {}
        Target::Path { path, resolved, recursive } => {
            push(&mut text, &of_path(path)?);
            if path != resolved {
                push(&mut text, "->");
                push(&mut text, &of_path(resolved)?);
            }
            push_tree(&mut text, *recursive);
        }
        Target::Glob { pattern, recursive } => {
            push(&mut text, "matching");
            push(&mut text, &escape_part(std::str::from_utf8(pattern).ok()?));
            push_tree(&mut text, *recursive);
        }
        Target::Host { name, port } => {
            push(&mut text, "host");
            push(&mut text, &escape_part(name.as_deref()?));
            if let Some(port) = port {
                let _ = write!(text, ":{port}");
            }
        }
        Target::Name(name) => {
            push(&mut text, "name");
            push(&mut text, &escape_part(name));
        }
        Target::Unknown => return None,
    }
    Some(text)
}

fn of_path(path: &Path) -> Option<Cow<'_, str>> {
    path.to_str().map(escape_part)
}

fn push(text: &mut String, part: &str) {
    text.push(' ');
    text.push_str(part);
}

fn push_tree(text: &mut String, recursive: bool) {
    if recursive {
        text.push_str(" tree");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::EffectKind::{Delete, Environment, Network, ProjectCode, Read, Write},
        policy::testing::{effect, glob, host, path, tree},
    };

    #[test]
    fn effects_are_named_by_kind_and_target() {
        let linked = Target::Path { path: "/a".into(), resolved: "/b".into(), recursive: false };
        for (made, expected) in [
            (effect(Read, path("/etc/hosts")), "read /etc/hosts"),
            (effect(Delete, tree("/tmp/x")), "delete /tmp/x tree"),
            (effect(Read, linked), "read /a -> /b"),
            (effect(Write, glob("/w/*.rs")), "write matching /w/*.rs"),
            (effect(Network, host("example.com")), "network host example.com:443"),
            (effect(Environment, Target::Name("CI".into())), "environment name CI"),
            (effect(ProjectCode, Target::Nothing), "project-code"),
        ] {
            assert_eq!(effect_of(&made).as_deref(), Some(expected));
        }
    }

    #[test]
    fn no_name_passes_for_another_target() {
        for (name, other) in
            [("/tmp/x tree", tree("/tmp/x")), ("/a -> /b", path("/b")), ("/tmp/{word}", path("/tmp/a"))]
        {
            let named = effect_of(&effect(Delete, path(name))).unwrap();
            assert_ne!(Some(&named), effect_of(&effect(Delete, other)).as_ref());
            assert!(super::super::template::is_literal(&named), "{named}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_name() {
        assert_eq!(effect_of(&effect(Read, Target::Unknown)), None);
        assert_eq!(effect_of(&effect(Network, Target::Host { name: None, port: None })), None);
    }
}
