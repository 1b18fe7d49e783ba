//! Far ends of copies: what `scp`, `sftp`, `rsync` and `git` start on the other machine, by strict grammar.
//!
//! A text that is one simple command of known words, and whose program and options make it the far end of a copy, is
//! a [`Transfer`]: it is started from a fixed path, without a shell, and its effects are those of the paths that it
//! names. One that its grammar does not accept is refused, whatever the policy says. Every other text is no transfer,
//! and is judged as the command line that it is.

mod rsync;
mod tables;
mod verbs;
mod words;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, path::PathBuf};

use crate::syntax::Span;

use super::{
    Argument, CommandLine, Effect, EffectKind, Facts, Invocation, Opacity, Program, Target, World,
    path::path_target,
};

use words::{Source, Token};

/// A far end of a copy.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// What it is, for rules and for the log: `scp`, `sftp-server`, `rsync`, `git-upload-pack`.
    pub verb: String,
    /// The file that is executed; `None` where this machine has none.
    #[serde(with = "crate::octets")]
    pub file: Option<PathBuf>,
    /// The argument vector, name first.
    #[serde(with = "crate::octets")]
    pub argv: Vec<Vec<u8>>,
    /// Why it never runs.
    pub refused: Option<Opacity>,
}

/// A transfer that its grammar accepts.
#[derive(Debug, Default)]
struct Draft {
    verb: &'static str,
    words: Vec<Token>,
    deeds: Vec<Deed>,
}

/// What is done to a path.
#[derive(Debug)]
struct Deed {
    kind: EffectKind,
    /// `None` for hooks.
    path: Option<Vec<u8>>,
    /// Where a relative path starts, seen from the working directory.
    from: Option<Vec<u8>>,
    because: Cow<'static, str>,
    span: Span,
}

/// Why a text that is the far end of a copy is none that may run.
#[derive(Debug)]
struct Refusal {
    why: Cow<'static, str>,
    span: Span,
}

impl Refusal {
    fn new(why: impl Into<Cow<'static, str>>, span: Span) -> Self {
        Self { why: why.into(), span }
    }
}

impl Deed {
    /// Something done to everything below an operand.
    fn to(kind: EffectKind, token: &Token) -> Self {
        Self {
            kind,
            path: Some(token.bytes.clone()),
            from: None,
            because: "operand".into(),
            span: token.span,
        }
    }

    /// The repository's own hooks run.
    fn hooks(span: Span) -> Self {
        Self { kind: EffectKind::ProjectCode, path: None, from: None, because: "what it runs".into(), span }
    }
}

/// Reads a command line as the far end of a copy; `None` where it is none.
///
/// In a session its shell would start it, by a name and past whoever looks at what passes: it is no transfer there.
pub(super) fn read(line: &CommandLine, world: &dyn World) -> Option<Facts> {
    if world.is_session() {
        return None;
    }
    let CommandLine::Shell { text, dialect, .. } = line else { return None };
    let verb = words::verb(text)?;
    let source = words::read(text, *dialect, world)?;
    let draft = match &source {
        Source::Words(tokens) => verbs::read(verb, tokens, world)?,
        Source::Broken(span) => Err(Refusal::new("a newline in the command line of a copy", *span)),
    };
    Some(match draft {
        Ok(draft) => facts(&draft, world),
        Err(refusal) => refused(verb, source, refusal, world),
    })
}

impl Facts {
    /// What a client of sftp asks for: something done to one path.
    #[must_use]
    pub fn of_sftp(kind: EffectKind, path: &[u8], world: &dyn World) -> Self {
        let word = |text: &str| Token { bytes: text.into(), span: Span::default() };
        let target = path_target(path, Some(world.cwd()), false, world);
        let undo = kind.usual_undo();
        let because = "what the client asks for".into();
        let effect = Effect { kind, target, undo, because, span: Span::default() };
        let words = [word("sftp"), word(kind.name()), Token { bytes: path.to_vec(), span: Span::default() }];
        let file = file("sftp-server", world);
        Self { invocations: vec![invocation("sftp", file, &words, vec![effect])], ..Self::default() }
    }
}

fn facts(draft: &Draft, world: &dyn World) -> Facts {
    let file = file(program(draft.verb), world);
    let effects = draft.deeds.iter().map(|deed| deed.effect(world)).collect();
    let argv = draft.words.iter().map(|token| token.bytes.clone()).collect();
    let invocation = invocation(draft.verb, file.clone(), &draft.words, effects);
    let transfer = Transfer { verb: draft.verb.to_owned(), file, argv, refused: None };
    Facts { invocations: vec![invocation], transfer: Some(transfer), ..Facts::default() }
}

fn refused(verb: &'static str, source: Source, refusal: Refusal, world: &dyn World) -> Facts {
    let tokens = match source {
        Source::Words(tokens) => tokens,
        Source::Broken(_) => Vec::new(),
    };
    let invocation = invocation(verb, file(program(verb), world), &tokens, Vec::new());
    let refused = Some(Opacity { why: refusal.why.into_owned(), span: refusal.span });
    let transfer = Transfer { verb: verb.to_owned(), file: None, argv: Vec::new(), refused };
    Facts { invocations: vec![invocation], transfer: Some(transfer), ..Facts::default() }
}

fn invocation(verb: &str, path: Option<PathBuf>, tokens: &[Token], effects: Vec<Effect>) -> Invocation {
    let spans = tokens.iter().map(|token| token.span);
    let span = spans.reduce(super::analysis::union).unwrap_or_default();
    let argument = |token: &Token| Argument { value: Some(token.bytes.clone()), span: token.span };
    Invocation {
        program: Program::File { name: verb.to_owned(), path },
        words: tokens.iter().map(argument).collect(),
        via: Vec::new(),
        effects,
        subs: Vec::new(),
        opaque: None,
        open_ended: false,
        span,
    }
}

/// The row of the table of files for a verb.
fn program(verb: &'static str) -> &'static str {
    if verb.starts_with("git-") && verb != "git-lfs-transfer" { "git" } else { verb }
}

/// The first of the program's fixed places where something is.
fn file(program: &str, world: &dyn World) -> Option<PathBuf> {
    let places = tables::files(program).iter().map(PathBuf::from);
    places.into_iter().find(|place| world.resolve(place).exists)
}

impl Deed {
    fn effect(&self, world: &dyn World) -> Effect {
        let base = match &self.from {
            Some(from) => super::path::absolute(from, Some(world.cwd())),
            None => Some(world.cwd().to_path_buf()),
        };
        let target = match &self.path {
            Some(path) => path_target(path, base.as_deref(), true, world),
            None => Target::Name("hooks".to_owned()),
        };
        let undo = self.kind.usual_undo();
        Effect { kind: self.kind, target, undo, because: self.because.clone(), span: self.span }
    }
}
