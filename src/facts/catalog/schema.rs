//! Catalog files as they are written. See the module documentation of `catalog` for what the keys mean.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A string with its place in the file.
pub(super) type Text = Spanned<String>;

/// One catalog file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawFile {
    /// Programs by their names, joined by commas.
    pub program: BTreeMap<Text, RawEntry>,
    /// Shell built-ins by their names, joined by commas.
    pub builtin: BTreeMap<Text, RawEntry>,
    /// Options that several entries of this file share.
    pub group: BTreeMap<Text, RawGroup>,
    /// Environment variables by name or `PREFIX*`, joined by commas.
    pub variable: BTreeMap<Text, RawVariable>,
    /// Command lines with what analysis must say of them: all effects of all parts, in any order, or `opaque`.
    pub examples: BTreeMap<Text, Vec<String>>,
}

/// A program, built-in or subcommand.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawEntry {
    /// What it is for, for the reader.
    pub summary: Option<String>,
    /// `gnu` (default), `exact`, `single-dash`, `find`, `pairs`, `tar`, `words`.
    pub style: Option<Text>,
    /// Whether options stand only in front of the first operand.
    pub options_first: bool,
    /// Whether every existing option is listed.
    pub complete: bool,
    /// Whether `-5` is an option.
    pub numbers: bool,
    /// Whether `+word` is a harmless option.
    pub plus: bool,
    /// Whether its options are accepted behind its subcommands.
    pub inherited: bool,
    /// Names of option groups, joined by blanks.
    pub groups: Option<Text>,
    /// Options without effects of their own, by the kind of their value.
    pub options: BTreeMap<Text, Text>,
    /// Options that need more words.
    pub option: Vec<RawOption>,
    /// Operand kinds in order; `*` behind one repeats it. Default: none allowed.
    pub operands: Vec<Text>,
    /// Effects when there is no operand.
    pub without_operands: Vec<Text>,
    /// Effects in any case.
    pub effects: Vec<Text>,
    /// `harmless`, `reversible` or `irreversible`, for what operands name.
    pub undo: Option<Text>,
    /// `data` (default), `code`, `sh`, `bash`.
    pub stdin: Option<Text>,
    /// Operands that mean more.
    pub word: Vec<RawWordRule>,
    /// Subcommands by their names, joined by commas.
    pub sub: BTreeMap<Text, Self>,
    /// The subcommand that is meant when none is given.
    pub default_sub: Option<Text>,
    /// Why nothing can be said of it.
    pub opaque: Option<String>,
}

/// Options that several entries share.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGroup {
    /// As in an entry.
    pub options: BTreeMap<Text, Text>,
    /// As in an entry.
    pub option: Vec<RawOption>,
}

/// An option that needs more words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOption {
    /// Options joined by blanks, the names of each joined by commas.
    pub names: Text,
    /// The kind of its value; `?` behind it: may be missing, counts only when attached. Default: no value.
    #[serde(default)]
    pub value: Option<Text>,
    /// Kinds of several values in words of their own.
    #[serde(default)]
    pub values: Vec<Text>,
    /// Patterns of values that do nothing; any other value is opaque.
    #[serde(default)]
    pub harmless_values: Option<Vec<String>>,
    /// Effects of its presence.
    #[serde(default)]
    pub effects: Vec<Text>,
    /// The operands when it is present.
    #[serde(default)]
    pub operands: Option<Vec<Text>>,
    /// What is done to path operands besides: a path kind.
    #[serde(default)]
    pub operands_also: Option<Text>,
    /// Whether path operands mean everything below them.
    #[serde(default)]
    pub recursive: bool,
    /// Whether every word behind it is an operand.
    #[serde(default)]
    pub ends_options: bool,
    /// Whether the entry's own effects do not happen when it is present.
    #[serde(default)]
    pub cancels_effects: bool,
    /// Whether it stands for the first operand.
    #[serde(default)]
    pub replaces_first_operand: bool,
    /// Other options whose value has another kind when this one is present.
    #[serde(default)]
    pub retypes: BTreeMap<Text, Text>,
    /// What standard input is when it is present, whatever the operands are.
    #[serde(default)]
    pub stdin: Option<Text>,
    /// Why nothing can be said of it.
    #[serde(default)]
    pub opaque: Option<String>,
}

/// Operands that mean more than their place says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWordRule {
    /// Patterns of whole words with `*` and `?`.
    pub matches: Vec<String>,
    /// Effects of such a word.
    #[serde(default)]
    pub effects: Vec<Text>,
    /// Why nothing can be said of such a word.
    #[serde(default)]
    pub opaque: Option<String>,
}

/// An environment variable that changes what programs do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawVariable {
    /// Patterns of values that do nothing.
    pub harmless_values: Vec<String>,
    /// Effects of setting it to any other value.
    pub effects: Vec<Text>,
    /// Why what follows is not understood.
    pub opaque: Option<String>,
}
