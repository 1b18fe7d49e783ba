//! A command line as people see it: coloured by what analysis says its parts are, wrapped but never cut, with marks
//! under the parts.

use crate::{
    facts::Facts,
    policy::{Decision, Reason, Tier},
    syntax::Span,
};

use super::{
    printable::{Breaks, Glyph, Shown, glyphs},
    style::{Line, Role},
};

/// In front of a line of the command, and in front of the rest of one that is too long for the screen.
const FIRST: &str = "│ ";
const REST: &str = "↪ ";

/// Shows `text` in at most `width` columns; under each row stand the numbers of the parts, with carets.
#[must_use]
pub(super) fn command(text: &[u8], facts: &Facts, decision: &Decision, width: usize) -> Vec<Line> {
    let roles = roles(text, facts);
    let marks = marks(facts, decision);
    let mut lines = Vec::new();
    for row in rows(&glyphs(text, Breaks::Mark), width.saturating_sub(2).max(8)) {
        let gutter = if row.continues { REST } else { FIRST };
        let mut line = Line::default().with(Role::Aside, gutter);
        for glyph in row.glyphs {
            let role = roles.get(glyph.at).copied().unwrap_or(Role::Text);
            let role = if glyph.shown.is_escaped() { Role::Escape } else { role };
            line.push(role, &glyph.shown.to_string());
        }
        lines.push(line);
        lines.extend(carets(row.glyphs, &marks));
    }
    lines
}

/// One row of the screen.
struct Row<'a> {
    glyphs: &'a [Glyph],
    continues: bool,
}

fn rows(glyphs: &[Glyph], width: usize) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let (mut start, mut columns, mut continues) = (0, 0, false);
    for (index, glyph) in glyphs.iter().enumerate() {
        let wide = glyph.shown.width();
        if columns + wide > width && index > start {
            rows.push(Row { glyphs: glyphs.get(start..index).unwrap_or_default(), continues });
            (start, columns, continues) = (index, 0, true);
        }
        columns += wide;
        if glyph.shown == Shown::Mark('⏎') {
            rows.push(Row { glyphs: glyphs.get(start..=index).unwrap_or_default(), continues });
            (start, columns, continues) = (index + 1, 0, false);
        }
    }
    if start < glyphs.len() || glyphs.is_empty() {
        rows.push(Row { glyphs: glyphs.get(start..).unwrap_or_default(), continues });
    }
    rows
}

/// What each byte of the text is.
fn roles(text: &[u8], facts: &Facts) -> Vec<Role> {
    let understood = facts.opaque.is_none();
    let mut roles = vec![if understood { Role::Operator } else { Role::Text }; text.len()];
    for invocation in &facts.invocations {
        let redirections = invocation.effects.iter().filter(|it| it.because.starts_with("redirection"));
        for effect in redirections {
            paint(&mut roles, effect.span, Role::Redirection);
        }
    }
    for invocation in &facts.invocations {
        for (index, word) in invocation.words.iter().enumerate() {
            let source = text.get(range(word.span)).unwrap_or_default();
            paint(&mut roles, word.span, role_of_word(index, source));
        }
    }
    roles
}

const fn role_of_word(index: usize, source: &[u8]) -> Role {
    match (index, source.first()) {
        (0, _) => Role::Program,
        (_, Some(b'-')) => Role::Flag,
        (_, Some(b'\'' | b'"')) => Role::Quoted,
        _ => Role::Text,
    }
}

fn paint(roles: &mut [Role], span: Span, role: Role) {
    // A wrapper's words are painted before those of what it starts: the first painter knows the whole line better.
    let Some(roles) = roles.get_mut(range(span)) else { return };
    for painted in roles.iter_mut().filter(|painted| matches!(painted, Role::Operator | Role::Redirection)) {
        *painted = role;
    }
    if role == Role::Program {
        roles.fill(role);
    }
}

/// A part's number under a span.
struct Mark {
    number: usize,
    tier: Tier,
    span: Span,
}

/// Where the parts stand: the program of each, and whatever has a reason of its own.
fn marks(facts: &Facts, decision: &Decision) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (index, (invocation, part)) in facts.invocations.iter().zip(&decision.parts).enumerate() {
        let number = index + 1;
        if let Some(word) = invocation.words.first() {
            marks.push(Mark { number, tier: part.tier, span: word.span });
        }
        let spans = part.reasons.iter().filter(|reason| reason.tier >= Tier::Medium).filter_map(reason_span);
        for (tier, span) in spans.filter(|(_, span)| is_part(*span, invocation.span)) {
            marks.push(Mark { number, tier, span });
        }
    }
    if let Some(opacity) = &facts.opaque {
        marks.push(Mark { number: 1, tier: decision.tier, span: opacity.span });
    }
    marks
}

/// Whether a reason points at less than an invocation: one that means all of it needs no mark besides the program's.
const fn is_part(span: Span, whole: Span) -> bool {
    whole.start < span.start || span.end < whole.end
}

fn reason_span(reason: &Reason) -> Option<(Tier, Span)> {
    reason.span.map(|span| (reason.tier, span))
}

fn carets(row: &[Glyph], marks: &[Mark]) -> Option<Line> {
    let columns = row.iter().map(|glyph| glyph.shown.width()).sum();
    let mut cells: Vec<Option<(Tier, char)>> = vec![None; columns];
    let shown = row.first().map_or(0, |glyph| glyph.at)..row.last().map_or(0, |glyph| glyph.at + 1);
    let overlaps = |mark: &&Mark| {
        let bytes = range(mark.span);
        bytes.start < shown.end && bytes.end.max(bytes.start + 1) > shown.start
    };
    for mark in marks.iter().filter(overlaps) {
        let under = columns_under(row, mark.span);
        let Some(free) = cells.get_mut(under) else { continue };
        if free.iter().all(Option::is_none) {
            let number = mark.number.to_string();
            for (cell, character) in free.iter_mut().zip(number.chars().chain(std::iter::repeat('^'))) {
                *cell = Some((mark.tier, character));
            }
        }
    }
    let end = cells.iter().rposition(Option::is_some)? + 1;
    let mut line = Line::default().with(Role::Text, "  ");
    for cell in cells.iter().take(end) {
        match cell {
            Some((tier, character)) => line.push(Role::Tier(*tier), character.encode_utf8(&mut [0; 4])),
            None => line.push(Role::Text, " "),
        }
    }
    Some(line)
}

/// The columns of a row that show bytes of `span`; at least one where an empty span stands in the row.
fn columns_under(row: &[Glyph], span: Span) -> std::ops::Range<usize> {
    let bytes = range(span);
    let bytes = bytes.start..bytes.end.max(bytes.start + 1);
    let mut under: Option<std::ops::Range<usize>> = None;
    let mut column = 0;
    for glyph in row {
        let next = column + glyph.shown.width();
        if bytes.contains(&glyph.at) {
            let start = under.map_or(column, |under| under.start);
            under = Some(start..next);
        }
        column = next;
    }
    under.unwrap_or(usize::MAX..usize::MAX)
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..(span.end as usize).max(span.start as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{approval::example, ui::style::Style};

    fn plain(text: &str, width: usize) -> Vec<String> {
        let request = example::request(text);
        command(text.as_bytes(), &request.facts, &request.decision, width)
            .iter()
            .map(|line| line.render(Style::Plain))
            .collect()
    }

    #[test]
    fn parts_are_marked_by_number() {
        let request = example::dangerous();
        let lines: Vec<String> = command(&request.command_line.text(), &request.facts, &request.decision, 80)
            .iter()
            .map(|line| line.render(Style::Plain))
            .collect();
        assert_eq!(
            lines,
            ["│ cd build && sudo rm -rf ./* > /tmp/log", "  1^          2^^^ 3^     3^^ 3^^^^^^^^^"]
        );
    }

    #[test]
    fn a_long_command_is_wrapped_and_every_character_is_there() {
        let text = "echo ".to_owned() + &"x".repeat(50) + "日本";
        let lines = plain(&text, 20);
        assert!(lines.iter().all(|line| crate::ui::Printable::from(line.as_str()).width() <= 20));
        let rows: String = lines
            .iter()
            .filter_map(|line| line.strip_prefix(FIRST).or_else(|| line.strip_prefix(REST)))
            .collect();
        assert_eq!(rows, text);
        assert_eq!(lines.iter().filter(|line| line.starts_with(REST)).count(), 3);
    }

    #[test]
    fn lines_of_a_script_stay_lines_and_nothing_hides() {
        assert_eq!(plain("a\n\tb\x1b[2J", 40), ["│ a⏎", "  1^", "│ →b\\x1b[2J", "  1^^^^^^^^"]);
    }

    #[test]
    fn the_longest_command_is_shown_whole_and_soon() {
        let text = "true; ".repeat(11_000);
        let mut request = example::request(&text);
        let template = request.facts.invocations.remove(0);
        let part = request.decision.parts.remove(0);
        for start in (0..text.len()).step_by(6) {
            let start = u32::try_from(start).unwrap();
            let mut invocation = template.clone();
            invocation.span = Span { start, end: start + 4 };
            invocation.words[0].span = invocation.span;
            request.facts.invocations.push(invocation);
            request.decision.parts.push(part.clone());
        }
        let begin = std::time::Instant::now();
        let lines = command(text.as_bytes(), &request.facts, &request.decision, 80);
        assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
        let rows = lines.iter().map(|line| line.render(Style::Plain));
        let shown: String = rows
            .filter(|row| row.starts_with(FIRST) || row.starts_with(REST))
            .map(|row| row.chars().skip(2).collect::<String>())
            .collect();
        assert_eq!(shown, text);
    }

    #[test]
    fn colours_name_what_stands_there() {
        let request = example::dangerous();
        let line = command(&request.command_line.text(), &request.facts, &request.decision, 80)[0]
            .render(Style::Ansi);
        for piece in [
            "\x1b[1mcd\x1b[0m",
            "\x1b[1mrm\x1b[0m",
            "\x1b[36m-rf\x1b[0m",
            "\x1b[35m> /tmp/log\x1b[0m",
            "\x1b[35m && ",
        ] {
            assert!(line.contains(piece), "{piece:?} in {line:?}");
        }
    }
}
