//! How a session's shell is started.

use std::{
    ffi::CString,
    io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::PathBuf,
};

use nix::sys::signal::SigSet;

use crate::{
    syntax::Dialect,
    sys::process::{self, Image, Session, Wire},
};

use super::super::{Failure, child::Child, signals::Grouping};

/// What a session's shell is started with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Absolute path of bash.
    pub file: PathBuf,
    /// What it is to be.
    pub dialect: Dialect,
    /// Its options, such as `-e`.
    pub options: Vec<Vec<u8>>,
    /// The positional parameters.
    pub parameters: Vec<Vec<u8>>,
    /// The cleaned environment.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where it lives.
    pub place: Place,
}

/// Where a session's shell lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the caller's own outputs; what it runs has no input.
    Outputs,
    /// On a terminal of its own, with jobs, that the caller's terminal shows.
    Terminal,
}

/// Starts the shell with its end of the line, on the inner terminal if there is one.
pub(super) fn spawn(
    beginning: &Beginning,
    line: &OwnedFd,
    terminal: Option<&CString>,
    mask: &SigSet,
) -> Result<Child, Failure> {
    let line = Wire::Copy(line.as_raw_fd());
    let (wires, session, grouping) = match terminal {
        None => ([line, Wire::Keep, Wire::Keep], Session::Same, Grouping::Shared),
        Some(path) => ([line, Wire::Open(path), Wire::Copy(1)], Session::New, Grouping::Own),
    };
    let pid = process::spawn(&image(beginning)?, wires, session, mask)
        .map_err(|error| Failure::System("cannot start the session's shell", error.into()))?;
    Child::watch(pid, grouping)
}

fn image(beginning: &Beginning) -> Result<Image, Failure> {
    let name: &[u8] = match beginning.dialect {
        Dialect::Bash => b"bash",
        Dialect::Sh => b"sh",
    };
    let mut argv: Vec<Vec<u8>> = vec![name.to_vec(), b"--noprofile".to_vec(), b"--norc".to_vec()];
    if beginning.place == Place::Terminal {
        // Lines are edited, remembered and expanded before they are decided, not behind that.
        argv.extend([&b"--noediting"[..], b"+o", b"history", b"+H", b"-i"].map(<[u8]>::to_vec));
    }
    argv.extend(beginning.options.iter().cloned());
    argv.extend([b"-s".to_vec(), b"--".to_vec()]);
    argv.extend(beginning.parameters.iter().cloned());
    let mut environment = beginning.environment.clone();
    if beginning.place == Place::Terminal {
        // gate prompts, and the shell reads lines that nobody typed.
        environment
            .retain(|(name, _)| !matches!(name.as_slice(), b"PS0" | b"PS1" | b"PS2" | b"PROMPT_COMMAND"));
        environment.extend([(b"PS1".to_vec(), Vec::new()), (b"PS2".to_vec(), Vec::new())]);
    }
    let variables = environment.iter();
    Ok(Image {
        file: c_string(beginning.file.as_os_str().as_bytes().to_vec())?,
        argv: argv.into_iter().map(c_string).collect::<Result<_, _>>()?,
        environment: variables
            .map(|(name, value)| c_string([name.as_slice(), b"=", value].concat()))
            .collect::<Result<_, _>>()?,
    })
}

fn c_string(bytes: Vec<u8>) -> Result<CString, Failure> {
    CString::new(bytes).map_err(|_| {
        Failure::Start(io::Error::new(io::ErrorKind::InvalidInput, "a word or variable contains a NUL byte"))
    })
}
