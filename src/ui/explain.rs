//! What a command would do and why the policy says what it says: one picture for the prompt, `gate check` and
//! `gate pending`.

use std::{borrow::Cow, ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::{
    approval::{Request, Start, StdinKind},
    facts::{CommandLine, Effect, Facts, Invocation, Program, Target, Undo},
    policy::{Action, Decision, Part, Reason, Tier},
};

use super::{
    Printable, highlight,
    style::{Line, Role, Style, flow},
};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a decision needs.
    Essential,
    /// Everything, the whole environment and every file included.
    Everything,
}

/// Explains a decision: the command with marks under its parts, then each part.
#[must_use]
pub fn decision(line: &CommandLine, facts: &Facts, decision: &Decision, width: usize) -> Vec<Line> {
    let mut out = highlight::command(&line.text(), facts, decision, width);
    losses(&mut out, facts, width);
    out.push(Line::default());
    if let Some(opacity) = &facts.opaque {
        let head = part_head(1, decision.tier);
        let text =
            Line::default().with(Role::Strong, "not understood: ").with(Role::Text, &safe(&opacity.why));
        flow(&mut out, head, &text, width);
        reasons(&mut out, &decision.reasons, width);
    }
    for (index, invocation) in facts.invocations.iter().enumerate() {
        part(&mut out, index + 1, invocation, decision.parts.get(index), width);
    }
    score(&mut out, decision, width);
    out
}

/// Explains a request: the decision, and who asks from where.
#[must_use]
pub fn request(request: &Request, width: usize, detail: Detail) -> Vec<Line> {
    let mut out = vec![headline(request)];
    out.extend(decision(&request.command_line, &request.facts, &request.decision, width));
    let caller = &request.caller;
    let who = match &caller.agent {
        Some(agent) => format!("{} as {}@{}", safe(agent), safe(&caller.user), safe(&caller.host)),
        None => format!("{}@{}", safe(&caller.user), safe(&caller.host)),
    };
    fact(&mut out, "by", &format!("{who}, process {}", caller.pid), width);
    fact(&mut out, "in", &path(&request.plan.cwd), width);
    fact(&mut out, "stdin", stdin(caller.stdin), width);
    for (name, value) in &request.environment {
        fact(&mut out, "env", &format!("{}={}", Printable::line(name), Printable::line(value)), width);
    }
    fact(&mut out, "starts", &start(request), width);
    if detail == Detail::Everything {
        everything(&mut out, request, width);
    }
    fact(&mut out, "digest", &request.binding().hex(), width);
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
        .with(Role::Text, &format!(" score {} ", decision.score))
        .with(Role::Strong, verb)
}

/// What cannot be undone, right under the command: the first thing that a reviewer has to know.
fn losses(out: &mut Vec<Line>, facts: &Facts, width: usize) {
    for (index, invocation) in facts.invocations.iter().enumerate() {
        for effect in invocation.effects.iter().filter(|effect| effect.undo == Undo::Irreversible) {
            let head = Line::default().with(Role::Tier(Tier::High), "! cannot be undone: ");
            let text = format!("{} {} ({})", effect.kind.name(), target(effect), index + 1);
            flow(out, head, &Line::default().with(Role::Text, &text), width);
        }
    }
}

fn part_head(number: usize, tier: Tier) -> Line {
    let mut head =
        Line::default().with(Role::Strong, &format!("{number:>2} ")).with(Role::Tier(tier), tier.name());
    head.pad_to(10);
    head
}

fn part(out: &mut Vec<Line>, number: usize, invocation: &Invocation, part: Option<&Part>, width: usize) {
    let tier = part.map_or(Tier::High, |part| part.tier);
    flow(out, part_head(number, tier), &title(invocation), width);
    if let Some(opacity) = &invocation.opaque {
        let text =
            Line::default().with(Role::Strong, "not understood: ").with(Role::Text, &safe(&opacity.why));
        flow(out, branch(), &text, width);
    }
    for effect in &invocation.effects {
        flow(out, branch(), &effect_line(effect), width);
    }
    reasons(out, part.map_or(&[], |part| &part.reasons), width);
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

fn effect_line(effect: &Effect) -> Line {
    let mut line = Line::default().with(Role::Strong, effect.kind.name());
    let target = target(effect);
    if !target.is_empty() {
        line.push(Role::Text, &format!(" {target}"));
    }
    line.push(Role::Aside, &format!("  by {}", safe(&effect.because)));
    if effect.undo == Undo::Irreversible {
        line.push(Role::Tier(Tier::High), "  cannot be undone");
    }
    line
}

fn target(effect: &Effect) -> String {
    let below = |recursive: bool| if recursive { " and everything below" } else { "" };
    match &effect.target {
        Target::Nothing => String::new(),
        Target::Path { path: named, resolved, recursive } if named == resolved => {
            path(named) + below(*recursive)
        }
        Target::Path { path: named, resolved, recursive } => {
            format!("{} ⇒ {}{}", path(named), path(resolved), below(*recursive))
        }
        Target::Glob { pattern, recursive } => {
            format!("whatever matches {}{}", Printable::line(pattern), below(*recursive))
        }
        Target::Host { name, port } => {
            let name = name.as_deref().map_or("a host not known before it runs".into(), safe);
            port.map_or_else(|| name.to_string(), |port| format!("{name}, port {port}"))
        }
        Target::Name(name) => safe(name).into_owned(),
        Target::Unknown => "something not known before it runs".to_owned(),
    }
}

fn reasons(out: &mut Vec<Line>, reasons: &[Reason], width: usize) {
    for reason in reasons {
        let text = Line::default()
            .with(Role::Tier(reason.tier), reason.tier.name())
            .with(Role::Text, &format!(": {}", safe(&reason.text)))
            .with(Role::Aside, &rule(reason));
        flow(out, Line::default().with(Role::Aside, "   └ "), &text, width);
    }
}

fn branch() -> Line {
    Line::default().with(Role::Aside, "   ├ ")
}

fn rule(reason: &Reason) -> String {
    reason.rule.as_deref().map_or_else(|| " [no rule]".to_owned(), |rule| format!(" [{}]", safe(rule)))
}

fn score(out: &mut Vec<Line>, decision: &Decision, width: usize) {
    let mut weights: Vec<String> = decision
        .reasons
        .iter()
        .filter(|reason| reason.weight > 0)
        .map(|reason| format!("{} {}", reason.weight, safe(&reason.text)))
        .collect();
    weights.dedup();
    let text = if weights.is_empty() { "nothing weighs".to_owned() } else { weights.join(" + ") };
    fact(out, "score", &format!("{} = {text}", decision.score), width);
}

fn fact(out: &mut Vec<Line>, name: &str, text: &str, width: usize) {
    let head = Line::default().with(Role::Aside, &format!("{name:>6} "));
    flow(out, head, &Line::default().with(Role::Text, text), width);
}

fn everything(out: &mut Vec<Line>, request: &Request, width: usize) {
    for (name, value) in &request.plan.environment {
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
        _ => shell_words::quote(Printable::line(word).as_str()).into_owned(),
    };
    match &request.plan.start {
        Start::Program { file, .. } => format!("{} without a shell", path(file)),
        Start::Shell { file, argv } => {
            let words: Vec<String> = argv.iter().skip(1).map(word).collect();
            format!("{} {}", path(file), words.join(" "))
        }
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
