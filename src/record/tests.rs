use std::os::unix::fs::PermissionsExt;

use crate::exec::{Ended, Event, Sink, Stream};

use super::*;

fn header() -> Header {
    Header {
        columns: 0,
        rows: 0,
        timestamp: Some(1_792_547_696),
        command: Some("printf 'a'".into()),
        title: None,
        environment: vec![("SHELL".into(), "/bin/bash".into()), ("TERM".into(), "xterm".into())],
    }
}

#[test]
fn a_short_run_is_one_file_of_whole_lines() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("recordings");
    let name = file_name(1_792_547_696_007, "00ff00ff00ff00ff");
    let mut recorder = Recorder::create(&directory, name, &header(), Options::default()).unwrap();
    recorder.mark("allowed: rule ls");
    recorder.take(Event::Output(Stream::Output, b"a\nb")).unwrap();
    assert!(!directory.exists(), "nothing is on the disk while the run is short");
    recorder.take(Event::End(Ended::Signalled { signal: 9, core: false })).unwrap();
    let outcome = recorder.finish().unwrap();
    let path = directory.join("20261021T015456Z-00ff00ff00ff00ff.cast");
    let content = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = content.lines().collect();
    let header = concat!(
        r#"{"version":2,"width":80,"height":24,"timestamp":1792547696,"command":"printf 'a'","#,
        r#""env":{"SHELL":"/bin/bash","TERM":"xterm"}}"#
    );
    assert_eq!(lines[0], header);
    let texts: Vec<&str> = lines[1..].iter().map(|line| line.split_once(", ").unwrap().1).collect();
    assert_eq!(texts, [r#""m", "allowed: rule ls"]"#, r#""o", "a\r\nb"]"#, r#""x", "137"]"#]);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!((outcome.bytes, outcome.output, outcome.lost), (content.len() as u64, Some(3), 0));
}

/// Records these events, each a millisecond after the one before, and gives the file's content.
fn recorded(options: Options, events: &[Event<'_>]) -> (String, Outcome) {
    let directory = tempfile::tempdir().unwrap();
    let mut recorder =
        Recorder::create(directory.path(), "r.cast".into(), &Header::default(), options).unwrap();
    for event in events {
        recorder.take(*event).unwrap();
    }
    let outcome = recorder.finish().unwrap();
    let content = std::fs::read(directory.path().join("r.cast")).unwrap();
    assert_eq!(outcome.sha256, <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(&content)));
    assert_eq!(outcome.bytes, content.len() as u64);
    (String::from_utf8(content).unwrap(), outcome)
}

/// The text of all output events.
fn output(cast: &str) -> String {
    let mut reader = CastReader::new(cast.as_bytes()).unwrap();
    let mut text = String::new();
    while let Some(event) = reader.next_event().unwrap() {
        if event.code == Code::Output {
            text.push_str(&event.text);
        }
    }
    assert!(!reader.is_cut());
    text
}

#[test]
fn both_formats_decode_to_what_was_recorded() {
    for format in [Format::V2, Format::V3] {
        let options = Options { format, ..Options::default() };
        let events = [
            Event::Output(Stream::Terminal, "\u{1b}[1mé\u{1b}[0m\r\n".as_bytes()),
            Event::Resize { columns: 100, rows: 30 },
            Event::Output(Stream::Terminal, b"\xf0\x9f"),
            Event::Output(Stream::Terminal, b"\x98\x80\xff"),
            Event::End(Ended::Exited(3)),
        ];
        let (cast, outcome) = recorded(options, &events);
        assert_eq!(output(&cast), "\u{1b}[1mé\u{1b}[0m\r\n😀\u{fffd}");
        assert_eq!(outcome.output, Some(17));
        let mut reader = CastReader::new(cast.as_bytes()).unwrap();
        let mut others = vec![];
        while let Some(event) = reader.next_event().unwrap() {
            if event.code != Code::Output {
                others.push((event.code, event.text));
            }
        }
        assert_eq!(others, [(Code::Resize, "100x30".into()), (Code::Exit, "3".into())]);
    }
}

#[test]
fn pipes_get_carriage_returns_and_terminals_do_not() {
    let events = [
        Event::Output(Stream::Output, b"a\nb\r"),
        Event::Output(Stream::Output, b"\nc"),
        Event::Output(Stream::Terminal, b"d\nz"),
        Event::Output(Stream::Error, b"\nf"),
    ];
    assert_eq!(output(&recorded(Options::default(), &events).0), "a\r\nb\r\ncd\nz\r\nf");
}

#[test]
fn streams_do_not_complete_each_others_characters() {
    let events = [
        Event::Output(Stream::Output, b"\xc3"),
        Event::Output(Stream::Error, b"E"),
        Event::Output(Stream::Output, b"\xa9"),
    ];
    assert_eq!(output(&recorded(Options::default(), &events).0), "Eé");
}

#[test]
fn secrets_never_reach_the_disk() {
    let header =
        Header { command: Some("curl -u ann -H 'Authorization: Bearer EXAMPLEEXAMPLE'".into()), ..header() };
    let directory = tempfile::tempdir().unwrap();
    let mut recorder =
        Recorder::create(directory.path(), "r.cast".into(), &header, Options::default()).unwrap();
    for byte in b"id AKIAIOSFODNN7EXAMPLE\npassword=EXAMPLE1" {
        recorder.take(Event::Output(Stream::Output, &[*byte])).unwrap();
    }
    recorder.take(Event::End(Ended::Exited(0))).unwrap();
    recorder.finish().unwrap();
    let cast = std::fs::read_to_string(directory.path().join("r.cast")).unwrap();
    assert_eq!(output(&cast), "id [redacted aws-access-key]\r\npassword=[redacted password]");
    assert!(!cast.contains("EXAMPLE"), "{cast}");
}

#[test]
fn what_the_configuration_names_is_cut_out_too() {
    let options = Options { redact: vec!["corp-[0-9]+".into()], ..Options::default() };
    let events = [
        Event::Output(Stream::Output, b"host corp-1"),
        Event::Output(Stream::Output, b"23 up\ncorp-4"),
        Event::End(Ended::Exited(0)),
    ];
    assert_eq!(output(&recorded(options, &events).0), "host [redacted] up\r\n[redacted]");
    let options = Options { redact: vec!["(".into()], ..Options::default() };
    let directory = std::path::Path::new("/nowhere");
    Recorder::create(directory, "r.cast".into(), &Header::default(), options).unwrap_err();
}

#[test]
fn small_writes_become_few_events() {
    let mut events = vec![];
    for _ in 0..20_000 {
        events.extend([Event::Output(Stream::Terminal, b"0123456789 0123456789\r\n"), Event::Idle]);
    }
    let (cast, _) = recorded(Options::default(), &events);
    assert_eq!(output(&cast).len(), 20_000 * 23);
    assert!(cast.lines().count() < 1000, "{}", cast.lines().count());
}

#[test]
fn output_beyond_the_limit_is_counted_and_marked() {
    let options = Options { limit: 10_000, ..Options::default() };
    let part = [b'x'; 4000];
    let events =
        [[Event::Output(Stream::Output, &part)].repeat(5), vec![Event::End(Ended::Exited(0))]].concat();
    let (cast, outcome) = recorded(options, &events);
    assert_eq!((outcome.output, outcome.lost), (Some(20_000), 8000));
    assert!(
        cast.contains("\"m\", \"recording reached its limit of 10000 bytes: output after this is lost\"")
    );
    assert!(cast.contains("\"x\", \"0\""));
}

#[test]
fn long_output_is_written_beside_the_run_and_nothing_is_missing() {
    let line = b"a line of ordinary text, and another word\n";
    let part = line.repeat(1000);
    let events =
        [[Event::Output(Stream::Output, &part)].repeat(300), vec![Event::End(Ended::Exited(0))]].concat();
    let (cast, outcome) = recorded(Options::default(), &events);
    assert!(outcome.bytes > 12 << 20);
    assert_eq!(outcome.lost, 0);
    assert_eq!(output(&cast).matches("ordinary text").count(), 300_000);
}

#[test]
fn a_recording_is_never_written_over_an_existing_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("r.cast");
    std::fs::write(&path, "mine").unwrap();
    let create = |failure| {
        let options = Options { failure, ..Options::default() };
        Recorder::create(directory.path(), "r.cast".into(), &Header::default(), options)
    };
    assert_eq!(create(Failure::EndRun).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    let mut recorder = create(Failure::GoOn).unwrap();
    recorder.take(Event::Output(Stream::Output, b"text")).unwrap();
    let outcome = recorder.finish().unwrap();
    assert_eq!((outcome.bytes, outcome.lost), (0, 4));
    assert!(outcome.trouble.unwrap().contains("File exists"));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
}

#[test]
fn a_strict_recording_is_on_the_disk_before_the_run() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { failure: Failure::EndRun, ..Options::default() };
    let recorder = Recorder::create(directory.path(), "r.cast".into(), &header(), options).unwrap();
    let content = std::fs::read_to_string(directory.path().join("r.cast")).unwrap();
    assert!(content.starts_with("{\"version\":2,") && content.ends_with("}\n"));
    drop(recorder);
}

#[test]
fn what_waits_is_due_soon_and_what_is_written_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut recorder =
        Recorder::create(directory.path(), "r.cast".into(), &header(), Options::default()).unwrap();
    assert!(recorder.due().unwrap() <= std::time::Duration::from_millis(250));
    recorder.take(Event::Output(Stream::Output, b"text\n")).unwrap();
    while !recorder.due().unwrap().is_zero() {
        std::thread::yield_now();
    }
    recorder.take(Event::Idle).unwrap();
    assert_eq!(recorder.due(), None);
    let content = std::fs::read_to_string(directory.path().join("r.cast")).unwrap();
    assert!(content.ends_with("\"o\", \"text\\r\\n\"]\n"), "a crash from here on loses nothing: {content}");
}

#[test]
fn input_is_recorded_only_on_request_and_never_a_secret() {
    let events = [
        Event::Output(Stream::Terminal, b"$ "),
        Event::Input(b"ls\r"),
        Event::Output(Stream::Terminal, b"\r\nPassword: "),
        Event::Input(b"hunter2\r"),
    ];
    let (cast, _) = recorded(Options::default(), &events);
    assert!(!cast.contains("\"i\""));
    let (cast, _) = recorded(Options { input: Input::Keep, ..Options::default() }, &events);
    assert!(cast.contains("\"i\", \"ls\\r\"") && cast.contains("\"i\", \"********\\r\""), "{cast}");
    assert!(!cast.contains("hunter2"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_in_any_pieces_are_recorded_as_their_text(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        size in 1_usize..40,
    ) {
        let events: Vec<_> = bytes.chunks(size).map(|piece| Event::Output(Stream::Terminal, piece)).collect();
        let (cast, _) = recorded(Options::default(), &events);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        proptest::prop_assert_eq!(output(&cast), redact(&text));
    }
}
