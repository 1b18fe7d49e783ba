//! Times as the whitelist writes them: RFC 3339 in UTC, to the second.

use time::{OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339};

/// The last second that four digits of a year can say.
const LAST: u64 = 253_402_300_799;

/// Writes seconds since the epoch as `2026-01-31T23:59:59Z`.
#[must_use]
pub fn format_seconds(seconds: u64) -> String {
    let at = i64::try_from(seconds.min(LAST)).unwrap_or(i64::MAX);
    let at = UtcDateTime::from_unix_timestamp(at).unwrap_or(UtcDateTime::MAX);
    let (month, day) = (u8::from(at.month()), at.day());
    format!("{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", at.year(), at.hour(), at.minute(), at.second())
}

/// Reads a time with its offset.
pub(super) fn parse_seconds(text: &str) -> Option<u64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|at| u64::try_from(at.unix_timestamp()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for seconds in [0, 951_782_400, 1_792_547_696, LAST] {
            assert_eq!(parse_seconds(&format_seconds(seconds)), Some(seconds));
        }
        assert_eq!(format_seconds(1_792_547_696), "2026-10-21T01:54:56Z");
        assert_eq!(format_seconds(u64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(parse_seconds("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_seconds("1970-01-01"), None);
    }
}
