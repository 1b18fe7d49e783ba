//! `gate log`: queries the audit log.

mod filter;
pub(super) mod page;

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};

use crate::{
    audit::{Log, Run, Runs, Wholeness},
    config,
    exit::Exit,
    sys::{caller::CallerEnvironment, clock, terminal},
};

use filter::Filter;
pub(super) use filter::{Since, parse_since};

/// Columns where nobody says how many there are.
const WIDTH: usize = 120;

/// Arguments of the subcommand.
#[derive(clap::Args)]
#[command(after_help = "\
The whole chain of hashes is checked each time. Where it is broken, the log was changed: gate says so and ends with 125.

Examples:
  gate log                       The last 20 runs
  gate log --since 1h --denied   What was refused within the last hour
  gate log -n 0 --text deploy    All runs whose command line or directory holds `deploy`
  gate log 4f1a                  Everything about the run whose identifier begins with 4f1a
  gate log --json -n 0 | jq .    The records as they are")]
pub struct Arguments {
    /// The beginning of a run's identifier, or the identifier of its request: shows everything about it
    #[arg(value_name = "RUN")]
    run: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// Show this many of the latest runs; 0 shows all
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
    count: usize,
    /// Print the records as they are in the log, one JSON object a line
    #[arg(long, conflicts_with = "verify")]
    json: bool,
    /// Check the log and show nothing else
    #[arg(long, conflicts_with = "run")]
    verify: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// Where the log cannot be read, or there is no such run.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let state = config::load(&CallerEnvironment::capture()?)?.settings.state;
    let mut runs = Runs::default();
    let mut lines = vec![];
    let wholeness = Log::read(&state, |record, line| {
        if arguments.json {
            lines.push((record.event.run.clone(), line.to_vec()));
        }
        runs.take(record.event);
    })?;
    let chosen = choose(arguments, runs.into_vec())?;
    let text = if arguments.verify {
        summary(&wholeness)
    } else if arguments.json {
        json(&chosen, lines)
    } else if let (Some(_), [run]) = (&arguments.run, chosen.as_slice()) {
        page::whole(run, &state.join("recordings")).into_bytes()
    } else {
        page::table(&chosen, width()).into_bytes()
    };
    match io::stdout().lock().write_all(&text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(error).context("standard output");
        }
        _ => {}
    }
    tell(&wholeness)
}

fn choose(arguments: &Arguments, runs: Vec<Run>) -> anyhow::Result<Vec<Run>> {
    if let Some(id) = &arguments.run {
        let is_meant = |run: &Run| run.id.starts_with(id.as_str()) || run.request.as_ref() == Some(id);
        let found: Vec<Run> = runs.into_iter().filter(is_meant).collect();
        return match found.len() {
            0 => bail!("the log knows no run {id:?}"),
            1 => Ok(found),
            count => bail!("{count} runs begin with {id:?}; give more of the identifier"),
        };
    }
    let now = clock::now_millis();
    let mut chosen: Vec<Run> = runs.into_iter().filter(|run| arguments.filter.takes(run, now)).collect();
    if arguments.count > 0 {
        chosen.drain(..chosen.len().saturating_sub(arguments.count));
    }
    Ok(chosen)
}

/// The lines of the chosen runs, as they are in the log.
fn json(chosen: &[Run], lines: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let ids: std::collections::HashSet<&str> = chosen.iter().map(|run| run.id.as_str()).collect();
    let mut text = vec![];
    for (run, line) in lines {
        if ids.contains(run.as_str()) {
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
    }
    text
}

fn summary(wholeness: &Wholeness) -> Vec<u8> {
    let Ok(summary) = &wholeness.chain else { return vec![] };
    let head: String = summary.head.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut text = format!("whole: {} records, head {head}\n", summary.records);
    if summary.recovered > 0 {
        text.push_str(&format!("{} torn lines were closed by later writers\n", summary.recovered));
    }
    text.into_bytes()
}

/// Tells on standard error what is wrong with the log.
fn tell(wholeness: &Wholeness) -> anyhow::Result<Exit> {
    if wholeness.torn > 0 {
        let told = "gate: the log's last line was torn, by a crash or a full disk; the next record closes it";
        writeln!(io::stderr(), "{told}")?;
    }
    let Err(broken) = &wholeness.chain else { return Ok(Exit::Success) };
    bail!("the audit log was changed: {broken}; nothing from there on is proof")
}

fn width() -> usize {
    terminal::size(io::stdout())
        .map(|size| usize::from(size.columns))
        .filter(|width| *width >= 40)
        .unwrap_or(WIDTH)
}
