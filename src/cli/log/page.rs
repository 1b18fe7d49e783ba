//! Runs as people read them: a table, or everything about one.

use std::{fmt::Write as _, path::Path};

use unicode_width::UnicodeWidthChar as _;

use crate::{
    audit::{By, Reviewer, Run, Verdict, format_time},
    ui::Printable,
};

const TITLES: [&str; 8] = ["TIME (UTC)", "RUN", "WHO", "TIER", "VERDICT", "BY", "EXIT", "TOOK"];
/// No column but the command line's is wider.
const WIDEST: usize = 20;
/// The command line gets this many columns at least.
const NARROWEST_COMMAND: usize = 20;

/// A table that fits `width` columns; the command line is cut visibly.
pub(in crate::cli) fn table(runs: &[Run], width: usize) -> String {
    let rows: Vec<[String; 8]> = runs.iter().map(cells).collect();
    let mut widths = TITLES.map(str::len);
    for row in &rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(columns(cell));
        }
    }
    let left = width.saturating_sub(widths.iter().sum::<usize>() + 2 * widths.len()).max(NARROWEST_COMMAND);
    let mut text = String::new();
    push_row(&mut text, &TITLES.map(str::to_owned), &widths, "COMMAND");
    for (row, run) in rows.iter().zip(runs) {
        push_row(&mut text, row, &widths, &cut(&command(run), left));
    }
    text
}

/// Everything about one run.
pub(super) fn whole(run: &Run, recordings: &Path) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let shown = Printable::line(value.as_bytes());
        let name = if name.is_empty() { String::new() } else { format!("{name}:") };
        let _ = writeln!(text, "{name:<11}{shown}");
    };
    line("run", &run.id);
    line("time", &format_time(run.time));
    if let Some(request) = &run.request {
        line("request", request);
    }
    if let Some(subject) = &run.subject {
        line("command", &subject.command.lossy());
        line("directory", &subject.cwd.lossy());
        line("account", &format!("{} ({}) on {}", subject.user, subject.uid, subject.host));
        if let Some(agent) = &subject.agent {
            line("agent", agent);
        }
        if let Some(session) = &subject.session {
            line("session", session);
        }
        if !subject.environment.is_empty() {
            line("variables", &subject.environment.join(" "));
        }
        line("digest", &subject.digest);
    }
    if let Some(judgement) = &run.judgement {
        let rules = if judgement.rules.is_empty() { "none".to_owned() } else { judgement.rules.join(", ") };
        line("policy", &format!("{}, tier {}, score {}", judgement.action, judgement.tier, judgement.score));
        line("rules", &rules);
    }
    line("verdict", &verdict(run));
    if let Some(exit) = &run.exit {
        let output = exit.output.map_or_else(String::new, |bytes| format!(", {bytes} bytes of output"));
        line("exit", &format!("{} after {}{output}", ending(run), took(exit.duration)));
    }
    for transfer in &run.transfers {
        let paths: Vec<_> = transfer.paths.iter().map(crate::audit::Octets::lossy).collect();
        let (verb, paths) = (&transfer.verb, paths.join(", "));
        line(
            "transfer",
            &format!("{verb} {paths}: {} bytes in, {} bytes out", transfer.received, transfer.sent),
        );
    }
    if let Some(error) = &run.error {
        line("error", error);
    }
    recording(run, recordings, &mut line);
    text
}

fn recording(run: &Run, recordings: &Path, line: &mut impl FnMut(&str, &str)) {
    let left = run.exit.as_ref().and_then(|exit| exit.recording.as_ref());
    let Some(file) = left.map(|left| &left.file).or(run.recording.as_ref()) else { return };
    line("recording", &recordings.join(file).to_string_lossy());
    if let Some(left) = left {
        line("", &format!("{} bytes, SHA-256 {}", left.bytes, left.sha256));
        if left.lost > 0 {
            line("", &format!("{} bytes of output are not in it", left.lost));
        }
    }
    line("replay", &format!("gate play {}", run.id));
}

fn verdict(run: &Run) -> String {
    match &run.verdict {
        None => "none yet".to_owned(),
        Some(Verdict::Rejected { by, cause, reason }) => {
            let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{} by {}{reason}", cause.name(), whole_name(by))
        }
        Some(verdict) => format!("{} by {}", verdict.word(), whole_name(verdict.by())),
    }
}

fn whole_name(by: &By) -> String {
    match by {
        By::Reviewers(by) => {
            let whole = |by: &Reviewer| format!("{} ({}), {}", by.name, by.uid, by.channel);
            by.iter().map(whole).collect::<Vec<_>>().join("; ")
        }
        other => name(other),
    }
}

fn name(by: &By) -> String {
    match by {
        By::Policy => "policy".to_owned(),
        By::Gate => "gate".to_owned(),
        By::Within(run) => format!("run {run}"),
        By::Reviewers(by) => by.iter().map(|by| by.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn cells(run: &Run) -> [String; 8] {
    let time = format_time(run.time);
    let subject = run.subject.as_ref();
    let who = subject.map_or_else(String::new, |subject| match &subject.agent {
        Some(agent) => format!("{}/{agent}", subject.user),
        None => subject.user.clone(),
    });
    let row = [
        time.get(..19).unwrap_or(&time).replace('T', " "),
        run.id.chars().take(8).collect(),
        who,
        run.judgement.as_ref().map_or_else(String::new, |judgement| judgement.tier.clone()),
        run.verdict.as_ref().map_or("waiting", Verdict::word).to_owned(),
        run.verdict.as_ref().map_or_else(String::new, |verdict| name(verdict.by())),
        ending(run),
        run.exit.as_ref().map_or_else(String::new, |exit| took(exit.duration)),
    ];
    row.map(|cell| cut(&Printable::line(cell.as_bytes()).to_string(), WIDEST))
}

/// The exit code, with the signal's name where one killed the command.
fn ending(run: &Run) -> String {
    match (&run.exit, &run.verdict) {
        (Some(exit), _) => {
            let signal =
                exit.signal.and_then(|signal| nix::sys::signal::Signal::try_from(i32::from(signal)).ok());
            signal
                .map_or_else(|| exit.code.to_string(), |signal| format!("{} {}", exit.code, signal.as_str()))
        }
        (None, _) if run.error.is_some() => "error".to_owned(),
        // Either it runs, or gate was killed.
        (None, Some(Verdict::Accepted(_))) => "?".to_owned(),
        (None, _) => String::new(),
    }
}

fn took(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis}ms"),
        1000..60_000 => format!("{}.{}s", millis / 1000, millis / 100 % 10),
        60_000..3_600_000 => format!("{}m{:02}s", millis / 60_000, millis / 1000 % 60),
        _ => format!("{}h{:02}m", millis / 3_600_000, millis / 60_000 % 60),
    }
}

fn command(run: &Run) -> String {
    run.subject
        .as_ref()
        .map_or_else(String::new, |subject| Printable::line(subject.command.as_bytes()).to_string())
}

fn push_row(text: &mut String, cells: &[String; 8], widths: &[usize; 8], command: &str) {
    for (cell, width) in cells.iter().zip(widths) {
        text.push_str(cell);
        text.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(cell)) + 2));
    }
    text.push_str(command);
    text.push('\n');
}

fn columns(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// The text, or as much of it as leaves room for an ellipsis within `width` columns.
fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Cause, Exit, Judgement, Octets, Recording, Subject};

    fn run() -> Run {
        Run {
            id: "4f1a00000000beef".into(),
            time: 1_792_547_696_007,
            request: Some("k7m2qx".into()),
            subject: Some(Box::new(Subject {
                user: "ann".into(),
                uid: 1000,
                host: "mill".into(),
                agent: Some("codex".into()),
                session: Some("k7p2mn".into()),
                cwd: Octets::new("/srv/site"),
                command: Octets::new("make deploy\n\u{1b}]0;x\u{7} && echo a rather long command line"),
                digest: "abcd".into(),
                environment: vec!["MAKEFLAGS".into()],
            })),
            judgement: Some(Judgement {
                action: "ask".into(),
                tier: "high".into(),
                score: 80,
                rules: vec!["make".into()],
            }),
            verdict: Some(Verdict::Accepted(By::Reviewers(vec![Reviewer {
                name: "bob".into(),
                uid: 1001,
                channel: "socket".into(),
            }]))),
            recording: Some("r.cast".into()),
            exit: Some(Exit {
                code: 137,
                signal: Some(9),
                duration: 61_500,
                output: Some(12),
                recording: Some(Recording { file: "r.cast".into(), sha256: "ef".into(), bytes: 99, lost: 0 }),
            }),
            transfers: vec![crate::audit::Transfer {
                verb: "put".into(),
                paths: vec![Octets::new("/srv/site/a.txt")],
                received: 7,
                sent: 0,
            }],
            error: None,
            events: vec![],
        }
    }

    #[test]
    fn the_table_fits_the_terminal_and_shows_nothing_hidden() {
        let denied = Run {
            verdict: Some(Verdict::Rejected { by: By::Policy, cause: Cause::Denied, reason: None }),
            exit: None,
            ..run()
        };
        let text = table(&[run(), denied], 120);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| columns(line) <= 120), "{text}");
        assert!(
            lines[0].starts_with("TIME (UTC)           RUN       WHO        TIER  VERDICT   BY      EXIT")
        );
        assert!(lines[1].starts_with(
            "2026-10-21 01:54:56  4f1a0000  ann/codex  high  approved  bob     137 SIGKILL  1m01s  make deploy"
        ));
        assert!(lines[1].ends_with('…'));
        assert!(lines[2].contains("denied    policy"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_run_is_shown_with_its_recording() {
        let text = whole(&run(), Path::new("/state/recordings"));
        for line in [
            "command:   make deploy",
            "account:   ann (1000) on mill",
            "policy:    ask, tier high, score 80",
            "verdict:   approved by bob (1001), socket",
            "exit:      137 SIGKILL after 1m01s, 12 bytes of output",
            "transfer:  put /srv/site/a.txt: 7 bytes in, 0 bytes out",
            "recording: /state/recordings/r.cast",
            "           99 bytes, SHA-256 ef",
            "replay:    gate play 4f1a00000000beef",
        ] {
            assert!(text.lines().any(|shown| shown.starts_with(line)), "{line}\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
    }
}
