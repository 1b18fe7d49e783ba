//! A command line with its parts in colour: wrapped where it is too wide, never cut.

use crate::{facts::Facts, syntax::Span};

use super::{
    printable::{Breaks, Glyph, Shown, glyphs},
    style::{Role, Style},
};

/// Put at the end of a line that goes on in the next one.
const GOES_ON: &str = "↩";
/// Columns to the next tab stop, at most.
const TAB: usize = 4;

/// Lays a command line out in lines of at most `width` columns, each with its roles painted.
#[must_use]
pub fn highlight(text: &[u8], facts: &Facts, width: usize, style: Style) -> Vec<String> {
    let roles = Roles::of(text, facts);
    let mut page =
        Page { width: width.max(8), style, lines: Vec::new(), line: String::new(), column: 0, run: None };
    for glyph in glyphs(text, Breaks::Keep) {
        page.put(glyph, roles.at(glyph));
    }
    page.end()
}

/// The role of each byte that has one.
struct Roles(Vec<(Span, Role)>);

impl Roles {
    fn of(text: &[u8], facts: &Facts) -> Self {
        let mut roles = Vec::new();
        for invocation in &facts.invocations {
            for (index, word) in invocation.words.iter().enumerate() {
                let role = match &word.value {
                    None => Role::Dynamic,
                    Some(_) if index == 0 => Role::Program,
                    Some(value) if value.starts_with(b"-") => Role::Flag,
                    Some(_) => continue,
                };
                roles.push((word.span, role));
            }
        }
        if roles.is_empty() && text.is_empty() {
            return Self(Vec::new());
        }
        roles.sort_by_key(|(span, _)| (span.start, span.end));
        Self(roles)
    }

    /// The narrowest part that the glyph is in decides.
    fn at(&self, glyph: Glyph) -> Role {
        if glyph.shown.is_escaped() {
            return Role::Escaped;
        }
        let at = u32::try_from(glyph.at).unwrap_or(u32::MAX);
        let inside = |(span, _): &&(Span, Role)| (span.start..span.end).contains(&at);
        let narrowest = self.0.iter().filter(inside).min_by_key(|(span, _)| span.end - span.start);
        match (narrowest, glyph.shown) {
            (Some((_, role)), _) => *role,
            (None, Shown::Plain('|' | '&' | ';' | '<' | '>' | '(' | ')')) => Role::Operator,
            (None, _) => Role::Plain,
        }
    }
}

/// Lines in the making.
struct Page {
    width: usize,
    style: Style,
    lines: Vec<String>,
    line: String,
    column: usize,
    run: Option<(Role, String)>,
}

impl Page {
    fn put(&mut self, glyph: Glyph, role: Role) {
        if glyph.shown == Shown::Plain('\n') {
            return self.break_line();
        }
        let shown = match glyph.shown {
            Shown::Plain('\t') => " ".repeat(TAB - self.column % TAB),
            shown => shown.to_string(),
        };
        let width = if glyph.shown == Shown::Plain('\t') { shown.len() } else { glyph.shown.width() };
        if self.column + width > self.width.saturating_sub(1) {
            self.flush();
            self.line.push_str(&self.style.paint(Role::Faint, GOES_ON));
            self.break_line();
        }
        self.column += width;
        match &mut self.run {
            Some((current, text)) if *current == role => text.push_str(&shown),
            _ => {
                self.flush();
                self.run = Some((role, shown));
            }
        }
    }

    fn flush(&mut self) {
        if let Some((role, text)) = self.run.take() {
            self.line.push_str(&self.style.paint(role, &text));
        }
    }

    fn break_line(&mut self) {
        self.flush();
        self.lines.push(std::mem::take(&mut self.line));
        self.column = 0;
    }

    fn end(mut self) -> Vec<String> {
        if self.column > 0 || self.lines.is_empty() {
            self.break_line();
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Argument, Invocation, Program};

    fn facts(text: &str) -> Facts {
        let mut at = 0;
        let words = text.split(' ').map(|word| {
            let span = Span { start: at, end: at + u32::try_from(word.len()).unwrap() };
            at = span.end + 1;
            Argument { value: (!word.starts_with('$')).then(|| word.as_bytes().to_vec()), span }
        });
        let invocation = Invocation {
            program: Program::Unknown,
            words: words.collect(),
            via: Vec::new(),
            effects: Vec::new(),
            opaque: None,
            span: Span::default(),
        };
        Facts { invocations: vec![invocation], ..Facts::default() }
    }

    fn plain(text: &str, width: usize) -> Vec<String> {
        highlight(text.as_bytes(), &Facts::default(), width, Style::Plain)
    }

    #[test]
    fn a_wide_line_is_wrapped_with_a_mark_and_nothing_is_lost() {
        let text = "echo 0123456789 0123456789 0123456789";
        let lines = plain(text, 16);
        assert_eq!(lines, ["echo 0123456789↩", " 0123456789 012↩", "3456789"]);
        assert_eq!(lines.join("").replace('↩', ""), text);
    }

    #[test]
    fn newlines_are_lines_and_tabs_are_blanks() {
        assert_eq!(plain("a\n\tb\n", 40), ["a", "    b"]);
    }

    #[test]
    fn what_could_move_the_cursor_is_shown() {
        assert_eq!(plain("echo \x1b[2K", 40), ["echo \\x1b[2K"]);
    }

    #[test]
    fn programs_flags_and_unknown_words_have_their_colours() {
        let text = "rm -rf $DIR";
        let lines = highlight(text.as_bytes(), &facts(text), 40, Style::Colour);
        assert_eq!(lines, ["\x1b[1;36mrm\x1b[0m \x1b[36m-rf\x1b[0m \x1b[35m$DIR\x1b[0m"]);
    }
}
