//! Recognises that gate as a login shell is to start gate as a forced command.

use std::{os::unix::ffi::OsStrExt as _, path::Path};

use crate::{
    facts::CommandLine,
    shell::Wishes,
    syntax::{CommandKind, Parse, parse},
    sys::{ancestry, caller::CallerEnvironment, world},
};

/// The wishes of `gate [--agent NAME] ssh`, where a text is exactly that and names the very file that runs here.
///
/// sshd starts a forced command as `SHELL -c COMMAND`. Where the shell is gate as well, the outer one has nothing to
/// decide: the inner one gates what the client asked for. The file is known by device and inode, because everything
/// else (names, variables) is the caller's to choose.
#[must_use]
pub fn start_of_gate_ssh(line: &CommandLine) -> Option<Wishes> {
    let CommandLine::Shell { text, dialect, .. } = line else { return None };
    // Nearly every command line is another one.
    if !text.trim_ascii().ends_with(b" ssh") || text.len() > 4096 {
        return None;
    }
    let Parse::Understood(script) = parse(text, *dialect) else { return None };
    let [command] = script.commands.as_slice() else { return None };
    if command.kind != CommandKind::Simple
        || !command.assignments.is_empty()
        || !command.redirections.is_empty()
    {
        return None;
    }
    let words = command.words.iter().map(|word| word.literal()).collect::<Option<Vec<_>>>()?;
    let (program, agent) = match words.as_slice() {
        [program, b"ssh"] => (*program, None),
        [program, b"--agent", name, b"ssh"] => (*program, Some(std::str::from_utf8(name).ok()?.to_owned())),
        _ => return None,
    };
    is_this_program(program).then(|| Wishes { agent, ..Wishes::default() })
}

/// Whether a name or path leads to the file that this process runs, and by that name to none of its other uses.
fn is_this_program(program: &[u8]) -> bool {
    let path = Path::new(std::ffi::OsStr::from_bytes(program));
    if path.file_name().is_none_or(|name| name != "gate") {
        return false;
    }
    let path = if path.is_absolute() {
        Some(path.to_path_buf())
    } else {
        CallerEnvironment::capture().ok().filter(|_| !program.contains(&b'/')).and_then(|caller| {
            world::find_on_path(caller.variable("PATH").unwrap_or_default(), program, &caller.cwd)
        })
    };
    path.is_some_and(|path| is_running(&path))
}

fn is_running(path: &Path) -> bool {
    ancestry::identity(path).is_some_and(|file| ancestry::image(std::process::id()) == Some(file))
}
