//! What a command line would do and what the policy says of it, as a tree: the same in `gate check`, in the prompt and
//! in `gate pending`.

use std::collections::BTreeSet;

use crate::{
    facts::{Effect, Facts, Invocation, Undo},
    policy::{Action, Decision, Part, Reason, effect_text},
};

use super::{
    Printable,
    highlight::highlight,
    style::{Role, Style},
};

/// Effects of one part that are listed one by one; the rest is counted, and shown in the full view.
const EFFECTS: usize = 6;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a reviewer needs first.
    Brief,
    /// Everything.
    Full,
}

/// What is explained.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    /// The command line's text, in which spans count.
    pub text: &'a [u8],
    /// What analysis knows.
    pub facts: &'a Facts,
    /// What the policy says.
    pub decision: &'a Decision,
}

impl Explanation<'_> {
    /// One line: action, tier and score.
    #[must_use]
    pub fn verdict(&self, style: Style) -> String {
        let decision = self.decision;
        let action = decision.action.name().to_uppercase();
        let head = style.paint(Role::Tier(decision.tier), &format!(" {action} "));
        format!("{head} {} · score {}", decision.tier.name(), decision.score)
    }

    /// The command line, indented and wrapped.
    #[must_use]
    pub fn command(&self, width: usize, style: Style) -> Vec<String> {
        let lines = highlight(self.text, self.facts, width.saturating_sub(2), style);
        lines.into_iter().map(|line| format!("  {line}")).collect()
    }

    /// One branch for each part: what it is, why it has its tier, what it would do.
    #[must_use]
    pub fn tree(&self, width: usize, style: Style, detail: Detail) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(opacity) = &self.facts.opaque {
            let why = format!("not understood: {}", opacity.why);
            lines.extend(branch("", "", &why, Role::Tier(self.decision.tier), width, style));
            lines.extend(self.mark(opacity.span.start, width, style));
        }
        let parts = self.facts.invocations.iter().zip(&self.decision.parts);
        for (number, (invocation, part)) in parts.enumerate() {
            self.part(&mut lines, number + 1, invocation, part, (width, style, detail));
        }
        lines.extend(self.unattached(width, style));
        lines
    }

    /// What made the score, heaviest first.
    #[must_use]
    pub fn score(&self, width: usize, style: Style) -> Vec<String> {
        let counted: Vec<String> = self
            .decision
            .reasons
            .iter()
            .filter(|reason| reason.weight > 0)
            .map(|reason| format!("{} +{}", reason.text, reason.weight))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if counted.is_empty() {
            return Vec::new();
        }
        let text = format!("score {}: {}", self.decision.score, counted.join(", "));
        branch("", "", &text, Role::Faint, width, style)
    }

    /// What cannot be undone, in words; empty where everything can.
    #[must_use]
    pub fn irreversible(&self) -> Vec<String> {
        let effects = self.facts.invocations.iter().flat_map(|invocation| &invocation.effects);
        let lasting = effects.filter(|effect| effect.undo == Undo::Irreversible).map(effect_text);
        lasting.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn part(
        &self,
        lines: &mut Vec<String>,
        number: usize,
        invocation: &Invocation,
        part: &Part,
        (width, style, detail): (usize, Style, Detail),
    ) {
        let tier = style.paint(Role::Tier(part.tier), part.tier.name());
        let via = match invocation.via.as_slice() {
            [] => String::new(),
            via => format!(" via {}", Printable::line(via.join(", ").as_bytes())),
        };
        let shown = match part.action {
            Action::Allow => "allowed".to_owned(),
            Action::Ask => style.paint(Role::Strong, "ask"),
            Action::Deny => style.paint(Role::Tier(part.tier), "deny"),
        };
        lines.push(format!(" {number} {tier} {shown}{via}"));
        let source = self.source(invocation);
        let indent = "   │   ";
        for line in
            highlight(&source, &Facts::default(), width.saturating_sub(indent.chars().count()), Style::Plain)
        {
            lines.push(format!("{}{}", style.paint(Role::Faint, indent), style.paint(Role::Program, &line)));
        }
        let mut twigs = self.twigs(invocation, part, detail);
        let last = twigs.pop();
        for (text, role) in twigs {
            lines.extend(branch("   ├ ", "   │   ", &text, role, width, style));
        }
        if let Some((text, role)) = last {
            lines.extend(branch("   └ ", "       ", &text, role, width, style));
        }
    }

    /// Why and what, as lines of one part.
    fn twigs(&self, invocation: &Invocation, part: &Part, detail: Detail) -> Vec<(String, Role)> {
        let mut twigs: Vec<(String, Role)> = Vec::new();
        if let Some(opacity) = &invocation.opaque {
            twigs.push((format!("not understood: {}", opacity.why), Role::Tier(part.tier)));
        }
        for reason in &part.reasons {
            let twig = (reason_text(reason), Role::Tier(reason.tier));
            if !twigs.contains(&twig) {
                twigs.push(twig);
            }
        }
        let shown = if detail == Detail::Full { usize::MAX } else { EFFECTS };
        twigs.extend(invocation.effects.iter().take(shown).map(|effect| (effect_line(effect), Role::Plain)));
        if let more @ 1.. = invocation.effects.len().saturating_sub(shown) {
            twigs.push((format!("and {more} more effects"), Role::Faint));
        }
        twigs
    }

    /// The part of the text that an invocation stands in; where it stands in none, its words.
    fn source(&self, invocation: &Invocation) -> Vec<u8> {
        let span = invocation.span.start as usize..invocation.span.end as usize;
        match self.text.get(span) {
            Some(source) if !source.is_empty() && invocation.via.is_empty() => source.to_vec(),
            _ => {
                let words =
                    invocation.words.iter().map(|word| word.value.as_deref().unwrap_or(b"\xe2\x80\xa6"));
                words.collect::<Vec<_>>().join(&b' ')
            }
        }
    }

    /// The source line with a caret under the place where understanding ended.
    fn mark(&self, at: u32, width: usize, style: Style) -> Vec<String> {
        let at = at as usize;
        let finding = super::Diagnostic::error("command", self.text, at..at + 1, "");
        let [line, caret] = finding.excerpt();
        let column = caret.chars().take_while(|mark| *mark == ' ').count();
        let start = column.saturating_sub(width / 2);
        let window = |text: &str| text.chars().skip(start).take(width.saturating_sub(4)).collect::<String>();
        vec![format!("    {}", window(&line)), format!("    {}", style.paint(Role::Strong, &window(&caret)))]
    }

    /// Reasons of the whole line that belong to no part.
    fn unattached(&self, width: usize, style: Style) -> Vec<String> {
        if !self.decision.parts.is_empty() {
            return Vec::new();
        }
        let reasons = self.decision.reasons.iter();
        reasons.flat_map(|reason| branch(" ", " ", &reason_text(reason), Role::Plain, width, style)).collect()
    }
}

fn reason_text(reason: &Reason) -> String {
    match &reason.rule {
        Some(rule) => format!("{} ({rule})", reason.text),
        None => reason.text.clone(),
    }
}

fn effect_line(effect: &Effect) -> String {
    let undo = match effect.undo {
        Undo::Harmless | Undo::Reversible => "",
        Undo::Irreversible => " — cannot be undone",
    };
    format!("{} [{}]{undo}", effect_text(effect), effect.because)
}

/// A line of the tree, wrapped at `width`, made printable.
fn branch(first: &str, next: &str, text: &str, role: Role, width: usize, style: Style) -> Vec<String> {
    let room = width.saturating_sub(first.chars().count().max(next.chars().count())).max(16);
    let shown = Printable::line(text.as_bytes());
    wrap(shown.as_str(), room)
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let lead = if index == 0 { first } else { next };
            format!("{}{}", style.paint(Role::Faint, lead), style.paint(role, &line))
        })
        .collect()
}

/// Breaks at blanks where there are any; a longer word is broken anywhere, and nothing is lost.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
    let mut lines = vec![String::new()];
    let mut column = 0;
    for word in text.split_inclusive(' ') {
        if column > 0 && column + word.trim_end().width() > width {
            lines.push(String::new());
            column = 0;
        }
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if column + wide > width && character != ' ' {
                lines.push(String::new());
                column = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(character);
            }
            column += wide;
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
