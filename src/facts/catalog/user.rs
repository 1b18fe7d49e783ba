//! Catalog files that users add.

use std::fmt;
use std::ops::Range;

use super::Catalog;
use super::compile::{self, Problem};

/// A mistake in a user's catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// The file, as the caller named it.
    pub origin: String,
    /// Line from 1.
    pub line: usize,
    /// Column in characters from 1.
    pub column: usize,
    /// The bytes that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: {}", self.origin, self.line, self.column, self.message)?;
        self.hint.iter().try_for_each(|hint| write!(formatter, " ({hint})"))
    }
}

impl std::error::Error for CatalogError {}

impl Catalog {
    /// Adds the programs and variables of a user's catalog file; they win over what was known before. Built-ins are
    /// the shell's and cannot be described by users. The tables live as long as the process.
    ///
    /// # Errors
    /// The first mistake in `text`, with its place; `origin` names the file.
    pub fn with_user(mut self, text: &str, origin: &str) -> Result<Self, CatalogError> {
        let tables = compile::read(text).and_then(|file| compile::compile(&file));
        let tables = tables.map_err(|problem| located(problem, text, origin))?;
        if let Some((name, _)) = tables.builtins.first() {
            let message =
                format!("the built-in `{name}` is the shell's; only programs and variables can be described");
            let at = text.find("[builtin").unwrap_or(0);
            return Err(located(Problem { message, span: at..at + 8, candidates: Vec::new() }, text, origin));
        }
        self.programs.push(tables.programs.leak());
        self.variables.push(tables.variables.leak());
        Ok(self)
    }
}

/// A command line with what analysis must say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The command line, as bash reads it.
    pub command: String,
    /// All effects of all its parts, in any order; none: it has none.
    pub effects: Vec<String>,
    /// Whether something in it is opaque; then `effects` may be empty for "whatever".
    pub opaque: bool,
}

/// The examples of a catalog file.
///
/// # Errors
/// The first mistake in `text`, with its place; `origin` names the file.
pub fn examples(text: &str, origin: &str) -> Result<Vec<Example>, CatalogError> {
    let file = compile::read(text).map_err(|problem| located(problem, text, origin))?;
    Ok(file.examples.into_iter().map(|(command, says)| Example::new(command.into_inner(), says)).collect())
}

impl Example {
    fn new(command: String, says: Vec<String>) -> Self {
        let (opaque, effects): (Vec<_>, Vec<_>) = says.into_iter().partition(|word| word == "opaque");
        Self { command, effects, opaque: !opaque.is_empty() }
    }
}

fn located(problem: Problem, text: &str, origin: &str) -> CatalogError {
    let before = text.get(..problem.span.start).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let wrong = text.get(problem.span.clone()).unwrap_or("").trim_matches(['"', '\'']);
    let hint = closest(wrong, &problem).map(|name| format!("did you mean `{name}`?"));
    CatalogError {
        origin: origin.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        span: problem.span,
        message: problem.message,
        hint,
    }
}

/// The known word that is nearest to the wrong one; for unknown keys TOML's message lists the known ones.
fn closest(wrong: &str, problem: &Problem) -> Option<String> {
    let listed =
        problem.message.split('`').skip(3).step_by(2).filter(|_| problem.message.contains("expected"));
    let known = problem.candidates.iter().copied().chain(listed);
    let nearest = known.map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min()?;
    (nearest.0 <= 1 + wrong.len() / 3).then(|| nearest.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> CatalogError {
        Catalog::built_in().with_user(text, "user.toml").expect_err("a mistake")
    }

    #[test]
    fn user_entries_win_over_built_in_ones() {
        let catalog =
            Catalog::built_in().with_user("[program.rg]\nopaque = \"mine\"\n", "user.toml").unwrap();
        assert_eq!(catalog.program("rg").unwrap().opaque, Some("mine"));
        assert!(catalog.program("find").is_some());
    }

    #[test]
    fn unknown_key_is_located_with_a_suggestion() {
        let error = error("[program.foo]\nstile = \"gnu\"\n");
        assert_eq!((error.line, error.column), (2, 1));
        assert_eq!(error.hint.as_deref(), Some("did you mean `style`?"));
        assert!(error.to_string().starts_with("user.toml:2:1: unknown field `stile`"), "{error}");
    }

    #[test]
    fn unknown_kind_is_located_with_a_suggestion() {
        let text = "[program.foo]\noperands = [\"raed*\"]\n";
        let error = error(text);
        assert_eq!(&text[error.span.clone()], "\"raed*\"");
        assert_eq!(error.hint.as_deref(), Some("did you mean `read`?"));
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "[program.foo]\neffects = [\"raed x\"]",
            "[program.foo]\neffects = [\"read x y z\"]",
            "[program.foo]\nstdin = \"perl\"",
            "[program.foo]\nundo = \"maybe\"",
            "[program.foo]\nstyle = \"none\"",
            "[program.foo]\ngroups = \"none\"",
            "[program.foo]\ndefault_sub = \"none\"",
            "[program.foo]\noperands = [\"read*\", \"write*\"]",
            "[program.foo.options]\nnone = \"-a -a\"",
            "[program.foo.options]\nnone = \"-a, -b\"",
            "[program.\"foo,foo\"]",
            "[program.\"foo,\"]",
            "[builtin.cd]",
            "[program",
        ] {
            assert_eq!(error(text).origin, "user.toml", "{text}");
        }
    }
}
