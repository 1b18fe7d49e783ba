//! What a row of the score can be told besides its weight.

use super::Row;

/// What a row takes; every source may say a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::policy) struct Terms {
    pub(in crate::policy) threshold: Option<u32>,
    /// Seconds.
    pub(in crate::policy) within: Option<u32>,
    pub(in crate::policy) hours: Option<Hours>,
    pub(in crate::policy) days: Option<Days>,
    pub(in crate::policy) names: Option<Vec<String>>,
    pub(in crate::policy) branches: Option<Vec<String>>,
}

/// A key that only some rows have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Key {
    Threshold,
    Within,
    Hours,
    Days,
    Names,
    Branches,
}

impl Key {
    /// Every such key with its name in policies.
    pub(in crate::policy) const NAMES: [(&'static str, Self); 6] = [
        ("threshold", Self::Threshold),
        ("within", Self::Within),
        ("hours", Self::Hours),
        ("days", Self::Days),
        ("names", Self::Names),
        ("branches", Self::Branches),
    ];

    /// Whether a row has it.
    pub(in crate::policy) const fn belongs_to(self, row: Row) -> bool {
        match self {
            Self::Threshold => matches!(row, Row::Many | Row::Obfuscated | Row::Burst),
            Self::Within => matches!(row, Row::Burst | Row::Denied),
            Self::Hours | Self::Days => matches!(row, Row::Hours),
            Self::Names | Self::Branches => matches!(row, Row::Production),
        }
    }

    /// Whether a row that has it says nothing without it.
    pub(in crate::policy) const fn is_needed(self) -> bool {
        !matches!(self, Self::Hours | Self::Days)
    }
}

impl Terms {
    /// What a stronger source says, and of the rest what this one says.
    pub(in crate::policy) fn overlaid_by(self, stronger: Self) -> Self {
        Self {
            threshold: stronger.threshold.or(self.threshold),
            within: stronger.within.or(self.within),
            hours: stronger.hours.or(self.hours),
            days: stronger.days.or(self.days),
            names: stronger.names.or(self.names),
            branches: stronger.branches.or(self.branches),
        }
    }

    /// Whether it says something about a key.
    pub(in crate::policy) const fn has(&self, key: Key) -> bool {
        match key {
            Key::Threshold => self.threshold.is_some(),
            Key::Within => self.within.is_some(),
            Key::Hours => self.hours.is_some(),
            Key::Days => self.days.is_some(),
            Key::Names => self.names.is_some(),
            Key::Branches => self.branches.is_some(),
        }
    }
}

/// Hours of the day, in minutes since midnight: the first that belongs to them, and the first that does not. The end
/// may lie before the start: then they go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) struct Hours {
    start: u16,
    end: u16,
}

impl Hours {
    /// Every hour.
    pub(in crate::policy) const ALL: Self = Self { start: 0, end: 0 };

    /// Reads `HH:MM-HH:MM`.
    pub(in crate::policy) fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        Some(Self { start: minute(start)?, end: minute(end)? % DAY })
    }

    pub(in crate::policy) const fn contain(self, minute: u16) -> bool {
        if self.start < self.end {
            self.start <= minute && minute < self.end
        } else {
            self.start == self.end || self.start <= minute || minute < self.end
        }
    }

    /// Whether every minute is in them.
    pub(in crate::policy) const fn contain_all(self) -> bool {
        self.start == self.end
    }

    pub(in crate::policy) const fn to_word(self) -> u32 {
        (self.start as u32) << 16 | self.end as u32
    }

    pub(in crate::policy) const fn from_word(word: u32) -> Self {
        Self { start: (word >> 16) as u16, end: (word & 0xffff) as u16 }
    }
}

const DAY: u16 = 24 * 60;

/// Reads `HH:MM`, up to `24:00`, as minutes since midnight.
pub(in crate::policy) fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, most: u16| {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &u16| plain && *number <= most)
    };
    Some(number(hour, 24)? * 60 + number(minute, 59)?).filter(|minute| *minute <= DAY)
}

/// Days of the week, one bit for each from Monday on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) struct Days(pub(in crate::policy) u8);

impl Days {
    /// Every day.
    pub(in crate::policy) const ALL: Self = Self(0x7f);

    /// The days' names, from Monday on.
    pub(in crate::policy) const NAMES: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Every day with its name.
    pub(in crate::policy) fn named() -> Vec<(&'static str, Self)> {
        Self::NAMES.iter().enumerate().map(|(day, name)| (*name, Self(1 << day))).collect()
    }

    pub(in crate::policy) const fn contain(self, day: u8) -> bool {
        day < 7 && self.0 & (1 << day) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_strictly() {
        for text in ["7:00-20:00", "07:00", "07:00-20:60", "07:00-25:00", "07:00-24:01", "+7:00-20:00", ""] {
            assert_eq!(Hours::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hours_go_over_midnight_and_end_before_their_end() {
        let of = |text, at| Hours::parse(text).unwrap().contain(minute(at).unwrap());
        for (text, at, expected) in [
            ("07:00-20:00", "07:00", true),
            ("07:00-20:00", "19:59", true),
            ("07:00-20:00", "20:00", false),
            ("07:00-20:00", "06:59", false),
            ("22:00-06:00", "23:30", true),
            ("22:00-06:00", "05:59", true),
            ("22:00-06:00", "06:00", false),
            ("22:00-24:00", "23:59", true),
            ("22:00-24:00", "00:00", false),
            ("00:00-24:00", "12:00", true),
        ] {
            assert_eq!(of(text, at), expected, "{text} {at}");
        }
    }

    #[test]
    fn hours_and_days_survive_being_written() {
        let hours = Hours::parse("22:15-06:00").unwrap();
        assert_eq!(Hours::from_word(hours.to_word()), hours);
        assert!(Days(0b100_0000).contain(6) && !Days(0b100_0000).contain(5) && !Days::ALL.contain(7));
    }
}
