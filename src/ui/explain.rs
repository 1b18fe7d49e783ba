//! What a command would do and why the policy says what it says: one picture for the prompt, `gate check` and
//! `gate pending`.

use std::{borrow::Cow, collections::HashSet, ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::{
    approval::{Input, Request, Session, Start, StdinKind},
    facts::{CommandLine, Effect, Facts, Invocation, Program, Undo},
    policy::{Action, Decision, Reason, Tier, effect_text, undo_text},
};

use super::{
    Printable, highlight,
    style::{Line, Role, Style, flow},
};

/// Narrower screens show the heaviest reasons of a score alone, until everything is asked for.
const PHONE: usize = 60;
const ON_A_PHONE: usize = 3;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a decision needs.
    Essential,
    /// Everything, the whole environment and every file included.
    Everything,
}

/// Explains a decision: the command with marks under its parts, what cannot be undone, then each part.
#[must_use]
pub fn decision(
    line: &CommandLine,
    facts: &Facts,
    decision: &Decision,
    width: usize,
    detail: Detail,
) -> Vec<Line> {
    let mut out = highlight::command(&line.text(), facts, decision, width);
    losses(&mut out, facts, width);
    wrapper(&mut out, line, width, detail);
    out.push(Line::default());
    if let Some(opacity) = &facts.opaque {
        flow(&mut out, part_head(1, decision.tier), &not_understood(&opacity.why), width);
        for reason in &decision.reasons {
            flow(&mut out, twig(), &told(reason, &reason.text), width);
        }
    }
    for (index, invocation) in facts.invocations.iter().enumerate() {
        let (tier, reasons) = match decision.parts.get(index) {
            Some(part) => (part.tier, part.reasons.as_slice()),
            None => (Tier::High, &[][..]),
        };
        PartView { number: index + 1, invocation, tier, reasons, detail, width }.show(&mut out);
    }
    score(&mut out, decision, detail, width);
    out
}

/// What a decision means for the whole command line, on one line.
#[must_use]
pub fn verdict(decision: &Decision) -> Line {
    let (tier, score) = (decision.tier.name(), decision.score);
    let meaning = match decision.action {
        Action::Allow => format!(" without a question: {tier}"),
        Action::Ask if decision.whitelist_for.is_some() => {
            format!(" a person, who may let the like of it run from then on: {tier}, score {score} of 100")
        }
        Action::Ask => format!(" a person, each time: {tier}, score {score} of 100"),
        Action::Deny => format!(", and no person can let it run: score {score} of 100"),
    };
    let head = match decision.action {
        Action::Allow => "runs",
        Action::Ask => "asks",
        Action::Deny => "denied",
    };
    Line::default().with(Role::Tier(decision.tier), head).with(Role::Text, &meaning)
}

/// Explains a request: the decision, and who asks from where.
#[must_use]
pub fn request(request: &Request, width: usize, detail: Detail) -> Vec<Line> {
    let mut out = vec![headline(request)];
    out.extend(decision(&request.command_line, &request.facts, &request.decision, width, detail));
    let caller = &request.caller;
    let who = match &caller.agent {
        Some(agent) => format!("{} as {}@{}", safe(agent), safe(&caller.user), safe(&caller.host)),
        None => format!("{}@{}", safe(&caller.user), safe(&caller.host)),
    };
    let who = format!("{who}, process {}; standard input is {}", caller.pid, stdin(caller.stdin));
    fact(&mut out, "by", &who, width);
    if request.plan.input == Input::Nothing {
        let open_ended =
            "whatever comes on its standard input, unseen: approved as it is, it finds nothing there";
        fact(&mut out, "runs", open_ended, width);
    }
    if request.decision.reviewers > 1 {
        let needs = format!("{} reviewers, each with another account", request.decision.reviewers);
        fact(&mut out, "needs", &needs, width);
    }
    session(&mut out, request.session.as_ref(), width);
    fact(&mut out, "in", &path(&request.plan.cwd), width);
    for (name, value) in &request.environment {
        fact(&mut out, "env", &format!("{}={}", Printable::line(name), Printable::line(value)), width);
    }
    fact(&mut out, "starts", &start(request), width);
    if detail == Detail::Everything {
        everything(&mut out, request, width);
    }
    let digest = request.binding().hex();
    fact(
        &mut out,
        "digest",
        if detail == Detail::Everything { &digest } else { digest.get(..16).unwrap_or(&digest) },
        width,
    );
    out
}

/// Puts lines together for one style, each with a newline.
#[must_use]
pub fn render(lines: &[Line], style: Style) -> String {
    lines.iter().map(|line| line.render(style) + "\n").collect()
}

/// One line for a list: id, tier, score, who, where, and the beginning of the command with the number of what follows.
#[must_use]
pub fn summary(request: &Request, seconds_left: u64, width: usize) -> Line {
    let decision = &request.decision;
    let mut line = Line::default()
        .with(Role::Strong, request.id.as_str())
        .with(Role::Text, "  ")
        .with(Role::Tier(decision.tier), &format!("{:<6} {:>3}", decision.tier.name(), decision.score))
        .with(Role::Aside, &format!("  {seconds_left:>4} s  "));
    let text = Printable::line(&request.command_line.text());
    let room = width.saturating_sub(line.width()).max(16);
    if text.width() <= room {
        line.push(Role::Text, text.as_str());
        return line;
    }
    let mut columns = " … 10000000 more columns".len();
    let kept: String = text
        .as_str()
        .chars()
        .take_while(|character| {
            columns += character.width().unwrap_or(0);
            columns <= room
        })
        .collect();
    let left_out = text.width().saturating_sub(kept.width());
    line.with(Role::Text, &kept).with(Role::Aside, &format!(" … {left_out} more columns"))
}

/// How many have approved, and who.
#[must_use]
pub fn approved(names: &[String], wanted: u8) -> Line {
    let count = names.len();
    let by = if names.is_empty() { String::new() } else { format!(" by {}", safe(&names.join(", "))) };
    Line::default().with(Role::Strong, &format!("        {count} of {wanted} approved{by}"))
}

fn headline(request: &Request) -> Line {
    let decision = &request.decision;
    let verb = match decision.action {
        Action::Allow => "allowed",
        Action::Ask => "may this run?",
        Action::Deny => "denied",
    };
    Line::default()
        .with(Role::Strong, &format!("gate {} ", request.id))
        .with(Role::Tier(decision.tier), &format!(" {} ", decision.tier.name().to_uppercase()))
        .with(Role::Text, &format!("{}  ", decision.score))
        .with(Role::Strong, verb)
}

/// What cannot be undone, right under the command: the first thing that a reviewer has to know.
fn losses(out: &mut Vec<Line>, facts: &Facts, width: usize) {
    let mut lost: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for (index, invocation) in facts.invocations.iter().enumerate() {
        for effect in invocation.effects.iter().filter(|effect| effect.undo == Undo::Irreversible) {
            let text = format!("{} ({})", safe(&effect_text(effect)), index + 1);
            if known.insert(text.clone()) {
                lost.push(text);
            }
        }
    }
    if !lost.is_empty() {
        let head = Line::default().with(Role::Tier(Tier::High), "! cannot be undone: ");
        flow(out, head, &Line::default().with(Role::Strong, &lost.join("; ")), width);
    }
}

/// What stands around the command and is not shown with it.
fn wrapper(out: &mut Vec<Line>, line: &CommandLine, width: usize, detail: Detail) {
    let (Some(wrapped), CommandLine::Wrapped(whole)) = (line.wrapped(), line) else { return };
    let client = wrapped.wrapper.client;
    let text = match wrapped.file {
        Some(file) => format!(
            "the wrapper that {client} puts around every command; it also writes {}",
            Printable::line(file)
        ),
        None => format!("what {client} begins a session with: settings of its prompt"),
    };
    fact(out, "within", &text, width);
    if detail == Detail::Everything {
        fact(out, "whole", Printable::line(whole).as_str(), width);
    }
}

fn part_head(number: usize, tier: Tier) -> Line {
    let mut head =
        Line::default().with(Role::Strong, &format!("{number:>2} ")).with(Role::Tier(tier), tier.name());
    head.pad_to(10);
    head
}

/// One part, as it is shown.
struct PartView<'a> {
    number: usize,
    invocation: &'a Invocation,
    tier: Tier,
    reasons: &'a [Reason],
    detail: Detail,
    width: usize,
}

impl PartView<'_> {
    fn show(&self, out: &mut Vec<Line>) {
        let mut title = title(self.invocation);
        let quiet = self.invocation.effects.is_empty() && self.invocation.opaque.is_none();
        if let ([reason], Tier::Low, true) = (self.reasons, self.tier, quiet) {
            title.push(Role::Aside, &format!("  {}{}", safe(&reason.text), rule(reason)));
            return flow(out, part_head(self.number, self.tier), &title, self.width);
        }
        flow(out, part_head(self.number, self.tier), &title, self.width);
        let why = self.invocation.opaque.as_ref().map(|opacity| opacity.why.as_str());
        if let Some(why) = why.filter(|why| !self.reasons.iter().any(|reason| reason.text.contains(why))) {
            flow(out, twig(), &not_understood(why), self.width);
        }
        let mut said = Vec::new();
        for effect in &self.invocation.effects {
            let line = self.effect(effect, &mut said);
            flow(out, twig(), &line, self.width);
        }
        for (index, reason) in self.reasons.iter().enumerate() {
            if !said.contains(&index) {
                flow(out, twig(), &told(reason, &reason.text), self.width);
            }
        }
    }

    /// An effect with the reasons that speak of it: the strictest, or all where everything is shown.
    fn effect(&self, effect: &Effect, said: &mut Vec<usize>) -> Line {
        let text = effect_text(effect);
        let mut line = Line::default();
        if effect.undo == Undo::Irreversible {
            line.push(Role::Tier(Tier::High), "! ");
        }
        line.push(Role::Text, &safe(&text));
        line.push(Role::Aside, &format!(", {}", undo_text(effect.undo)));
        if self.detail == Detail::Everything {
            line.push(Role::Aside, &format!(", by {}", safe(&effect.because)));
        }
        let mut first = true;
        for (index, reason) in self.reasons.iter().enumerate() {
            let Some(title) = reason.text.strip_suffix(text.as_str()) else { continue };
            said.push(index);
            if first || self.detail == Detail::Everything {
                line.push(Role::Text, " — ");
                for (role, piece) in told_pieces(reason, title.trim_end_matches(": ")) {
                    line.push(role, &piece);
                }
            }
            first = false;
        }
        line
    }
}

fn not_understood(why: &str) -> Line {
    Line::default().with(Role::Strong, "not understood: ").with(Role::Text, &safe(why))
}

fn told(reason: &Reason, text: &str) -> Line {
    told_pieces(reason, text).into_iter().fold(Line::default(), |line, (role, piece)| line.with(role, &piece))
}

fn told_pieces(reason: &Reason, text: &str) -> [(Role, String); 3] {
    let text = if text.is_empty() { String::new() } else { format!(": {}", safe(text)) };
    [
        (Role::Tier(reason.tier), reason.tier.name().to_owned()),
        (Role::Text, text),
        (Role::Aside, rule(reason)),
    ]
}

/// The program, where it was found, and through what.
fn title(invocation: &Invocation) -> Line {
    let mut line = Line::default();
    let (name, found) = match &invocation.program {
        Program::Nothing => (Cow::Borrowed("no program"), Cow::Borrowed("redirections or assignments alone")),
        Program::Builtin(name) => (safe(name), "built into the shell".into()),
        Program::Function(name) => (safe(name), "a function of this text".into()),
        Program::File { name, path: Some(found) } => (safe(name), path(found).into()),
        Program::File { name, path: None } => (safe(name), "no such program was found".into()),
        Program::Elsewhere(name) => (safe(name), "runs elsewhere".into()),
        Program::Unknown => ("?".into(), "a program that is not known before it runs".into()),
    };
    line.push(Role::Program, &name);
    line.push(Role::Aside, &format!("  {found}"));
    if !invocation.via.is_empty() {
        let via: Vec<Cow<'_, str>> = invocation.via.iter().map(|name| safe(name)).collect();
        line.push(Role::Strong, &format!("  through {}", via.join(", ")));
    }
    line
}

fn twig() -> Line {
    Line::default().with(Role::Aside, "   - ")
}

fn rule(reason: &Reason) -> String {
    reason.rule.as_deref().map_or_else(|| " [no rule]".to_owned(), |rule| format!(" [{}]", safe(rule)))
}

/// What the score adds up, heaviest first. A phone has room for the heaviest.
fn score(out: &mut Vec<Line>, decision: &Decision, detail: Detail, width: usize) {
    let weights: Vec<&Reason> = decision.reasons.iter().filter(|reason| reason.weight > 0).collect();
    let sum: u32 = weights.iter().map(|reason| u32::from(reason.weight)).sum();
    let bound = if sum > decision.score.into() { ", at most 100" } else { "" };
    if detail == Detail::Everything && weights.len() > 1 {
        fact(out, "score", &format!("{}{bound}", decision.score), width);
        for reason in weights {
            let head = Line::default().with(Role::Aside, "     + ");
            let name = reason.row.as_deref().or(reason.rule.as_deref());
            let name = name.map_or_else(String::new, |name| format!(" [{}]", safe(name)));
            let line = Line::default().with(Role::Text, &weight(reason)).with(Role::Aside, &name);
            flow(out, head, &line, width);
        }
        return;
    }
    let room = if detail == Detail::Essential && width < PHONE { ON_A_PHONE } else { weights.len() };
    let mut text = weights.iter().take(room).map(|reason| weight(reason)).collect::<Vec<_>>().join(" + ");
    match weights.len().saturating_sub(room) {
        _ if weights.is_empty() => text.push_str("nothing weighs"),
        0 => {}
        more => text.push_str(&format!(" and {more} more")),
    }
    fact(out, "score", &format!("{} = {text}{bound}", decision.score), width);
}

/// What a reason weighs and why. Of a rule's the effect is left out, which stands with its part.
fn weight(reason: &Reason) -> String {
    let title = reason.text.split_once(": ").map_or(reason.text.as_str(), |(title, _)| title);
    let text = if reason.row.is_some() { &reason.text } else { title };
    format!("{} {}", reason.weight, safe(text))
}

fn fact(out: &mut Vec<Line>, name: &str, text: &str, width: usize) {
    let head = Line::default().with(Role::Aside, &format!("{name:>6} "));
    flow(out, head, &Line::default().with(Role::Text, text), width);
}

/// What the request belongs to, and what ran in it before.
fn session(out: &mut Vec<Line>, session: Option<&Session>, width: usize) {
    /// As much of an earlier command is shown; the log has all of it.
    const BEGINNING: usize = 120;
    let Some(session) = session else { return };
    if let Some(goal) = &session.goal {
        fact(out, "goal", &safe(goal), width);
    }
    for before in &session.before {
        let all = safe(&before.command);
        let beginning: String = all.chars().take(BEGINNING).collect();
        let more = if beginning.len() < all.len() { " …" } else { "" };
        fact(out, "before", &format!("{beginning}{more}: {}", safe(&before.outcome)), width);
    }
}

fn everything(out: &mut Vec<Line>, request: &Request, width: usize) {
    for (name, value) in request.plan.environment.iter() {
        fact(out, "passed", &format!("{}={}", Printable::line(name), Printable::line(value)), width);
    }
    for file in &request.files {
        let content =
            file.content.map_or_else(String::new, |digest| format!(" {}", crate::octets::hex(&digest)));
        let inode =
            file.inode.map_or_else(|| " missing".to_owned(), |(device, inode)| format!(" {device}:{inode}"));
        fact(out, "file", &format!("{}{inode}{content}", path(&file.path)), width);
    }
}

/// What is executed, every word of it; the text itself is named, because it stands above.
fn start(request: &Request) -> String {
    let text = request.command_line.text();
    let word = |word: &Vec<u8>| match &request.command_line {
        CommandLine::Shell { .. } if *word == text => "TEXT".to_owned(),
        CommandLine::Wrapped(whole) if word == whole => "TEXT in its wrapper".to_owned(),
        _ => shell_words::quote(Printable::line(word).as_str()).into_owned(),
    };
    match &request.plan.start {
        Start::Program { file, .. } => format!("{} without a shell", path(file)),
        Start::Shell { file, argv } => {
            let words: Vec<String> = argv.iter().skip(1).map(word).collect();
            format!("{} {}", path(file), words.join(" "))
        }
        Start::Line { file, .. } => format!("the session's {}", path(file)),
        Start::Missing { name, found: false } => format!("nothing: {} is not found", Printable::line(name)),
        Start::Missing { name, found: true } => {
            format!("nothing: {} cannot be executed", Printable::line(name))
        }
    }
}

const fn stdin(kind: StdinKind) -> &'static str {
    match kind {
        StdinKind::Terminal => "a terminal",
        StdinKind::Pipe => "a pipe or socket: something unseen may be fed in",
        StdinKind::File => "a file",
        StdinKind::Nothing => "nothing",
        StdinKind::Other => "something else than terminal, pipe or file",
    }
}

fn path(path: &Path) -> String {
    Printable::line(OsStr::as_bytes(path.as_os_str())).to_string()
}

fn safe(text: &str) -> Cow<'_, str> {
    Cow::Owned(Printable::line(text.as_bytes()).to_string())
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
