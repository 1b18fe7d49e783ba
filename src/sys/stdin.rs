//! What this process was given as standard input.

use nix::sys::stat::{SFlag, fstat};

use crate::approval::StdinKind;

/// Tells what standard input is; closed counts as nothing.
#[must_use]
pub fn kind() -> StdinKind {
    let stdin = std::io::stdin();
    if std::io::IsTerminal::is_terminal(&stdin) {
        return StdinKind::Terminal;
    }
    let Ok(status) = fstat(&stdin) else { return StdinKind::Nothing };
    match SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFIFO | SFlag::S_IFSOCK => StdinKind::Pipe,
        SFlag::S_IFREG => StdinKind::File,
        SFlag::S_IFCHR if is_null(status.st_rdev) => StdinKind::Nothing,
        _ => StdinKind::Other,
    }
}

/// Linux gives `/dev/null` the number 1:3.
const fn is_null(device: nix::libc::dev_t) -> bool {
    nix::sys::stat::major(device) == 1 && nix::sys::stat::minor(device) == 3
}
