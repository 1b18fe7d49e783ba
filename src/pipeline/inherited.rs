//! Which of the caller's variables a reviewer has to see, beside those that [`environment`](crate::exec::environment)
//! names: whatever the catalog says does something when a command line sets it.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Component, Path},
};

use crate::facts::Catalog;

/// What a session has without anybody having set it for a command, and what only says who somebody is: to set them in a
/// command line is looked at, to inherit them is usual. Sorted.
const USUAL: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GH_REPO",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "HISTCONTROL",
    "HISTFILE",
    "HISTIGNORE",
    "HISTSIZE",
    "HISTTIMEFORMAT",
    "HOME",
    "LOGNAME",
    "MAIL",
    "OLDPWD",
    "PATH",
    "PS1",
    "PS2",
    "PWD",
    "SSH_AGENT_PID",
    "SSH_AUTH_SOCK",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TMUX",
    "TMUX_PANE",
    "VAULT_TOKEN",
    "VIRTUAL_ENV",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_MENU_PREFIX",
    "XDG_RUNTIME_DIR",
    "XDG_SEAT",
    "XDG_SEAT_PATH",
    "XDG_SESSION_CLASS",
    "XDG_SESSION_DESKTOP",
    "XDG_SESSION_ID",
    "XDG_SESSION_PATH",
    "XDG_SESSION_TYPE",
    "XDG_VTNR",
];

/// Usual where they lead to what root or the account set up; sorted.
const PLACES: &[&str] = &[
    "AWS_CA_BUNDLE",
    "CARGO_HOME",
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GNUPGHOME",
    "GOROOT",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "RUSTUP_HOME",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// Whether a variable that the caller handed down may make a program do something else than its arguments say.
pub(super) fn changes_what_runs(catalog: &Catalog, home: Option<&Path>, name: &[u8], value: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    if USUAL.binary_search(&name).is_ok() {
        return false;
    }
    let Some(variable) = catalog.variable(name) else { return false };
    let harmless = variable.is_harmless(value);
    !(harmless
        || (PLACES.binary_search(&name).is_ok() && is_set_up(Path::new(OsStr::from_bytes(value)), home)))
}

/// Whether a path lies where a policy has writes asked for: below a system directory, or below a hidden directory of
/// the account's home. `/tmp` holds what a program puts there, which is what `TMPDIR` is for.
fn is_set_up(path: &Path, home: Option<&Path>) -> bool {
    if !path.is_absolute() || path.components().any(|component| component == Component::ParentDir) {
        return false;
    }
    let bytes = path.as_os_str().as_bytes();
    let below = |system: &&str| {
        bytes.strip_prefix(system.as_bytes()).is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
    };
    let hidden = |below: &Path| below.as_os_str().as_bytes().starts_with(b".");
    ["/usr", "/bin", "/opt", "/etc/ssl", "/etc/pki"].iter().any(below)
        || home.and_then(|home| path.strip_prefix(home).ok()).is_some_and(hidden)
        || path == Path::new("/tmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(name: &str, value: &str) -> bool {
        let home = Some(Path::new("/home/ann"));
        changes_what_runs(&Catalog::built_in(), home, name.as_bytes(), value.as_bytes())
    }

    #[test]
    fn tables_are_sorted() {
        for table in [USUAL, PLACES] {
            assert!(table.is_sorted_by(|one, two| one < two), "{table:?}");
        }
    }

    #[test]
    fn what_the_catalog_calls_code_is_seen_whether_or_not_anybody_thought_of_it() {
        for name in ["GIT_COMMON_DIR", "GIT_ANYTHING_NEW", "GCC_EXEC_PREFIX", "GH_CONFIG_DIR", "NODE_OPTIONS"]
        {
            assert!(changes(name, "/home/ann/project/x"), "{name}");
        }
    }

    #[test]
    fn sessions_credentials_and_what_is_not_in_the_catalog_are_usual() {
        for name in
            ["HOME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "GH_TOKEN", "LS_COLORS", "MY_OWN", "GIT_AUTHOR_NAME"]
        {
            assert!(!changes(name, "/home/ann/project/x"), "{name}");
        }
        assert!(!changes("PAGER", "cat"));
    }

    #[test]
    fn a_directory_is_usual_where_root_or_the_account_set_it_up() {
        for value in ["/usr/local/cargo", "/home/ann/.cargo", "/opt/rust"] {
            assert!(!changes("CARGO_HOME", value), "{value}");
        }
        for value in [
            "/home/ann/project/.cargo",
            "/home/ann",
            "/tmp/x",
            "/usr/../tmp/x",
            ".cargo",
            "",
            "/home/ann/../x",
        ] {
            assert!(changes("CARGO_HOME", value), "{value}");
        }
    }
}
