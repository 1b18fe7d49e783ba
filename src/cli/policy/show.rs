//! `gate policy show`: the rules that hold here, or a policy that gate ships with.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::{config::PolicySource, exit::Exit, policy::Shipped};

use super::{say, subject};

const EXAMPLES: &str = "\
Examples:
  gate policy show                         The policies that gate ships with, and the rules that hold here
  gate policy show ci | less               The text of one of them; all stand on the text of `default`";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Name of a policy that gate ships with, to print its text
    name: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    if let Some(name) = &arguments.name {
        let shipped = Shipped::of_name(name).with_context(|| {
            let names = Shipped::ALL.map(Shipped::name).join(", ");
            format!("there is no policy {name:?}; the ones with names are {names}")
        })?;
        return say(shipped.text());
    }
    let loaded = subject::loaded()?;
    let mut said = String::from("gate ships with\n");
    for shipped in Shipped::ALL {
        let _ = writeln!(said, "  {:<10} {}", shipped.name(), shipped.summary());
    }
    said.push_str("\nhere holds\n");
    for source in &loaded.settings.policy {
        let _ = match source {
            PolicySource::Shipped(shipped) => writeln!(said, "  built-in   {}", shipped.name()),
            PolicySource::File(path) => writeln!(said, "  file       {}", path.display()),
        };
    }
    if let Some(project) = loaded.places.project.as_ref().filter(|path| path.exists()) {
        let _ = writeln!(said, "  project    {} (may only tighten)", project.display());
    }
    let _ = writeln!(said, "  whitelist  {}", loaded.whitelist_file().path().display());
    for rule in loaded.policy()?.rules()? {
        let _ = writeln!(said, "\n{rule}");
    }
    say(&said)
}
