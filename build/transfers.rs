//! Compiles `policies/transfers.toml` into constant tables.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Deserialize;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    files: BTreeMap<String, Vec<String>>,
    sftp_server: Letters,
    rsync: Rsync,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letters {
    none: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rsync {
    none: String,
    number: String,
    options: BTreeMap<String, String>,
    refused: BTreeMap<String, String>,
}

/// The tables as Rust, sorted by name.
pub fn compile(text: &str) -> Result<String, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut out = String::new();
    if let Some(path) = file.files.values().flatten().find(|path| !path.starts_with('/')) {
        return Err(format!("`{path}` is not absolute"));
    }
    let files: Vec<_> = file.files.iter().map(|(name, paths)| (name, paths.as_slice())).collect();
    write_table(
        &mut out,
        "FILES",
        "(&str, &[&str])",
        files.iter().map(|(name, paths)| format!("({name:?}, &{paths:?})")),
    );
    let Letters { none, text } = &file.sftp_server;
    for (name, letters) in [
        ("SFTP_NONE", none),
        ("SFTP_TEXT", text),
        ("RSYNC_LETTERS", &file.rsync.none),
        ("RSYNC_NUMBERS", &file.rsync.number),
    ] {
        let _ = writeln!(out, "pub(in super::super) static {name}: &[u8] = b{letters:?};");
    }
    let options = options(&file.rsync.options, &file.rsync.refused)?;
    write_table(
        &mut out,
        "RSYNC_OPTIONS",
        "(&str, Value)",
        options.iter().map(|(name, value)| format!("({name:?}, Value::{value})")),
    );
    write_table(
        &mut out,
        "RSYNC_REFUSED",
        "(&str, &str)",
        file.rsync.refused.iter().map(|(name, why)| format!("({name:?}, {why:?})")),
    );
    Ok(out)
}

/// Every option with the variant of `Value` that it is listed under; none stands twice, or among what is refused.
fn options(
    listed: &BTreeMap<String, String>,
    refused: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, &'static str>, String> {
    let mut options = BTreeMap::new();
    for (kind, names) in listed {
        let variant = match kind.as_str() {
            "none" => "None",
            "text" => "Text",
            "name" => "Name",
            "delete" => "Delete",
            "read" => "Read",
            "write" => "Write",
            other => return Err(format!("`{other}` is no kind of option")),
        };
        for name in names.split_whitespace() {
            let dashed = format!("--{name}");
            if refused.contains_key(&dashed) || options.insert(dashed, variant).is_some() {
                return Err(format!("`--{name}` stands there twice"));
            }
        }
    }
    Ok(options)
}

fn write_table(out: &mut String, name: &str, row: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    let _ = writeln!(
        out,
        "pub(in super::super) static {name}: [{row}; {}] = [{}];",
        rows.len(),
        rows.join(",\n")
    );
}
