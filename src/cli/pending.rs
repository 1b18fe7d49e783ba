//! `gate pending`: lists and shows what waits for an approval.

use std::{
    io::{IsTerminal as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result};

use crate::{
    approval::{
        RequestId,
        client::{self, Waiting},
    },
    config,
    exit::Exit,
    sys::{caller::CallerEnvironment, clock, talk::say, terminal},
    ui::{
        Printable, Style,
        explain::{self, Detail},
        style::Line,
    },
};

/// How often `--follow` looks.
const PACE: Duration = Duration::from_millis(500);

/// Arguments of the subcommand.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  gate pending            Everything that waits, oldest first\n  \
    gate pending k7p2mn     One request, whole\n  gate pending --follow   New ones as they come")]
pub struct Arguments {
    /// The request to show whole
    #[arg(value_name = "ID", value_parser = parse_id)]
    id: Option<RequestId>,
    /// Go on, and show each request when it comes
    #[arg(long, conflicts_with = "id")]
    follow: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// Where the state directory cannot be read, or there is no such request.
pub fn run(arguments: &Arguments) -> Result<Exit> {
    let state = state()?;
    if let Some(id) = &arguments.id {
        let waiting = client::look(&state, id).with_context(|| format!("request {id}"))?;
        show(&waiting, arguments.json)?;
        return Ok(Exit::Success);
    }
    let mut known = Vec::new();
    loop {
        let ids = list(&state, &known, arguments)?;
        if !arguments.follow {
            return Ok(Exit::Success);
        }
        known = ids;
        std::thread::sleep(PACE);
    }
}

/// Prints what is not known yet; gives everything that waits now.
fn list(state: &std::path::Path, known: &[RequestId], arguments: &Arguments) -> Result<Vec<RequestId>> {
    let waiting = client::pending(state).context("what waits cannot be listed")?;
    if waiting.is_empty() && !arguments.follow && !arguments.json {
        say("nothing waits for an approval");
    }
    let mut ids = Vec::new();
    for (id, looked) in waiting {
        match looked {
            _ if known.contains(&id) => {}
            Ok(waiting) if arguments.json || arguments.follow => show(&waiting, arguments.json)?,
            Ok(waiting) => {
                let left = waiting.left(clock::now_millis()).as_secs();
                print(&[explain::summary(&waiting.request, left, width())])?;
                print(&so_far(&waiting))?;
            }
            Err(failed) => say(&format!("request {id}: {failed}")),
        }
        ids.push(id);
    }
    Ok(ids)
}

fn show(waiting: &Waiting, json: bool) -> Result<()> {
    if json {
        let shown = serde_json::json!({
            "digest": waiting.request.binding().hex(),
            "seconds_left": waiting.left(clock::now_millis()).as_secs(),
            "reviewers": waiting.request.decision.reviewers,
            "approved": waiting.approved,
            "request": waiting.request,
        });
        writeln!(std::io::stdout().lock(), "{shown}")?;
        return Ok(());
    }
    print(&explain::request(&waiting.request, width(), Detail::Everything))?;
    print(&so_far(waiting))
}

/// Who has approved, where the policy wants several people.
fn so_far(waiting: &Waiting) -> Vec<Line> {
    let wanted = waiting.request.decision.reviewers;
    if wanted <= 1 {
        return Vec::new();
    }
    vec![explain::approved(&waiting.approved, wanted)]
}

fn print(lines: &[Line]) -> Result<()> {
    std::io::stdout().lock().write_all(explain::render(lines, style()).as_bytes())?;
    Ok(())
}

fn style() -> Style {
    let variable = std::env::var_os;
    let (no_color, term) = (variable("NO_COLOR"), variable("TERM"));
    let bytes = |value: &std::ffi::OsString| value.as_bytes().to_vec();
    Style::of(
        no_color.as_ref().map(bytes).as_deref(),
        term.as_ref().map(bytes).as_deref(),
        std::io::stdout().is_terminal(),
    )
}

fn width() -> usize {
    let columns = terminal::size(std::io::stdout()).map(|size| usize::from(size.columns));
    columns.filter(|columns| *columns > 0).unwrap_or(80)
}

/// The state directory of this account's configuration.
pub(super) fn state() -> Result<PathBuf> {
    let caller = CallerEnvironment::capture().context("the working directory cannot be named")?;
    Ok(config::load(&caller)?.settings.state)
}

/// Reads an identifier as clap wants it.
pub(super) fn parse_id(text: &str) -> Result<RequestId, String> {
    let shown = Printable::line(text.as_bytes());
    RequestId::parse(text)
        .ok_or_else(|| format!("{shown} is not the identifier of a request; `gate pending` lists them"))
}
