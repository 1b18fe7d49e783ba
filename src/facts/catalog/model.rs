//! The catalog as analysis reads it: tables without heap, so that the build script can write them down as constants.

use super::{EffectKind, Undo};

/// What is known of a program, a built-in or a subcommand.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// How it reads its words.
    pub style: Style,
    /// Whether options stand only in front of the first operand.
    pub options_first: bool,
    /// Whether every option that exists is listed, so that an abbreviation can be trusted.
    pub complete: bool,
    /// Whether `-5` is an option.
    pub numbers: bool,
    /// Whether a word that starts with `+` is a harmless option.
    pub plus: bool,
    /// Whether its options are accepted behind its subcommands as well.
    pub inherited: bool,
    /// What an option that nobody sees could do, at worst.
    pub reach: Reach,
    /// Option names with dashes, sorted, each with its option.
    pub options: &'static [(&'static str, &'static OptionEntry)],
    /// What the operands are, in order.
    pub operands: &'static [Slot],
    /// What it does when there is no operand.
    pub without_operands: &'static [Template],
    /// What it does whatever the words are.
    pub effects: &'static [Template],
    /// Whether what operands name can be undone, where it differs from the usual.
    pub undo: Option<Undo>,
    /// What it does with standard input.
    pub stdin: Stdin,
    /// Operands that mean more, by pattern.
    pub words: &'static [WordRule],
    /// Subcommands, sorted by name.
    pub subs: &'static [(&'static str, &'static Self)],
    /// The subcommand that is meant when none is given.
    pub default_sub: Option<&'static str>,
    /// Why nothing can be said of it.
    pub opaque: Option<&'static str>,
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionEntry {
    /// Its names as the catalog lists them, joined by commas.
    pub names: &'static str,
    /// What its values are; empty for an option without a value.
    pub values: &'static [Kind],
    /// Whether the value may be missing; then it counts only when attached.
    pub optional: bool,
    /// Patterns of values that do nothing; any other value is opaque.
    pub harmless_values: Option<&'static [&'static str]>,
    /// What its presence does.
    pub effects: &'static [Template],
    /// What the operands are when it is present.
    pub operands: Option<&'static [Slot]>,
    /// What is done to path operands besides.
    pub operands_also: Option<Kind>,
    /// Whether path operands mean everything below them.
    pub recursive: bool,
    /// Whether every word behind it and its value is an operand.
    pub ends_options: bool,
    /// Whether the entry's own effects do not happen when it is present.
    pub cancels_effects: bool,
    /// Whether it stands for the first operand, which is then missing.
    pub replaces_first_operand: bool,
    /// Other options whose value has another kind when this one is present.
    pub retypes: &'static [(&'static str, Kind)],
    /// What standard input is when it is present.
    pub stdin: Option<Stdin>,
    /// Why nothing can be said of it.
    pub opaque: Option<&'static str>,
}

/// How words are told apart into options and operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `getopt_long`: `-abc`, `-ovalue`, `--name=value`, `--name value`, abbreviations.
    Gnu,
    /// As [`Style::Gnu`] without abbreviations, and `-o=value` is a short option with a value: clap, cobra.
    Exact,
    /// `-name value`, `-name=value`, `--name`: Go, Terraform, Java.
    SingleDash,
    /// `find`: paths, then an expression of words that start with `-`.
    Find,
    /// `name=value` words, as `dd` reads them.
    Pairs,
    /// As [`Style::Gnu`], but the first word may be a cluster without a dash: `tar xzf`.
    Tar,
    /// Every word is an operand.
    Words,
}

/// An operand's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What stands there.
    pub kind: Kind,
    /// Whether any number of words may stand there.
    pub repeated: bool,
}

/// What a word is to the program that gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Data that does nothing.
    Text,
    /// Data, or the path of a file that holds it: `file://path`, `@path`.
    TextOrFile,
    /// A method of HTTP; any but those that only ask sends something.
    Method,
    /// A path to which something is done; whether everything below it is meant.
    Path(EffectKind, bool),
    /// A directory from which later relative paths start.
    Directory,
    /// A program, by path or name, that is run with words nobody sees.
    Execute,
    /// Shell text that runs here.
    Shell(ShellKind),
    /// The words from here on, joined by blanks, are shell text that runs here.
    Eval,
    /// The words from here on are an argv that runs here.
    Command,
    /// As [`Kind::Command`], with unknown words behind it (or in it, where a word is replaced).
    CommandWithInput,
    /// An argv up to `;` or `+`, in which `{}` stands for unknown paths.
    CommandUntil,
    /// The words from here on are an argv that runs on another machine or in a container.
    RemoteCommand,
    /// The words from here on, joined by blanks, are shell text that runs elsewhere.
    RemoteEval,
    /// `NAME=value` for the environment of what is started.
    Assignment,
    /// A host, with an optional `user@` and `:port`.
    Host,
    /// A URL; its host is talked to.
    Url,
    /// A path here, or `host:path`.
    Transfer(EffectKind, bool),
    /// A shell variable that is set or unset.
    Variable,
    /// `sed` script.
    Sed,
    /// `awk` program.
    Awk,
    /// `jq` filter.
    Jq,
    /// SQL text.
    Sql,
    /// Code in a language that gate does not read.
    Code,
    /// A volume, `path:path[:ro]`.
    Mount,
    /// A thing with a name: a package, a process, a service.
    Named(EffectKind),
    /// Nothing can be said of it.
    Opaque,
}

/// Which shell reads a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShellKind {
    /// `sh`.
    Sh,
    /// `bash`.
    Bash,
}

/// What a program does with standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// Reads it as data, or not at all.
    Data,
    /// Runs it as code, where no operand names a script.
    Code,
    /// Runs it as shell text, where no operand names a script.
    Shell(ShellKind),
}

/// What an option that nobody sees could do; ordered from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// No option has an effect.
    Nothing,
    /// Options read files.
    Read,
    /// Options do other things.
    Anything,
}

/// An effect that the catalog states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// What is done.
    pub kind: EffectKind,
    /// To what.
    pub target: TemplateTarget,
    /// Whether everything below it is meant.
    pub recursive: bool,
    /// Whether it can be undone.
    pub undo: Undo,
}

/// What a stated effect is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateTarget {
    /// The kind says it all.
    Nothing,
    /// Only the running program knows.
    Unknown,
    /// A path: absolute, below `~/`, or relative to the directory that the program works in.
    Path(&'static str),
    /// A host.
    Host(&'static str),
    /// A named thing.
    Name(&'static str),
}

/// Operands that mean more than their place says.
#[derive(Clone, Copy, Debug)]
pub struct WordRule {
    /// Patterns of whole words.
    pub patterns: &'static [&'static str],
    /// What such a word does besides.
    pub effects: &'static [Template],
    /// Why nothing can be said of such a word.
    pub opaque: Option<&'static str>,
}

/// A variable that changes what programs do.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Patterns of values that do nothing.
    pub harmless_values: &'static [&'static str],
    /// What setting it does.
    pub effects: &'static [Template],
    /// Why what follows is not understood.
    pub opaque: Option<&'static str>,
}

impl OptionEntry {
    /// An option without value and effects.
    pub const PLAIN: Self = Self {
        names: "",
        values: &[],
        optional: false,
        harmless_values: None,
        effects: &[],
        operands: None,
        operands_also: None,
        recursive: false,
        ends_options: false,
        cancels_effects: false,
        replaces_first_operand: false,
        retypes: &[],
        stdin: None,
        opaque: None,
    };

    /// An option that only has values.
    #[must_use]
    pub const fn plain(names: &'static str, values: &'static [Kind], optional: bool) -> Self {
        Self { names, values, optional, ..Self::PLAIN }
    }
}

impl Kind {
    /// What an option with such a value could do, where nobody sees it.
    pub const fn reach(self) -> Reach {
        match self {
            Self::Text | Self::Jq | Self::Path(EffectKind::List, _) => Reach::Nothing,
            Self::Path(EffectKind::Read, _) | Self::TextOrFile => Reach::Read,
            _ => Reach::Anything,
        }
    }

    /// Whether it takes all words from its place on.
    pub const fn takes_the_rest(self) -> bool {
        matches!(
            self,
            Self::Eval | Self::Command | Self::CommandWithInput | Self::RemoteCommand | Self::RemoteEval
        )
    }
}
