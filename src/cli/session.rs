//! `gate session`: says what a group of runs is for.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use clap::Subcommand;

use crate::{
    audit::{Log, Runs, format_time},
    config,
    exit::Exit,
    pipeline::sessions::{self, Started},
    sys::{caller::CallerEnvironment, clock},
    ui::Printable,
};

use super::log::page;

/// What to do with sessions.
#[derive(Subcommand)]
pub enum Choice {
    /// Start a session: what runs from this shell on belongs to it
    Start(Start),
    /// Show a session: its goal, and what ran in it
    Show(Show),
    /// End a session
    End(End),
    /// List the sessions that were started
    List(List),
}

/// Arguments of `gate session start`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  gate session start --goal 'deploy v2.3.1 to staging'   Reviewers read it with each question"
)]
pub struct Start {
    /// What is to be done, in a sentence that reviewers read with each question
    #[arg(long, value_name = "TEXT")]
    goal: String,
}

/// Arguments of `gate session show`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  gate session show            The session around this shell\n  gate session show k7p2mn"
)]
pub struct Show {
    /// The session; the one around this shell by default
    #[arg(value_name = "SESSION")]
    session: Option<String>,
}

/// Arguments of `gate session end`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  gate session end             The session around this shell")]
pub struct End {
    /// The session; the one around this shell by default
    #[arg(value_name = "SESSION")]
    session: Option<String>,
}

/// Arguments of `gate session list`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  gate session list")]
pub struct List {}

/// Runs the subcommand.
///
/// # Errors
/// Where there is no such session, or state or log cannot be used.
pub fn run(choice: &Choice) -> Result<Exit> {
    let state = config::load(&CallerEnvironment::capture()?)?.settings.state;
    let text = match choice {
        Choice::Start(start) => {
            sessions::clean(&state, clock::now_millis()).context("old sessions cannot be removed")?;
            let started = sessions::start(&state, &start.goal)?;
            format!("{}  {}\n", started.id, safe(&started.goal))
        }
        Choice::End(end) => {
            let ended = sessions::end(&state, end.session.as_deref())?;
            format!("{} has ended\n", ended.id)
        }
        Choice::Show(show) => {
            let session = sessions::find(&state, show.session.as_deref())?;
            let mut runs = Runs::default();
            Log::read(&state, |record, _| runs.take(record.event))?;
            let belongs = |run: &crate::audit::Run| {
                run.subject.as_ref().is_some_and(|subject| subject.session.as_ref() == Some(&session.id))
            };
            let runs: Vec<_> = runs.into_vec().into_iter().filter(belongs).collect();
            format!("{}{}", line(&session), page::table(&runs, super::look_of_stdout().1))
        }
        Choice::List(_) => sessions::all(&state).iter().map(line).collect(),
    };
    std::io::stdout().lock().write_all(text.as_bytes()).context("standard output")?;
    Ok(Exit::Success)
}

fn line(session: &Started) -> String {
    let until = session.ended.map_or_else(String::new, |ended| format!(" until {}", format_time(ended)));
    format!("{}  {}{until}  {}\n", session.id, format_time(session.at), safe(&session.goal))
}

fn safe(text: &str) -> Printable {
    Printable::line(text.as_bytes())
}
