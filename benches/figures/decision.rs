//! What a decision costs in the process itself: parse, analyse, decide.

use std::time::Instant;

use gate::{
    facts::Catalog,
    pipeline::{Here, Run},
    policy::{
        Action, Analyse as _, ExampleMachine, Policy, Source, Whitelist, WhitelistEntry, compile,
        compile_whitelist, decide,
    },
};

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
    let whitelist = whitelist();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    let everyday = Row {
        what: "decision over everyday commands, 99th percentile".to_owned(),
        figure: at(0.99),
        unit: "µs",
        target: Target::AtMost(200.0),
        detail: format!(
            "median {:.0} µs, {} decisions, look-ups on the disk included, in a project of 50 files",
            at(0.5),
            times.len()
        ),
    };
    vec![everyday, whitelist]
}

/// What 10,000 whitelist entries, half of them with holes, add to a decision that looks for one; the smallest of many
/// times, because only the machine's other work makes them longer.
fn whitelist() -> Row {
    let (policy, machine) =
        (compile(&[Source::built_in()], None).expect("a policy"), ExampleMachine::new(Catalog::built_in()));
    let policy = Policy::open(&policy.bytes).expect("a policy");
    let facts = machine.analyse("touch build-7.log");
    let least = |entries: usize| {
        let compiled = compile_whitelist(&(0..entries).map(entry).collect::<Vec<_>>());
        let whitelist = Whitelist::open(&compiled).expect("a whitelist");
        let time = |_| {
            let start = Instant::now();
            let decision = decide(&facts, machine.context(), &policy, &whitelist).expect("a decision");
            assert_eq!(std::hint::black_box(decision).action, Action::Ask);
            start.elapsed().as_secs_f64() * 1e6
        };
        (0..5_000).map(time).fold(f64::INFINITY, f64::min)
    };
    let (without, with) = (least(0), least(10_000));
    Row {
        what: "10,000 whitelist entries add to a decision".to_owned(),
        figure: with - without,
        unit: "µs",
        target: Target::AtMost(100.0),
        detail: format!(
            "{with:.1} µs with them, {without:.1} µs without; entries of the same program, half with holes"
        ),
    }
}

fn entry(number: usize) -> WhitelistEntry {
    let file =
        if number.is_multiple_of(2) { format!("d{number}/{{word}}.log") } else { format!("d{number}/a.log") };
    WhitelistEntry {
        id: format!("e{number}"),
        effects: Some(vec![format!("write /home/user/project/{file}")]),
        words: vec!["touch".to_owned(), file],
        expires: u64::MAX,
        ..WhitelistEntry::default()
    }
}

fn run(line: &str) -> Run {
    use gate::{exec::Pty, facts::CommandLine, syntax::Dialect};
    let text = line.replace("\\n", "\n").into_bytes();
    let command_line =
        CommandLine::Shell { text, dialect: Dialect::Bash, options: Vec::new(), arguments: Vec::new() };
    Run { command_line, pty: Pty::AsCaller, no_record: true, agent: None, within: None }
}
