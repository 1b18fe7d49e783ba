//! Whole runs of the program, and what their recordings and their last record in the log say.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use gate::record::{CastReader, Code};

use crate::support::house::{House, finished};

/// The only recording of a house.
fn recording(house: &House) -> String {
    let mut files: Vec<_> = fs::read_dir(house.state().join("recordings")).unwrap().collect();
    assert_eq!(files.len(), 1);
    fs::read_to_string(files.remove(0).unwrap().path()).unwrap()
}

/// The last record of a house's log.
fn last_record(house: &House) -> serde_json::Value {
    let log = fs::read_to_string(house.state().join("audit.jsonl")).unwrap();
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

#[test]
fn the_header_has_the_terminal_and_the_shell_and_nothing_else_of_the_environment() {
    let house = House::unattended();
    let mut command = house.command(&["--", "echo", "x"]);
    command.env("TERM", "xterm").env("SHELL", "/bin/bash").env("OTHER", "EXAMPLE");
    assert_eq!(finished(command).stdout(), "x\n");
    let cast = recording(&house);
    let header: serde_json::Value = serde_json::from_str(cast.lines().next().unwrap()).unwrap();
    assert_eq!(header["env"], serde_json::json!({"SHELL": "/bin/bash", "TERM": "xterm"}));
    let house = House::unattended();
    house.run(&["--", "echo", "x"]);
    let cast = recording(&house);
    assert!(!cast.contains("\"env\""), "{cast}");
}

#[test]
fn output_that_went_into_a_file_is_unknown_and_not_nothing() {
    let house = House::unattended();
    assert_eq!(house.run(&["--", "true"]).status, Some(0));
    assert_eq!(last_record(&house)["output_bytes"], 0);
    let mut command = house.command(&["--", "echo", "x"]);
    command.stdout(fs::File::create(house.path("out")).unwrap()).stderr(Stdio::piped());
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
    assert_eq!(fs::read_to_string(house.path("out")).unwrap(), "x\n");
    let exit = last_record(&house);
    assert_eq!((&exit["event"], exit.get("output_bytes")), (&"exit".into(), None), "{exit}");
}

/// T19
#[test]
fn two_hundred_thousand_small_writes_are_few_events_and_nothing_is_missing() {
    let text: String = (0..200_000).map(|number| format!("line {number} of some\n")).collect();
    // It writes each line by itself.
    let command = ["--", "grep", "--line-buffered", "line", "lines"];
    for words in [&command[..], &[&["--pty"], &command[..]].concat()] {
        let house = House::unattended();
        house.write("home/project/lines", &text);
        let done = house.run(words);
        assert_eq!((done.status, done.stderr()), (Some(0), String::new()));
        assert_eq!(done.stdout().replace("\r\n", "\n"), text);
        let cast = recording(&house);
        let mut reader = CastReader::new(cast.as_bytes()).unwrap();
        let mut events = Vec::new();
        while let Some(event) = reader.next_event().unwrap() {
            events.extend((event.code == Code::Output).then_some(event.text));
        }
        assert!(events.concat() == text.replace('\n', "\r\n"), "something is missing, or changed");
        assert!(events.len() <= 1000, "{} events", events.len());
    }
}

/// A hundred megabytes of lines that differ, so that a lost, doubled or moved part shows.
fn write_lines(house: &House) -> std::path::PathBuf {
    let mut text = String::with_capacity(101 << 20);
    let mut number = 0_u64;
    while text.len() < 100 << 20 {
        text.push_str(&format!("{number:016x} the quick brown fox jumps over the lazy dog, and once more\n"));
        number += 1;
    }
    house.write("home/project/lines", &text)
}

/// The peak of a process's memory so far, in KiB.
fn peak(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Compares what passes with these lines, part by part; gives the number of bytes, and the peak of the memory of `pid`.
fn compare(mut passed: impl std::io::Read, lines: &std::path::Path, newline: &str, pid: u32) -> (u64, u32) {
    let mut expected = BufReader::with_capacity(1 << 20, fs::File::open(lines).unwrap());
    let (mut part, mut count, mut highest) = (Vec::new(), 0, 0);
    loop {
        let text = String::from_utf8(expected.fill_buf().unwrap().to_vec()).unwrap();
        if text.is_empty() {
            assert_eq!(passed.read(&mut [0; 1]).unwrap(), 0, "more came than was written");
            return (count, highest);
        }
        expected.consume(text.len());
        let text = text.replace('\n', newline);
        part.resize(text.len(), 0);
        passed.read_exact(&mut part).unwrap();
        assert!(part == text.as_bytes(), "another byte after {count}");
        count += text.len() as u64;
        highest = peak(pid).unwrap_or(highest);
    }
}

/// F7, T17
#[test]
fn f7_a_hundred_megabytes_pass_whole_and_are_recorded_whole_in_little_memory() {
    let house = House::with("[record]\nmax_size = \"200M\"\n");
    let lines = write_lines(&house);
    for (words, newline) in [(&["--", "cat", "lines"][..], "\n"), (&["--pty", "--", "cat", "lines"], "\r\n")]
    {
        #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
        let mut child = house.command(words).stdout(Stdio::piped()).spawn().unwrap();
        let passed = child.stdout.take().unwrap();
        let (count, peak) = compare(passed, &lines, newline, child.id());
        assert!(child.wait().unwrap().success());
        let exit = last_record(&house);
        assert_eq!((&exit["output_bytes"], &exit["recording"]["lost_bytes"]), (&count.into(), &0.into()));
        assert!(exit["recording"]["bytes"].as_u64().unwrap() > count);
        // Pages of the program itself count, too, and an unoptimised one is large.
        let limit = if cfg!(debug_assertions) { 40_000 } else { 6_000 };
        assert!(peak > 0 && peak < limit, "{words:?}: {peak} KiB");
    }
}
