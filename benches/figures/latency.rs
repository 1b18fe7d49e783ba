//! What a gated command costs from start to exit, against the shells that people know.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use super::{
    table::{Row, Target, median},
    workplace::Workplace,
};

/// One pair: ours, the yardstick, and the most that the ratio may be.
struct Pair {
    what: &'static str,
    ours: &'static [&'static str],
    yardstick: &'static [&'static str],
    captured: bool,
    target: f64,
}

const PAIRS: [Pair; 8] = [
    Pair {
        what: "simple command, no recording / sh -c /bin/true",
        ours: &["gate", "--no-record", "--", "/bin/true"],
        yardstick: &["sh", "-c", "/bin/true"],
        captured: false,
        target: 0.75,
    },
    Pair {
        what: "simple command through -c, no recording / sh -c /bin/true",
        ours: &["gate", "--no-record", "-c", "/bin/true"],
        yardstick: &["sh", "-c", "/bin/true"],
        captured: false,
        target: 0.75,
    },
    Pair {
        what: "simple command, recorded through pipes / sh -c /bin/true",
        ours: &["gate", "--", "/bin/echo", "x"],
        yardstick: &["sh", "-c", "/bin/echo x"],
        captured: true,
        target: 1.1,
    },
    Pair {
        what: "pty and recording / bash -c true",
        ours: &["gate", "--pty", "--", "/bin/true"],
        yardstick: &["bash", "-c", "true"],
        captured: true,
        target: if cfg!(target_env = "musl") { 1.0 } else { 1.3 },
    },
    Pair {
        what: "shell text, no recording / bash -c of the same",
        ours: &["gate", "--no-record", "-c", "true && true"],
        yardstick: &["bash", "-c", "true && true"],
        captured: false,
        target: 1.4,
    },
    Pair {
        what: "git status recorded / git status",
        ours: &["gate", "--", "git", "status", "--porcelain"],
        yardstick: &["git", "status", "--porcelain"],
        captured: true,
        target: 1.25,
    },
    Pair {
        what: "denied, with audit line and message / sh -c true",
        ours: &["gate", "-c", "rm -rf /"],
        yardstick: &["sh", "-c", "true"],
        captured: false,
        target: 1.0,
    },
    Pair {
        what: "simple command, recorded / script -qc true",
        ours: &["gate", "--pty", "--", "/bin/true"],
        yardstick: &["script", "-qc", "true", "/dev/null"],
        captured: true,
        target: 0.5,
    },
];

/// Runs every pair `rounds` times, the two sides alternating.
pub(crate) fn measure(place: &Workplace, rounds: usize) -> Vec<Row> {
    let mut times: Vec<Vec<(f64, f64)>> = PAIRS.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds + 3 {
        for (pair, samples) in PAIRS.iter().zip(&mut times) {
            let (ours, yardstick) = if round % 2 == 0 {
                let ours = once(place, pair.ours, pair.captured);
                (ours, once(place, pair.yardstick, pair.captured))
            } else {
                let yardstick = once(place, pair.yardstick, pair.captured);
                (once(place, pair.ours, pair.captured), yardstick)
            };
            if round >= 3 {
                samples.push((ours.as_secs_f64() * 1e6, yardstick.as_secs_f64() * 1e6));
            }
        }
    }
    PAIRS.iter().zip(times).map(|(pair, samples)| row(pair, &samples)).collect()
}

fn row(pair: &Pair, samples: &[(f64, f64)]) -> Row {
    let ours = median(samples.iter().map(|sample| sample.0).collect());
    let yardstick = median(samples.iter().map(|sample| sample.1).collect());
    Row {
        what: pair.what.to_owned(),
        figure: median(samples.iter().map(|sample| sample.0 / sample.1).collect()),
        unit: "x",
        target: Target::AtMost(pair.target),
        detail: format!("{ours:.0} µs / {yardstick:.0} µs, {} pairs", samples.len()),
    }
}

fn once(place: &Workplace, words: &[&str], captured: bool) -> Duration {
    let mut command = place.command(words);
    let sink = || if captured { Stdio::piped() } else { Stdio::null() };
    command.stdout(sink()).stderr(sink());
    let start = Instant::now();
    let output = command.spawn().and_then(std::process::Child::wait_with_output).expect("the command starts");
    let elapsed = start.elapsed();
    let expected = if words.contains(&"rm -rf /") { 126 } else { 0 };
    assert_eq!(
        output.status.code(),
        Some(expected),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    elapsed
}
