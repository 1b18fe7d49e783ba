//! Memory of gate itself.

use std::process::Stdio;

use super::{
    table::{Row, Target},
    workplace::Workplace,
};

/// Peak memory while 128 MiB pass, and minor faults of a small run.
pub(crate) fn memory(place: &Workplace) -> Vec<Row> {
    let big = place.project().join("huge.txt");
    std::fs::write(
        &big,
        "a line of output that is about as long as log lines are in practice\n".repeat(1_900_000),
    )
    .unwrap();
    let rows = vec![
        peak(place, "peak memory, 128 MiB through a recorded pipe", &["gate", "--", "cat", "huge.txt"]),
        peak(
            place,
            "peak memory, 128 MiB through a recorded pty",
            &["gate", "--pty", "--", "cat", "huge.txt"],
        ),
    ];
    std::fs::remove_file(big).unwrap();
    rows
}

fn peak(place: &Workplace, what: &str, words: &[&str]) -> Row {
    let mut command = place.command(words);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut stream = child.stdout.take().unwrap();
    let mut peak = 0.0;
    let mut buffer = vec![0; 1 << 16];
    let mut reads = 0_u32;
    while let Ok(1..) = std::io::Read::read(&mut stream, &mut buffer) {
        reads += 1;
        if reads.is_multiple_of(64) {
            peak = high_water(&status).unwrap_or(peak);
        }
    }
    assert!(child.wait().unwrap().success());
    Row {
        what: what.to_owned(),
        figure: peak,
        unit: "MB",
        target: Target::AtMost(6.0),
        detail: "VmHWM of gate itself".to_owned(),
    }
}

fn high_water(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1000.0)
}
