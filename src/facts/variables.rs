//! Which variables have a value that the text alone tells, and words with those values put in.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::syntax::{Command, CommandKind, Piece, Place, RedirectionOperator, Script, Span, Value, Word};

use super::World;
use super::item::{Content, Item, escape_glob};
use super::plain_words::is_integer_text;

/// Alternatives of one word.
const MAX_ALTERNATIVES: usize = 64;
/// Variables within variables.
const MAX_DEPTH: usize = 8;
/// Pieces of one word: literal text, variables, patterns.
const MAX_PIECES: usize = 1024;

/// The variables of a script.
pub(super) struct Variables<'s> {
    pub(super) script: &'s Script,
    pub(super) source: &'s [u8],
    world: &'s dyn World,
    certain_environment: bool,
    assigned: OnceCell<Assigned<'s>>,
}

/// Every assignment that the script makes, as far as its text shows them.
#[derive(Default)]
struct Assigned<'s> {
    /// For each name the commands that assign to it, and whether the assignment is of a kind that can be followed.
    names: BTreeMap<&'s [u8], Vec<(usize, Followed<'s>)>>,
    /// The first command in which any variable may have any value.
    anything_from: Option<usize>,
}

#[derive(Clone, Copy)]
enum Followed<'s> {
    /// `NAME=word` alone, or without a word.
    Plain(Option<&'s Word>),
    /// `for NAME in words`.
    Loop,
    /// By arithmetic.
    Integer,
    /// Some other way.
    No,
}

impl<'s> Variables<'s> {
    pub(super) fn new(
        script: &'s Script,
        source: &'s [u8],
        world: &'s dyn World,
        certain_environment: bool,
    ) -> Self {
        Self { script, source, world, certain_environment, assigned: OnceCell::new() }
    }

    /// Whether the script assigns to anything.
    pub(super) fn any(&self) -> bool {
        let assigned = self.assigned();
        !assigned.names.is_empty() || assigned.anything_from.is_some()
    }

    /// Whether a word holds a variable that the script itself sets.
    pub(super) fn hides(&self, word: &Word) -> bool {
        word.pieces.iter().any(|piece| {
            matches!(piece, Piece::Variable { name, .. } if self.assigned().names.contains_key(name.as_slice()))
        })
    }

    /// What is known of a word of the command at `index`, which runs in `cwd`.
    pub(super) fn item(&self, word: &'s Word, index: usize, cwd: Option<&Path>) -> Item<'s> {
        self.item_within(word, index, cwd, MAX_DEPTH)
    }

    fn item_within(&self, word: &'s Word, index: usize, cwd: Option<&Path>, depth: usize) -> Item<'s> {
        let (prefix, min, max) = match &word.value {
            Value::Static(bytes) => return Item::known(bytes.as_slice(), word.span),
            Value::Dynamic { prefix, min, max } => (prefix, *min, *max),
        };
        match self.alternatives(word, index, cwd, depth) {
            Ok(alternatives) => one_of(alternatives, word.span, min, max),
            Err(Unknown { certain }) => {
                let prefix = if certain.len() > prefix.len() { certain } else { prefix.clone() };
                let (min, max) =
                    if max != Some(1) && self.is_one_word(word) { (1, Some(1)) } else { (min, max) };
                Item { content: Content::Partial(prefix), min, max, span: word.span }
            }
        }
    }

    fn alternatives(
        &self,
        word: &'s Word,
        index: usize,
        cwd: Option<&Path>,
        depth: usize,
    ) -> Result<Vec<Alternative>, Unknown> {
        if let [Piece::Substitution { commands, .. }] = word.pieces.as_slice()
            && self.is_pipe(*commands)
        {
            return Ok(vec![Alternative { pipe: true, ..Alternative::default() }]);
        }
        let mut alternatives = vec![Alternative::default()];
        if word.pieces.len() > MAX_PIECES {
            return Err(Unknown::behind(&alternatives));
        }
        for piece in &word.pieces {
            let pieces = self.piece(piece, index, cwd, depth);
            let Some(pieces) = pieces.filter(|pieces| pieces.len() * alternatives.len() <= MAX_ALTERNATIVES)
            else {
                return Err(Unknown::behind(&alternatives));
            };
            if let [piece] = pieces.as_slice() {
                alternatives.iter_mut().for_each(|begun| begun.append(piece));
                continue;
            }
            alternatives = alternatives
                .iter()
                .flat_map(|begun| pieces.iter().map(|piece| begun.followed_by(piece)))
                .collect();
        }
        Ok(alternatives)
    }

    fn piece(
        &self,
        piece: &'s Piece,
        index: usize,
        cwd: Option<&Path>,
        depth: usize,
    ) -> Option<Vec<Alternative>> {
        match piece {
            Piece::Literal { bytes, .. } => Some(vec![Alternative::literal(bytes)]),
            Piece::Glob(pattern) => Some(vec![Alternative::glob(pattern)]),
            Piece::Tilde => Some(vec![Alternative::literal(&self.environment(b"HOME", index)?)]),
            Piece::Variable { name, quoted } => {
                let values = self.variable(name, index, cwd, depth)?;
                let splits =
                    |value: &Alternative| value.glob || value.plain.iter().any(|b| b" \t\n*?[\\".contains(b));
                // An empty value without quotes is no word at all where nothing else stands in it.
                let usual = *quoted || !self.assigned().names.contains_key(b"IFS".as_slice());
                let usable =
                    *quoted || usual && !values.iter().any(|value| splits(value) || value.plain.is_empty());
                usable.then_some(values)
            }
            Piece::Substitution { quoted, commands } if self.prints(*commands) == Some("pwd") => {
                let cwd = cwd?.as_os_str().as_bytes();
                let splits = cwd.iter().any(|byte| b" \t\n*?[\\".contains(byte));
                (*quoted || !splits && !self.assigned().names.contains_key(b"IFS".as_slice()))
                    .then(|| vec![Alternative::literal(cwd)])
            }
            Piece::Parameter { .. } | Piece::Substitution { .. } | Piece::Other { .. } => None,
        }
    }

    fn is_pipe(&self, commands: (u32, u32)) -> bool {
        let first = usize::try_from(commands.0).ok().and_then(|first| self.script.commands.get(first));
        commands.0 < commands.1
            && first.is_some_and(|first| matches!(first.place, Place::ProcessOutput | Place::ProcessInput))
    }

    fn variable(
        &self,
        name: &[u8],
        index: usize,
        cwd: Option<&Path>,
        depth: usize,
    ) -> Option<Vec<Alternative>> {
        let assigned = self.assigned();
        match assigned.names.get(name).map(Vec::as_slice) {
            None if name == b"PWD" && self.certain_environment && self.is_before_anything(index) => {
                Some(vec![Alternative::literal(cwd?.as_os_str().as_bytes())])
            }
            None => self.environment(name, index).map(|value| vec![Alternative::literal(&value)]),
            Some([(at, Followed::Plain(word))]) => {
                if depth == 0 || !self.holds(*at, index) {
                    return None;
                }
                let Some(word) = word else { return Some(vec![Alternative::default()]) };
                let cwd = None;
                let item = self.item_within(word, *at, cwd, depth - 1);
                // A pattern in an assignment is not expanded.
                item.bytes().map(|bytes| vec![Alternative::literal(bytes)])
            }
            Some([(at, Followed::Loop)]) if depth > 0 && self.is_inside(index, *at) => {
                let head = self.script.commands.get(*at)?;
                let items = head.words.iter().map(|word| self.item_within(word, *at, cwd, depth - 1));
                items.map(|item| Alternative::of(&item.content)).collect::<Option<Vec<_>>>()
            }
            Some(_) => None,
        }
    }

    /// Whether an assignment by the command at `at` certainly holds for the one at `index`.
    fn holds(&self, at: usize, index: usize) -> bool {
        let Some(command) = self.script.commands.get(at) else { return false };
        let surely =
            command.level == 0 && !command.conditional && command.in_current_shell && !command.background;
        surely && at < index && self.is_before_anything(index)
    }

    /// Whether the script assigns to a variable, as far as its text shows.
    pub(super) fn sets(&self, name: &[u8]) -> bool {
        self.assigned().names.contains_key(name)
    }

    /// Whether no variable can have changed unseen before the command at `index` runs.
    fn is_before_anything(&self, index: usize) -> bool {
        // Within a loop or function, what stands behind a command may run before it.
        let once = || self.script.commands.get(index).is_some_and(|command| command.level == 0);
        self.assigned().anything_from.is_none_or(|from| from > index && once())
    }

    fn is_inside(&self, index: usize, head: usize) -> bool {
        let parent = |at: usize| {
            let command = self.script.commands.get(at)?;
            command.parent.and_then(|parent| usize::try_from(parent).ok())
        };
        let loops = self.script.commands.get(head).is_some_and(|head| {
            let from = usize::try_from(head.span.start).unwrap_or(usize::MAX);
            self.source.get(from..).is_some_and(|source| source.starts_with(b"for"))
        });
        loops
            && self.assigned().anything_from.is_none()
            && std::iter::successors(parent(index), |at| parent(*at)).any(|at| at == head)
    }

    /// The value that the caller's environment gives, where nothing in the script can change it.
    fn environment(&self, name: &[u8], index: usize) -> Option<Vec<u8>> {
        let assigned = self.assigned();
        let untouched = self.is_before_anything(index) && !assigned.names.contains_key(name);
        if !self.certain_environment || !untouched || is_set_by_shells(name) {
            return None;
        }
        if name == b"HOME" {
            return self.world.home().map(|home| home.as_os_str().as_bytes().to_vec());
        }
        self.world.variable(name)
    }

    /// Whether every assignment to a name gives it an integer, and one certainly comes before the command at `index`.
    pub(super) fn is_integer(&self, name: &[u8], index: usize) -> bool {
        let assigned = self.assigned();
        let Some(assignments) = assigned.names.get(name) else { return false };
        let integer = |(at, followed): &(usize, Followed<'_>)| match followed {
            Followed::Plain(Some(word)) => self.is_integer_word(word),
            Followed::Plain(None) | Followed::Integer => true,
            Followed::Loop => self.script.commands.get(*at).is_some_and(|head| {
                !head.words.is_empty() && head.words.iter().all(|word| self.is_integer_word(word))
            }),
            Followed::No => false,
        };
        let before = |(at, followed): &(usize, Followed<'_>)| match followed {
            Followed::Loop => self.is_inside(index, *at),
            _ => self.script.commands.get(*at).is_some_and(|command| !command.conditional && *at < index),
        };
        let inherited = || {
            let value =
                self.world.variable(name).filter(|_| self.certain_environment && !is_set_by_shells(name));
            value.is_some_and(|value| is_integer_text(&value))
        };
        assigned.anything_from.is_none()
            && assignments.iter().all(integer)
            && (assignments.iter().any(before) || inherited() || self.is_counted(name, index))
    }

    pub(super) fn slice(&self, span: Span) -> &'s [u8] {
        let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
        self.source.get(range).unwrap_or_default()
    }

    fn assigned(&self) -> &Assigned<'s> {
        self.assigned.get_or_init(|| {
            let mut assigned = Assigned::default();
            for (index, command) in self.script.commands.iter().enumerate() {
                self.assignments_of(command, index, &mut assigned);
            }
            for (name, _) in &self.script.arithmetic_names {
                assigned.names.entry(name).or_default().push((usize::MAX, Followed::Integer));
            }
            assigned
        })
    }

    fn assignments_of(&self, command: &'s Command, index: usize, assigned: &mut Assigned<'s>) {
        let mut add =
            |name: &'s [u8], how: Followed<'s>| assigned.names.entry(name).or_default().push((index, how));
        for assignment in &command.assignments {
            let plain = command.kind == CommandKind::Simple
                && command.words.is_empty()
                && !(assignment.subscript || assignment.append || assignment.array);
            add(
                &assignment.name,
                if plain { Followed::Plain(assignment.values.first()) } else { Followed::No },
            );
        }
        match &command.kind {
            CommandKind::For { name } => add(name, Followed::Loop),
            CommandKind::Simple => {}
            _ => {}
        }
        if let Some(Effect::Names) = effect_on_variables(command) {
            for word in command.words.iter().skip(1) {
                let name = word.literal().unwrap_or(match &word.value {
                    Value::Dynamic { prefix, .. } => prefix,
                    Value::Static(bytes) => bytes,
                });
                let name = name.split(|byte| matches!(byte, b'=' | b'+' | b'[')).next().unwrap_or_default();
                add(name, Followed::No);
            }
            add(b"REPLY", Followed::No);
        }
        let inside = self.expansions_assign(command).then_some(index);
        let behind = (effect_on_variables(command) == Some(Effect::Anything)).then_some(index + 1);
        assigned.anything_from = assigned.anything_from.or(inside).or(behind);
    }

    /// Whether an expansion in a command's words may assign: `${x:=y}`.
    fn expansions_assign(&self, command: &Command) -> bool {
        let other = |word: &&Word| word.pieces.iter().any(|piece| matches!(piece, Piece::Other { .. }));
        let assigns = |text: &[u8]| text.windows(2).any(|window| window == b"${") && text.contains(&b'=');
        let values = command.assignments.iter().flat_map(|assignment| &assignment.values);
        let targets = command.redirections.iter().map(|redirection| &redirection.target);
        let words = command.words.iter().chain(values).chain(targets);
        let documents =
            command.redirections.iter().filter(|r| r.operator == RedirectionOperator::HereDocument);
        words.filter(other).any(|word| assigns(self.slice(word.span)))
            || documents
                .filter_map(|redirection| redirection.here_document.as_ref())
                .any(|document| document.text.is_none() && assigns(&document.source))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Its words may name variables that it sets.
    Names,
    /// Any variable may have any value behind it.
    Anything,
}

/// What a command does to variables beside its own assignments.
pub(super) fn effect_on_variables(command: &Command) -> Option<Effect> {
    if command.kind != CommandKind::Simple {
        return None;
    }
    let words: Vec<Option<&[u8]>> = command.words.iter().map(Word::literal).collect();
    let wrapper = |word: &&Option<&[u8]>| {
        !matches!(word, Some(b"command" | b"builtin")) && !word.is_some_and(|word| word.starts_with(b"-"))
    };
    let name = words.iter().find(wrapper).copied()?;
    let wrapped = words.first().copied().flatten() != name;
    match name {
        None | Some(b"eval" | b"source" | b"." | b"trap" | b"alias" | b"enable" | b"shopt") => {
            Some(Effect::Anything)
        }
        Some(
            b"read" | b"mapfile" | b"readarray" | b"printf" | b"getopts" | b"unset" | b"let" | b"wait"
            | b"declare" | b"typeset" | b"local" | b"export" | b"readonly",
        ) => {
            let named = |word: &Word| {
                word.literal().is_some()
                    || matches!(&word.value, Value::Dynamic { prefix, .. } if prefix.contains(&b'='))
            };
            let plain = matches!(name, Some(b"printf"))
                && !matches!(&command.words.get(1).map(|word| &word.value), Some(Value::Static(v)) if v.starts_with(b"-v"))
                && command.words.get(1).is_some_and(|word| word.literal().is_some());
            if plain {
                None
            } else if wrapped || !command.words.iter().skip(1).all(named) {
                Some(Effect::Anything)
            } else {
                Some(Effect::Names)
            }
        }
        Some(_) => None,
    }
}

/// Variables that a shell sets whatever the environment says.
fn is_set_by_shells(name: &[u8]) -> bool {
    const NAMES: [&str; 29] = [
        "MAPFILE",
        "REPLY",
        "_",
        "COLUMNS",
        "DIRSTACK",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
        "EUID",
        "FUNCNAME",
        "GROUPS",
        "HISTCMD",
        "HOSTNAME",
        "HOSTTYPE",
        "IFS",
        "LINENO",
        "LINES",
        "MACHTYPE",
        "OLDPWD",
        "OPTARG",
        "OPTIND",
        "OSTYPE",
        "PIPESTATUS",
        "PPID",
        "PWD",
        "RANDOM",
        "SECONDS",
        "SHLVL",
        "SRANDOM",
        "UID",
    ];
    name.starts_with(b"BASH") || name.starts_with(b"PS") || NAMES.iter().any(|known| known.as_bytes() == name)
}

/// What a word may be, piece by piece.
#[derive(Clone, Debug, Default)]
struct Alternative {
    plain: Vec<u8>,
    pattern: Vec<u8>,
    glob: bool,
    pipe: bool,
}

/// How far a word is known.
struct Unknown {
    certain: Vec<u8>,
}

impl Unknown {
    fn behind(alternatives: &[Alternative]) -> Self {
        let certain = match alternatives {
            [one] if !one.glob => one.plain.clone(),
            [one] => super::item::literal_prefix(&one.pattern),
            _ => Vec::new(),
        };
        Self { certain }
    }
}

impl Alternative {
    fn literal(bytes: &[u8]) -> Self {
        let mut pattern = Vec::new();
        escape_glob(bytes, &mut pattern);
        Self { plain: bytes.to_vec(), pattern, ..Self::default() }
    }

    fn glob(pattern: &[u8]) -> Self {
        Self { plain: pattern.to_vec(), pattern: pattern.to_vec(), glob: true, pipe: false }
    }

    fn of(content: &Content<'_>) -> Option<Self> {
        match content {
            Content::Known(bytes) => Some(Self::literal(bytes)),
            Content::Glob(pattern) => Some(Self::glob(pattern)),
            _ => None,
        }
    }

    fn followed_by(&self, next: &Self) -> Self {
        let mut both = self.clone();
        both.append(next);
        both
    }

    fn append(&mut self, next: &Self) {
        self.plain.extend_from_slice(&next.plain);
        self.pattern.extend_from_slice(&next.pattern);
        self.glob |= next.glob;
        self.pipe = false;
    }

    fn content(self) -> Content<'static> {
        match self {
            Self { pipe: true, .. } => Content::Pipe,
            Self { glob: true, pattern, .. } => Content::Glob(pattern),
            Self { plain, .. } => Content::Known(Cow::Owned(plain)),
        }
    }
}

fn one_of(alternatives: Vec<Alternative>, span: Span, min: u8, max: Option<u8>) -> Item<'static> {
    let mut contents: Vec<Content<'static>> = alternatives.into_iter().map(Alternative::content).collect();
    let one_word = contents.iter().all(|content| !matches!(content, Content::Glob(_))) || max == Some(1);
    let content = match contents.len() {
        1 => contents.remove(0),
        _ => Content::OneOf(contents),
    };
    let (min, max) = if one_word { (1, Some(1)) } else { (min, max) };
    Item { content, min, max, span }
}
