//! Instructions, page faults and memory of gate itself.

use std::{fmt::Write as _, process::Stdio};

use super::{
    table::{Row, Target},
    workplace::Workplace,
};

/// Counts user instructions with callgrind: the same for the same binary and input, whatever the load.
pub(crate) fn instructions(place: &Workplace) -> Vec<Row> {
    let mut rows = Vec::new();
    let cases: [(&str, usize, &[&str]); 4] = [
        ("instructions, allowed, no recording", 0, &["gate", "--no-record", "--", "/bin/true"]),
        ("instructions, allowed, 10,000 rules", 10_000, &["gate", "--no-record", "--", "/bin/true"]),
        (
            "instructions, allowed, git status, 10,000 rules",
            10_000,
            &["gate", "--no-record", "-c", "git status -s"],
        ),
        ("instructions, allowed, recorded through a pipe", 0, &["gate", "--", "/bin/true"]),
    ];
    for (what, rules, words) in cases {
        add_rules(place, rules);
        // The first run compiles the policy into the cache; only what follows is the allowed path.
        for _ in 0..2 {
            assert!(place.command(words).stdout(Stdio::null()).status().unwrap().success(), "{words:?}");
        }
        let (count, detail) = callgrind(place, words);
        rows.push(Row {
            what: what.to_owned(),
            figure: count,
            unit: "k",
            target: Target::AtMost(150.0),
            strict: true,
            detail,
        });
    }
    add_rules(place, 0);
    rows
}

fn callgrind(place: &Workplace, words: &[&str]) -> (f64, String) {
    let gate = env!("CARGO_BIN_EXE_gate");
    let rest = words.strip_prefix(&["gate"]).expect("ours");
    let valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", gate];
    let mut command = place.command(&[&valgrind, rest].concat());
    let output =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("valgrind is installed");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Collected :")).expect("callgrind counts");
    let count: f64 = line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    (count / 1000.0, format!("{count:.0} by callgrind, the program it starts not counted"))
}

fn add_rules(place: &Workplace, count: usize) {
    let mut text = String::from("version = 1\n");
    for number in 0..count {
        let _ = write!(
            text,
            "[[rule]]\nid = \"bench-{number}\"\ntier = \"medium\"\ncommand = \"tool{number} run **\"\nreason = \"bench\"\n"
        );
    }
    std::fs::write(place.path("config/gate/rules.toml"), text).unwrap();
    let rules = place.path("config/gate/rules.toml");
    place.configure(&if count == 0 {
        String::new()
    } else {
        format!("policy = [\"default\", {:?}]\n", rules)
    });
}

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
        strict: false,
        detail: "VmHWM of gate itself".to_owned(),
    }
}

fn high_water(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1000.0)
}
