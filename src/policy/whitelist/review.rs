//! Whether an entry is used as it was when it was approved.

use super::WhitelistEntry;

const DAY: u64 = 86_400;
/// Uses within a day that are many, whatever was before.
const MANY: usize = 10;
/// So many times the uses of a day before are far more.
const FAR_MORE: u64 = 5;

/// One use of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// When, in seconds since the epoch.
    pub at: u64,
    /// The working directory.
    pub cwd: String,
}

/// Why somebody should look at a live entry again, in a clause.
#[must_use]
pub fn review(entry: &WhitelistEntry, uses: &[Use], now: u64) -> Option<String> {
    let began = entry.renewed.as_ref().map_or(entry.approved, |(at, _)| *at);
    let life = entry.expires.saturating_sub(began);
    let last = uses.iter().map(|one| one.at).max().unwrap_or(began).max(began);
    let idle = now.saturating_sub(last);
    if idle >= DAY && idle >= life / 2 {
        return Some(format!("unused for {}", days(idle)));
    }
    let yesterday = now.saturating_sub(DAY);
    let (fresh, before): (Vec<&Use>, Vec<&Use>) = uses.iter().partition(|one| one.at > yesterday);
    let elsewhere = fresh.iter().find(|one| !before.iter().any(|old| old.cwd == one.cwd));
    if let Some(one) = elsewhere.filter(|_| !before.is_empty()) {
        return Some(format!("used in another directory: {}", one.cwd));
    }
    let earlier_days = yesterday.saturating_sub(entry.approved) / DAY;
    let usual = (before.len() as u64).checked_div(earlier_days)?;
    let far_more = fresh.len() >= MANY && fresh.len() as u64 > usual.max(1) * FAR_MORE;
    far_more.then(|| format!("used {} times within a day, {usual} times a day before", fresh.len()))
}

/// A length of time in words: rounded to days, or begun hours.
#[must_use]
pub fn days(seconds: u64) -> String {
    let (count, unit) =
        if seconds < DAY { (seconds.div_ceil(3600), "hour") } else { ((seconds + DAY / 2) / DAY, "day") };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> WhitelistEntry {
        WhitelistEntry { approved: 100 * DAY, expires: 110 * DAY, ..WhitelistEntry::default() }
    }

    fn uses(count: usize, at: u64, cwd: &str) -> Vec<Use> {
        vec![Use { at, cwd: cwd.into() }; count]
    }

    #[test]
    fn what_is_not_used_for_half_of_its_life_is_to_be_looked_at() {
        let now = |day| review(&entry(), &uses(1, 102 * DAY, "/a"), day * DAY);
        assert_eq!(now(106), None);
        assert_eq!(now(107), Some("unused for 5 days".into()));
        assert_eq!(review(&entry(), &[], 105 * DAY), Some("unused for 5 days".into()));
        let renewed = WhitelistEntry { renewed: Some((104 * DAY, "ann".into())), ..entry() };
        assert_eq!(review(&renewed, &[], 105 * DAY), None);
    }

    #[test]
    fn another_directory_is_to_be_looked_at() {
        let all = [uses(3, 102 * DAY, "/a"), uses(1, 104 * DAY - 5, "/b")].concat();
        assert_eq!(review(&entry(), &all, 104 * DAY), Some("used in another directory: /b".into()));
        assert_eq!(review(&entry(), &all[..3], 104 * DAY), None);
        assert_eq!(review(&entry(), &all[3..], 104 * DAY), None, "the first use is no change");
    }

    #[test]
    fn far_more_uses_are_to_be_looked_at() {
        let all = |fresh| [uses(4, 101 * DAY, "/a"), uses(fresh, 104 * DAY - 5, "/a")].concat();
        let expected = "used 11 times within a day, 1 times a day before";
        assert_eq!(review(&entry(), &all(11), 104 * DAY), Some(expected.into()));
        assert_eq!(review(&entry(), &all(5), 104 * DAY), None);
        assert_eq!(review(&entry(), &uses(50, 100 * DAY + 9, "/a"), 100 * DAY + 10), None, "it is new");
    }

    #[test]
    fn lengths_of_time_in_words() {
        assert_eq!(
            [1, 3_600, 3_601, DAY, 3 * DAY - 1].map(days),
            ["1 hour", "1 hour", "2 hours", "1 day", "3 days"]
        );
    }
}
