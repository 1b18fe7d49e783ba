//! Names of files that one command prints and `xargs` hands to the next: `find src -name '*.rs' | xargs wc -l`.
//!
//! Whoever fills the tree chooses the names. They are paths in it, and nothing else, where the words cannot be split or
//! read as options: either each ends with a zero byte and begins with the directory that was walked, or a bounded look
//! shows that no name in the tree holds what `xargs` splits at or begins with a dash. Nothing else on the line may
//! create names then.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::syntax::{Command, CommandKind, RedirectionOperator, Script, Span};

use super::analysis::Scene;
use super::item::{Content, Item};
use super::listings::{passes_lines_on, printed_by_listing};
use super::{Depth, EffectKind, Facts, Invocation, Program, Target, Undo, World};

/// Members of a pipeline through which names are followed.
const MAX_MEMBERS: usize = 8;

/// What a command prints: names of what lies in directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Printed {
    /// The directories, as the printed names begin; none: names seen from the working directory, without `./`.
    starts: Vec<Vec<u8>>,
    ending: Ending,
    /// Whether they are those that git tracks.
    tracked: bool,
    /// Whether they may be names of what lies anywhere below, without the directories in front.
    bare: bool,
}

/// What stands behind each name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Line,
    Zero,
}

/// What the commands in front of a member of a pipeline print into it; `starts` are the first invocations of the
/// commands so far.
pub(super) fn printed_into(
    (script, source): (&Script, &[u8]),
    index: usize,
    (facts, scene_cwd): (&Facts, Option<&Path>),
    starts: &[usize],
) -> Option<Printed> {
    let command = script.commands.get(index)?;
    if command.pipeline.1 == 0 || command.redirections.iter().any(super::script::changes_stdin) {
        return None;
    }
    let mut at = index;
    for _ in 0..MAX_MEMBERS {
        at = at.checked_sub(1)?;
        let before = script.commands.get(at)?;
        let here = script.commands.get(at + 1)?;
        let joined = before.pipeline.0 == here.pipeline.0 && before.pipeline.1 + 1 == here.pipeline.1;
        if !joined || !is_plain(before) || pipes_complaints(source, before.span, here.span) {
            return None;
        }
        let from = *starts.get(at)?;
        let to = starts.get(at + 1).copied().unwrap_or(facts.invocations.len());
        let [invocation] = facts.invocations.get(from..to)? else { return None };
        if let Some(printed) = printed_by_listing(invocation, scene_cwd).filter(|_| before.pipeline.1 == 0) {
            return (at + 1 == index || printed.ending == Ending::Line).then_some(printed);
        }
        let (name, words) = known_words(invocation)?;
        if before.pipeline.1 > 0 {
            if !passes_lines_on(name, &words) {
                return None;
            }
            continue;
        }
        let printed = printed_by(name, &words)?;
        // What passes lines on would take zero bytes for text.
        return (at + 1 == index || printed.ending == Ending::Line).then_some(printed);
    }
    None
}

/// `|&`
fn pipes_complaints(source: &[u8], before: Span, here: Span) -> bool {
    let between = usize::try_from(before.end).unwrap_or(0)..usize::try_from(here.start).unwrap_or(0);
    source.get(between).is_none_or(|between| between.contains(&b'&'))
}

/// Whether a member of a pipeline is nothing but its words; its complaints may be thrown away.
fn is_plain(command: &Command) -> bool {
    let silent = command.redirections.iter().all(|redirection| {
        redirection.descriptor == Some(2)
            && redirection.operator == RedirectionOperator::Write
            && redirection.target.literal() == Some(b"/dev/null")
    });
    command.kind == CommandKind::Simple && command.assignments.is_empty() && silent
}

/// The name and the words behind it of a program that the catalog knows, where all is known.
fn known_words(invocation: &Invocation) -> Option<(&str, Vec<&str>)> {
    let Program::File { name, .. } = &invocation.program else { return None };
    let harmless = |effect: &super::Effect| matches!(effect.kind, EffectKind::Read | EffectKind::List);
    if invocation.opaque.is_some() || !invocation.via.is_empty() || !invocation.effects.iter().all(harmless) {
        return None;
    }
    let words = invocation.words.iter().skip(1);
    let words = words.map(|word| std::str::from_utf8(word.value.as_deref()?).ok()).collect::<Option<_>>()?;
    Some((name, words))
}

/// Options without and with a value that change which names are printed, but not how.
struct Choices {
    flags: &'static [&'static str],
    values: &'static [&'static str],
}

const FIND: Choices = Choices {
    flags: &[
        "!",
        "(",
        ")",
        "-a",
        "-and",
        "-o",
        "-or",
        "-not",
        "-print",
        "-print0",
        "-prune",
        "-empty",
        "-executable",
        "-readable",
        "-writable",
        "-mount",
        "-xdev",
        "-true",
        "-false",
        "-depth",
    ],
    values: &[
        "-name",
        "-iname",
        "-path",
        "-ipath",
        "-wholename",
        "-regex",
        "-iregex",
        "-regextype",
        "-type",
        "-size",
        "-mtime",
        "-mmin",
        "-ctime",
        "-cmin",
        "-atime",
        "-newer",
        "-newermt",
        "-maxdepth",
        "-mindepth",
        "-perm",
        "-user",
        "-group",
    ],
};
const FD: Choices = Choices {
    flags: &[
        "-H",
        "--hidden",
        "-I",
        "--no-ignore",
        "-u",
        "-s",
        "-i",
        "-g",
        "--glob",
        "-F",
        "-p",
        "-0",
        "--print0",
    ],
    values: &["-e", "--extension", "-t", "--type", "-d", "--max-depth", "-E", "--exclude", "-S"],
};
const RG: Choices = Choices {
    flags: &[
        "-l",
        "--files-with-matches",
        "--files-without-match",
        "--files",
        "-i",
        "-s",
        "-S",
        "-w",
        "-F",
        "-x",
        "-v",
        "-n",
        "-u",
        "-uu",
        "-uuu",
        "--hidden",
        "--no-ignore",
        "-0",
        "--null",
        "-li",
        "-il",
        "-lw",
        "-lF",
        "-ln",
        "-U",
    ],
    values: &["-g", "--glob", "-t", "--type", "-T", "--type-not", "-e", "--regexp", "-d", "--max-depth"],
};
const GREP: Choices = Choices {
    flags: &[
        "-r",
        "--recursive",
        "-l",
        "--files-with-matches",
        "-L",
        "--files-without-match",
        "-i",
        "-w",
        "-x",
        "-E",
        "-F",
        "-P",
        "-v",
        "-s",
        "-I",
        "-Z",
        "--null",
        "-rl",
        "-lr",
        "-rli",
        "-ril",
        "-irl",
        "-rlE",
        "-rlF",
        "-rlw",
        "-rlI",
        "-rIl",
        "-rln",
        "-rnl",
        "-rL",
        "-rlZ",
    ],
    values: &["-e", "--regexp", "--include", "--exclude", "--exclude-dir"],
};

const LS_FILES: Choices = Choices { flags: &["-z", "-c", "--cached", "-m", "--modified", "--"], values: &[] };

/// The flags that are present, the values of `-e` and `--regexp`, and the operands; `None`: something else is there.
fn choose<'w>(words: &[&'w str], choices: &Choices) -> Option<(Vec<&'w str>, bool, Vec<&'w str>)> {
    let (mut flags, mut pattern, mut operands) = (Vec::new(), false, Vec::new());
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if choices.flags.contains(&word) {
            flags.push(word);
        } else if choices.values.contains(&name)
            && (value.is_some() == name.starts_with("--") || value.is_none())
        {
            pattern |= matches!(name, "-e" | "--regexp");
            if value.is_none() {
                rest.next()?;
            }
        } else if word.starts_with('-') {
            return None;
        } else {
            operands.push(word);
        }
    }
    Some((flags, pattern, operands))
}

/// What a program prints with these words, if it is names of what lies in directories and nothing else.
fn printed_by(name: &str, words: &[&str]) -> Option<Printed> {
    match name {
        "find" | "gfind" => printed_by_find(words),
        "fd" | "fdfind" => {
            let (flags, _, operands) = choose(words, &FD)?;
            printed(operands.get(1..).unwrap_or_default(), has(&flags, &["-0", "--print0"]))
        }
        "rg" => {
            let (flags, pattern, operands) = choose(words, &RG)?;
            let lists = has(&flags, &["-l", "--files-with-matches", "--files-without-match", "--files"])
                || flags.iter().any(|flag| !flag.starts_with("--") && flag.contains('l'));
            let operands =
                if pattern || has(&flags, &["--files"]) { &operands } else { operands.get(1..)? };
            lists.then(|| printed(operands, has(&flags, &["-0", "--null"])))?
        }
        "grep" | "egrep" | "fgrep" => {
            let (flags, pattern, operands) = choose(words, &GREP)?;
            let letter =
                |letter: char| flags.iter().any(|flag| !flag.starts_with("--") && flag.contains(letter));
            let walks = letter('r') || has(&flags, &["--recursive"]);
            let lists =
                letter('l') || letter('L') || has(&flags, &["--files-with-matches", "--files-without-match"]);
            let operands = if pattern { &operands } else { operands.get(1..)? };
            (walks && lists).then(|| printed(operands, letter('Z') || has(&flags, &["--null"])))?
        }
        "git" => {
            let listed = words.strip_prefix(&["ls-files"]).or(words.strip_prefix(&["diff", "--name-only"]));
            let (flags, _, pathspecs) = choose(listed?, &LS_FILES)?;
            // Behind `diff`, a word is a commit, whose names nobody looked at.
            if words.first() == Some(&"diff")
                && !(pathspecs.is_empty() && flags.iter().all(|flag| *flag == "-z"))
            {
                return None;
            }
            let below = |pathspec: &&str| {
                !pathspec.starts_with([':', '/', '~']) && !pathspec.split('/').any(|part| part == "..")
            };
            let zero = has(&flags, &["-z"]);
            pathspecs.iter().all(below).then(|| Some(Printed { tracked: true, ..printed(&[], zero)? }))?
        }
        _ => None,
    }
}

fn printed_by_find(words: &[&str]) -> Option<Printed> {
    let is_expression = |word: &&str| word.starts_with('-') || matches!(*word, "(" | "!");
    let from = words.iter().position(is_expression).unwrap_or(words.len());
    let (starts, expression) = words.split_at_checked(from)?;
    let (flags, _, operands) = choose(expression, &FIND)?;
    let zero = has(&flags, &["-print0"]);
    if !operands.is_empty() || zero && has(&flags, &["-print"]) {
        return None;
    }
    printed(if starts.is_empty() { &["."] } else { starts }, zero)
}

fn has(flags: &[&str], wanted: &[&str]) -> bool {
    flags.iter().any(|flag| wanted.contains(flag))
}

fn printed(starts: &[&str], zero: bool) -> Option<Printed> {
    let starts: Vec<Vec<u8>> = starts.iter().map(|start| start.as_bytes().to_vec()).collect();
    let usable = |start: &Vec<u8>| !start.is_empty() && is_plain_name(start) && start.first() != Some(&b'-');
    let ending = if zero { Ending::Zero } else { Ending::Line };
    starts.iter().all(usable).then_some(Printed { starts, ending, tracked: false, bare: false })
}

impl Printed {
    /// Names of what lies anywhere below the working directory.
    pub(super) fn bare(zero: bool) -> Option<Self> {
        Some(Self { bare: true, ..printed(&[], zero)? })
    }

    /// The words that `xargs` makes of what is printed.
    pub(super) fn words(&self, span: Span) -> Item<'static> {
        let content = match self.starts.as_slice() {
            [] => Content::Below(b".".to_vec()),
            [start] => Content::Below(start.clone()),
            starts => Content::OneOf(starts.iter().cloned().map(Content::Below).collect()),
        };
        Item { content, min: 0, max: None, span }
    }

    /// How many directories were walked.
    pub(super) fn places(&self) -> usize {
        self.starts.len().max(1)
    }

    /// Whether `xargs` makes no other words of it, and none that is an option; `options` are its words in front of the
    /// command.
    pub(super) fn stays_names(&self, options: &[&[u8]], scene: Scene<'_>, world: &dyn World) -> bool {
        let Some(cwd) = scene.cwd.filter(|_| scene.elsewhere.is_none()) else { return false };
        let zero = self.ending == Ending::Zero;
        if self.tracked {
            let fits =
                |name: &[u8]| is_no_option(name) && begins_no_option(name) && (zero || is_plain_name(name));
            return splits_at_zero(options) == Some(zero) && world.tracked_names_fit(cwd, &fits);
        }
        if self.bare {
            let fits = |name: &[u8]| begins_no_option(name) && (zero || is_plain_name(name));
            return splits_at_zero(options) == Some(zero) && world.names_fit(cwd, Depth::All, &fits);
        }
        let mut directories = directories(self, cwd);
        splits_at_zero(options) == Some(zero)
            && (zero || directories.all(|directory| world.names_fit(&directory, Depth::All, &is_plain_name)))
            && (!self.starts.is_empty() || world.names_fit(cwd, Depth::One, &begins_no_option))
    }
}

fn directories<'p>(printed: &'p Printed, cwd: &'p Path) -> impl Iterator<Item = PathBuf> + 'p {
    let own = printed.starts.is_empty().then(|| cwd.to_owned());
    let starts = printed.starts.iter().map(|start| cwd.join(OsStr::from_bytes(start)));
    own.into_iter().chain(starts)
}

/// Whether `xargs` with these options takes each word up to a zero byte; `None`: an option that says more.
fn splits_at_zero(options: &[&[u8]]) -> Option<bool> {
    let mut zero = false;
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match *option {
            b"-0" | b"--null" | b"-0r" | b"-r0" => zero = true,
            b"-r" | b"--no-run-if-empty" | b"-t" => {}
            b"-n" | b"-P" | b"-L" => {
                rest.next()?;
            }
            [b'-', b'n' | b'P' | b'L', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {}
            _ => return None,
        }
    }
    Some(zero)
}

/// Whether `xargs` leaves a name as it is: it splits at blanks and line ends, and reads quotes and backslashes.
fn is_plain_name(name: &[u8]) -> bool {
    name.iter().all(|byte| *byte > b' ' && !matches!(byte, b'\'' | b'"' | b'\\' | 0x7f))
}

/// Whether a program cannot take a name for an option, a URL or a word that stands for something else.
fn begins_no_option(name: &[u8]) -> bool {
    name.first().is_some_and(|first| first.is_ascii_alphanumeric() || matches!(first, b'.' | b'_'))
}

/// Whether an invocation could put a name into a tree that was not there when it was looked at.
pub(super) fn may_create_names(invocation: &Invocation) -> bool {
    invocation.opaque.is_some()
        || matches!(invocation.program, Program::Unknown)
        || invocation.effects.iter().any(|effect| match effect.kind {
            EffectKind::Read
            | EffectKind::List
            | EffectKind::Network
            | EffectKind::Environment
            | EffectKind::Process
            | EffectKind::Delete => false,
            EffectKind::Execute => effect.undo != Undo::Harmless,
            EffectKind::Write if effect.because.starts_with("redirection") => {
                !is_plain_target(&effect.target)
            }
            _ => true,
        })
}

/// A file whose name was looked at with the line: it is neither split nor an option.
fn is_plain_target(target: &Target) -> bool {
    let Target::Path { path, .. } = target else { return false };
    path.file_name().is_some_and(|name| is_plain_name(name.as_bytes()) && begins_no_option(name.as_bytes()))
}

/// Whether a name could be taken for an option.
pub(super) fn is_no_option(name: &[u8]) -> bool {
    name.first() != Some(&b'-')
}

/// What a look at names rests on: what else the line may not do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proviso {
    /// The invocation whose words are names.
    pub(super) at: usize,
    pub(super) kind: ProvisoKind,
    pub(super) span: Span,
}

/// How much a line can spoil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProvisoKind {
    /// Names that `xargs` hands over.
    Handed,
    /// What a pattern matches, for a program with an option that does more than read.
    Matched,
    /// What a pattern matches, for a program whose options read at worst.
    MatchedToRead,
}

impl Proviso {
    /// Whether another part of the line may make a name that was not looked at.
    pub(super) fn fails(self, facts: &Facts) -> bool {
        facts.invocations.iter().enumerate().any(|(index, invocation)| match self.kind {
            ProvisoKind::Handed => index != self.at && may_create_names(invocation),
            ProvisoKind::Matched => {
                moves(invocation) || may_create_names(invocation) && facts.invocations.len() > 1
            }
            ProvisoKind::MatchedToRead => writes_an_option(invocation),
        })
    }
}

/// Whether the shell looks at another directory behind it.
fn moves(invocation: &Invocation) -> bool {
    matches!(&invocation.program, Program::Builtin(name) if matches!(name.as_str(), "cd" | "pushd" | "popd"))
}

fn writes_an_option(invocation: &Invocation) -> bool {
    invocation.effects.iter().any(|effect| match &effect.target {
        Target::Path { path, .. } if effect.kind == EffectKind::Write => {
            path.file_name().is_some_and(|name| !is_no_option(name.as_bytes()))
        }
        _ => false,
    })
}
