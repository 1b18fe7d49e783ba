//! Which variables reach the command: three classes, every name once, no relative `PATH`.
//!
//! A list made for a privilege boundary would break a developer's tools, so few variables are removed: those by which
//! the environment, not the command, decides what code runs before the command does. Those that make a program run or
//! load something else than its arguments say are kept, bound by the approval and shown in it.

use std::collections::HashSet;

use crate::config::EnvironmentClasses;

/// A variable: its name and its value.
pub type Variable = (Vec<u8>, Vec<u8>);

/// What is done with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Removed: the loader, the C library or the shell would run code or read words differently.
    Strip,
    /// Kept and shown to the reviewer.
    Show,
    /// Kept.
    Pass,
}

/// An environment made ready for a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// What the command gets: each name once, in the caller's order.
    pub environment: Vec<Variable>,
    /// The names among them that a reviewer has to see.
    pub shown: Vec<Vec<u8>>,
    /// The names that were removed.
    pub stripped: Vec<Vec<u8>>,
}

/// What `PATH` becomes where nothing of it is absolute; unset or empty it would mean the working directory to some.
const FALLBACK_PATH: &[u8] = b"/usr/local/bin:/usr/bin:/bin";

/// Removed; sorted.
const STRIP: &[&str] = &[
    "BASHOPTS",
    "BASH_COMPAT",
    "BASH_ENV",
    "BASH_LOADABLES_PATH",
    "BASH_XTRACEFD",
    "CDPATH",
    "ENV",
    "EXECIGNORE",
    "FPATH",
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "GLOBIGNORE",
    "IFS",
    "LOCPATH",
    "NULLCMD",
    "POSIXLY_CORRECT",
    "PS4",
    "READNULLCMD",
    "SHELLOPTS",
    "TMPPREFIX",
    "ZDOTDIR",
];
const STRIP_PREFIXES: &[&str] = &["BASH_FUNC_", "DYLD_", "LD_", "_RLD"];

/// Shown; sorted.
const SHOW: &[&str] = &[
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "BROWSER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CC",
    "CLASSPATH",
    "CURL_HOME",
    "CXX",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOTNET_STARTUP_HOOKS",
    "EDITOR",
    "GIT_ASKPASS",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
    "GREP_OPTIONS",
    "GZIP",
    "HOSTALIASES",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "KRB5_KTNAME",
    "KUBECONFIG",
    "LESSCLOSE",
    "LESSOPEN",
    "LOCALDOMAIN",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "MAKEFILES",
    "MAKEFLAGS",
    "MANPAGER",
    "NLSPATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "PAGER",
    "PATH_LOCALE",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLIO_DEBUG",
    "PERLLIB",
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PROMPT_COMMAND",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHONWARNINGS",
    "RES_OPTIONS",
    "RIPGREP_CONFIG_PATH",
    "RSYNC_RSH",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "SSH_ASKPASS",
    "TAR_OPTIONS",
    "TERMCAP",
    "TERMINFO",
    "TERMINFO_DIRS",
    "TERMPATH",
    "VISUAL",
    "XZ_OPT",
    "ZSTD_CLEVEL",
    "_JAVA_OPTIONS",
];
const SHOW_PREFIXES: &[&str] = &["GIT_CONFIG", "KRB5_CONFIG", "npm_config_"];

/// Shown where the value names a file, because libraries would read it; sorted.
const CHECK: &[&str] = &["COLORTERM", "LANG", "LANGUAGE", "LINGUAS", "TERM", "TZ"];
const CHECK_PREFIXES: &[&str] = &["LC_"];

/// Makes an environment ready for a command: removes what is removed, keeps of each name the last value, which is the
/// one that a shell sees, and drops from `PATH` what depends on the working directory.
///
/// `configured` names further variables of each class; what is always removed stays removed. `matters` tells which of
/// those that would be passed without a word are to be shown, unless the configuration passes them.
#[must_use]
pub fn clean(
    variables: &[Variable],
    configured: &EnvironmentClasses,
    matters: impl Fn(&[u8], &[u8]) -> bool,
) -> Cleaned {
    let mut seen = HashSet::with_capacity(variables.len());
    let last_of_each = variables.iter().rev().filter(|(name, _)| seen.insert(name.as_slice()));
    let mut kept: Vec<&Variable> = last_of_each.collect();
    kept.reverse();
    let mut cleaned = Cleaned { environment: Vec::with_capacity(variables.len()), ..Cleaned::default() };
    for (name, value) in kept {
        match configured_class(name, value, configured, &matters) {
            Class::Strip => {
                cleaned.stripped.push(name.clone());
                continue;
            }
            Class::Show => cleaned.shown.push(name.clone()),
            Class::Pass => {}
        }
        let value = if name == b"PATH" { absolute_path(value) } else { value.clone() };
        cleaned.environment.push((name.clone(), value));
    }
    cleaned
}

/// Tells what is done with a variable, wherever it comes from: the caller, an assignment before a command, `env`,
/// `export`.
#[must_use]
pub fn class(name: &[u8], value: &[u8]) -> Class {
    if name.is_empty() || is_in(name, STRIP, STRIP_PREFIXES) || value.starts_with(b"()") {
        Class::Strip
    } else if is_in(name, SHOW, SHOW_PREFIXES) || (is_in(name, CHECK, CHECK_PREFIXES) && names_a_file(value))
    {
        Class::Show
    } else {
        Class::Pass
    }
}

fn configured_class(
    name: &[u8],
    value: &[u8],
    configured: &EnvironmentClasses,
    matters: &impl Fn(&[u8], &[u8]) -> bool,
) -> Class {
    let is_named = |names: &[String]| names.iter().any(|pattern| covers(pattern.as_bytes(), name));
    match class(name, value) {
        Class::Strip => Class::Strip,
        _ if is_named(&configured.strip) => Class::Strip,
        _ if is_named(&configured.show) => Class::Show,
        _ if is_named(&configured.pass) => Class::Pass,
        Class::Pass if matters(name, value) => Class::Show,
        built_in => built_in,
    }
}

fn covers(pattern: &[u8], name: &[u8]) -> bool {
    pattern.strip_suffix(b"*").map_or(name == pattern, |stem| name.starts_with(stem))
}

fn is_in(name: &[u8], sorted: &[&str], prefixes: &[&str]) -> bool {
    sorted.binary_search_by(|entry| entry.as_bytes().cmp(name)).is_ok()
        || prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

/// A zone is `Europe/Berlin`, a locale is `de_DE.UTF-8`: a path is absolute, goes upward or is marked by a colon.
fn names_a_file(value: &[u8]) -> bool {
    matches!(value, [b'/' | b':' | b'.', ..])
        || value.contains(&b'%')
        || value.windows(2).any(|pair| pair == b"..")
}

fn absolute_path(value: &[u8]) -> Vec<u8> {
    let absolute: Vec<&[u8]> =
        value.split(|byte| *byte == b':').filter(|entry| entry.starts_with(b"/")).collect();
    if absolute.is_empty() { FALLBACK_PATH.to_vec() } else { absolute.join(&b':') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<Variable> {
        pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    fn names(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    fn clean_as_built(given: &[Variable]) -> Cleaned {
        clean(given, &EnvironmentClasses::default(), |_, _| false)
    }

    #[test]
    fn configured_names_add_to_the_classes_and_never_bring_back_what_is_always_removed() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let configured = EnvironmentClasses {
            strip: names(&["CORP_*", "EDITOR"]),
            show: names(&["CC_MINE"]),
            pass: names(&["GIT_CONFIG_GLOBAL", "LD_PRELOAD"]),
        };
        let given = variables(&[
            ("CORP_TOKEN", "x"),
            ("EDITOR", "vi"),
            ("EDITORS", "kept"),
            ("CC_MINE", "y"),
            ("GIT_CONFIG_GLOBAL", "/g"),
            ("LD_PRELOAD", "/evil.so"),
        ]);
        let cleaned = clean(&given, &configured, |_, _| false);
        let kept: Vec<&[u8]> = cleaned.environment.iter().map(|(name, _)| name.as_slice()).collect();
        assert_eq!(kept, [&b"EDITORS"[..], b"CC_MINE", b"GIT_CONFIG_GLOBAL"]);
        assert_eq!(cleaned.shown, [b"CC_MINE".to_vec()]);
        assert!(cleaned.stripped.contains(&b"LD_PRELOAD".to_vec()));
    }

    #[test]
    fn tables_are_sorted_and_do_not_overlap() {
        for table in [STRIP, SHOW, CHECK] {
            assert!(table.is_sorted_by(|one, two| one < two), "{table:?}");
        }
        assert!(SHOW.iter().chain(CHECK).all(|name| class(name.as_bytes(), b"x") != Class::Strip));
    }

    #[test]
    fn n1_loader_and_shell_startup_are_removed_whatever_their_value() {
        for name in ["LD_PRELOAD", "LD_AUDIT", "GLIBC_TUNABLES", "BASH_ENV", "ENV", "SHELLOPTS", "PS4", "IFS"]
        {
            assert_eq!(class(name.as_bytes(), b""), Class::Strip, "{name}");
        }
        assert_eq!(class(b"BASH_FUNC_ls%%", b"() { rm; }"), Class::Strip);
        assert_eq!(class(b"ls", b"() { rm; }"), Class::Strip, "a function by its value");
        assert_eq!(class(b"", b"x"), Class::Strip);
    }

    #[test]
    fn n1_what_makes_programs_run_something_else_is_shown_and_kept() {
        let given =
            variables(&[("GIT_SSH_COMMAND", "x"), ("HOME", "/home/a"), ("npm_config_script_shell", "y")]);
        let cleaned = clean_as_built(&given);
        assert_eq!(cleaned.environment, given);
        assert_eq!(cleaned.shown, names(&["GIT_SSH_COMMAND", "npm_config_script_shell"]));
        assert_eq!(cleaned.stripped, names(&[]));
    }

    #[test]
    fn what_matters_elsewhere_is_shown_unless_it_is_configured_to_pass() {
        let configured = EnvironmentClasses { pass: vec!["B".to_owned()], ..EnvironmentClasses::default() };
        let given = variables(&[("A", "1"), ("B", "2"), ("C", "3"), ("ENV", "4")]);
        let cleaned = clean(&given, &configured, |name, _| name != b"C");
        assert_eq!(cleaned.shown, names(&["A"]));
        assert_eq!(cleaned.stripped, names(&["ENV"]));
    }

    #[test]
    fn n1_locale_and_terminal_are_shown_only_where_they_name_files() {
        for (name, value, expected) in [
            ("LANG", "de_DE.UTF-8", Class::Pass),
            ("LC_ALL", "../x", Class::Show),
            ("TZ", "Europe/Berlin", Class::Pass),
            ("TZ", ":/tmp/x", Class::Show),
            ("TERM", "xterm-256color", Class::Pass),
            ("TERM", "/tmp/x", Class::Show),
            ("LANGUAGE", "%n", Class::Show),
        ] {
            assert_eq!(class(name.as_bytes(), value.as_bytes()), expected, "{name}={value}");
        }
    }

    #[test]
    fn n2_of_each_name_the_last_value_stays_which_is_the_one_that_bash_sees() {
        let cleaned = clean_as_built(&variables(&[("A", "first"), ("B", "b"), ("A", "second")]));
        assert_eq!(cleaned.environment, variables(&[("B", "b"), ("A", "second")]));
    }

    #[test]
    fn n2_a_name_that_is_removed_is_removed_in_every_copy() {
        let cleaned = clean_as_built(&variables(&[("ENV", "a"), ("ENV", "b")]));
        assert_eq!((cleaned.environment, cleaned.stripped), (vec![], names(&["ENV"])));
        let cleaned = clean_as_built(&variables(&[("f", "() { :; }"), ("f", "plain")]));
        assert_eq!(cleaned.environment, variables(&[("f", "plain")]));
    }

    #[test]
    fn n3_assignments_are_judged_by_the_same_classes() {
        assert_eq!(class(b"LD_PRELOAD", b"x.so"), Class::Strip);
        assert_eq!(class(b"GIT_PAGER", b"sh"), Class::Show);
        assert_eq!(class(b"DEBUG", b"1"), Class::Pass);
    }

    #[test]
    fn n4_relative_and_empty_entries_of_path_are_dropped() {
        for (path, expected) in [
            ("/usr/bin:/bin", "/usr/bin:/bin"),
            (".:/usr/bin::bin:/bin:", "/usr/bin:/bin"),
            ("", "/usr/local/bin:/usr/bin:/bin"),
            (".", "/usr/local/bin:/usr/bin:/bin"),
            ("~/bin:/opt/x", "/opt/x"),
        ] {
            let cleaned = clean_as_built(&variables(&[("PATH", path)]));
            assert_eq!(cleaned.environment, variables(&[("PATH", expected)]), "{path}");
        }
    }
}
