//! What gate itself executes on the allowed path, counted by callgrind: the same on every machine, however busy it is.

use std::{fs, process::Stdio};

use super::{
    table::{Row, Target},
    workplace::Workplace,
};

/// Own instructions of an allowed run: 150,000 with musl; glibc's start-up and its relocations come on top.
const BUDGET: f64 = if cfg!(target_env = "musl") { 150_000.0 } else { 260_000.0 };

/// Counts with the built-in policy and with ten thousand rules more.
pub(crate) fn measure(place: &Workplace) -> Vec<Row> {
    let small = count(place);
    place.configure("version = 1\npolicy = [\"default\", \"many.toml\"]\n");
    fs::write(place.path("config/gate/many.toml"), many_rules()).unwrap();
    let large = count(place);
    fs::remove_file(place.path("config/gate/gate.toml")).unwrap();
    vec![
        row("instructions of an allowed run until it is executed", &small),
        row("the same with 10,000 rules more", &large),
    ]
}

fn row(what: &str, count: &Count) -> Row {
    Row {
        what: what.to_owned(),
        figure: count.own,
        unit: "",
        target: Target::AtMost(BUDGET),
        detail: format!(
            "and {:.0} for SHA-256, which callgrind's processor has no instructions for",
            count.hashing
        ),
    }
}

struct Count {
    own: f64,
    hashing: f64,
}

/// Runs once to compile the policy, then under callgrind up to the `execve` with which gate becomes the program.
fn count(place: &Workplace) -> Count {
    const RUN: [&str; 4] = ["gate", "--no-record", "--", "true"];
    assert!(place.command(&RUN).stdout(Stdio::null()).status().unwrap().success());
    let profile = place.path("profile");
    let output = place
        .command(&["valgrind", "--tool=callgrind", "--dump-before=execve"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(env!("CARGO_BIN_EXE_gate"))
        .args(&RUN[1..])
        .output()
        .expect("valgrind is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = place.path("profile.1");
    let text = fs::read_to_string(&dump).expect("callgrind saw execve");
    fs::remove_file(dump).unwrap();
    let hashing = self_cost(&text, "sha2::");
    Count { own: total(&text) - hashing, hashing }
}

fn total(profile: &str) -> f64 {
    let line = profile.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a total");
    line.trim().parse().expect("a number")
}

/// What the functions whose names contain `part` cost without what they call, inlined code included.
///
/// Source: valgrind manual, "Callgrind Format Specification".
fn self_cost(profile: &str, part: &str) -> f64 {
    let mut names = std::collections::HashMap::new();
    let (mut inside, mut called, mut cost) = (false, false, 0.0);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn=")) {
            let (number, text) = name.split_once(' ').unwrap_or((name, ""));
            let name: &mut String = names.entry(number.to_owned()).or_default();
            if !text.is_empty() {
                text.clone_into(name);
            }
            if line.starts_with("fn=") {
                inside = name.contains(part);
            }
        } else if line.starts_with("calls=") {
            called = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            // The line after `calls=` is what the call cost, not the function itself.
            if inside && !called {
                cost += line.split(' ').nth(1).and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0);
            }
            called = false;
        }
    }
    cost
}

fn many_rules() -> String {
    let mut text = String::from("version = 1\n");
    for number in 0..10_000 {
        text.push_str(&format!(
            "[[rule]]\nid = \"many.r{number}\"\ntier = \"low\"\nreason = \"one of many\"\n\
             command = \"program{number} {{status,log}}\"\nmatch = [\"program{number} log\"]\n"
        ));
    }
    text
}
