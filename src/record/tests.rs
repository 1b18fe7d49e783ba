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
    assert_eq!((outcome.bytes, outcome.output, outcome.lost), (content.len() as u64, 3, 0));
}
