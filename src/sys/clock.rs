//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Reads the wall clock: milliseconds since the epoch.
#[must_use]
pub fn now_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
