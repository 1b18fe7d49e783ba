//! `gate policy promote`: puts a policy file in its production place, after everything that can be known of it.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{
    cli::log::{Since, parse_since},
    exit::Exit,
    pipeline::Replay,
    policy::Policy,
    sys::{files, talk},
    ui::Printable,
};

use super::{diff, person::person, replay::replay, say, subject, test};

const EXAMPLES: &str = "\
The file is checked with the examples of its rules, and with the cases that are
given; then the rules that differ are listed, and the log's commands are judged
by both. Where anything fails, PRODUCTION stays as it is. The bytes that were
checked are the bytes that are copied, in one step.

Examples:
  gate policy promote --dry-run new.toml team.toml    Only the report
  gate policy promote --cases cases.txt new.toml team.toml";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Copy nothing
    #[arg(long)]
    dry_run: bool,
    /// File of cases that have to pass, as for `gate policy test`; may be given more than once
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    /// How far to look back in the log: `7d`, `30d`, `2026-01-31`
    #[arg(long, value_name = "TIME", value_parser = parse_since, default_value = "30d")]
    since: Since,
    /// The policy file to copy
    staging: PathBuf,
    /// Where it is to be in force
    production: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let past = Replay::look()?;
    if !arguments.dry_run {
        let _ = person(&past.loaded)?;
    }
    let Arguments { staging, production, .. } = arguments;
    let mode = mode_of(production)?;
    let text = subject::text(staging)?;
    let new = subject::compile_text(staging, &text).context("nothing was copied")?;
    for cases in &arguments.cases {
        let (report, failed) = test::report(&new, cases)?;
        say(&report)?;
        if failed > 0 {
            bail!("nothing was copied: {failed} cases of {} fail", cases.display());
        }
    }
    let old = match mode {
        Some(_) => subject::compile_text(production, &subject::text(production)?)
            .with_context(|| format!("nothing was copied: {} is broken", production.display()))?,
        None => subject::compile(&[])?,
    };
    let (before, after) = (Policy::open(&old.bytes)?, Policy::open(&new.bytes)?);
    let (differences, looser) = diff::report(&before, &after)?;
    let replayed = replay(&past, arguments.since, &before, &after)?;
    say(&format!("{differences}\n{}", replayed.table()))?;
    if looser || replayed.loosens() {
        talk::say("the new policy is looser than the old one, see above");
    }
    if arguments.dry_run {
        talk::say("nothing was copied");
        return Ok(Exit::Success);
    }
    files::replace(production, text.as_bytes(), mode.unwrap_or(0o644))
        .with_context(|| format!("{} was not changed", production.display()))?;
    talk::say(&format!(
        "{} is in force from the next run on",
        Printable::line(production.as_os_str().as_encoded_bytes())
    ));
    Ok(Exit::Success)
}

/// The mode of a regular file; `None` where there is none.
fn mode_of(path: &Path) -> anyhow::Result<Option<u32>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata.permissions().mode() & 0o777)),
        Ok(_) => bail!("{} is not a regular file (symbolic links are not followed)", path.display()),
    }
}
