//! Built-ins whose words mean something that a table cannot say.

use super::analysis::{Analysis, Scene};
use super::catalog::{Entry, Kind};
use super::item::Item;
use super::kinds::is_name;
use super::perform::Work;
use super::script::KEPT_WHY;
use super::{EffectKind, Target, Undo};

impl Analysis<'_> {
    /// Notes what a built-in does with the words behind its name.
    pub(super) fn builtin(
        &mut self,
        at: usize,
        name: &str,
        entry: &'static Entry,
        rest: &[Item<'_>],
        scene: Scene<'_>,
    ) {
        match name {
            "test" | "[" => self.test(at, rest, scene),
            "trap" => self.trap(at, rest, scene),
            "set" if rest.is_empty() => {
                let target = Target::Name("environment".to_owned());
                let span = Default::default();
                self.effect(at, EffectKind::Read, target, Undo::Harmless, "no operand", span, scene);
            }
            _ => {
                self.descriptor_of_session(at, name, rest, scene);
                self.perform(at, name, entry, rest, scene);
            }
        }
    }

    /// `read -u N` and its like could read what the session's shell is to read.
    fn descriptor_of_session(&mut self, at: usize, name: &str, rest: &[Item<'_>], scene: Scene<'_>) {
        if !self.world.is_session() || !matches!(name, "read" | "mapfile" | "readarray") {
            return;
        }
        let names = |item: &&Item<'_>| {
            item.bytes().is_none_or(|bytes| bytes.starts_with(b"-") && bytes.contains(&b'u'))
        };
        if let Some(item) = rest.iter().find(names) {
            self.opaque(at, KEPT_WHY, scene.place(item.span));
        }
    }

    /// `-v` and `-R` evaluate the subscript of the name behind them: `test -v 'a[$(cmd)]'` runs `cmd`.
    pub(super) fn test(&mut self, at: usize, words: &[Item<'_>], scene: Scene<'_>) {
        self.asks_of_files(at, words, scene);
        for (word, next) in words.iter().zip(words.iter().skip(1)) {
            let evaluates = match word.bytes() {
                Some(bytes) => matches!(bytes, b"-v" | b"-R"),
                None => {
                    b"-v".starts_with(&word.content.prefix()) || b"-R".starts_with(&word.content.prefix())
                }
            };
            let harmless = next.bytes().is_some_and(|bytes| !bytes.contains(&b'['));
            if evaluates && !harmless {
                self.opaque(at, "test -v evaluates code in a name", scene.place(word.span));
            }
        }
        // One word may become several.
        if let Some(word) = words.iter().find(|word| word.max != Some(1) && word.bytes().is_none()) {
            self.opaque(at, "a test whose words are not known before the shell runs", scene.place(word.span));
        }
    }

    /// `-e FILE` and its like, `FILE -nt FILE`: whether a file exists, what it is, which is newer.
    fn asks_of_files(&mut self, at: usize, words: &[Item<'_>], scene: Scene<'_>) {
        let mut list = |word: &Item<'_>| {
            let kind = Kind::Path(EffectKind::List, false);
            self.word(&mut Work::new(at, "test", scene), kind, word, "operand", false);
        };
        for (index, operator) in words.iter().enumerate() {
            let Some(&[b'-', ref letters @ ..]) = operator.bytes() else { continue };
            let before = index.checked_sub(1).and_then(|before| words.get(before));
            let behind = words.get(index + 1).filter(|word| word.bytes() != Some(b"]"));
            match letters {
                [letter] if b"abcdefghkprsuwxGLNOS".contains(letter) => {
                    behind.into_iter().for_each(&mut list)
                }
                b"nt" | b"ot" | b"ef" => before.into_iter().chain(behind).for_each(&mut list),
                _ => {}
            }
        }
    }

    /// The text runs later, when a signal comes or the shell ends.
    fn trap(&mut self, at: usize, words: &[Item<'_>], scene: Scene<'_>) {
        let words = match words.split_first() {
            Some((first, rest)) if first.bytes() == Some(b"--") => rest,
            _ => words,
        };
        let Some((text, signals)) = words.split_first() else { return };
        let lone = signals.is_empty() && text.bytes().is_some();
        if lone || matches!(text.bytes(), Some(b"" | b"-" | b"-p" | b"-l")) {
            return;
        }
        let dialect = scene.shell.map_or(crate::syntax::Dialect::Bash, |names| names.dialect);
        let later = Scene { cwd: None, certain_environment: false, ..scene };
        match text.bytes().filter(|_| text.is_one_word()) {
            Some(bytes) => self.text(&Work::new(at, "trap", later), bytes, dialect, None, text.span),
            None => self.opaque(at, "a trap that is not known before the shell runs", scene.place(text.span)),
        }
    }

    /// `[[ … ]]`: its arithmetic is judged with the script's; `-v` as in `test`.
    pub(super) fn conditional(&mut self, at: usize, words: &[Item<'_>], scene: Scene<'_>) {
        self.asks_of_files(at, words, scene);
        for (word, next) in words.iter().zip(words.iter().skip(1)) {
            let plain = next.text().is_some_and(is_name);
            if matches!(word.bytes(), Some(b"-v" | b"-R")) && !plain {
                self.opaque(at, "[[ -v evaluates code in a name", scene.place(word.span));
            }
        }
    }
}
