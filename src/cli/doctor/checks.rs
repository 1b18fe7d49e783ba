//! The single checks.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::Path,
};

use crate::{
    config::{Loaded, Origin, PolicySource, TerminalUse},
    sys::{caller::CallerEnvironment, files, world},
};

use super::Finding;

/// What holds whatever the configuration says.
pub(super) fn machine(caller: &CallerEnvironment) -> Vec<Finding> {
    vec![account(caller), binary(), tiocsti(), ptrace(), bwrap(caller)]
}

/// What the configuration comes to.
pub(super) fn configuration(caller: &CallerEnvironment, loaded: &Loaded) -> Vec<Finding> {
    let mut findings = vec![enforcement(loaded)];
    for (subject, shell) in [("shell", &loaded.settings.shell), ("sh", &loaded.settings.sh)] {
        findings.push(pinned(subject, shell));
    }
    findings.extend([
        policy(loaded),
        state(caller, loaded),
        cache(loaded),
        second_terminal(caller, loaded),
        terminal(loaded),
        audit(loaded),
    ]);
    findings
}

fn account(caller: &CallerEnvironment) -> Finding {
    let account = &caller.account;
    if account.uid == 0 {
        return Finding::warn(
            "account",
            "root",
            "whatever is approved can change gate itself; run agents as an account of their own",
        );
    }
    Finding::ok("account", format!("{} ({}) on {}", account.name, account.uid, caller.host))
}

/// A program without a loader to name is static: ELF's `PT_INTERP` is absent.
fn binary() -> Finding {
    match fs::read("/proc/self/exe").map(|bytes| names_interpreter(&bytes)) {
        Ok(Some(false)) => Finding::ok("binary", "static: deaf to LD_PRELOAD"),
        Ok(Some(true)) => Finding::warn(
            "binary",
            "dynamic: LD_PRELOAD and LD_AUDIT of the caller reach gate itself",
            "install the static release",
        ),
        Ok(None) => Finding::warn("binary", "is no 64-bit ELF file", "install the static release"),
        Err(error) => Finding::warn("binary", format!("cannot be read: {error}"), "mount /proc"),
    }
}

fn names_interpreter(elf: &[u8]) -> Option<bool> {
    const PT_INTERP: u32 = 3;
    if elf.get(..5)? != b"\x7fELF\x02" {
        return None;
    }
    let table = usize::try_from(u64::from_le_bytes(*elf.get(32..)?.first_chunk()?)).ok()?;
    let size = usize::from(u16::from_le_bytes(*elf.get(54..)?.first_chunk()?));
    let count = usize::from(u16::from_le_bytes(*elf.get(56..)?.first_chunk()?));
    for index in 0..count {
        let entry = elf.get(table.checked_add(index.checked_mul(size)?)?..)?;
        if u32::from_le_bytes(*entry.first_chunk()?) == PT_INTERP {
            return Some(true);
        }
    }
    Some(false)
}

fn tiocsti() -> Finding {
    match fs::read_to_string("/proc/sys/dev/tty/legacy_tiocsti").as_deref().map(str::trim) {
        Ok("0") => Finding::ok("tiocsti", "off: nobody can type into another's terminal"),
        Ok(_) => Finding::warn(
            "tiocsti",
            "on: a program can type into the terminal that it was started from",
            "as root: sysctl dev.tty.legacy_tiocsti=0",
        ),
        Err(_) => Finding::warn(
            "tiocsti",
            "this kernel cannot switch it off",
            "answer from a terminal that the agent does not share",
        ),
    }
}

fn ptrace() -> Finding {
    match fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").as_deref().map(str::trim) {
        Ok("0") => Finding::warn(
            "ptrace",
            "any process of an account may change the others, gate among them",
            "as root: sysctl kernel.yama.ptrace_scope=1",
        ),
        Ok(scope) => Finding::ok("ptrace", format!("restricted (ptrace_scope {scope})")),
        Err(_) => Finding::warn(
            "ptrace",
            "not restricted by this kernel (no Yama)",
            "run the agent as another account than the one that runs gate's approver",
        ),
    }
}

fn bwrap(caller: &CallerEnvironment) -> Finding {
    let path = caller.variable("PATH").unwrap_or_default();
    match world::find_on_path(path, b"bwrap", &caller.cwd) {
        Some(found) => Finding::ok("bwrap", format!("{}; used by gate's own tests only", found.display())),
        None => Finding::ok("bwrap", "not installed; only gate's own tests need it"),
    }
}

fn enforcement(loaded: &Loaded) -> Finding {
    let file = loaded.places.machine_file();
    if loaded.settings.enforce {
        return Finding::ok("enforce", format!("{} holds for everyone here", file.display()));
    }
    Finding::warn(
        "enforce",
        "off: this account's own files decide, and whoever runs as this account can change them",
        format!("as root: put `enforce = true` into {}", file.display()),
    )
}

fn pinned(subject: &'static str, shell: &Path) -> Finding {
    if !world::is_executable(shell) {
        return Finding::fail(
            subject,
            format!("{} cannot be executed", shell.display()),
            format!("set `{subject}` in gate.toml to a shell that is there"),
        );
    }
    match files::Trust::Root.check(shell) {
        Ok(()) => Finding::ok(subject, format!("{}, root's", shell.display())),
        Err(untrusted) => Finding::warn(subject, untrusted.to_string(), untrusted.hint),
    }
}

fn policy(loaded: &Loaded) -> Finding {
    let mut writable = Vec::new();
    for source in &loaded.settings.policy {
        if let PolicySource::File(path) = source
            && files::Trust::Root.check(path).is_err()
        {
            writable.push(path.display().to_string());
        }
    }
    if writable.is_empty() {
        return Finding::ok("policy", "nobody but root can write the rules");
    }
    Finding::warn(
        "policy",
        format!("whoever runs as this account can write {}", writable.join(", ")),
        "move the rules to /etc/gate and set `enforce = true` there",
    )
}

fn state(caller: &CallerEnvironment, loaded: &Loaded) -> Finding {
    let state = &loaded.settings.state;
    match files::private_directory(state, caller.account.uid) {
        Ok(()) => Finding::ok("state", format!("{}, mode 0700", state.display())),
        Err(error) => Finding::fail(
            "state",
            format!("{}: {error}", state.display()),
            "nothing runs until this directory is yours and closed to others",
        ),
    }
}

fn cache(loaded: &Loaded) -> Finding {
    match &loaded.origin {
        Origin::Cache | Origin::Compiled => Finding::ok("cache", "settings and policy are compiled"),
        Origin::Unkept(why) => Finding::warn(
            "cache",
            format!("every run compiles the policy again: {why}"),
            "as root: gate policy compile",
        ),
    }
}

fn second_terminal(caller: &CallerEnvironment, loaded: &Loaded) -> Finding {
    let approver = &loaded.settings.approver;
    if !approver.socket {
        return match approver.terminal {
            TerminalUse::Never => Finding::warn(
                "approver",
                "nobody can be asked: whatever is not allowed is refused",
                "set `approver.socket = true`, or `approver.terminal`",
            ),
            TerminalUse::Auto | TerminalUse::Always => Finding::ok("approver", "the caller's terminal only"),
        };
    }
    let others = approver.reviewers.iter().filter(|name| **name != caller.account.name).count();
    if others == approver.reviewers.len() && others > 0 {
        return Finding::ok("approver", format!("another account: {}", approver.reviewers.join(", ")));
    }
    Finding::warn(
        "approver",
        "same account: weak. It guards against mistakes, not against an agent that attacks gate",
        "run the agent as an account of its own and name yours in `approver.reviewers`",
    )
}

fn terminal(loaded: &Loaded) -> Finding {
    match loaded.settings.approver.terminal {
        TerminalUse::Always => Finding::warn(
            "terminal",
            "asked on whatever terminal there is: an agent that owns the terminal can answer itself",
            "set `approver.terminal = \"auto\"` where agents run",
        ),
        TerminalUse::Auto => Finding::ok("terminal", "asked only where a person started gate"),
        TerminalUse::Never => Finding::ok("terminal", "never asked there"),
    }
}

fn audit(loaded: &Loaded) -> Finding {
    let state = &loaded.settings.state;
    let log = fs::read_dir(state).into_iter().flatten().flatten().find(|entry| {
        entry.file_name().to_string_lossy().starts_with("audit")
            && entry.file_type().is_ok_and(|kind| !kind.is_socket() && !kind.is_dir())
    });
    let size = log.and_then(|log| log.metadata().ok()).map_or(0, |metadata| metadata.size());
    Finding::warn(
        "audit",
        format!("chained by hashes, {size} bytes; whoever runs as this account can replace it as a whole"),
        "copy it to another machine if it has to stand as evidence",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_program_names_no_interpreter() {
        let own = fs::read("/proc/self/exe").unwrap();
        let shell = fs::read("/bin/bash").unwrap();
        assert_eq!(names_interpreter(&own), Some(cfg!(not(target_feature = "crt-static"))));
        assert_eq!(names_interpreter(&shell), Some(true));
        assert_eq!(names_interpreter(b"#!/bin/sh"), None);
        assert_eq!(names_interpreter(b"\x7fELF\x02"), None);
    }

    #[test]
    fn a_shell_that_is_not_there_fails_the_check() {
        assert_eq!(pinned("shell", Path::new("/no/such/bash")).health, super::super::Health::Fail);
    }
}
