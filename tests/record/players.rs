//! Debian's asciinema plays every recording.

use std::{path::Path, process::Command};

use gate::{
    exec::{Ended, Event, Sink as _, Stream},
    record::{CastReader, Format, Header, Options, Recorder, convert},
};

/// Runs asciinema on a terminal: it does not work without one.
#[expect(clippy::disallowed_methods, reason = "starts a player, not a gated command")]
fn asciinema(arguments: &str, file: &Path) -> String {
    let command = format!("asciinema {arguments} '{}'", file.display());
    let output = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("script (util-linux, on Debian the package bsdutils) is needed");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_ne!(output.status.code(), Some(127), "asciinema is needed: install Debian's package asciinema");
    assert!(output.status.success(), "{command}: {told}");
    told
}

fn record(directory: &Path, name: &str, format: Format, events: &[Event<'_>]) {
    let options = Options { format, ..Options::default() };
    let header = Header {
        columns: 100,
        rows: 30,
        timestamp: Some(1_792_547_696),
        command: Some("printf '%s'".into()),
        title: Some("a \"title\"".into()),
        environment: vec![("TERM".into(), "xterm".into())],
    };
    let mut recorder = Recorder::create(directory, name.into(), &header, options).unwrap();
    recorder.mark("approved by ann");
    for event in events {
        recorder.take(*event).unwrap();
    }
    recorder.take(Event::End(Ended::Signalled { signal: 15, core: false })).unwrap();
    recorder.finish().unwrap();
}

#[test]
fn asciinema_plays_what_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let every_byte: Vec<u8> = (0..=255).collect();
    let cases: [(&str, Vec<Event<'_>>, &str); 5] = [
        ("empty", vec![], ""),
        ("pipe", vec![Event::Output(Stream::Output, b"one\ntwo\n")], "one\r\ntwo"),
        (
            "colour",
            vec![Event::Output(Stream::Terminal, "\u{1b}[31mr\u{e9}d\u{1b}[0m".as_bytes())],
            "\u{1b}[31mr\u{e9}d",
        ),
        (
            "resize",
            vec![Event::Resize { columns: 90, rows: 20 }, Event::Output(Stream::Error, b"err")],
            "err",
        ),
        ("bytes", vec![Event::Output(Stream::Output, &every_byte)], "ABCDEFG"),
    ];
    for (name, events, shown) in cases {
        let name = format!("{name}.cast");
        record(directory.path(), &name, Format::V2, &events);
        let file = directory.path().join(&name);
        for arguments in ["cat", "play -s 100 -i 0.1"] {
            let told = asciinema(arguments, &file);
            assert!(told.contains(shown), "{arguments} {name}: {told:?}");
        }
    }
}

#[test]
fn asciinema_plays_what_was_converted_to_version_2() {
    let directory = tempfile::tempdir().unwrap();
    record(directory.path(), "3.cast", Format::V3, &[Event::Output(Stream::Output, b"converted\n")]);
    let v3 = std::fs::read(directory.path().join("3.cast")).unwrap();
    assert!(v3.starts_with(b"{\"version\":3,\"term\":{\"cols\":100,\"rows\":30,\"type\":\"xterm\"}"));
    let mut v2 = vec![];
    convert(&mut CastReader::new(&v3[..]).unwrap(), Format::V2, &mut v2).unwrap();
    let file = directory.path().join("2.cast");
    std::fs::write(&file, v2).unwrap();
    assert!(asciinema("cat", &file).contains("converted"));
}
