//! What command lines that were made to take long cost: parse, analyse, decide, in the process itself.

use std::time::Duration;

use gate::{
    exec::Pty,
    facts::CommandLine,
    pipeline::{Here, Run},
    policy::{Action, Decision},
    syntax::Dialect,
};
use nix::time::{ClockId, clock_gettime};

use super::{
    shapes::{Line, SHAPES, Shape},
    table::{Row, Target},
    workplace::Workplace,
};

/// Tries of each line; the shortest counts, because only the machine's other work makes the others longer.
const TRIES: usize = 10;

/// How often the size is halved: just below a bound a line costs most.
const HALVINGS: usize = 7;

/// One row for each shape: the shortest of many times at its full size; and whether twice the size takes twice the time.
pub(crate) fn measure(place: &Workplace, only: &str) -> Vec<Row> {
    std::env::set_current_dir(place.project()).expect("the project is there");
    SHAPES.iter().filter(|shape| shape.name.contains(only)).map(row).collect()
}

fn row(shape: &Shape) -> Row {
    let runs: Vec<Run> = (0..HALVINGS).map(|halved| run(shape, (shape.size >> halved).max(1))).collect();
    let Some(first) = runs.first() else { unreachable!("there is a longest one") };
    let here = Here::look(first).expect("a configuration");
    let times: Vec<f64> = runs.iter().map(|run| least(&here, run).0).collect();
    let full = times.iter().copied().fold(0.0, f64::max);
    let (_, decision) = least(&here, first);
    let half = format!("{times:.1?}");

    let action = match decision.action {
        Action::Allow => "allow",
        Action::Ask => "ask",
        Action::Deny => "deny",
    };
    Row {
        what: shape.name.to_owned(),
        figure: full,
        unit: "ms",
        target: Target::AtMost(50.0),
        detail: format!("{half} ms each time at half the size; {action}, {:?}", decision.tier),
    }
}

/// What this thread has had of a processor, in milliseconds: what others on the machine do does not count.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has it");
    Duration::from(time).as_secs_f64() * 1e3
}

/// The shortest of some tries, in milliseconds; of one where that is long.
fn least(here: &Here, run: &Run) -> (f64, Decision) {
    let time = || {
        let start = processor_time();
        let (_, decision) = here.decide(&run.command_line).expect("a decision");
        (processor_time() - start, decision)
    };
    let (first, decision) = time();
    let tries = if first > 1e3 { 0 } else { TRIES };
    ((0..tries).map(|_| time().0).fold(first, f64::min), decision)
}

fn run(shape: &Shape, size: usize) -> Run {
    let command_line = match shape.line(size) {
        Line::Text(text) => CommandLine::Shell {
            text: text.into_bytes(),
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        },
        Line::Words(words) => CommandLine::Argv(words.into_iter().map(String::into_bytes).collect()),
    };
    Run { command_line, pty: Pty::AsCaller, no_record: true, agent: None, within: None }
}
