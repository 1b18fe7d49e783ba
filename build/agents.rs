//! Compiles `policies/agents/wrappers.toml` into constant tables, so that looking for a wrapper parses no TOML.

use std::fmt::Write as _;

use serde::Deserialize;

/// The file as it is written; examples are the tests' business.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    wrapper: Vec<Wrapper>,
    probe: Vec<Probe>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapper {
    client: String,
    file: Option<String>,
    before: Vec<String>,
    command: Command,
    after: Vec<String>,
    calls: Vec<String>,
    uses: Vec<String>,
    #[serde(rename = "match")]
    _match: Vec<toml::Table>,
    #[serde(rename = "no_match")]
    _no_match: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Command {
    Quoted,
    Verbatim,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probe {
    client: String,
    what: String,
    is: Option<String>,
    begins: Option<String>,
    #[serde(default)]
    holds: Vec<String>,
    variable: Option<Variable>,
    #[serde(rename = "match")]
    _match: Vec<String>,
    #[serde(rename = "no_match")]
    _no_match: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    name: String,
    ends: String,
}

/// The tables as Rust: `WRAPPERS` and `PROBES`.
pub fn compile(text: &str) -> Result<String, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.version != 1 {
        return Err(format!("version {} is not known", file.version));
    }
    let mut out = "pub(super) static WRAPPERS: &[Wrapper] = &[\n".to_owned();
    for wrapper in &file.wrapper {
        let path = wrapper.file.as_deref().map_or(Ok(String::new()), |file| pieces(file, ""))?;
        let side = |patterns: &[String]| {
            patterns
                .iter()
                .map(|pattern| Ok(pieces(pattern, &path)? + ", "))
                .collect::<Result<String, String>>()
        };
        let Wrapper { client, command, calls, uses, .. } = wrapper;
        let (before, after) = (side(&wrapper.before)?, side(&wrapper.after)?);
        let _ = writeln!(
            out,
            "Wrapper {{ client: {client:?}, before: &[{before}], command: Quoting::{command:?}, after: &[{after}], \
             calls: &{calls:?}, uses: &{uses:?} }},"
        );
    }
    out += "];\npub(super) static PROBES: &[Probe] = &[\n";
    for Probe { client, what, is, begins, holds, variable, .. } in &file.probe {
        let begins = match (is, begins) {
            (Some(is), None) => format!("Text::Is({is:?})"),
            (None, Some(begins)) if begins.len() > 8 => format!("Text::Begins({begins:?}, &{holds:?})"),
            _ => return Err(format!("a probe of {client} needs either `is` or a `begins` of some length")),
        };
        let variable = variable.as_ref().map(|Variable { name, ends }| (name, ends));
        let _ = writeln!(
            out,
            "Probe {{ client: {client:?}, what: {what:?}, text: {begins}, variable: {variable:?} }},"
        );
    }
    Ok(out + "];\n")
}

/// A pattern as a slice of pieces; `{file}` becomes `path` between two marks.
fn pieces(pattern: &str, path: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((literal, hole, behind)) = next_hole(rest) {
        if !literal.is_empty() {
            let _ = write!(out, "Piece::Literal({literal:?}), ");
        }
        match hole.split_once(':') {
            None if !path.is_empty() => {
                let inner = path.trim_start_matches("&[").trim_end_matches(']');
                let _ = write!(out, "Piece::Mark, {inner}Piece::Mark, ");
            }
            Some(("hex", count)) => out += &format!("Piece::Hex({}), ", number(count)?),
            Some(("alnum", count)) => out += &format!("Piece::Alphanumeric({}), ", number(count)?),
            _ => return Err(format!("`{{{hole}}}` is no hole here")),
        }
        rest = behind;
    }
    if !rest.is_empty() {
        let _ = write!(out, "Piece::Literal({rest:?}), ");
    }
    Ok(format!("&[{out}]"))
}

/// The text in front of the next hole, what the hole says, and the text behind it; other braces are literal.
fn next_hole(text: &str) -> Option<(&str, &str, &str)> {
    let found = ["{file}", "{hex:", "{alnum:"].iter().filter_map(|hole| text.find(hole)).min()?;
    let (literal, rest) = text.split_at(found);
    let (hole, behind) = rest.get(1..)?.split_once('}')?;
    Some((literal, hole, behind))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no count"))
}
