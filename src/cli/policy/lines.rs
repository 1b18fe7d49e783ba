//! Lines for people: untrusted text made printable and cut visibly to the screen.

use unicode_width::UnicodeWidthChar as _;

use crate::{sys::terminal, ui::Printable};

/// Columns where nobody says how many there are.
const USUAL: usize = 80;

/// Columns of standard output.
pub(super) fn width() -> usize {
    let known = terminal::size(std::io::stdout()).map(|size| usize::from(size.columns));
    known.filter(|width| *width >= 40).unwrap_or(USUAL)
}

/// Text in at most so many columns; what is cut ends with `…`.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    let shown = Printable::line(text.as_bytes());
    if shown.width() <= columns {
        return shown.as_str().to_owned();
    }
    let mut used = 1;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= columns
    };
    let mut short: String = shown.as_str().chars().take_while(fits).collect();
    short.push('…');
    short
}

/// A duration such as `90s`, `12h`, `30d`, `4w`, in seconds; at most a year.
pub(super) fn duration(text: &str) -> Result<u64, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];
    let read =
        |(unit, seconds): (&str, u64)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(seconds);
    units
        .into_iter()
        .find_map(read)
        .filter(|seconds| (1..=366 * 86_400).contains(seconds))
        .ok_or_else(|| "not a duration of at most a year; try 12h, 30d or 4w".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_visibly() {
        assert_eq!(fitted("abc", 3), "abc");
        assert_eq!(fitted("abcd", 3), "ab…");
        assert!(!fitted("a\u{202e}b\x1b[2J", 80).contains(['\u{202e}', '\x1b']));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("30d"), Ok(30 * 86_400));
        assert_eq!(duration("12h"), Ok(43_200));
        for bad in ["", "d", "0d", "-1d", "5", "400d", "99999999999999999999w"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
