//! Command line and facts → what exactly would be started.
//!
//! What runs is what was parsed: a transparent simple command as argv from the file that analysis found, anything else
//! as the same bytes in the pinned shell.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    approval::{Input, Plan, Start, StdinKind},
    exec,
    facts::{CommandLine, Facts, Program, Transfer, World},
    syntax::Dialect,
    sys::world::Machine,
};

use super::Within;

/// The shells that texts are run by, pinned by configuration.
#[derive(Clone, Debug)]
pub struct Shells {
    /// Absolute path of bash.
    pub bash: PathBuf,
    /// Absolute path of `sh`.
    pub sh: PathBuf,
}

/// Draws up what would be started.
///
/// `machine` has the environment that the command gets, and looks names up as its own `PATH` would.
pub(super) fn draw_up(
    line: &CommandLine,
    facts: &Facts,
    shells: &Shells,
    machine: &Machine,
    stdin: StdinKind,
) -> Plan {
    let input =
        if facts.is_open_ended() && stdin != StdinKind::Nothing { Input::Nothing } else { Input::Caller };
    let start = start(line, facts, shells, machine);
    Plan { start, environment: Arc::clone(machine.environment()), cwd: machine.cwd().to_path_buf(), input }
}

fn start(line: &CommandLine, facts: &Facts, shells: &Shells, machine: &Machine) -> Start {
    if let Some(transfer) = &facts.transfer {
        return far_end(transfer);
    }
    match line {
        CommandLine::Argv(argv) => argv_start(argv, machine),
        CommandLine::Shell { text, dialect, options, arguments } => {
            simple_start(facts).unwrap_or_else(|| {
                let file = match dialect {
                    Dialect::Bash => &shells.bash,
                    Dialect::Sh => &shells.sh,
                };
                exec::shell(*dialect, file.clone(), options, text, arguments)
            })
        }
        CommandLine::Wrapped(whole) => exec::shell(Dialect::Bash, shells.bash.clone(), &[], whole, &[]),
    }
}

fn far_end(transfer: &Transfer) -> Start {
    match &transfer.file {
        Some(file) => Start::Program { file: file.clone(), argv: transfer.argv.clone() },
        None => Start::Missing { name: transfer.verb.clone().into_bytes(), found: false },
    }
}

/// Draws up what a session's shell would be fed with.
pub(super) fn of_session(within: &Within, shells: &Shells, machine: &Machine) -> Plan {
    let start =
        Start::Line { file: shells.bash.clone(), text: within.text.clone(), state: within.state.digest() };
    let environment = Arc::clone(machine.environment());
    Plan { start, environment, cwd: machine.cwd().to_path_buf(), input: Input::Caller }
}

fn argv_start(argv: &[Vec<u8>], world: &dyn World) -> Start {
    let name = argv.first().cloned().unwrap_or_default();
    let file = if name.contains(&b'/') {
        let path = world.cwd().join(path_of(&name));
        world.resolve(&path).exists.then_some(path)
    } else {
        world.find_program(&name)
    };
    match file {
        Some(file) => Start::Program { file, argv: argv.to_vec() },
        None => Start::Missing { name, found: false },
    }
}

/// A simple command whose every word is known and whose file is a system program needs no shell: executing it directly
/// is faster and exactly what was judged. Files found elsewhere may lack a `#!` line, which only a shell makes up for.
fn simple_start(facts: &Facts) -> Option<Start> {
    let invocation = facts.invocations.get(facts.simple?)?;
    let Program::File { path: Some(file), .. } = &invocation.program else { return None };
    let argv = invocation.words.iter().map(|word| word.value.clone()).collect::<Option<Vec<_>>>()?;
    is_system_directory(file.parent()?).then(|| Start::Program { file: file.clone(), argv })
}

/// Whether only root puts programs there.
pub(super) fn is_system_directory(directory: &Path) -> bool {
    ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]
        .iter()
        .any(|system| directory.as_os_str() == *system)
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(std::os::unix::ffi::OsStrExt::from_bytes(bytes) as &std::ffi::OsStr)
}
