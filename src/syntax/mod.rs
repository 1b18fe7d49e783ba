//! Shell text → [`Script`] or [`Opaque`]: the part of bash and sh that is understood with certainty, and nothing else.
//!
//! There are no partial answers. Every command that the text could start stands in one flat list in source order,
//! so that whoever walks it cannot forget a kind of node. What the shell would do with a text that is not
//! understood is not guessed: the answer is [`Opaque`], and a human decides (I3).

mod arithmetic;
mod assignment;
mod brace;
mod builder;
mod bytes;
mod complete;
mod compound;
mod cursor;
mod expansion;
mod filter;
mod function;
mod heredoc;
mod limits;
mod list;
mod parameter;
mod parser;
mod quoting;
mod redirection;
mod reserved;
mod script;
mod simple;
mod test_expression;
mod word;

pub use complete::{Complete, Rest, complete};
pub use script::{
    Assignment, Command, CommandKind, Connector, HereDocument, Opaque, Piece, Place, Redirection,
    RedirectionOperator, Script, Span, Value, Word,
};

use cursor::Cursor;
use parser::{Parser, Scope, State};

/// The shell that will read the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
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
pub fn parse(source: &[u8], dialect: Dialect) -> Parse {
    match script(source, dialect) {
        Ok(script) => Parse::Understood(script),
        Err(opaque) => Parse::Opaque(opaque),
    }
}

fn script(source: &[u8], dialect: Dialect) -> Result<Script, Opaque> {
    let mut state = State::new(dialect);
    read(source, &mut state)?;
    Ok(state.script)
}

/// Reads the whole source; what was found before an error is in the state.
fn read(source: &[u8], state: &mut State) -> Result<(), Opaque> {
    filter::check(source)?;
    let mut parser = Parser::new(Cursor::slice(source, 0), state, Scope::top());
    parser.list()?;
    if parser.cursor.peek().is_some() {
        return parser.opaque("something ends here that did not begin");
    }
    if !parser.pending.is_empty() {
        return parser.opaque("a here-document has no text");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
