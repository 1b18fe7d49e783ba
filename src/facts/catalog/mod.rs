//! What each option of each program does.
//!
//! The built-in catalog is `policies/catalog/*.toml`, compiled into constant tables by the build script; users add
//! files of the same form at run time. A file holds:
//!
//! ```toml
//! [program."rg,ripgrep"]             # names, joined by commas; also [builtin."cd"]
//! summary = "searches text"          # for the reader
//! style = "gnu"                      # gnu: getopt_long (default) | exact: no abbreviations, `-o=value` (clap, cobra)
//!                                    # | single-dash: -name value (Go, Terraform) | find | pairs: dd | tar | words: all operands
//! options_first = true               # options only in front of the first operand (sudo, env, docker run)
//! complete = true                    # every existing option is listed: only then is an abbreviation transparent
//! numbers = true                     # `-20` is an option without effect
//! plus = true                        # `+x` is an option without effect (dig +short)
//! inherited = true                   # its options are accepted behind its subcommands too
//! groups = "common output"           # option groups of this file: [group.common], with `options` and `option` as below
//! operands = ["text", "read*"]       # kinds in order; `*` repeats; behind the repeated one: the last operands (cp).
//!                                    # More operands than that are opaque; fewer are fine
//! without_operands = ["read-recursive ."]    # effects when there is none (or none in the repeated place)
//! effects = ["network host:pypi.org", "write ./target"]    # effects in any case: KIND[-recursive] [TARGET] [UNDO]
//!                                    # TARGET: path (`.`, `./x`, `/x`, `~/x`), `host:NAME`, `unknown`, or a plain name
//!                                    # UNDO: harmless, reversible, irreversible; default by kind
//! undo = "reversible"                # for what the operands name
//! stdin = "code"                     # data (default) | code | sh | bash: runs standard input where no operand names a script
//! default_sub = "install"            # the subcommand that is meant when none is given
//! opaque = "runs whatever …"         # nothing can be said of it
//!
//! [program."rg,ripgrep".options]     # options without effects of their own, by the kind of their value:
//! none = "-i,--ignore-case -n"       # options joined by blanks, the names of one option joined by commas
//! text = "-m,--max-count"            # `text?`: the value may be missing and counts only when attached (--color=auto)
//! read = "-f,--file"                 # a path that is read
//!
//! [[program."rg,ripgrep".option]]    # options that need more words
//! names = "--pre"
//! value = "execute"                  # kind of the value (`kind?` as above); `values = ["write", "text"]`: several words
//! harmless_values = ["never"]        # patterns (`*`, `?`); any other value is opaque
//! effects = []                       # of its presence
//! operands = ["read*"]               # what the operands are when it is present (two that differ: opaque)
//! operands_also = "delete-recursive" # done to path operands besides (find -delete)
//! ends_options = true                # all words behind it are operands (python -m)
//! cancels_effects = true             # the entry's own `effects` do not happen (unzip -l)
//! recursive = true                   # path operands mean everything below them (rm -r)
//! replaces_first_operand = true      # it stands for the first operand (grep -e)
//! retypes = { "-f,--file" = "write" }   # other options' values have another kind beside it (tar -c)
//! stdin = "data"                     # what standard input is, whatever the operands are (sh -c, sh -s)
//! opaque = "…"                       # nothing can be said of it
//!
//! [[program."rg,ripgrep".word]]      # operands that mean more than their place says
//! matches = ["+*", ":*"]
//! effects = ["remote unknown irreversible"]
//!
//! [program.git.sub."status"]         # subcommands: entries of their own, nested as deep as needed
//!
//! [variable."GIT_PAGER,PAGER"]       # environment variables that change what programs do; `PREFIX*` is a pattern
//! harmless_values = ["", "cat"]
//! effects = ["execute unknown"]      # or `opaque`
//!
//! [examples]                         # checked by tests, as is that everything a file says is shown by one of them
//! "rg --pre ./x foo ." = ["execute ./x", "read-recursive ."]    # all effects in any order; HOME=/home/user, in ~/work
//! "rg foo $X" = ["opaque"]           # something in it is opaque; effects besides it are complete or left out
//! ```
//!
//! Kinds of words: `text` · `text-or-file` (`file://path` and `@path` are read) · `method` (of HTTP) · `list` (names and dates, no content), `read`, `write`, `delete` and each with `-recursive` · `directory` (later relative paths
//! start there) · `execute` (a program, run with unseen words) · `sh`, `bash` (shell text) · `eval` (all words from here
//! joined, shell text) · `command` (all words from here, an argv) · `command-with-input` (xargs) · `command-until` (find
//! -exec) · `remote-command`, `remote-eval` (run elsewhere) · `assignment` (NAME=value for what is started) · `host` ·
//! `url` · `transfer-read`, `transfer-write`, each also `-recursive` (path or `host:path`) · `variable` (a shell
//! variable's name) · `sed`, `awk`, `jq`, `sql` (looked into) · `code` (a language that gate does not read) · `mount`
//! (`path:path[:ro]`) · `package`, `process`, `service`, `remote`, `privilege`, `device`, `name-write`, `name-delete` (a name to which that is done) ·
//! `execute-path`, `device-path`, `persist-path`, `project-code-path` (a path to which that is done) · `opaque`.
//! `-` as a path is standard input or output.
//!
//! An option that is not listed is opaque, and so is a subcommand that is not listed.

mod compile;
#[cfg(test)]
pub(super) mod lint;
mod model;
mod schema;
mod user;

pub use model::{
    Entry, Kind, OptionEntry, Reach, ShellKind, Slot, Stdin, Style, Template, TemplateTarget, Variable,
    WordRule,
};
pub use user::{CatalogError, Example, examples};

use super::{EffectKind, Undo};

mod built_in {
    use super::{
        EffectKind, Entry, Kind, OptionEntry, Reach, ShellKind, Slot, Stdin, Style, Template, TemplateTarget,
        Undo, Variable, WordRule,
    };

    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

/// What is known of programs, built-ins and variables.
#[derive(Clone, Debug)]
pub struct Catalog {
    programs: Vec<&'static [(&'static str, &'static Entry)]>,
    variables: Vec<&'static [(&'static str, &'static Variable)]>,
}

impl Catalog {
    /// The catalog that gate was built with.
    #[must_use]
    pub fn built_in() -> Self {
        Self { programs: Vec::new(), variables: Vec::new() }
    }

    /// What is known of the program with this base name, or without the version at its end; the user's last file wins,
    /// the built-in catalog comes last.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<&'static Entry> {
        self.program_named(name).or_else(|| self.program_named(unversioned(name)?))
    }

    fn program_named(&self, name: &str) -> Option<&'static Entry> {
        let added = self.programs.iter().rev().find_map(|table| look_up(table, name));
        added.or_else(|| look_up(built_in::PROGRAMS, name))
    }

    /// Names of all shell built-ins, in order; for tests.
    pub fn builtin_names(&self) -> impl Iterator<Item = &'static str> {
        built_in::BUILTINS.iter().map(|(name, _)| *name)
    }

    /// What is known of a shell built-in.
    #[must_use]
    pub fn builtin(&self, name: &str) -> Option<&'static Entry> {
        look_up(built_in::BUILTINS, name)
    }

    /// What setting a variable does; `None`: nothing beyond the programs that ask for it by name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'static Variable> {
        let added = self.variables.iter().rev().find_map(|table| look_up_pattern(table, name));
        added.or_else(|| look_up_pattern(built_in::VARIABLES, name))
    }

    /// Names of all programs, in order; for completion and for tests.
    #[must_use]
    pub fn program_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .programs
            .iter()
            .copied()
            .chain([built_in::PROGRAMS])
            .flat_map(|table| table.iter().map(|(name, _)| *name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Variable {
    /// Whether this value of it does nothing.
    #[must_use]
    pub fn is_harmless(&self, value: &[u8]) -> bool {
        let does_nothing = self.effects.is_empty() && self.opaque.is_none();
        does_nothing || self.harmless_values.iter().any(|pattern| glob_matches(pattern.as_bytes(), value))
    }
}

/// `python3.12` → `python`, `gcc-14` → `gcc`; `None` for a name that does not end in `-N` or `N.M`.
fn unversioned(name: &str) -> Option<&str> {
    let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let version = name.strip_prefix(bare)?;
    match bare.strip_suffix('-') {
        Some(bare) if !version.is_empty() => Some(bare),
        _ => (version.contains('.') && !version.starts_with('.')).then_some(bare),
    }
}

/// Finds a name in a sorted table.
pub(crate) fn look_up<T>(table: &[(&'static str, &'static T)], name: &str) -> Option<&'static T> {
    let at = table.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    table.get(at).map(|(_, value)| *value)
}

/// Finds a name, or the longest `PREFIX*` that it begins with, in a sorted table.
fn look_up_pattern<T>(table: &[(&'static str, &'static T)], name: &str) -> Option<&'static T> {
    look_up(table, name).or_else(|| {
        let first = |text: &str| text.as_bytes().first().copied();
        let matches = |known: &str| known.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix));
        let from = table.partition_point(|(known, _)| first(known) < first(name));
        let same = table.iter().skip(from).take_while(|(known, _)| first(known) == first(name));
        let longest = same.filter(|(known, _)| matches(known)).max_by_key(|(known, _)| known.len());
        longest.map(|(_, value)| *value).or_else(|| look_up(table, "*"))
    })
}

/// Whether a text matches a pattern of `*` and `?`; linear but for the usual one-star restart.
pub(crate) fn glob_matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut restart: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                restart = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || text.get(t) == Some(&byte) => {
                p += 1;
                t += 1;
            }
            _ => match restart {
                Some((after_star, from)) => {
                    p = after_star;
                    t = from + 1;
                    restart = Some((after_star, t));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::unversioned;

    #[test]
    fn a_version_at_the_end_of_a_name_is_told_from_the_name() {
        for (name, bare) in [
            ("python3.12", Some("python")),
            ("gcc-14", Some("gcc")),
            ("llvm-ar-14", Some("llvm-ar")),
            ("perl5.36.0", Some("perl")),
            ("python3", None),
            ("mkfs.ext4", None),
            ("base64", None),
            ("x86_64", None),
            ("run.", None),
            ("run-", None),
            ("", None),
        ] {
            assert_eq!(unversioned(name), bare, "{name}");
        }
    }
}
