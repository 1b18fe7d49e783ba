//! A made-up machine for unit tests.

use crate::{
    facts::{Argument, Effect, EffectKind, Facts, Invocation, Opacity, Program, Target, Undo},
    syntax::Span,
};

use super::{Context, Layer, Source, compile};

pub(super) fn context() -> Context {
    Context {
        user: "user".into(),
        host: "machine".into(),
        agent: Some("codex".into()),
        cwd: "/home/user/project".into(),
        workspace: Some("/home/user/project".into()),
        home: Some("/home/user".into()),
        gate_paths: vec!["/home/user/.config/gate".into(), "/home/user/.local/state/gate".into()],
        found: Vec::new(),
        now: 1_000_000,
    }
}

pub(super) fn effect(kind: EffectKind, target: Target) -> Effect {
    let undo = match kind {
        EffectKind::Read => Undo::Harmless,
        EffectKind::Delete => Undo::Irreversible,
        _ => Undo::Reversible,
    };
    Effect { kind, target, undo, because: "operand".into(), span: Span::default() }
}

pub(super) fn path(path: &str) -> Target {
    Target::Path { path: path.into(), resolved: path.into(), recursive: false }
}

pub(super) fn tree(path: &str) -> Target {
    Target::Path { path: path.into(), resolved: path.into(), recursive: true }
}

pub(super) fn glob(pattern: &str) -> Target {
    Target::Glob { pattern: pattern.into(), recursive: false }
}

pub(super) fn host(name: &str) -> Target {
    Target::Host { name: Some(name.into()), port: Some(443) }
}

/// An invocation of a program in `/usr/bin`; the word `$x` is one that only the shell knows.
pub(super) fn invocation(words: &str, effects: Vec<Effect>) -> Invocation {
    let word = |word: &str| Argument { value: (word != "$x").then(|| word.into()), span: Span::default() };
    let name = words.split(' ').next().unwrap_or_default();
    Invocation {
        program: Program::File { name: name.into(), path: Some(format!("/usr/bin/{name}").into()) },
        words: words.split(' ').map(word).collect(),
        via: Vec::new(),
        effects,
        subs: Vec::new(),
        opaque: None,
        open_ended: false,
        span: Span::default(),
    }
}

pub(super) fn facts(invocations: Vec<Invocation>) -> Facts {
    Facts { invocations, ..Facts::default() }
}

pub(super) fn opacity() -> Opacity {
    Opacity { why: "an option that the catalog does not know".into(), span: Span::default() }
}

/// Compiles a text as built in, with the usual places of programs.
pub(super) fn compiled(rules: &str) -> Vec<u8> {
    let text = format!("version = 1\n[settings]\nprograms = \"/usr/bin/*\"\n{rules}");
    let source = Source { origin: "test", layer: Layer::BuiltIn, text: &text, identity: None };
    match compile(&[source], None) {
        Ok(compiled) => compiled.bytes,
        Err(found) => panic!("{}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}
