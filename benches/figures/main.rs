//! The figures that README's claims rest on: ratios in one interleaved run, printed as a table.
//!
//! `cargo bench --bench figures` measures everything; `-- latency`, `-- throughput`, `-- memory`, `-- decision`,
//! `-- adversarial`, `-- keystroke` and `-- instructions` measure one group. `-- --rounds N` sets the number of interleaved rounds (default 60).
//! A missed target is printed as missed and fails nothing, because figures depend on the machine and its load; only
//! counted instructions do not, and fail.
#![expect(clippy::disallowed_methods, reason = "measures whole processes, so it has to start them")]
#![expect(clippy::print_stdout, reason = "prints a table")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot measure must stop")]

mod adversarial;
mod decision;
mod instructions;
mod keystroke;
mod latency;
mod peers;
mod recording;
mod resources;
#[path = "../../tests/support/shapes.rs"]
mod shapes;
mod table;
mod throughput;
mod workplace;

use table::Row;

/// The allocator of the program itself, for what is measured in this process.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: gate::sys::allocator::Allocator = gate::sys::allocator::Allocator::new();

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [mode, rest @ ..] = arguments.as_slice()
        && mode == "raw-pty"
    {
        return peers::raw_pty(rest);
    }
    let rounds = arguments
        .windows(2)
        .find(|pair| pair.first().is_some_and(|word| word == "--rounds"))
        .and_then(|pair| pair.get(1)?.parse().ok())
        .unwrap_or(60);
    let only = arguments.iter().find_map(|word| word.strip_prefix("--only=")).unwrap_or_default();
    let place = workplace::Workplace::new();
    let wanted = |group: &str| {
        let named: Vec<_> = arguments.iter().filter(|word| word.chars().all(char::is_alphabetic)).collect();
        named.is_empty() || named.iter().any(|name| name.as_str() == group)
    };
    let mut rows: Vec<Row> = Vec::new();
    if wanted("decision") {
        rows.extend(decision::measure(&place));
    }
    if wanted("adversarial") {
        rows.extend(adversarial::measure(&place, only));
    }
    if wanted("latency") {
        rows.extend(latency::measure(&place, rounds));
    }
    if wanted("keystroke") {
        rows.extend(keystroke::measure(&place, rounds));
    }
    if wanted("throughput") {
        rows.extend(throughput::measure(&place));
    }
    if wanted("recording") {
        rows.extend(recording::measure(&place));
    }
    if wanted("memory") {
        rows.extend(resources::memory(&place));
    }
    let counted = if wanted("instructions") { instructions::measure(&place) } else { Vec::new() };
    let over = counted.iter().any(|row| !row.met());
    rows.extend(counted);
    print!("{}", table::render(&rows));
    if over {
        std::process::exit(1);
    }
}
