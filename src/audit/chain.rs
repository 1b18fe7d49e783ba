//! What ties each line of the log to the line before it.

use sha2::{Digest, Sha256};

/// The version of the log's format.
pub(super) const VERSION: u8 = 1;

/// The SHA-256 of a line, without its newline.
pub(super) type Hash = [u8; 32];

/// What the first line has in place of a hash.
pub(super) const START: Hash = [0; 32];

/// Hashes a line, without its newline. The bytes on disk are hashed, never a parsed form of them.
pub(super) fn hash_line(line: &[u8]) -> Hash {
    Sha256::digest(line).into()
}

/// The place in the chain after which the next line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) seq: u64,
    pub(super) hash: Hash,
}

impl Link {
    /// The place before the first line.
    pub(super) const START: Self = Self { seq: 0, hash: START };

    /// The place of a line whose head can be read, `None` where it has not the shape of a whole record.
    ///
    /// Reads the sequence number only: a line that this function takes can still be found broken by
    /// [`verify`](super::verify).
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"{\"v\":1,\"seq\":")?;
        let digits = rest.iter().position(|byte| *byte == b',').filter(|length| (1..=20).contains(length))?;
        let (number, rest) = rest.split_at_checked(digits)?;
        let seq = std::str::from_utf8(number).ok()?.parse().ok()?;
        (rest.starts_with(b",\"prev\":\"") && rest.ends_with(b"}"))
            .then(|| Self { seq, hash: hash_line(line) })
    }
}
