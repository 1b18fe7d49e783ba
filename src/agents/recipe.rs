//! What has to be set for each agent: `policies/agents/recipes.toml`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{config::Places, sys::caller::CallerEnvironment};

const TABLE: &str = include_str!("../../policies/agents/recipes.toml");
const MINI: &str = include_str!("../../policies/agents/gate_environment.py");

/// The agents that there are recipes for, in the order of the table.
pub const NAMES: [&str; 9] =
    ["claude", "codex", "gemini", "opencode", "aider", "interpreter", "openhands", "langchain", "mini"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "version")]
    _version: u32,
    recipe: Vec<Recipe>,
}

/// How one agent is made to run its commands through gate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The word for `gate init`.
    pub name: String,
    /// The agent's own name.
    pub client: String,
    directory: Option<String>,
    variable: Option<String>,
    #[serde(default)]
    files: Vec<String>,
    /// What the settings are written in.
    #[serde(default)]
    pub format: Format,
    /// What is set.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// What a person has to do.
    #[serde(default)]
    pub by_hand: Vec<String>,
    /// How to see whether it was done.
    pub check: Option<Check>,
    /// What gate as this agent's shell does not cover.
    pub limits: Vec<String>,
}

/// What a file of settings is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// JSON, with or without comments.
    Json,
    /// TOML.
    Toml,
    /// A file of gate's own making, as a whole.
    #[default]
    Text,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The names on the way to it.
    pub key: Vec<String>,
    /// Its value.
    pub value: Value,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A truth value.
    Truth(bool),
    /// A whole number.
    Number(u32),
    /// A text.
    Text(String),
}

/// How to see whether a person did their part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The account's login shell is a link to gate.
    LoginShell,
    /// `bash` on the path is a link to gate.
    BashOnPath,
    /// `$SHELL` is gate.
    ShellVariable,
}

/// Where things are that recipes speak of.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    /// gate itself.
    pub gate: PathBuf,
    /// The directory of links called bash, sh and zsh.
    pub shells: PathBuf,
    /// The directory with a link called bash alone.
    pub path: PathBuf,
    /// What was set up, to be undone.
    pub records: PathBuf,
    home: PathBuf,
    config: PathBuf,
}

impl Whereabouts {
    /// Finds them for a caller.
    ///
    /// # Errors
    /// Where there is no home directory, or gate cannot name its own path.
    pub fn of(caller: &CallerEnvironment) -> Result<Self> {
        let places = Places::of(caller).context("no home directory: set HOME or XDG_CONFIG_HOME")?;
        let home = caller.directory("HOME").or_else(|| caller.account.home.clone());
        let gate = std::env::current_exe().context("gate cannot name its own path")?;
        Ok(Self {
            gate,
            shells: places.account.join("shells"),
            path: places.account.join("path"),
            records: places.account.join("agents"),
            home: home.context("no home directory: set HOME")?,
            config: places.account.parent().unwrap_or(Path::new("/")).to_path_buf(),
        })
    }

    fn fill(&self, text: &str) -> String {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        text.replace("{gate}", &shown(&self.gate))
            .replace("{shells}", &shown(&self.shells))
            .replace("{path}", &shown(&self.path))
            .replace("{config}", &shown(&self.config))
    }
}

impl Recipe {
    /// The recipe of an agent.
    ///
    /// # Errors
    /// Where there is none.
    pub fn of(name: &str) -> Result<Self> {
        let found = all()?.into_iter().find(|recipe| recipe.name == name);
        found.with_context(|| format!("there is no recipe for {name}"))
    }

    /// The same recipe with every path in its place.
    #[must_use]
    pub fn filled(mut self, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> Self {
        let directory = self.directory(caller, whereabouts);
        let fill = |text: &mut String| {
            *text = whereabouts.fill(text);
            if let Some(directory) = &directory {
                *text = text.replace("{directory}", &directory.to_string_lossy());
            }
        };
        for setting in &mut self.settings {
            if let Value::Text(text) = &mut setting.value {
                fill(text);
            }
        }
        self.by_hand.iter_mut().for_each(fill);
        self
    }

    /// Where the agent keeps its settings.
    #[must_use]
    pub fn directory(&self, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> Option<PathBuf> {
        if let Some(named) = self.variable.as_deref().and_then(|variable| caller.directory(variable)) {
            return Some(named);
        }
        let usual = whereabouts.fill(self.directory.as_deref()?);
        Some(match usual.strip_prefix("~/") {
            Some(below) => whereabouts.home.join(below),
            None => PathBuf::from(usual),
        })
    }

    /// The file that is set: the first that exists, else the first; where links lead to.
    #[must_use]
    pub fn file(&self, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> Option<PathBuf> {
        let directory = self.directory(caller, whereabouts)?;
        let paths: Vec<PathBuf> = self.files.iter().map(|file| directory.join(file)).collect();
        let path = paths.iter().find(|path| path.exists()).or(paths.first())?;
        Some(path.canonicalize().unwrap_or_else(|_| path.clone()))
    }

    /// The whole text of a file of gate's own making.
    #[must_use]
    pub fn text(&self, whereabouts: &Whereabouts) -> String {
        whereabouts.fill(MINI)
    }

    /// Whether the agent is called by one of the links.
    #[must_use]
    pub fn needs_links(&self) -> bool {
        let texts = self.settings.iter().filter_map(|setting| match &setting.value {
            Value::Text(text) => Some(text),
            _ => None,
        });
        texts.chain(&self.by_hand).any(|text| text.contains("{shells}") || text.contains("{path}"))
    }
}

/// Every recipe.
///
/// # Errors
/// Never in a build whose tests passed: the table is part of gate.
pub fn all() -> Result<Vec<Recipe>> {
    let table: Table = toml::from_str(TABLE).context("policies/agents/recipes.toml")?;
    Ok(table.recipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_can_be_asked_for_and_says_what_it_does_not_cover() {
        let recipes = all().unwrap();
        assert_eq!(recipes.iter().map(|recipe| &*recipe.name).collect::<Vec<_>>(), NAMES);
        for recipe in recipes {
            assert!(!recipe.limits.is_empty(), "{}", recipe.name);
            assert!(!recipe.files.is_empty() || !recipe.by_hand.is_empty(), "{}", recipe.name);
            assert_eq!(recipe.files.is_empty(), recipe.directory.is_none(), "{}", recipe.name);
            assert_eq!(recipe.format == Format::Text, recipe.settings.is_empty(), "{}", recipe.name);
        }
    }
}
