//! The account that gate runs as, and the name of this machine.
//!
//! Names come from `/etc/passwd` itself: a static binary has no name service switch, and gate asks no daemon who it is.

use std::{ffi::OsStr, fs::File, io::Read as _, os::unix::ffi::OsStrExt as _, path::PathBuf};

const PASSWD: &str = "/etc/passwd";
const PASSWD_LIMIT: u64 = 4 * 1024 * 1024;
/// Holds what most machines have, so that it is read at once.
const PASSWD_USUAL: usize = 8 * 1024;

/// An account of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Effective user identifier.
    pub uid: u32,
    /// Effective group identifier.
    pub gid: u32,
    /// Login name; the number as text where `/etc/passwd` names nobody.
    pub name: String,
    /// Home directory by `/etc/passwd`, whatever `HOME` says.
    pub home: Option<PathBuf>,
}

impl Account {
    /// Looks up the account of this process.
    #[must_use]
    pub fn current() -> Self {
        Self::of(nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw())
    }

    /// Looks up the account with this number.
    #[must_use]
    pub fn of(uid: u32, gid: u32) -> Self {
        from_passwd(&read_passwd(), uid, gid)
    }
}

/// The login shell of an account.
#[must_use]
pub fn login_shell(uid: u32) -> Option<PathBuf> {
    let passwd = read_passwd();
    let mut lines = passwd.split(|byte| *byte == b'\n').map(fields);
    let mut line = lines.find(|line| line.clone().nth(2).and_then(number) == Some(uid))?;
    Some(PathBuf::from(OsStr::from_bytes(line.nth(6)?)))
}

/// An account as others come into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Login name.
    pub name: String,
    /// User identifier.
    pub uid: u32,
    /// Home directory; `/` where there is none.
    pub home: PathBuf,
    /// Login shell; `/bin/sh` where none is named, as for login programs.
    pub shell: PathBuf,
}

impl Entry {
    /// Looks up the account with this login name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        entry(&read_passwd(), name)
    }
}

fn entry(passwd: &[u8], name: &str) -> Option<Entry> {
    let mut lines = passwd.split(|byte| *byte == b'\n').map(fields);
    let line = lines.find(|line| line.clone().next() == Some(name.as_bytes()))?;
    let path = |at: usize, usual: &str| {
        let field = line.clone().nth(at).filter(|field| field.starts_with(b"/"));
        PathBuf::from(OsStr::from_bytes(field.unwrap_or(usual.as_bytes())))
    };
    let uid = number(line.clone().nth(2)?)?;
    Some(Entry { name: name.to_owned(), uid, home: path(5, "/"), shell: path(6, "/bin/sh") })
}

/// The number of the account with this login name.
#[must_use]
pub fn uid_of(name: &str) -> Option<u32> {
    let passwd = read_passwd();
    let mut lines = passwd.split(|byte| *byte == b'\n').map(fields);
    let mut line = lines.find(|line| line.clone().next() == Some(name.as_bytes()))?;
    number(line.nth(2)?)
}

/// The name of this machine, as `uname -n` prints it.
#[must_use]
pub fn host_name() -> String {
    nix::unistd::gethostname()
        .map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn read_passwd() -> Vec<u8> {
    let mut passwd = Vec::with_capacity(PASSWD_USUAL);
    match File::open(PASSWD).and_then(|file| file.take(PASSWD_LIMIT).read_to_end(&mut passwd)) {
        Ok(_) => passwd,
        Err(_) => Vec::new(),
    }
}

fn from_passwd(passwd: &[u8], uid: u32, gid: u32) -> Account {
    let mut lines = passwd.split(|byte| *byte == b'\n').map(fields);
    let line = lines.find(|line| line.clone().nth(2).and_then(number) == Some(uid));
    let field = |at: usize| line.clone().and_then(|mut line| line.nth(at));
    let name = field(0).filter(|name| !name.is_empty());
    let home = field(5).filter(|home| home.starts_with(b"/"));
    Account {
        uid,
        gid,
        name: name.map_or_else(|| uid.to_string(), |name| String::from_utf8_lossy(name).into_owned()),
        home: home.map(|home| PathBuf::from(OsStr::from_bytes(home))),
    }
}

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(|byte| *byte == b':')
}

fn number(field: &[u8]) -> Option<u32> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &[u8] =
        b"root:x:0:0:root:/root:/bin/bash\n\nbroken\nme:x:1000:1000:Me,,,:/home/me:/bin/sh\n\
        nohome:x:7:7:::/bin/sh\n";

    #[test]
    fn name_and_home_come_from_the_line_with_the_number() {
        let me = from_passwd(LINES, 1000, 5);
        assert_eq!((me.name.as_str(), me.gid), ("me", 5));
        assert_eq!(me.home, Some(PathBuf::from("/home/me")));
    }

    #[test]
    fn an_account_without_a_line_is_called_by_its_number() {
        let nobody = from_passwd(LINES, 4242, 4242);
        assert_eq!((nobody.name.as_str(), nobody.home), ("4242", None));
        assert_eq!(from_passwd(LINES, 7, 7).home, None);
        assert_eq!(from_passwd(b"", 0, 0).name, "0");
    }

    #[test]
    fn home_and_shell_come_from_the_line_with_the_name() {
        let me = entry(LINES, "me").unwrap();
        assert_eq!((me.uid, me.home, me.shell), (1000, "/home/me".into(), "/bin/sh".into()));
        assert_eq!(entry(LINES, "nohome").unwrap().home, PathBuf::from("/"));
        assert_eq!((entry(LINES, "m"), entry(LINES, "broken")), (None, None));
    }

    #[test]
    fn root_is_known_on_every_machine() {
        assert_eq!(uid_of("root"), Some(0));
        assert_eq!(uid_of("no such account"), None);
    }
}
