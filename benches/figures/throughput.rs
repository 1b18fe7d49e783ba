//! How fast large output passes, against a raw reader and the field's recorders.

use std::{fmt::Write as _, process::Stdio, time::Instant};

use super::{
    peers,
    table::{Row, Target, median},
    workplace::Workplace,
};

const MEBIBYTE: usize = 1 << 20;
const SAMPLES: usize = 4;

/// Measures ptys and pipes, log text and newline-dense output.
pub(crate) fn measure(place: &Workplace) -> Vec<Row> {
    write_log(place, 64);
    place.configure("");
    let raw = std::env::current_exe().unwrap().to_string_lossy().into_owned();
    let cat: &[&str] = &["cat", "big.txt"];
    let pty_ours = [&["gate", "--pty", "--"][..], cat].concat();
    let pty_raw = [&[raw.as_str(), "raw-pty"][..], cat].concat();
    let mut rows = vec![
        speed(place, "pty, recorded, log text / raw pty reader", &pty_ours, &pty_raw, 0.85),
        speed(
            place,
            "pty, recorded, newline-dense / script",
            &["gate", "--pty", "--", "cat", "newlines.txt"],
            &["script", "-qc", "cat newlines.txt", "/dev/null"],
            8.0,
        ),
    ];
    rows.push(speed(
        place,
        "pty, recorded, newline-dense / raw pty reader",
        &["gate", "--pty", "--", "cat", "newlines.txt"],
        &[raw.as_str(), "raw-pty", "cat", "newlines.txt"],
        0.85,
    ));
    rows.push(pipes(place, "pipe, recorded / raw pipe", &["gate", "--", "cat", "big.txt"], cat, 0.4));
    rows.push(pipes(
        place,
        "pipe, not recorded / cat through a pipe",
        &["gate", "--no-record", "--", "cat", "big.txt"],
        cat,
        0.9,
    ));
    rows
}

/// 88-byte lines of log text and a file of short lines.
fn write_log(place: &Workplace, mebibytes: usize) {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < mebibytes * MEBIBYTE {
        let _ = writeln!(
            text,
            "2026-01-01T00:00:00.{number:09}Z INFO server::worker request {number:>9} handled in 12 ms"
        );
        number += 1;
    }
    std::fs::write(place.project().join("big.txt"), text).unwrap();
    std::fs::write(place.project().join("newlines.txt"), "y\n".repeat(4 * MEBIBYTE)).unwrap();
}

/// Both sides alternate; the figure is speed against speed.
fn speed(place: &Workplace, what: &str, ours: &[&str], yardstick: &[&str], target: f64) -> Row {
    let time = |words: &[&str]| {
        let start = Instant::now();
        let mut command = place.command(words);
        assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success(), "{words:?}");
        start.elapsed().as_secs_f64()
    };
    let samples: Vec<(f64, f64)> = (0..SAMPLES).map(|_| (time(ours), time(yardstick))).collect();
    ratio(what, &samples, target)
}

fn pipes(place: &Workplace, what: &str, ours: &[&str], yardstick: &[&str], target: f64) -> Row {
    let samples: Vec<(f64, f64)> = (0..SAMPLES)
        .map(|_| {
            let (bytes, seconds) = peers::drain(place.command(ours));
            let (expected, yard) = peers::drain(place.command(yardstick));
            assert_eq!(bytes, expected, "{ours:?} passes every byte");
            (seconds, yard)
        })
        .collect();
    ratio(what, &samples, target)
}

fn ratio(what: &str, samples: &[(f64, f64)], target: f64) -> Row {
    let ours = median(samples.iter().map(|sample| sample.0).collect());
    let yardstick = median(samples.iter().map(|sample| sample.1).collect());
    Row {
        what: what.to_owned(),
        figure: median(samples.iter().map(|sample| sample.1 / sample.0).collect()),
        unit: "x",
        target: Target::AtLeast(target),
        detail: format!("{ours:.3} s / {yardstick:.3} s, {} pairs", samples.len()),
    }
}
