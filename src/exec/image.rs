//! From the plan to what the kernel takes, and from its refusal to how the run ended.

use std::{ffi::CString, io, os::unix::ffi::OsStrExt};

use nix::errno::Errno;

use crate::{
    approval::{Permit, Plan, Start},
    sys::process::Image,
};

use super::{Ended, Failure};

/// What a plan comes to.
pub(super) enum Startable {
    Image(Image),
    /// There is nothing to start.
    Missing(Ended),
}

/// Takes the command out of the permit: the only way from a plan to a process (I1, I2).
pub(super) fn startable(permit: &Permit) -> Result<Startable, Failure> {
    let plan = permit.plan();
    let (file, argv) = match &plan.start {
        Start::Program { file, argv } | Start::Shell { file, argv } => (file, argv),
        Start::Line { .. } => return Err(Failure::Session("the permit is for a session")),
        Start::Missing { found: true, .. } => return Ok(Startable::Missing(Ended::NotExecutable)),
        Start::Missing { found: false, .. } => return Ok(Startable::Missing(Ended::NotFound)),
    };
    if std::env::current_dir().ok().as_deref() != Some(plan.cwd.as_path()) {
        return Err(Failure::Moved);
    }
    let argv = argv.iter().map(|word| c_string(word.clone())).collect::<Result<_, _>>()?;
    let file = c_string(file.as_os_str().as_bytes().to_vec())?;
    Ok(Startable::Image(Image { file, argv, environment: environment(plan)? }))
}

fn environment(plan: &Plan) -> Result<Vec<CString>, Failure> {
    plan.environment.iter().map(|(name, value)| c_string([name.as_slice(), b"=", value].concat())).collect()
}

fn c_string(bytes: Vec<u8>) -> Result<CString, Failure> {
    CString::new(bytes).map_err(|_| {
        Failure::Start(io::Error::new(io::ErrorKind::InvalidInput, "a word or variable contains a NUL byte"))
    })
}

/// What it means that the kernel did not start a program: 127 where there is none, 126 where it is none, and a
/// failure of gate where the machine is out of something.
pub(super) fn refusal(error: Errno) -> Result<Ended, Failure> {
    match error {
        Errno::ENOENT | Errno::ENOTDIR => Ok(Ended::NotFound),
        Errno::ENOMEM
        | Errno::EAGAIN
        | Errno::EMFILE
        | Errno::ENFILE
        | Errno::EFAULT
        | Errno::EBADF
        | Errno::EIO => Err(Failure::Start(error.into())),
        _ => Ok(Ended::NotExecutable),
    }
}
