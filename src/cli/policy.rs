//! `gate policy …`: checks, tests, shows and compiles the policy.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{
    config::{self, DEFAULT_POLICY, Loaded, Origin, PolicySource},
    exit::Exit,
    facts::Catalog,
    policy::{self, Action, Analyse as _, ExampleMachine, Layer, Policy, Source, Whitelist},
    sys::{caller::CallerEnvironment, files},
    ui::Printable,
};

const LIMIT: u64 = 64 << 20;

const CHECK_EXAMPLES: &str = "\
Examples:
  gate policy check                        Everything that applies here
  gate policy check team.toml              One file, before it is put in force";

const TEST_EXAMPLES: &str = "\
CASES holds one case a line: the expected action (allow, ask, deny), a blank, and a command line; `#` begins a
comment. Cases run on a made-up machine: user `user` on `machine`, working in /home/user/project.

Examples:
  gate policy test cases.txt               Against the policy that applies here
  gate policy test --policy team.toml cases.txt";

const SHOW_EXAMPLES: &str = "\
Examples:
  gate policy show                         The rules that hold here
  gate policy show default | less          The text of the built-in policy";

const COMPILE_EXAMPLES: &str = "\
Examples:
  sudo gate policy compile                 Needed after each change where enforce = true";

/// What is to be done with the policy.
#[derive(clap::Subcommand)]
pub enum Choice {
    /// Report what is wrong with the policy, with line and caret
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// Policy files to read instead of what applies here
        files: Vec<PathBuf>,
    },
    /// Run cases against the policy
    #[command(after_help = TEST_EXAMPLES)]
    Test {
        /// Policy file to test instead of what applies here; may be given more than once
        #[arg(long, value_name = "FILE")]
        policy: Vec<PathBuf>,
        /// File of cases
        cases: PathBuf,
    },
    /// Print the rules that hold here and where they come from, or the text of the built-in policy
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// `default` prints the built-in policy
        name: Option<String>,
    },
    /// Compile settings and policy now instead of at the next run
    #[command(after_help = COMPILE_EXAMPLES)]
    Compile,
}

/// Runs the subcommand.
///
/// # Errors
/// Where a policy cannot be read or used, a case fails, or output fails.
pub fn run(choice: &Choice) -> anyhow::Result<Exit> {
    match choice {
        Choice::Check { files } => check(files),
        Choice::Test { policy, cases } => test(policy, cases),
        Choice::Show { name } => show(name.as_deref()),
        Choice::Compile => compile(),
    }
}

fn check(files: &[PathBuf]) -> anyhow::Result<Exit> {
    let loaded = loaded()?;
    let paths = if files.is_empty() { named(&loaded) } else { files.to_vec() };
    let (compiled, warnings) = compile_files(&paths, files.is_empty())?;
    let rules = Policy::open(&compiled)?.len();
    let mut said = warnings.join("\n");
    if !said.is_empty() {
        said.push('\n');
    }
    let _ = writeln!(said, "{rules} rules, {} warnings, no errors", warnings.len());
    say(&said)
}

fn test(paths: &[PathBuf], cases: &Path) -> anyhow::Result<Exit> {
    let applies = paths.is_empty();
    let paths = if applies { named(&loaded()?) } else { paths.to_vec() };
    let (compiled, _) = compile_files(&paths, applies)?;
    let (text, _) = files::read_limited(cases, LIMIT).with_context(|| cases.display().to_string())?;
    let text = String::from_utf8(text).with_context(|| cases.display().to_string())?;
    let (policy, examples) = (Policy::open(&compiled)?, ExampleMachine::new(Catalog::built_in()));
    let (mut passed, mut said) = (0u32, String::new());
    let mut failed = 0u32;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (expected, command) =
            case(line).with_context(|| format!("{}:{}", cases.display(), number + 1))?;
        let facts = examples.analyse(command);
        let found = policy::decide(&facts, examples.context(), &policy, &Whitelist::empty())?.action;
        if found == expected {
            passed += 1;
            continue;
        }
        failed += 1;
        let command = Printable::line(command.as_bytes());
        let (found, expected) = (found.name(), expected.name());
        let _ = writeln!(
            said,
            "{}:{}: {found}, not {expected}: {}",
            cases.display(),
            number + 1,
            command.as_str()
        );
    }
    let _ = writeln!(said, "{passed} passed, {failed} failed");
    say(&said)?;
    Ok(if failed == 0 { Exit::Success } else { Exit::Failure })
}

fn case(line: &str) -> anyhow::Result<(Action, &str)> {
    let (word, command) =
        line.split_once(char::is_whitespace).context("no command line behind the action")?;
    let known = [Action::Allow, Action::Ask, Action::Deny];
    let action = known.into_iter().find(|action| action.name() == word);
    Ok((action.with_context(|| format!("{word:?} is none of allow, ask, deny"))?, command.trim_start()))
}

fn show(name: Option<&str>) -> anyhow::Result<Exit> {
    match name {
        Some("default") => return say(DEFAULT_POLICY),
        Some(other) => bail!("the only policy with a name is `default`, not {other:?}"),
        None => {}
    }
    let loaded = loaded()?;
    let mut said = String::new();
    for source in &loaded.settings.policy {
        let _ = match source {
            PolicySource::Default => writeln!(said, "built-in   default"),
            PolicySource::File(path) => writeln!(said, "file       {}", path.display()),
        };
    }
    if let Some(project) = loaded.places.project.as_ref().filter(|path| path.exists()) {
        let _ = writeln!(said, "project    {} (may only tighten)", project.display());
    }
    let _ = writeln!(said, "whitelist  {}", loaded.whitelist_file().display());
    for rule in loaded.policy()?.rules()? {
        let _ = writeln!(said, "\n{rule}");
    }
    say(&said)
}

fn compile() -> anyhow::Result<Exit> {
    let loaded = loaded()?;
    match &loaded.origin {
        Origin::Cache => say("up to date\n"),
        Origin::Compiled => say("compiled\n"),
        Origin::Unkept(why) => bail!("compiled, but it cannot be kept: {why}"),
    }
}

fn loaded() -> anyhow::Result<Loaded> {
    Ok(config::load(&CallerEnvironment::capture()?)?)
}

/// Every policy file that applies here, the project's own among them.
fn named(loaded: &Loaded) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for source in &loaded.settings.policy {
        if let PolicySource::File(path) = source {
            paths.push(path.clone());
        }
    }
    paths.extend(loaded.places.project.clone().filter(|path| path.exists()));
    paths
}

/// Compiles files together with the built-in policy, their examples checked.
fn compile_files(paths: &[PathBuf], applies: bool) -> anyhow::Result<(Vec<u8>, Vec<String>)> {
    let mut texts = Vec::new();
    for path in paths {
        let (bytes, _) = files::read_limited(path, LIMIT).with_context(|| path.display().to_string())?;
        let text = String::from_utf8(bytes).with_context(|| path.display().to_string())?;
        let project = applies && path.file_name().is_some_and(|name| name == ".gate.toml");
        texts.push((path.display().to_string(), text, if project { Layer::Project } else { Layer::User }));
    }
    let mut sources =
        vec![Source { origin: "built-in", layer: Layer::BuiltIn, text: DEFAULT_POLICY, identity: None }];
    sources.extend(texts.iter().map(|(origin, text, layer)| Source {
        origin,
        layer: *layer,
        text,
        identity: None,
    }));
    let compiled = policy::compile(&sources, Some(&ExampleMachine::new(Catalog::built_in())))
        .map_err(config::ConfigError::Wrong)?;
    Ok((compiled.bytes, compiled.warnings.iter().map(ToString::to_string).collect()))
}

fn say(text: &str) -> anyhow::Result<Exit> {
    std::io::stdout().lock().write_all(text.as_bytes()).context("standard output")?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_an_action_and_a_command_line() {
        assert_eq!(case("allow git status").unwrap(), (Action::Allow, "git status"));
        assert_eq!(case("deny\t rm -rf /").unwrap(), (Action::Deny, "rm -rf /"));
        assert!(case("allow").is_err());
        assert_eq!(case("never ls").unwrap_err().to_string(), "\"never\" is none of allow, ask, deny");
    }
}
