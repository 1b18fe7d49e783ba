//! What a program starts: commands in its words, shell texts, code on its standard input.

use crate::syntax::{Dialect, Parse, parse};

use super::analysis::{Analysis, MAX_TEXTS, Names, Scene};
use super::catalog::{Kind, ShellKind, Stdin};
use super::found::named_below;
use super::item::{Content, Item};
use super::names::{Printed, Proviso, ProvisoKind};
use super::perform::Work;
use super::{EffectKind, Target, Undo};

impl Analysis<'_> {
    /// Analyses what the words from one place on start.
    pub(super) fn started(&mut self, work: &mut Work<'_>, kind: Kind, words: &[Item<'_>]) {
        match kind {
            Kind::Command => self.command(work, words),
            Kind::CommandWithInput => {
                // The input is for the words, not for what is started.
                work.scene.stdin = None;
                if !self.fed_with_names(work, words) {
                    let words = with_input(words, work.placeholder.as_deref());
                    self.command(work, &words);
                }
            }
            Kind::CommandUntil => {
                let deletes = words.first().and_then(Item::bytes) == Some(b"rm");
                let named = work.named.as_deref().filter(|_| deletes);
                let words = with_matches(words, work.starts.as_deref(), named);
                self.command(work, &words);
            }
            Kind::RemoteCommand => {
                let place = work.place.clone().unwrap_or_else(|| work.name.to_owned());
                let via = through(work);
                let scene = Scene { elsewhere: Some(&place), ..inner(work, &via) };
                self.invoke(words, scene);
            }
            Kind::Eval => self.joined(work, words, None),
            Kind::RemoteEval => {
                let place = work.place.clone().unwrap_or_else(|| work.name.to_owned());
                self.joined(work, words, Some(&place));
            }
            _ => {}
        }
    }

    /// Analyses a command to which `xargs` hands names of files, where these are all that it does anything to;
    /// `false`: it does more, or the words may be something else.
    fn fed_with_names(&mut self, work: &Work<'_>, words: &[Item<'_>]) -> bool {
        let (Some(printed), None, Some(last)) = (work.scene.printed, &work.placeholder, words.last()) else {
            return false;
        };
        if !self.affords_looks(printed.places()) {
            return false;
        }
        let from = self.facts.invocations.len();
        let provisos = self.provisos.len();
        let handed = printed.words(last.span);
        self.command(work, &[words, &[handed]].concat());
        if self.only_handles_names(from) && self.stays_names(work, printed, words.len()) {
            let span = work.scene.place(last.span);
            self.provisos.push(Proviso { at: from, kind: ProvisoKind::Handed, span });
            return true;
        }
        self.facts.invocations.truncate(from);
        self.provisos.truncate(provisos);
        false
    }

    /// Whether one invocation was started, whose effects are all that happens to the names: nothing leaves the tree.
    fn only_handles_names(&self, from: usize) -> bool {
        let Some([started]) = self.facts.invocations.get(from..) else { return false };
        let known = |effect: &super::Effect| {
            let kind = matches!(
                effect.kind,
                EffectKind::Read | EffectKind::List | EffectKind::Write | EffectKind::ProjectCode
            );
            kind && effect.target != Target::Unknown
        };
        started.opaque.is_none() && started.effects.iter().all(known)
    }

    fn stays_names(&self, work: &Work<'_>, printed: &Printed, started: usize) -> bool {
        let Some(own) = self.facts.invocations.get(work.at) else { return false };
        let options = own.words.get(1..own.words.len().saturating_sub(started)).unwrap_or_default();
        let options: Option<Vec<&[u8]>> = options.iter().map(|word| word.value.as_deref()).collect();
        options.is_some_and(|options| printed.stays_names(&options, work.scene, self.world))
    }

    fn command(&mut self, work: &Work<'_>, words: &[Item<'_>]) {
        if words.is_empty() {
            return;
        }
        let via = through(work);
        let base = work.base.clone();
        let scene = Scene { cwd: base.as_deref(), ..inner(work, &via) };
        self.invoke(words, scene);
    }

    /// Words that are joined by blanks into a shell text.
    fn joined(&mut self, work: &Work<'_>, words: &[Item<'_>], place: Option<&str>) {
        let span = words.iter().map(|word| word.span).reduce(super::analysis::union).unwrap_or_default();
        let Some(texts) = words.iter().map(Item::bytes).collect::<Option<Vec<_>>>() else {
            return self.unseen_text(work, span);
        };
        let text = texts.join(&b' ');
        let dialect = work.scene.shell.map_or(Dialect::Sh, |names| names.dialect);
        self.text(work, &text, dialect, place, span);
    }

    /// A word that is a shell text.
    pub(super) fn shell_text(&mut self, work: &Work<'_>, shell: ShellKind, item: &Item<'_>) {
        match item.bytes() {
            Some(text) => self.text(work, text, dialect(shell), None, item.span),
            None => self.unseen_text(work, item.span),
        }
    }

    fn unseen_text(&mut self, work: &Work<'_>, span: crate::syntax::Span) {
        let why = "shell text that is not known before the shell runs";
        self.opaque(work.at, why, work.scene.place(span));
    }

    /// Analyses a shell text that a program or built-in runs.
    pub(super) fn text(
        &mut self,
        work: &Work<'_>,
        text: &[u8],
        dialect: Dialect,
        place: Option<&str>,
        span: crate::syntax::Span,
    ) {
        let span = work.scene.place(span);
        if work.scene.texts >= MAX_TEXTS {
            return self.opaque(work.at, "too many shell texts within shell texts", span);
        }
        match parse(text, dialect) {
            Parse::Understood(script) => {
                let via = through(work);
                let base = work.base.clone();
                let scene = Scene {
                    cwd: base.as_deref(),
                    texts: work.scene.texts + 1,
                    elsewhere: place.or(work.scene.elsewhere),
                    span: Some(span),
                    ..inner(work, &via)
                };
                self.script(&script, text, dialect, scene);
            }
            Parse::Opaque(opaque) => self.opaque(work.at, opaque.why, span),
        }
    }

    /// What a program makes of its standard input.
    pub(super) fn standard_input(&mut self, work: &Work<'_>, stdin: Stdin) {
        let shell = match stdin {
            Stdin::Data => return,
            Stdin::Code => None,
            Stdin::Shell(shell) => Some(shell),
        };
        let span = Default::default();
        match (work.scene.stdin, shell) {
            (Some(b""), _) => {}
            (Some(text), Some(shell)) => self.text(work, text, dialect(shell), None, span),
            _ => {
                let (kind, undo) = (EffectKind::Execute, Undo::Irreversible);
                let target = Target::Name("standard input".to_owned());
                self.effect(work.at, kind, target, undo, "standard input", span, work.scene);
                self.opaque(work.at, "runs code from its standard input", work.scene.place(span));
            }
        }
    }
}

fn dialect(shell: ShellKind) -> Dialect {
    match shell {
        ShellKind::Sh => Dialect::Sh,
        ShellKind::Bash => Dialect::Bash,
    }
}

fn through(work: &Work<'_>) -> Vec<String> {
    work.scene.via.iter().cloned().chain([work.name.to_owned()]).collect()
}

/// The circumstances of what a program starts; `command` and `builtin` still look names up as the shell does, but
/// find no functions.
fn inner<'s>(work: &'s Work<'_>, via: &'s [String]) -> Scene<'s> {
    let in_shell = matches!(work.name, "command" | "builtin");
    Scene {
        via,
        certain_environment: work.scene.certain_environment && !work.changes_environment,
        printed: None,
        shell: work.scene.shell.filter(|_| in_shell).map(|names| Names { functions: &[], ..names }),
        ..work.scene
    }
}

/// `xargs`: unknown words behind the command, or in place of a placeholder.
fn with_input<'a>(words: &[Item<'a>], placeholder: Option<&[u8]>) -> Vec<Item<'a>> {
    let mut words = words.to_vec();
    let end = words.last().map_or_else(Default::default, |word| word.span);
    match placeholder {
        Some(placeholder) => {
            for word in &mut words {
                if let Some(at) = word.bytes().and_then(|bytes| find(bytes, placeholder)) {
                    let prefix = word.bytes().and_then(|bytes| bytes.get(..at)).unwrap_or_default().to_vec();
                    *word = Item::partial(prefix, word.span);
                }
            }
        }
        None if words.is_empty() => {}
        None => words.push(Item::anything(end)),
    }
    words
}

/// `find -exec`: `{}` is a path below one of the starting points.
fn with_matches<'a>(words: &[Item<'a>], starts: Option<&[Vec<u8>]>, named: Option<&[u8]>) -> Vec<Item<'a>> {
    let several = words.last().and_then(Item::bytes) == Some(b"{}");
    let last = words.len().saturating_sub(1);
    let matches = match starts {
        Some(starts) if named.is_some() => {
            let here = [b".".to_vec()];
            let starts = if starts.is_empty() { &here } else { starts };
            Content::OneOf(starts.iter().map(|start| named_below(start, named.unwrap_or_default())).collect())
        }
        None => Content::Partial(Vec::new()),
        Some([]) => Content::Below(b".".to_vec()),
        Some([start]) => Content::Below(start.clone()),
        Some(starts) => Content::OneOf(starts.iter().cloned().map(Content::Below).collect()),
    };
    let mut result = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let Some(at) = word.bytes().and_then(|bytes| find(bytes, b"{}")) else {
            result.push(word.clone());
            continue;
        };
        let whole = word.bytes() == Some(b"{}");
        let content = if whole {
            matches.clone()
        } else {
            Content::Partial(word.bytes().and_then(|bytes| bytes.get(..at)).unwrap_or_default().to_vec())
        };
        let max = if whole && several && index == last { None } else { Some(1) };
        result.push(Item { content, min: 1, max, span: word.span });
    }
    result
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return None;
    }
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
