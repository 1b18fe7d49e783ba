//! What recordings weigh, into how many events output falls, and how long any of it waits.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::Stdio,
    time::{SystemTime, UNIX_EPOCH},
};

use gate::record::{CastReader, Code};

use super::{
    peers,
    table::{Row, Target},
    workplace::Workplace,
};

/// Measures size, number and delay of events.
pub(crate) fn measure(place: &Workplace) -> Vec<Row> {
    place.configure("");
    let mut rows = vec![size(place), events(place)];
    rows.extend(delays(place));
    rows
}

/// Runs a command with its output drained; gives the bytes of output and the recording.
fn recorded(place: &Workplace, words: &[&str]) -> (u64, PathBuf) {
    let before = recordings(place);
    let (bytes, _) = peers::drain(place.command(words));
    (bytes, new_recording(place, &before))
}

fn recordings(place: &Workplace) -> Vec<PathBuf> {
    let directory = std::fs::read_dir(place.path("state/gate/recordings"));
    directory.map(|files| files.map(|file| file.unwrap().path()).collect()).unwrap_or_default()
}

fn new_recording(place: &Workplace, before: &[PathBuf]) -> PathBuf {
    recordings(place).into_iter().find(|file| !before.contains(file)).expect("the run was recorded")
}

/// The times in seconds and the texts of all output.
fn output(recording: &PathBuf) -> Vec<(f64, String)> {
    let content = std::fs::read(recording).unwrap();
    let mut reader = CastReader::new(&content[..]).unwrap();
    let mut output = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        if event.code == Code::Output {
            output.push((event.at as f64 / 1e6, event.text));
        }
    }
    output
}

fn size(place: &Workplace) -> Row {
    let mut text = String::new();
    for number in 0..190_000 {
        let _ = writeln!(
            text,
            "2026-01-01T00:00:00.{number:09}Z INFO server::worker request {number:>9} in 12 ms"
        );
    }
    std::fs::write(place.project().join("log.txt"), text).unwrap();
    let (bytes, recording) = recorded(place, &["gate", "--", "cat", "log.txt"]);
    let size = recording.metadata().unwrap().len();
    Row {
        what: "size of a recording of log text / output".to_owned(),
        figure: size as f64 / bytes as f64,
        unit: "x",
        target: Target::AtMost(1.05),
        detail: format!("{size} / {bytes} bytes"),
    }
}

fn events(place: &Workplace) -> Row {
    let line = "a short line that is written to the terminal by itself...\n";
    std::fs::write(place.project().join("lines.txt"), line.repeat(200_000)).unwrap();
    let command = ["gate", "--pty", "--", "grep", "--line-buffered", "short", "lines.txt"];
    let (bytes, recording) = recorded(place, &command);
    assert_eq!(bytes, (line.len() as u64 + 1) * 200_000, "everything passes, with a carriage return a line");
    Row {
        what: "events for 200,000 small writes to a pty".to_owned(),
        figure: output(&recording).len() as f64,
        unit: "",
        target: Target::AtMost(1000.0),
        detail: format!("{} bytes each", line.len()),
    }
}

/// Lines that say when they were written, with pauses between them: how late each arrives, and how late each is in the
/// recording, against the first.
fn delays(place: &Workplace) -> [Row; 2] {
    let text = ["date +%s.%N"; 40].join("; sleep 0.03; ");
    let before = recordings(place);
    let mut command = place.command(&["gate", "--pty", "-c", &text]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut passing = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        passing.push(now - line.unwrap().trim().parse::<f64>().unwrap());
    }
    assert!(child.wait().unwrap().success());
    let events = output(&new_recording(place, &before));
    let late = |(at, text): &(f64, String)| at - text.lines().next().unwrap().parse::<f64>().unwrap();
    let late: Vec<f64> = events.iter().map(late).collect();
    let first = late.iter().copied().fold(f64::INFINITY, f64::min);
    [
        delay("delay of output on a pty while nothing else comes", passing),
        delay("delay of its events, against the earliest", late.iter().map(|late| late - first).collect()),
    ]
}

/// What is held back would be late nine times of ten; the latest may have waited for the processor.
fn delay(what: &str, mut seconds: Vec<f64>) -> Row {
    seconds.sort_by(f64::total_cmp);
    let latest = seconds.last().copied().unwrap_or(f64::NAN);
    Row {
        what: what.to_owned(),
        figure: seconds.get(seconds.len() * 9 / 10).copied().unwrap_or(f64::NAN) * 1e3,
        unit: "ms",
        target: Target::AtMost(10.0),
        detail: format!("90th percentile of {} lines, the latest {:.1} ms", seconds.len(), latest * 1e3),
    }
}
