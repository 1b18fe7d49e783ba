//! What the caller asked to run.

use crate::syntax::Dialect;

/// A command line as it reached `gate`: the bytes that are parsed, shown, bound and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// `gate -- PROGRAM ARG…`: an argument vector, no shell involved. Never empty.
    Argv(Vec<Vec<u8>>),
    /// `gate -c TEXT [NAME ARG…]`: one text for a shell.
    Shell {
        /// The text.
        text: Vec<u8>,
        /// The shell that reads it.
        dialect: Dialect,
        /// Shell options that were given with it, such as `-e` or `-o pipefail`, as separate words.
        options: Vec<Vec<u8>>,
        /// `$0` and the positional parameters behind the text.
        arguments: Vec<Vec<u8>>,
    },
}
