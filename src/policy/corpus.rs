//! Labelled command lines: what a policy is scored with.
//!
//! Two shapes of a row, columns between tabs. `command, why, label, source` is dangerous: the label is the mildest tier
//! that will do, and `ask` stands for "never allowed". `command, label, source` is harmless: the label is the
//! strictest tier that will do. `␤`, `␍` and `␉` in a command stand for newline, carriage return and tab.

use super::{Action, Tier};

/// What a row says of its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// Dangerous: its tier is at least this one.
    AtLeast(Tier),
    /// Dangerous in a way that only the running shell knows: never allowed.
    NotAllowed,
    /// Harmless: its tier is at most this one.
    AtMost(Tier),
}

/// A labelled command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: usize,
    /// The command line.
    pub command: String,
    /// What is said of it.
    pub label: Label,
}

/// How a decision disappoints a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Miss {
    /// Something dangerous runs without a human.
    FalseAllow,
    /// Something dangerous is not allowed, but its tier lets a whitelist entry allow it.
    TooMild,
    /// Something harmless is asked or denied, or is beyond what a whitelist entry can allow.
    FalseAsk,
}

impl Label {
    /// Every label, the gravest first.
    pub const ALL: [Self; 6] = [
        Self::AtLeast(Tier::Deny),
        Self::AtLeast(Tier::High),
        Self::AtLeast(Tier::Medium),
        Self::NotAllowed,
        Self::AtMost(Tier::Low),
        Self::AtMost(Tier::Medium),
    ];

    /// The name in a corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtLeast(tier) | Self::AtMost(tier) => tier.name(),
            Self::NotAllowed => "ask",
        }
    }

    /// Whether rows with this label must not run by themselves.
    #[must_use]
    pub const fn is_dangerous(self) -> bool {
        !matches!(self, Self::AtMost(_))
    }

    /// How a decision disappoints, if it does. Something to be denied may be asked, but only as `high`.
    #[must_use]
    pub fn miss(self, action: Action, tier: Tier) -> Option<Miss> {
        match self {
            Self::AtMost(Tier::Low) => (action != Action::Allow).then_some(Miss::FalseAsk),
            Self::AtMost(most) => (tier > most).then_some(Miss::FalseAsk),
            _ if action == Action::Allow => Some(Miss::FalseAllow),
            Self::AtLeast(least) => (tier < least.min(Tier::High)).then_some(Miss::TooMild),
            Self::NotAllowed => None,
        }
    }
}

impl Miss {
    /// The name in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FalseAllow => "false allow",
            Self::TooMild => "too mild",
            Self::FalseAsk => "false ask",
        }
    }
}

/// Reads the rows of a corpus; empty lines and lines that start with `#` are no rows.
///
/// # Errors
/// The line, from 1, and a clause for people that says what is wrong with it.
pub fn read_corpus(text: &str) -> Result<Vec<Row>, (usize, &'static str)> {
    let mut rows = Vec::new();
    for (line, content) in (1..).zip(text.split('\n')) {
        let content = content.strip_suffix('\r').unwrap_or(content);
        if !content.is_empty() && !content.starts_with('#') {
            rows.push(row(line, content).map_err(|why| (line, why))?);
        }
    }
    Ok(rows)
}

fn row(line: usize, content: &str) -> Result<Row, &'static str> {
    let mut columns = content.split('\t');
    let command = columns.next().filter(|command| !command.is_empty()).ok_or("there is no command line")?;
    let command = command.replace('\u{2424}', "\n").replace('\u{240d}', "\r").replace('\u{2409}', "\t");
    let (second, third) = (columns.next(), columns.next());
    let label = match (second, third) {
        (Some("low"), _) => Label::AtMost(Tier::Low),
        (Some("medium"), third) if third.is_none_or(|third| dangerous(third).is_none()) => {
            Label::AtMost(Tier::Medium)
        }
        (_, Some(third)) => dangerous(third).ok_or(
            "the second column is none of low, medium, and the third none of medium, high, deny, ask",
        )?,
        _ => return Err("the columns are `command, label, source` or `command, why, label, source`"),
    };
    Ok(Row { line, command, label })
}

fn dangerous(label: &str) -> Option<Label> {
    Label::ALL.into_iter().find(|known| known.is_dangerous() && known.name() == label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<Label> {
        read_corpus(text).unwrap().into_iter().map(|row| row.label).collect()
    }

    #[test]
    fn the_place_of_the_label_says_what_it_means() {
        let text = "ls\tlow\tx\n\n# remark\nmake\tmedium\nenv\tshows\tmedium\tsource\r\nrm\twhy\tdeny\tx\na\tb\task\n";
        let expected = [
            Label::AtMost(Tier::Low),
            Label::AtMost(Tier::Medium),
            Label::AtLeast(Tier::Medium),
            Label::AtLeast(Tier::Deny),
            Label::NotAllowed,
        ];
        assert_eq!(labels(text), expected);
    }

    #[test]
    fn pictures_of_control_characters_stand_for_them() {
        let rows = read_corpus("a␤b␍c␉d\tlow").unwrap();
        assert_eq!((rows[0].command.as_str(), rows[0].line), ("a\nb\rc\td", 1));
    }

    #[test]
    fn a_row_without_a_label_is_an_error_with_its_line() {
        assert_eq!(read_corpus("ls\tlow\nls").unwrap_err().0, 2);
        assert_eq!(read_corpus("ls\twhy\tnever").unwrap_err().0, 1);
        assert_eq!(read_corpus("\tlow").unwrap_err().1, "there is no command line");
    }

    #[test]
    fn a_miss_is_an_allow_of_danger_a_mild_tier_or_a_needless_question() {
        use Action::{Allow, Ask, Deny};
        for (label, action, tier, expected) in [
            (Label::AtLeast(Tier::Deny), Ask, Tier::High, None),
            (Label::AtLeast(Tier::Deny), Ask, Tier::Medium, Some(Miss::TooMild)),
            (Label::AtLeast(Tier::High), Allow, Tier::Low, Some(Miss::FalseAllow)),
            (Label::AtLeast(Tier::High), Deny, Tier::Deny, None),
            (Label::AtLeast(Tier::Medium), Ask, Tier::Medium, None),
            (Label::NotAllowed, Ask, Tier::Medium, None),
            (Label::NotAllowed, Allow, Tier::Low, Some(Miss::FalseAllow)),
            (Label::AtMost(Tier::Low), Ask, Tier::Medium, Some(Miss::FalseAsk)),
            (Label::AtMost(Tier::Low), Allow, Tier::Low, None),
            (Label::AtMost(Tier::Medium), Ask, Tier::Medium, None),
            (Label::AtMost(Tier::Medium), Ask, Tier::High, Some(Miss::FalseAsk)),
        ] {
            assert_eq!(label.miss(action, tier), expected, "{label:?} {action:?} {tier:?}");
        }
    }
}
