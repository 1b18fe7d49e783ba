//! Commands that run their standard input as code: nobody can say what they will do, so they find nothing there
//! unless the reviewer says so.

use std::{io::Write as _, process::Stdio};

use crate::support::house::{Done, House};

/// Feeds code to a command that waits for an answer, which is `answer`.
fn fed(house: &House, text: &str, answer: &[&str]) -> Done {
    let mut command = house.command(&["-c", text]);
    let (read, write) = std::io::pipe().unwrap();
    command.stdin(Stdio::from(read));
    let waiting = house.ask_with(command);
    let mut input = std::fs::File::from(std::os::fd::OwnedFd::from(write));
    input.write_all(b"touch fed\necho from input\n").unwrap();
    drop(input);
    let done = house.run(&[&["approve", "--yes"], answer, &[&waiting.id]].concat());
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    waiting.end()
}

#[test]
fn an_approved_interpreter_finds_nothing_on_its_standard_input() {
    for text in ["bash", "cat | sh", "bash -s one", "true; exec bash"] {
        let house = House::attended();
        let done = fed(&house, text, &[]);
        assert_eq!((done.stdout(), done.status), (String::new(), Some(0)), "{text}: {}", done.stderr());
        assert!(!house.has("fed"), "{text}");
    }
}

#[test]
fn a_reviewer_may_let_it_have_its_input() {
    for text in ["bash", "cat | sh"] {
        let house = House::attended();
        let done = fed(&house, text, &["--interactive"]);
        assert_eq!(
            (done.stdout(), done.status),
            ("from input\n".into(), Some(0)),
            "{text}: {}",
            done.stderr()
        );
        assert!(house.has("fed"), "{text}");
    }
}

#[test]
fn the_question_says_that_it_is_open_ended() {
    let house = House::attended();
    let (read, _write) = std::io::pipe().unwrap();
    let mut command = house.command(&["-c", "python3"]);
    command.stdin(Stdio::from(read));
    let waiting = house.ask_with(command);
    let shown = house.run(&["pending", &waiting.id]).stdout();
    assert!(shown.contains("runs"), "{shown}");
    assert!(shown.contains("whatever comes on its standard input, unseen"), "{shown}");
    assert_eq!(house.run(&["deny", &waiting.id, "--reason", "no"]).status, Some(0));
    waiting.end();
}

#[test]
fn data_is_no_code() {
    let house = House::unattended();
    let done = house.feed(&["-c", "wc -l"], b"one\ntwo\n");
    assert_eq!((done.stdout(), done.status), ("2\n".into(), Some(0)));
}
