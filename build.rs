//! Compiles `policies/catalog/*.toml` into constant tables, so that a run parses no TOML and relocates nothing.
#![expect(unreachable_pub, dead_code, reason = "most of these files are the library's")]

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::{env, fs};

use effect_kind::{EffectKind, Undo};
use emit::Emit as _;

#[path = "build/agents.rs"]
mod agents;
#[path = "src/facts/catalog/compile.rs"]
mod compile;
#[path = "src/facts/effect_kind.rs"]
mod effect_kind;
#[path = "build/emit.rs"]
mod emit;
#[path = "src/facts/catalog/model.rs"]
mod model;
#[path = "build/redaction.rs"]
mod redaction;
#[path = "src/facts/catalog/schema.rs"]
mod schema;
#[path = "build/transfers.rs"]
mod transfers;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const DIRECTORY: &str = "policies/catalog";
    let mut tables = compile::Tables::default();
    let mut files: Vec<_> = fs::read_dir(DIRECTORY)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    for file in
        files.iter().map(std::fs::DirEntry::path).filter(|path| path.extension().is_some_and(|e| e == "toml"))
    {
        let one = compile_file(&file)?;
        tables.programs.extend(one.programs);
        tables.builtins.extend(one.builtins);
        tables.variables.extend(one.variables);
    }
    let mut output = emit::Output::default();
    table(&mut output, "PROGRAMS", "Entry", &mut tables.programs)?;
    table(&mut output, "BUILTINS", "Entry", &mut tables.builtins)?;
    table(&mut output, "VARIABLES", "Variable", &mut tables.variables)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("catalog.rs"), output.finish())?;
    compile_with("redaction", "policies/redaction.toml", redaction::compile)?;
    compile_with("agents", "policies/agents/wrappers.toml", agents::compile)?;
    compile_with("transfers", "policies/transfers.toml", transfers::compile)?;
    name_build()
}

/// Names the sources of this build, so that what another build compiled of a policy is not believed.
fn name_build() -> Result<(), Box<dyn std::error::Error>> {
    let mut digest = DefaultHasher::new();
    for source in ["Cargo.lock", "build.rs", "build", "policies", "src"] {
        println!("cargo::rerun-if-changed={source}");
        hash_files(Path::new(source), &mut digest)?;
    }
    println!("cargo::rustc-env=GATE_BUILD={:016x}", digest.finish());
    Ok(())
}

fn hash_files(path: &Path, digest: &mut DefaultHasher) -> std::io::Result<()> {
    path.hash(digest);
    if !path.is_dir() {
        fs::read(path)?.hash(digest);
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    entries.iter().try_for_each(|entry| hash_files(&entry.path(), digest))
}

fn compile_with(
    name: &str,
    file: &str,
    compile: fn(&str) -> Result<String, String>,
) -> Result<(), Box<dyn std::error::Error>> {
    let tables = compile(&fs::read_to_string(file)?).map_err(|error| format!("{file}: {error}"))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join(name).with_extension("rs"), tables)?;
    Ok(())
}

fn compile_file(path: &Path) -> Result<compile::Tables, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    compile::read(&text).and_then(|file| compile::compile(&file)).map_err(|problem| {
        let line = text.get(..problem.span.start).unwrap_or("").matches('\n').count() + 1;
        format!("{}:{line}: {} (known: {})", path.display(), problem.message, problem.candidates.join(", "))
    })
}

fn table<T>(
    output: &mut emit::Output,
    name: &str,
    kind: &str,
    rows: &mut [(&'static str, &'static T)],
) -> Result<(), Box<dyn std::error::Error>>
where
    &'static T: emit::Emit,
{
    rows.sort_by_key(|(name, _)| *name);
    if let Some(((twice, _), _)) = rows.iter().zip(rows.iter().skip(1)).find(|((a, _), (b, _))| a == b) {
        return Err(format!("`{twice}` stands in two catalog files").into());
    }
    output.text.clear();
    rows.emit(output);
    let rows = std::mem::take(&mut output.text);
    writeln!(output.definitions, "pub(super) static {name}: &[(&str, &{kind})] = {rows};")?;
    Ok(())
}
