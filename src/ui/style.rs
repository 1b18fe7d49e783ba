//! Lines of coloured words; meaning never by colour alone.

use unicode_width::UnicodeWidthStr as _;

use crate::policy::Tier;

/// Whether a terminal shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text and nothing else.
    Plain,
    /// The sixteen colours that every terminal has.
    Ansi,
}

impl Style {
    /// Chooses by the two variables that people set, and by whether the output is a terminal at all.
    #[must_use]
    pub fn of(no_color: Option<&[u8]>, term: Option<&[u8]>, is_terminal: bool) -> Self {
        let dumb = term.is_none_or(|term| term.is_empty() || term == b"dumb");
        let refused = no_color.is_some_and(|value| !value.is_empty());
        if is_terminal && !dumb && !refused { Self::Ansi } else { Self::Plain }
    }

    fn paint(self, role: Role, text: &str, out: &mut String) {
        let code = role.code();
        if self == Self::Plain || code.is_empty() {
            out.push_str(text);
        } else {
            for part in ["\x1b[", code, "m", text, "\x1b[0m"] {
                out.push_str(part);
            }
        }
    }
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing in particular.
    Text,
    /// The name of a program.
    Program,
    /// An option.
    Flag,
    /// Quoted text.
    Quoted,
    /// What joins commands.
    Operator,
    /// A redirection.
    Redirection,
    /// A character that is not shown as it is.
    Escape,
    /// Less important than the rest.
    Aside,
    /// More important than the rest.
    Strong,
    /// Of this tier.
    Tier(Tier),
}

impl Role {
    const fn code(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Program | Self::Strong => "1",
            Self::Flag => "36",
            Self::Quoted | Self::Tier(Tier::Low) => "32",
            Self::Operator | Self::Redirection => "35",
            Self::Escape => "7",
            Self::Aside => "2",
            Self::Tier(Tier::Medium) => "33",
            Self::Tier(Tier::High) => "1;31",
            Self::Tier(Tier::Deny) => "1;7;31",
        }
    }
}

/// One line on the screen, in pieces; holds nothing that is not printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<(Role, String)>);

impl Line {
    /// Appends text; the caller has made it printable.
    pub(super) fn push(&mut self, role: Role, text: &str) {
        match self.0.last_mut() {
            Some((last, before)) if *last == role => before.push_str(text),
            _ => self.0.push((role, text.to_owned())),
        }
    }

    /// Appends text and returns the line.
    #[must_use]
    pub(super) fn with(mut self, role: Role, text: &str) -> Self {
        self.push(role, text);
        self
    }

    /// Columns on a terminal.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// The line for a terminal, no newline.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let mut out = String::new();
        for (role, text) in &self.0 {
            style.paint(*role, text, &mut out);
        }
        out
    }

    /// Removes the blanks at which it was broken.
    fn trim_end(&mut self) {
        if let Some((_, text)) = self.0.last_mut() {
            text.truncate(text.trim_end_matches(' ').len());
        }
    }

    pub(super) fn pad_to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.width());
        if missing > 0 {
            self.push(Role::Text, &" ".repeat(missing));
        }
    }
}

/// Lays words out behind `head`, further lines indented to its width (at most a third of the screen); nothing is cut.
pub(super) fn flow(out: &mut Vec<Line>, head: Line, words: &Line, width: usize) {
    let columns = head.width();
    let mut page = Page { out, line: head, columns, indent: columns.min(width / 3), width };
    let mut empty = true;
    for (role, text) in &words.0 {
        for word in text.split_inclusive(' ') {
            if !empty && page.columns + word.trim_end().width() > width {
                page.line.trim_end();
                page.next_line();
            }
            page.push_word(*role, word);
            empty = false;
        }
    }
    page.out.push(page.line);
}

/// Lines that are being laid out; counts the columns of the last one instead of measuring it for every character.
struct Page<'a> {
    out: &'a mut Vec<Line>,
    line: Line,
    columns: usize,
    indent: usize,
    width: usize,
}

impl Page<'_> {
    fn push_word(&mut self, role: Role, word: &str) {
        let mut buffer = [0; 4];
        for character in word.chars() {
            let text: &str = character.encode_utf8(&mut buffer);
            let columns = text.width();
            if character != ' ' && self.columns + columns > self.width.max(self.indent + 2) {
                self.next_line();
            }
            self.line.push(role, text);
            self.columns += columns;
        }
    }

    fn next_line(&mut self) {
        self.out.push(std::mem::replace(&mut self.line, indented(self.indent)));
        self.columns = self.indent;
    }
}

fn indented(columns: usize) -> Line {
    Line::default().with(Role::Text, &" ".repeat(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_only_where_people_want_and_terminals_can() {
        assert_eq!(Style::of(None, Some(b"xterm"), true), Style::Ansi);
        assert_eq!(Style::of(Some(b""), Some(b"xterm"), true), Style::Ansi);
        assert_eq!(Style::of(Some(b"1"), Some(b"xterm"), true), Style::Plain);
        assert_eq!(Style::of(None, Some(b"dumb"), true), Style::Plain);
        assert_eq!(Style::of(None, None, true), Style::Plain);
        assert_eq!(Style::of(None, Some(b"xterm"), false), Style::Plain);
    }

    #[test]
    fn a_line_is_the_same_with_and_without_colours() {
        let line = Line::default().with(Role::Program, "rm").with(Role::Text, " x");
        assert_eq!(line.render(Style::Plain), "rm x");
        assert_eq!(line.render(Style::Ansi), "\x1b[1mrm\x1b[0m x");
        assert_eq!(line.width(), 4);
    }

    #[test]
    fn text_flows_and_long_words_break() {
        let mut out = Vec::new();
        let words = Line::default().with(Role::Text, "one two abcdefghijklmnop");
        flow(&mut out, Line::default().with(Role::Strong, "> "), &words, 10);
        let lines: Vec<String> = out.iter().map(|line| line.render(Style::Plain)).collect();
        assert_eq!(lines, ["> one two", "  abcdefgh", "  ijklmnop"]);
    }
}
