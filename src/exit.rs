//! The exit codes of `gate` itself; the only place where the numbers stand.
//!
//! A gated command's own status passes unchanged: 0–255, or 128+n when a signal n killed it.

/// What a `gate` process reports to its caller when it does not report a child's own status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The subcommand did what it was asked.
    Success,
    /// Called as a shell with words that it does not take; 2 is what shells answer.
    ShellUsage,
    /// `gate check`: a human would be asked.
    CheckAsk,
    /// `gate check`: the policy denies.
    CheckDeny,
    /// Nobody approved before the policy's timeout.
    TimedOut,
    /// `gate` itself failed: usage, configuration, state, audit.
    Failure,
    /// Denied by policy or by a reviewer, or the file was found but cannot be executed.
    Denied,
    /// No such program.
    NotFound,
    /// The child's own exit status, unchanged.
    Child(u8),
    /// The child was killed by this signal.
    Signalled(u8),
}

impl Exit {
    /// The number that the caller sees (source: `man/gate.1`, EXIT STATUS).
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::ShellUsage => 2,
            Self::CheckAsk => 3,
            Self::CheckDeny => 4,
            Self::TimedOut => 124,
            Self::Failure => 125,
            Self::Denied => 126,
            Self::NotFound => 127,
            Self::Child(status) => status,
            Self::Signalled(signal) => 128u8.saturating_add(signal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_status_passes_unchanged() {
        for status in 0..=255 {
            assert_eq!(Exit::Child(status).code(), status);
        }
        assert_eq!(Exit::Signalled(9).code(), 137);
        assert_eq!(Exit::Signalled(64).code(), 192);
    }
}
