//! The syntax tree, flattened: commands in source order, words as values.

/// A half-open range of byte offsets in the source.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

/// Why a text, or a part of it, is not understood, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// A clause for people that completes "not understood: …".
    pub why: &'static str,
    /// Offset of the byte at which understanding ended.
    pub at: u32,
}

/// Everything that a text could start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Every command at every nesting level, in source order; bodies of functions, substitutions and loops included.
    pub commands: Vec<Command>,
    /// Names that stand where the shell evaluates arithmetic: their *values* are code (`a[$(cmd)]`), and the
    /// arithmetic may assign to them (`((x=1))`, `((x++))`).
    ///
    /// What no assignment in the script can vouch for stands here as `1`, `@`, `$(` (positional parameter, all of
    /// them, output of a substitution).
    pub arithmetic_names: Vec<(Vec<u8>, Span)>,
}

/// One command: simple, or the head of a compound command (for its words, assignments and redirections).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What kind of command this is.
    pub kind: CommandKind,
    /// From the first word, assignment or redirection to the last.
    pub span: Span,
    /// Nesting: 0 at top level, one more inside each group, subshell, loop, function body or substitution.
    pub level: u16,
    /// Index of the command that this one stands in; always smaller than its own.
    pub parent: Option<u32>,
    /// In which part of the parent it stands.
    pub place: Place,
    /// How this command is joined to the one before it at the same level.
    pub connector: Connector,
    /// Number of the pipeline that it belongs to, and its place there from 0: two commands with the same number
    /// and adjacent places are joined by a pipe. A compound command is one member; its body has pipelines of its own.
    pub pipeline: (u32, u16),
    /// Whether the shell does not wait for it (`&`): the command itself, or the list or compound that it is part of.
    pub background: bool,
    /// Whether it certainly runs in the shell's own process context (not in a subshell, substitution, pipeline
    /// of two or more, or background), so that `cd` and assignments last.
    pub in_current_shell: bool,
    /// Whether it may run not at all or more than once (a branch, loop body, function body, right side of `&&`/`||`).
    pub conditional: bool,
    /// `NAME=value`, `NAME+=value`, `NAME[i]=value` before the words.
    pub assignments: Vec<Assignment>,
    /// Words after quote removal; braces of pure literals are already expanded.
    pub words: Vec<Word>,
    /// Redirections in source order.
    pub redirections: Vec<Redirection>,
}

/// What kind of command a [`Command`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// Words, assignments, redirections.
    Simple,
    /// `NAME() …`: defines; the body follows in the list, one level deeper.
    Function {
        /// The name that later commands may call.
        name: Vec<u8>,
    },
    /// `for NAME in WORDS` or `select NAME in WORDS`; without `in`, the one word is `"$@"`.
    For {
        /// The variable that takes each word in turn.
        name: Vec<u8>,
    },
    /// `for ((…;…;…))`.
    ArithmeticFor,
    /// `case WORD in`; patterns are in the words behind the first.
    Case,
    /// `[[ … ]]`; its operands and operators are the words, without the brackets, `!`, `&&` and `||`.
    Test,
    /// `((…))`.
    Arithmetic,
    /// `{ …; }`, `( … )`, `if`, `while`, `until`: no words; holds the redirections that its body inherits.
    Group,
}

/// In which part of its parent a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It has no parent.
    Top,
    /// The body (or condition) of a compound command, or of a function: it inherits the parent's redirections.
    Body,
    /// `$(…)` or backquotes: its output becomes part of a word (or of the text of a here-document).
    Capture,
    /// `<(…)`: the parent may read its output.
    ProcessOutput,
    /// `>(…)`: it may read what the parent writes.
    ProcessInput,
}

/// How a command is joined to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// First of its list.
    First,
    /// After `;` or a newline.
    Sequence,
    /// After `&&`.
    And,
    /// After `||`.
    Or,
    /// After `|` (standard output) or `|&` (standard output and error).
    Pipe,
    /// After `&`.
    Background,
}

/// A word with what is known of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands; for words that brace expansion made, the span of the whole source word.
    pub span: Span,
    /// What it expands to, as far as the text alone tells.
    pub value: Value,
    /// Whether any part of it was quoted.
    pub quoted: bool,
    /// What a dynamic word is made of, in order; empty for a static word. Adjacent literals are joined.
    pub pieces: Vec<Piece>,
}

impl Word {
    /// Returns the one word that this becomes, if the text alone tells.
    pub fn literal(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Static(bytes) => Some(bytes),
            Value::Dynamic { .. } => None,
        }
    }
}

/// What a word expands to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Exactly this one word.
    Static(Vec<u8>),
    /// Something that only the running shell knows.
    Dynamic {
        /// Bytes with which the first resulting word certainly begins.
        prefix: Vec<u8>,
        /// Fewest words that it can become (`"$x"` 1, `$x` 0, a glob 1).
        min: u8,
        /// Most words, if bounded.
        max: Option<u8>,
    },
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes after quote removal.
    Literal {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether quotes or a backslash made them literal.
        quoted: bool,
    },
    /// `~` at the start of the word (or of an assignment's value): the caller's home directory.
    Tilde,
    /// `$NAME` or `${NAME}` with no operator; never positional or special parameters.
    Variable {
        /// The name.
        name: Vec<u8>,
        /// Inside double quotes: exactly one word, no globbing.
        quoted: bool,
    },
    /// Unquoted `*`, `?` or a bracket expression, as written.
    Glob(Vec<u8>),
    /// `$1`, `$?`, `$#`, `$@`, `$_` and the like, with no operator.
    Parameter {
        /// The character behind `$`.
        symbol: u8,
        /// Inside double quotes: exactly one word, except for `@`.
        quoted: bool,
    },
    /// `$(…)`, backquotes, `<(…)`, `>(…)`: the commands inside are in the script's list, with this command as parent.
    Substitution {
        /// Inside double quotes: exactly one word.
        quoted: bool,
        /// The first of its commands, and the one behind its last, as indices in the list.
        commands: (u32, u32),
    },
    /// Anything else whose value only the shell knows: `${x:-y}`, `$((…))`, `~user`, `$"…"`.
    Other {
        /// Inside double quotes: exactly one word.
        quoted: bool,
    },
}

/// `NAME=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: Vec<u8>,
    /// Whether a subscript stood behind the name.
    pub subscript: bool,
    /// Whether it was `+=`.
    pub append: bool,
    /// The value; several words where it was an array `(…)`.
    pub values: Vec<Word>,
    /// Whether it was an array `(…)`.
    pub array: bool,
    /// Where it stands.
    pub span: Span,
}

/// One redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    /// The descriptor in front, where one was written (0 to 999; 0 to 9 in `sh`).
    pub descriptor: Option<u16>,
    /// The operator.
    pub operator: RedirectionOperator,
    /// File name, descriptor number, `-`, here-string, or here-document delimiter (quotes removed).
    pub target: Word,
    /// The text of a here-document.
    pub here_document: Option<HereDocument>,
    /// Where it stands.
    pub span: Span,
}

/// Redirection operators in the words of POSIX 2.7 and bash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectionOperator {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `&>` or `>&word`
    WriteBoth,
    /// `&>>`
    AppendBoth,
    /// `<&`
    DuplicateInput,
    /// `>&`
    DuplicateOutput,
    /// `<<` or `<<-`
    HereDocument,
    /// `<<<`
    HereString,
}

/// The text behind `<<`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereDocument {
    /// The text as the command will read it; `None` where the shell expands something in it.
    pub text: Option<Vec<u8>>,
    /// The text as written, without the delimiter line (tabs stripped for `<<-`).
    pub source: Vec<u8>,
    /// Where the body stands.
    pub span: Span,
}
