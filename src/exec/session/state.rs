//! What a session's shell says of itself between two commands.

use sha2::{Digest as _, Sha256};

use crate::syntax::Dialect;

use super::declared;

/// A session's shell, as it stood after its last command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// `$?`.
    pub status: u8,
    /// `$_`.
    pub last: Vec<u8>,
    /// `PIPESTATUS`.
    pub pipe: Vec<u8>,
    /// `$-`: the options with letters.
    pub letters: Vec<u8>,
    /// The names of the options that are on, those of `set -o` and those of `shopt`.
    pub options: Vec<Vec<u8>>,
    /// Every variable that is one string, exported or not.
    pub variables: Vec<Variable>,
    /// Functions with their definitions, as the shell prints them.
    pub functions: Vec<(Vec<u8>, Vec<u8>)>,
    /// Aliases with what stands for them.
    pub aliases: Vec<(Vec<u8>, Vec<u8>)>,
    /// The signals that run a text, by name.
    pub traps: Vec<Vec<u8>>,
    /// The primary prompt, expanded.
    pub prompt: Vec<u8>,
}

/// A variable that is one string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// Whether programs get it.
    pub exported: bool,
}

/// Options that are usually off and that change how a text is read, what a pattern means, or which command runs.
const CHANGING: &[&str] = &[
    "allexport",
    "assoc_expand_once",
    "autocd",
    "cdable_vars",
    "cdspell",
    "dirspell",
    "dotglob",
    "extdebug",
    "extglob",
    "functrace",
    "globstar",
    "histexpand",
    "keyword",
    "lastpipe",
    "localvar_inherit",
    "nocaseglob",
    "nocasematch",
    "noexec",
    "noglob",
    "nullglob",
    "onecmd",
    "posix",
    "restricted",
    "verbose",
    "xpg_echo",
];

/// Options that are usually on, and without which a text is read in another way.
const USUAL: &[&str] = &["braceexpand", "extquote", "interactive_comments", "sourcepath"];

impl State {
    /// Reads the fields of a report, between its marks.
    pub(super) fn read(fields: &[&[u8]]) -> Option<Self> {
        let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u8>().ok();
        let (head, fields) = fields.split_at_checked(3)?;
        let [status, last, count] = head else { return None };
        let (pipe, fields) = fields.split_at_checked(usize::from(number(count)?))?;
        let [letters, set, shopt, prompt, declared, aliases, traps, functions @ ..] = fields else {
            return None;
        };
        let names = |list: &[u8]| {
            list.split(|byte| *byte == b':').filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
        };
        let pipe = pipe.iter().copied().map(number).collect::<Option<Vec<u8>>>()?;
        let mut options: Vec<Vec<u8>> = names(set);
        options.extend::<Vec<Vec<u8>>>(names(shopt));
        let functions = functions.chunks(2).map(|pair| match pair {
            [name, body] => Some((name.to_vec(), body.to_vec())),
            _ => None,
        });
        Some(Self {
            status: number(status)?,
            last: last.to_vec(),
            pipe,
            letters: letters.to_vec(),
            options,
            prompt: prompt.to_vec(),
            variables: declared::variables(declared)?,
            aliases: declared::aliases(aliases)?,
            traps: declared::traps(traps)?,
            functions: functions.collect::<Option<_>>()?,
        })
    }

    /// The variables that programs get.
    #[must_use]
    pub fn exported(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let exported = self.variables.iter().filter(|variable| variable.exported);
        exported.map(|variable| (variable.name.clone(), variable.value.clone())).collect()
    }

    /// Every variable that is one string, as the shell expands it.
    #[must_use]
    pub fn known(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.variables.iter().map(|variable| (variable.name.clone(), variable.value.clone())).collect()
    }

    /// The value of a variable that is one string.
    #[must_use]
    pub fn value(&self, name: &[u8]) -> Option<&[u8]> {
        let found = self.variables.iter().find(|variable| variable.name == name)?;
        Some(&found.value)
    }

    /// The body of a function.
    #[must_use]
    pub fn function(&self, name: &[u8]) -> Option<&[u8]> {
        self.functions.iter().find(|(known, _)| known == name).map(|(_, body)| body.as_slice())
    }

    /// What decides, beside variables and directory, what a text does: options, functions, aliases.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        let mut feed = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        self.options.iter().for_each(|option| feed(option));
        for (name, value) in self.functions.iter().chain(&self.aliases) {
            feed(name);
            feed(value);
        }
        hasher.finalize().to_vec()
    }

    /// Whether an option is on.
    #[must_use]
    pub fn is_on(&self, option: &str) -> bool {
        self.options.iter().any(|on| on == option.as_bytes())
    }

    /// Why texts are read in another way than analysis reads them, where they are.
    #[must_use]
    pub fn reads_differently(&self, dialect: Dialect) -> Option<String> {
        let differs = |name: &str| {
            (CHANGING.contains(&name) || name.starts_with("compat"))
                && (dialect == Dialect::Bash || name != "posix")
        };
        let on = self.options.iter().filter_map(|name| std::str::from_utf8(name).ok());
        if let Some(name) = on.clone().find(|name| differs(name)) {
            return Some(format!("the session set `{name}`, which changes what a text does"));
        }
        if let Some(name) = USUAL.iter().find(|name| !self.is_on(name)) {
            return Some(format!("the session took `{name}` away, which changes what a text does"));
        }
        if self.value(b"IFS") != Some(b" \t\n") {
            return Some("the session changed IFS, by which words are split".to_owned());
        }
        let set = |name: &&&str| self.value(name.as_bytes()).is_some_and(|value| !value.is_empty());
        if let Some(name) = ["CDPATH", "GLOBIGNORE", "EXECIGNORE"].iter().find(set) {
            return Some(format!("the session set {name}, which changes what a text does"));
        }
        let runs =
            self.traps.iter().find(|signal| [&b"DEBUG"[..], b"ERR", b"RETURN"].contains(&signal.as_slice()));
        runs.map(|signal| format!("the session runs a text at every {}", String::from_utf8_lossy(signal)))
    }
}
