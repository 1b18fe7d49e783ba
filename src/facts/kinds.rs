//! What a word means to the program that gets it, kind by kind.

use super::analysis::Analysis;
use super::catalog::{Kind, glob_matches};
use super::item::{Content, Item};
use super::path::{absolute, targets};
use super::perform::Work;
use super::production::chooses_production;
use super::{EffectKind, Target, Undo, awk, sed, sql};

impl Analysis<'_> {
    /// Notes what a word means, by its kind.
    pub(super) fn word(
        &mut self,
        work: &mut Work<'_>,
        kind: Kind,
        item: &Item<'_>,
        because: &'static str,
        recursive: bool,
    ) {
        match kind {
            // The shell lists a directory to replace a pattern: `echo ~/.ssh/*`.
            Kind::Text if matches!(item.content, Content::Glob(_)) => {
                self.path(work, EffectKind::List, item, because, false);
            }
            Kind::Text => {}
            Kind::TextOrFile => self.text_or_file(work, item, because),
            Kind::Method if item.text().is_some_and(only_asks) => {}
            Kind::Method => {
                let (kind, target) = (EffectKind::Remote, Target::Name("sent-data".to_owned()));
                self.effect(work.at, kind, target, kind.usual_undo(), because, item.span, work.scene);
            }
            Kind::Path(kind, below) => self.path(work, kind, item, because, below || recursive),
            Kind::Directory => self.directory(work, item),
            Kind::Execute => self.executed(work, item, because),
            Kind::Shell(shell) => self.shell_text(work, shell, item),
            Kind::Assignment => {
                if !self.assignment_operand(work, item) {
                    self.opaque(work.at, "not an assignment", work.scene.place(item.span));
                }
            }
            Kind::Host => self.host(work, item, because),
            Kind::Url => self.url(work, item, because),
            Kind::Transfer(kind, below) => self.transfer(work, kind, item, because, below || recursive),
            Kind::Variable => self.variable_operand(work, item),
            Kind::Sed => self.sed(work, item),
            Kind::Awk => self.awk(work, item),
            Kind::Jq => self.jq(work, item),
            Kind::Sql if item.bytes().is_some_and(sql::only_reads) => {}
            Kind::Sql | Kind::Code => {
                let target = Target::Nothing;
                self.effect(
                    work.at,
                    EffectKind::Execute,
                    target,
                    Undo::Irreversible,
                    because,
                    item.span,
                    work.scene,
                );
                self.opaque(
                    work.at,
                    "code in a language that gate does not read",
                    work.scene.place(item.span),
                );
            }
            Kind::Mount => self.mount(work, item),
            Kind::Named(kind) => {
                let target = item.text().map_or(Target::Unknown, |text| Target::Name(text.to_owned()));
                if item.is_one_word() || kind != EffectKind::Remote {
                    work.place = item.text().map(str::to_owned);
                }
                let undo = work.undo.unwrap_or(kind.usual_undo());
                self.effect(work.at, kind, target, undo, because, item.span, work.scene);
            }
            Kind::Eval
            | Kind::Command
            | Kind::CommandWithInput
            | Kind::CommandUntil
            | Kind::RemoteCommand
            | Kind::RemoteEval => self.started(work, kind, std::slice::from_ref(item)),
            Kind::Opaque => {
                let why = format!("what `{}` does with this word is not known", work.name);
                self.opaque(work.at, why, work.scene.place(item.span));
            }
        }
    }

    /// `file://path`, `fileb://path` and `@path` stand for what is in a file, as do `name=@path` and `name=<path`.
    fn text_or_file(&mut self, work: &Work<'_>, item: &Item<'_>, because: &'static str) {
        let prefix = item.content.prefix();
        let marks: [&[u8]; 3] = [b"file://", b"fileb://", b"@"];
        let named = prefix.iter().position(|byte| !is_part_of_name(*byte)).unwrap_or(prefix.len());
        let behind_name =
            prefix.get(named..).filter(|rest| rest.starts_with(b"=@") || rest.starts_with(b"=<"));
        let mark = marks.iter().find(|mark| prefix.starts_with(mark)).map(|mark| mark.len());
        if let Some(length) = mark.or(behind_name.map(|_| named + 2)) {
            self.path(work, EffectKind::Read, &item.behind(length), because, false);
        }
    }

    fn path(
        &mut self,
        work: &Work<'_>,
        kind: EffectKind,
        item: &Item<'_>,
        because: &'static str,
        recursive: bool,
    ) {
        if self.is_over() {
            return;
        }
        let streams = matches!(kind, EffectKind::Read | EffectKind::List | EffectKind::Write);
        if streams && item.bytes().is_some_and(is_stream) {
            return;
        }
        if kind == EffectKind::Read && item.content == Content::Pipe {
            let target = Target::Name("pipe".to_owned());
            return self.effect(work.at, kind, target, Undo::Harmless, because, item.span, work.scene);
        }
        if is_url(&item.content.prefix()) {
            self.opaque(work.at, "a URL where a path is expected", work.scene.place(item.span));
        }
        let undo = match kind {
            EffectKind::Read | EffectKind::List => Undo::Harmless,
            _ => work.undo.unwrap_or(kind.usual_undo()),
        };
        for target in targets(&item.content, work.base.as_deref(), recursive, self.world) {
            self.effect(work.at, kind, target, undo, because, item.span, work.scene);
        }
    }

    fn directory(&mut self, work: &mut Work<'_>, item: &Item<'_>) {
        work.base = item.bytes().and_then(|bytes| absolute(bytes, work.base.as_deref()));
    }

    /// A program that is run with words nobody sees.
    fn executed(&mut self, work: &Work<'_>, item: &Item<'_>, because: &'static str) {
        let target = match item.text() {
            Some(text) if text.contains(char::is_whitespace) => Target::Name(text.to_owned()),
            Some(text) if text.contains('/') => {
                super::path::path_target(text.as_bytes(), work.base.as_deref(), false, self.world)
            }
            Some(text) => Target::Name(text.to_owned()),
            None => Target::Unknown,
        };
        self.effect(work.at, EffectKind::Execute, target, Undo::Irreversible, because, item.span, work.scene);
    }

    /// `NAME=value` for what is started; `false`: the word is none.
    pub(super) fn assignment_operand(&mut self, work: &mut Work<'_>, item: &Item<'_>) -> bool {
        let prefix = item.content.prefix().into_owned();
        let Some(equals) = prefix.iter().position(|byte| *byte == b'=') else { return false };
        if !item.is_one_word() {
            self.opaque(work.at, "an assignment that could be several words", work.scene.place(item.span));
        }
        work.changes_environment = true;
        let value = item.behind(equals + 1);
        self.assigns(work.at, prefix.get(..equals).unwrap_or_default(), Some(&value), item.span, work.scene);
        true
    }

    /// A variable's name, or `NAME=value`, as an operand of a built-in.
    fn variable_operand(&mut self, work: &Work<'_>, item: &Item<'_>) {
        let prefix = item.content.prefix().into_owned();
        let equals = prefix.iter().position(|byte| *byte == b'=');
        let name = prefix.get(..equals.unwrap_or(prefix.len())).unwrap_or_default();
        let whole = item.is_one_word() || equals.is_some() && self.keeps_assignments_whole(work);
        if !whole || equals.is_none() && item.bytes().is_none() {
            let why = "a variable's name that only the shell knows could be code";
            return self.opaque(work.at, why, work.scene.place(item.span));
        }
        let value = equals.map(|at| item.behind(at + 1));
        let name = name.strip_suffix(b"+").unwrap_or(name);
        self.assigns(work.at, name, value.as_ref(), item.span, work.scene);
    }

    /// bash splits no word behind a plain `export` that is an assignment as it stands; other shells, and bash behind
    /// `command` or a quoted name, do.
    fn keeps_assignments_whole(&self, work: &Work<'_>) -> bool {
        let bash = work.scene.shell.is_some_and(|shell| shell.dialect == crate::syntax::Dialect::Bash);
        let first = self.facts.invocations.get(work.at).and_then(|own| own.words.first());
        let unquoted = first.is_some_and(|first| {
            let length = first.span.end.saturating_sub(first.span.start);
            usize::try_from(length).ok() == first.value.as_ref().map(Vec::len)
        });
        bash && unquoted && work.scene.via.is_empty()
    }

    /// Notes that a variable is set (or unset, without a value).
    pub(super) fn assigns(
        &mut self,
        at: usize,
        name: &[u8],
        value: Option<&Item<'_>>,
        span: crate::syntax::Span,
        scene: super::analysis::Scene<'_>,
    ) {
        let place = scene.place(span);
        let Some(name) = std::str::from_utf8(name).ok().filter(|name| is_name(name)) else {
            return self.opaque(at, "a variable's name that the shell could read as code", place);
        };
        let known = self.catalog.variable(name).filter(|variable| {
            let value = value.and_then(Item::bytes);
            !value.is_some_and(|value| {
                variable.harmless_values.iter().any(|p| glob_matches(p.as_bytes(), value))
            })
        });
        let undo = if known.is_some() { Undo::Reversible } else { Undo::Harmless };
        let target = Target::Name(name.to_owned());
        self.effect(at, EffectKind::Environment, target, undo, "variable", span, scene);
        if value.and_then(Item::bytes).is_some_and(|value| chooses_production(name, value)) {
            let target = Target::Name("production".to_owned());
            self.effect(at, EffectKind::Environment, target, Undo::Reversible, "variable", span, scene);
        }
        let Some(variable) = known else { return };
        let work = Work::new(at, name, scene);
        for template in variable.effects {
            self.template(&work, template, "variable", span);
        }
        if let Some(why) = variable.opaque {
            self.opaque(at, format!("variable {name} {why}"), place);
        }
    }

    fn sed(&mut self, work: &mut Work<'_>, item: &Item<'_>) {
        let place = work.scene.place(item.span);
        let Some(script) = item.bytes() else {
            return self.opaque(work.at, "a sed script that only the shell knows could run commands", place);
        };
        match sed::read(script) {
            Ok(files) => {
                for (kind, file) in files {
                    let file = Item::known(file, item.span);
                    self.path(work, kind, &file, "sed script", false);
                }
            }
            Err(why) => self.opaque(work.at, why, place),
        }
    }

    fn awk(&mut self, work: &mut Work<'_>, item: &Item<'_>) {
        let place = work.scene.place(item.span);
        let Some(program) = item.bytes() else {
            return self.opaque(
                work.at,
                "an awk program that only the shell knows could run commands",
                place,
            );
        };
        if let Err(why) = awk::read(program) {
            return self.opaque(work.at, why, place);
        }
        if glob_matches(b"*ENVIRON*", program) {
            self.reads_environment(work, item);
        }
    }

    fn jq(&mut self, work: &mut Work<'_>, item: &Item<'_>) {
        let place = work.scene.place(item.span);
        let Some(filter) = item.bytes() else { return };
        if ["*import*", "*include*"].iter().any(|pattern| glob_matches(pattern.as_bytes(), filter)) {
            self.opaque(work.at, "a jq filter that may load modules", place);
        }
        if ["*env*", "*$ENV*"].iter().any(|pattern| glob_matches(pattern.as_bytes(), filter)) {
            self.reads_environment(work, item);
        }
    }

    fn reads_environment(&mut self, work: &Work<'_>, item: &Item<'_>) {
        let target = Target::Name("environment".to_owned());
        self.effect(work.at, EffectKind::Read, target, Undo::Harmless, "operand", item.span, work.scene);
    }

    /// `path:path[:options]`; what has no slash is a volume's name.
    fn mount(&mut self, work: &mut Work<'_>, item: &Item<'_>) {
        let prefix = item.content.prefix().into_owned();
        let mut parts = prefix.split(|byte| *byte == b':');
        let source = parts.next().unwrap_or_default();
        let whole = source.len() < prefix.len() || item.bytes().is_some();
        let read_only = parts.any(|part| part.split(|byte| *byte == b',').any(|option| option == b"ro"));
        let kind = if read_only { EffectKind::Read } else { EffectKind::Write };
        if !whole {
            let target = Target::Unknown;
            self.effect(work.at, kind, target, kind.usual_undo(), "volume", item.span, work.scene);
        } else if source.contains(&b'/') || source.starts_with(b".") || source.starts_with(b"~") {
            let source = Item::known(source.to_vec(), item.span);
            self.path(work, kind, &source, "volume", true);
        }
    }
}

/// Whether a path is a stream that the process has anyway, or a bottomless one.
pub(super) fn is_stream(path: &[u8]) -> bool {
    match path {
        b"-" | b"/dev/null" | b"/dev/stdin" | b"/dev/stdout" | b"/dev/stderr" | b"/dev/zero"
        | b"/dev/full" | b"/dev/random" | b"/dev/urandom" => true,
        _ => path.strip_prefix(b"/dev/fd/").is_some_and(|fd| fd.iter().all(u8::is_ascii_digit)),
    }
}

/// Whether a method of HTTP changes nothing.
fn only_asks(method: &str) -> bool {
    ["GET", "HEAD", "OPTIONS"].iter().any(|known| method.eq_ignore_ascii_case(known))
}

const fn is_part_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether a word begins as a URL does; many programs fetch what such a "path" names.
fn is_url(word: &[u8]) -> bool {
    let scheme = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
    scheme > 1 && word.get(scheme..).is_some_and(|rest| rest.starts_with(b"://"))
}

/// Whether a text is a variable's name and nothing else.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
