//! The wall clock.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    time::{SystemTime, UNIX_EPOCH},
};

/// The rules of this machine's time zone; the caller's `TZ` says nothing.
const ZONE: &str = "/etc/localtime";
const ZONE_LIMIT: u64 = 1 << 20;

/// Reads the wall clock: milliseconds since the epoch.
#[must_use]
pub fn now_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// The day, from Monday (0) to Sunday (6), and the minute of the day where this machine stands, at a time in seconds since
/// the epoch. A machine without a time zone stands at UTC; `None` where the zone cannot be read.
#[must_use]
pub fn local(seconds: u64) -> Option<(u8, u16)> {
    let mut zone = Vec::new();
    match File::open(ZONE).and_then(|file| file.take(ZONE_LIMIT).read_to_end(&mut zone)) {
        Ok(_) => local_in(&zone, seconds),
        Err(error) if error.kind() == ErrorKind::NotFound => day_and_minute(seconds.try_into().ok()?),
        Err(_) => None,
    }
}

fn local_in(zone: &[u8], seconds: u64) -> Option<(u8, u16)> {
    let seconds = i64::try_from(seconds).ok()?;
    let zone = tz::TimeZone::from_tz_data(zone).ok()?;
    let offset = zone.find_local_time_type(seconds).ok()?.ut_offset();
    day_and_minute(seconds.checked_add(offset.into())?)
}

/// The first of January 1970 was a Thursday.
fn day_and_minute(seconds: i64) -> Option<(u8, u16)> {
    let day = (seconds.div_euclid(86_400) + 3).rem_euclid(7);
    Some((u8::try_from(day).ok()?, u16::try_from(seconds.rem_euclid(86_400) / 60).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zone without transitions of its own, and a rule for the future: summer time from March to October.
    fn zone() -> Vec<u8> {
        let header = |types: u8, letters: u8| {
            let mut header = b"TZif2".to_vec();
            header.extend([0; 15]);
            for count in [0, 0, 0, 0, types, letters] {
                header.extend([0, 0, 0, count]);
            }
            header
        };
        let block = [&3_600_i32.to_be_bytes()[..], &[0, 0], b"CET\0"].concat();
        [header(1, 4), block.clone(), header(1, 4), block, b"\nCET-1CEST,M3.5.0,M10.5.0/3\n".to_vec()]
            .concat()
    }

    #[test]
    fn the_zone_of_the_machine_counts_in_winter_and_in_summer() {
        for (seconds, expected) in [
            (1_767_222_000, (3, 0)),      // 2025-12-31T23:00Z is Thursday, 00:00
            (1_782_864_000, (2, 2 * 60)), // 2026-07-01T00:00Z is Wednesday, 02:00
            (0, (3, 60)),
        ] {
            assert_eq!(local_in(&zone(), seconds), Some(expected), "{seconds}");
        }
    }

    #[test]
    fn a_damaged_zone_is_not_known() {
        assert_eq!(local_in(b"", 0), None);
        assert_eq!(local_in(&zone()[..60], 0), None);
        assert_eq!(day_and_minute(0), Some((3, 0)));
        assert_eq!(day_and_minute(-60), Some((2, 23 * 60 + 59)));
    }
}
