//! Shell text → [`Script`] or [`Opaque`]: the part of bash and sh that is understood with certainty, and nothing else.
//!
//! There are no partial answers. Every command that the text could start stands in one flat list in source order,
//! so that whoever walks it cannot forget a kind of node. What the shell would do with a text that is not
//! understood is not guessed: the answer is [`Opaque`], and a human decides (I3).

mod script;

pub use script::{
    Assignment, Command, CommandKind, Connector, HereDocument, Opaque, Piece, Place, Redirection,
    RedirectionOperator, Script, Span, Value, Word,
};

/// The shell that will read the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// GNU bash, 3.2 to 5.3: what all of them read alike.
    Bash,
    /// A POSIX `sh`: what bash and dash read alike.
    Sh,
}

/// The answer of [`parse`]; there is no third one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Parse {
    /// Every command of the text is in the script.
    Understood(Script),
    /// Something in the text is not understood with certainty.
    Opaque(Opaque),
}

/// Reads `source` as the shell would.
///
/// Total and linear in the length of `source`; never panics.
pub fn parse(_source: &[u8], _dialect: Dialect) -> Parse {
    Parse::Opaque(Opaque { why: "the parser is not there yet", at: 0 })
}
