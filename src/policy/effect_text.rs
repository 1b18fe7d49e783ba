//! An effect in words.

use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _, path::Path};

use crate::facts::{Effect, EffectKind, Target, Undo};

/// An effect in words, the same for equal effects and different for different ones: `reads /etc/hosts`.
///
/// It holds bytes of the command line and has to be made printable before it is shown (I6); bytes that are no UTF-8
/// are escaped as `\xff`, `\` as `\\`.
#[must_use]
pub fn effect_text(effect: &Effect) -> String {
    let mut text = effect_verb(effect.kind).to_owned();
    match &effect.target {
        Target::Name(name) if effect.kind == EffectKind::Remote && name == "sent-data" => {
            return "sends data elsewhere".to_owned();
        }
        Target::Name(name) if effect.kind == EffectKind::Remote && name.starts_with("sent-data ") => {
            return name.replacen("sent-data", "sends", 1);
        }
        Target::Nothing if effect.kind == EffectKind::Execute => text.push_str(" code in its words"),
        Target::Nothing => {}
        Target::Path { path, resolved, recursive } => {
            push_path(&mut text, path);
            if path != resolved {
                text.push_str(" which leads to");
                push_path(&mut text, resolved);
            }
            push_below(&mut text, *recursive);
        }
        Target::Glob { pattern, recursive } => {
            text.push_str(" whatever matches ");
            push_bytes(&mut text, pattern);
            push_below(&mut text, *recursive);
        }
        Target::Host { name, port } => {
            text.push(' ');
            text.push_str(name.as_deref().unwrap_or("a host that only the shell knows"));
            if let Some(port) = port {
                let _ = write!(text, ":{port}");
            }
        }
        Target::Name(name) => {
            text.push(' ');
            text.push_str(name);
        }
        Target::Unknown => text.push_str(" something that only the shell knows"),
    }
    if effect.kind == EffectKind::Remote {
        text.push_str(" elsewhere");
    }
    text
}

/// Whether an effect can be undone, in words.
#[must_use]
pub const fn undo_text(undo: Undo) -> &'static str {
    match undo {
        Undo::Harmless => "nothing to undo",
        Undo::Reversible => "can be undone",
        Undo::Irreversible => "cannot be undone",
    }
}

/// What is done, as a verb: `reads`.
#[must_use]
pub const fn effect_verb(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Read => "reads",
        EffectKind::Write => "writes",
        EffectKind::Delete => "deletes",
        EffectKind::Execute => "runs",
        EffectKind::Network => "talks to",
        EffectKind::Remote => "changes",
        EffectKind::Privilege => "takes or gives privileges:",
        EffectKind::Persist => "makes run later:",
        EffectKind::Process => "signals or traces",
        EffectKind::Device => "touches the device",
        EffectKind::Install => "installs or removes",
        EffectKind::ProjectCode => "runs the project's code",
        EffectKind::Environment => "sets",
        EffectKind::Gate => "touches gate itself:",
        EffectKind::List => "lists",
    }
}

fn push_path(text: &mut String, path: &Path) {
    text.push(' ');
    push_bytes(text, path.as_os_str().as_bytes());
}

fn push_below(text: &mut String, recursive: bool) {
    if recursive {
        text.push_str(" and everything below");
    }
}

fn push_bytes(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' {
                text.push('\\');
            }
            text.push(character);
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{effect, glob, host, path, tree};

    #[test]
    fn effects_in_words() {
        for (made, expected) in [
            (effect(EffectKind::Read, path("/etc/hosts")), "reads /etc/hosts"),
            (effect(EffectKind::Delete, tree("/tmp/x")), "deletes /tmp/x and everything below"),
            (effect(EffectKind::Write, glob("/w/*.rs")), "writes whatever matches /w/*.rs"),
            (effect(EffectKind::Network, host("example.com")), "talks to example.com:443"),
            (effect(EffectKind::ProjectCode, Target::Nothing), "runs the project's code"),
            (effect(EffectKind::Execute, Target::Nothing), "runs code in its words"),
            (effect(EffectKind::Remote, Target::Name("ns".to_owned())), "changes ns elsewhere"),
            (effect(EffectKind::Remote, Target::Name("sent-data".to_owned())), "sends data elsewhere"),
            (
                effect(EffectKind::Remote, Target::Name("sent-data what `cat` reads to web".to_owned())),
                "sends what `cat` reads to web",
            ),
            (effect(EffectKind::Read, Target::Unknown), "reads something that only the shell knows"),
        ] {
            assert_eq!(effect_text(&made), expected);
        }
    }

    #[test]
    fn different_bytes_stay_different() {
        use std::os::unix::ffi::OsStrExt as _;
        let of = |bytes: &[u8]| {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned();
            effect_text(&effect(
                EffectKind::Read,
                Target::Path { resolved: path.clone(), path, recursive: false },
            ))
        };
        assert_ne!(of(b"/\xff"), of(b"/\xfe"));
        assert_ne!(of(b"/\xff"), of(br"/\xff"));
    }
}
