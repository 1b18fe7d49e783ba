//! What a decision costs in the process itself: parse, analyse, decide.

use std::time::Instant;

use gate::pipeline::{Here, Run};

use super::{
    table::{Row, Target},
    workplace::Workplace,
};

/// Times the decision of each everyday command; the figure is the 99th percentile.
pub(crate) fn measure(place: &Workplace) -> Vec<Row> {
    std::env::set_current_dir(place.project()).expect("the project is there");
    let commands: Vec<Run> = include_str!("../../tests/data/agent-commands.txt").lines().map(run).collect();
    let Some(first) = commands.first() else { return Vec::new() };
    let here = Here::look(first).expect("a configuration");
    let mut times = Vec::new();
    for _ in 0..5 {
        for command in &commands {
            let start = Instant::now();
            let decided = here.decide(&command.command_line).expect("a decision");
            times.push(start.elapsed().as_secs_f64() * 1e6);
            let _ = std::hint::black_box(decided);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    vec![Row {
        what: "decision over everyday commands, 99th percentile".to_owned(),
        figure: at(0.99),
        unit: "µs",
        target: Target::AtMost(200.0),
        detail: format!(
            "median {:.0} µs, {} decisions, look-ups on the disk included, in a project of 50 files",
            at(0.5),
            times.len()
        ),
    }]
}

fn run(line: &str) -> Run {
    use gate::{exec::Pty, facts::CommandLine, syntax::Dialect};
    let text = line.replace("\\n", "\n").into_bytes();
    let command_line =
        CommandLine::Shell { text, dialect: Dialect::Bash, options: Vec::new(), arguments: Vec::new() };
    Run { command_line, pty: Pty::AsCaller, no_record: true, agent: None }
}
