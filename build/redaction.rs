//! Compiles `policies/redaction.toml` into constant tables, so that looking for a secret parses no TOML.

use std::fmt::Write as _;

use serde::Deserialize;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    secret: Vec<Secret>,
}

/// One kind of secret; examples are the tests' business.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    name: String,
    begins: Vec<String>,
    pattern: String,
    until: Option<String>,
    #[serde(default, rename = "examples")]
    _examples: Vec<(String, String)>,
    #[serde(default, rename = "harmless")]
    _harmless: Vec<String>,
}

/// The tables as Rust: `KINDS`, and `LITERALS` in the order of their bytes.
pub fn compile(text: &str) -> Result<String, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut literals = vec![];
    let mut out = format!("pub(super) static KINDS: [Kind; {}] = [\n", file.secret.len());
    for (index, secret) in file.secret.iter().enumerate() {
        let Secret { name, pattern, until, .. } = secret;
        let _ = writeln!(
            out,
            "Kind {{ label: {:?}, pattern: {pattern:?}, until: {until:?} }},",
            format!("[redacted {name}]")
        );
        literals.extend(secret.begins.iter().map(|literal| (literal.as_str(), index)));
    }
    literals.sort_unstable();
    if let Some((short, _)) = literals.iter().find(|(literal, _)| literal.len() < 3 || !literal.is_ascii()) {
        return Err(format!("`{short}`: a beginning needs three bytes of ASCII at least"));
    }
    if literals.len() > 32 {
        return Err(format!(
            "{} beginnings are more than the 32 that are searched for at once",
            literals.len()
        ));
    }
    let _ =
        writeln!(out, "];\npub(super) static LITERALS: [(&str, usize); {}] = {literals:?};", literals.len());
    Ok(out)
}
