//! Times as the log writes them: RFC 3339 in UTC with milliseconds.

use time::{OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339};

/// The length of every time that is written.
const LENGTH: usize = "2026-01-01T00:00:00.000Z".len();

/// Writes milliseconds since the epoch as `2026-01-31T23:59:59.123Z`. Times past the year 9999 become its last one.
#[must_use]
pub fn format_time(millis: u64) -> String {
    let last = UtcDateTime::MAX;
    let at = UtcDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(last);
    let mut out = String::with_capacity(LENGTH);
    let mut push = |number: u32, width: u32, end: char| {
        for place in (0..width).rev() {
            out.push(char::from_digit(number / 10_u32.pow(place) % 10, 10).unwrap_or('0'));
        }
        out.push(end);
    };
    push(u32::try_from(at.year()).unwrap_or(0), 4, '-');
    push(u32::from(u8::from(at.month())), 2, '-');
    push(u32::from(at.day()), 2, 'T');
    push(u32::from(at.hour()), 2, ':');
    push(u32::from(at.minute()), 2, ':');
    push(u32::from(at.second()), 2, '.');
    push(u32::from(at.millisecond()), 3, 'Z');
    out
}

/// Reads a time as [`format_time`] writes it.
#[must_use]
pub fn parse_time(text: &str) -> Option<u64> {
    if text.len() != LENGTH || !text.ends_with('Z') {
        return None;
    }
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        assert_eq!(format_time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(format_time(1_792_547_696_007), "2026-10-21T01:54:56.007Z");
        assert_eq!(format_time(u64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn times_come_back() {
        for millis in [0, 1, 951_782_400_000, 1_792_547_696_007, 253_402_300_799_999] {
            assert_eq!(parse_time(&format_time(millis)), Some(millis));
        }
        assert_eq!(parse_time("2026-10-21T01:54:56Z"), None);
        assert_eq!(parse_time("2026-10-21T01:54:56.007+00:00"), None);
    }
}
