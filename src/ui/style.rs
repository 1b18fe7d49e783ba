//! Colour with meaning, and its absence.

use crate::policy::Tier;

/// Whether colours are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Plain text: no terminal, `NO_COLOR`, `TERM=dumb`.
    Plain,
    /// ANSI colours.
    Colour,
}

/// What a piece of text is; each has one look everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text.
    Plain,
    /// What is less important.
    Faint,
    /// A heading, a key to press.
    Strong,
    /// A program's name.
    Program,
    /// An option.
    Flag,
    /// Something that only the running shell knows.
    Dynamic,
    /// A redirection or an operator of the shell.
    Operator,
    /// Something that is not shown as it is: `\x1b`.
    Escaped,
    /// A tier.
    Tier(Tier),
}

impl Style {
    /// Chooses for an output: colour only on a terminal that has it, and where nobody asked for none
    /// (<https://no-color.org>: any value but the empty one).
    #[must_use]
    pub fn choose(is_terminal: bool, no_color: Option<&[u8]>, term: Option<&[u8]>) -> Self {
        let refused = no_color.is_some_and(|value| !value.is_empty());
        let dumb = term.is_none_or(|term| term.is_empty() || term == b"dumb");
        if is_terminal && !refused && !dumb { Self::Colour } else { Self::Plain }
    }

    /// Puts text into the look of a role.
    #[must_use]
    pub fn paint(self, role: Role, text: &str) -> String {
        match (self, code(role)) {
            (Self::Colour, Some(code)) if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

const fn code(role: Role) -> Option<&'static str> {
    match role {
        Role::Plain => None,
        Role::Faint => Some("2"),
        Role::Strong => Some("1"),
        Role::Program => Some("1;36"),
        Role::Flag => Some("36"),
        Role::Dynamic => Some("35"),
        Role::Operator => Some("33"),
        Role::Escaped => Some("7"),
        Role::Tier(Tier::Low) => Some("32"),
        Role::Tier(Tier::Medium) => Some("33"),
        Role::Tier(Tier::High) => Some("1;31"),
        Role::Tier(Tier::Deny) => Some("1;37;41"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_needs_a_terminal_that_has_it_and_nobody_who_refuses() {
        let term = Some(&b"xterm"[..]);
        assert_eq!(Style::choose(true, None, term), Style::Colour);
        assert_eq!(Style::choose(true, Some(b""), term), Style::Colour);
        assert_eq!(Style::choose(true, Some(b"1"), term), Style::Plain);
        assert_eq!(Style::choose(false, None, term), Style::Plain);
        assert_eq!(Style::choose(true, None, Some(b"dumb")), Style::Plain);
        assert_eq!(Style::choose(true, None, None), Style::Plain);
    }

    #[test]
    fn plain_text_has_no_escape_sequences() {
        assert_eq!(Style::Plain.paint(Role::Tier(Tier::Deny), "deny"), "deny");
        assert_eq!(Style::Colour.paint(Role::Tier(Tier::Low), "low"), "\x1b[32mlow\x1b[0m");
        assert_eq!(Style::Colour.paint(Role::Strong, ""), "");
    }
}
