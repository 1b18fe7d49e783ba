//! Answers on the terminal that the command came from: real ptys, keys and screens.

use std::{path::Path, time::Duration};

use gate::{approval::client, sys::process::Change};

use super::asking::Asking;
use crate::support::terminal::Terminal;

/// Longer than keys are ignored after something new is shown.
const GUARD: Duration = Duration::from_millis(650);

fn ask(asking: &Asking<'_>) -> Terminal {
    let this = std::env::current_exe().unwrap();
    Terminal::start(this.to_str().unwrap(), &["gate"], &[asking.role(), ("TERM", "xterm".into())])
}

/// Waits for the prompt, and until keys count.
fn ready(terminal: &mut Terminal) -> String {
    let shown = terminal.wait_for(" > ");
    std::thread::sleep(GUARD);
    shown
}

fn verdict(mut terminal: Terminal) -> String {
    let shown = terminal.wait_for("VERDICT ") + &terminal.wait_for("}.");
    let (ended, _) = terminal.wait();
    assert!(matches!(ended, Change::Exited(0)), "{ended:?}");
    shown
}

fn pressed(keys: &str, state: &Path) -> String {
    let mut terminal = ask(&Asking::new(state, "make install"));
    ready(&mut terminal);
    terminal.send(keys);
    verdict(terminal)
}

#[test]
fn one_key_approves_or_denies() {
    let state = tempfile::tempdir().unwrap();
    let approved = pressed("a", state.path());
    assert!(approved.contains("Approve") && approved.contains("channel: \"terminal\""), "{approved}");
    assert!(pressed("d", state.path()).contains("Reject"));
    assert!(pressed("\u{3}", state.path()).contains("Withdraw { signal: Some(2)"));
}

#[test]
fn a_reason_is_typed_and_sent() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = ask(&Asking::new(state.path(), "make install"));
    ready(&mut terminal);
    terminal.send("D");
    terminal.wait_for("why not?");
    terminal.send("use make dist\r");
    assert!(verdict(terminal).contains("Some(\"use make dist\")"));
}

#[test]
fn the_whole_command_and_its_circumstances_are_on_the_screen() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = ask(&Asking::new(state.path(), "make install \u{202e}x"));
    let mut screen = vt100::Parser::new(30, 100, 0);
    screen.process(ready(&mut terminal).as_bytes());
    let shown = screen.screen().contents();
    for text in [
        "make install \\u{202e}x",
        "HIGH 40",
        "score 40 = 40 a test asks",
        "a test asks",
        "ann@mill",
        "digest",
        "a approve once",
    ] {
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }
    terminal.send("d");
    let _ = verdict(terminal);
}

#[test]
fn what_was_typed_ahead_pasted_or_sent_as_a_sequence_never_approves() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = ask(&Asking::new(state.path(), "true"));
    terminal.send("aaaa");
    terminal.wait_for(" > ");
    terminal.send("a");
    std::thread::sleep(GUARD);
    for keys in ["aa", "\u{1b}[200~a\u{1b}[201~", "\u{1b}[A", "\u{1b}a", "\r", "y", " "] {
        terminal.send(keys);
        terminal.wait_for("decide");
        terminal.wait_for(" > ");
        std::thread::sleep(GUARD);
    }
    terminal.send("d");
    let verdict = verdict(terminal);
    assert!(verdict.contains("Reject") && !verdict.contains("Approve {"), "{verdict}");
}

#[test]
fn more_than_a_screen_has_to_be_read_before_it_is_approved() {
    let state = tempfile::tempdir().unwrap();
    let text = (0..100).map(|line| format!("echo {line}\n")).collect::<String>();
    let mut terminal = ask(&Asking::new(state.path(), &text));
    assert!(ready(&mut terminal).contains("press v and read to the end"));
    terminal.send("a");
    terminal.wait_for("press v and read");
    std::thread::sleep(GUARD);
    terminal.send("v");
    terminal.wait_for("lines 1-29 of");
    terminal.wait_for("q back");
    terminal.send("G");
    terminal.wait_for("q back");
    terminal.send("q");
    ready(&mut terminal);
    terminal.send("a");
    terminal.wait_for("press v and read");
    std::thread::sleep(GUARD);
    terminal.send("v");
    terminal.wait_for("q back");
    for _ in 0..12 {
        terminal.send(" ");
        terminal.wait_for("q back");
    }
    terminal.send("q");
    ready(&mut terminal);
    terminal.send("a");
    assert!(verdict(terminal).contains("Approve"));
}

#[test]
fn i7_the_terminal_is_as_it_was() {
    let state = tempfile::tempdir().unwrap();
    for keys in ["a", "d", "\u{3}"] {
        let mut terminal = ask(&Asking::new(state.path(), "true"));
        ready(&mut terminal);
        assert!(!terminal.settings().local_flags.contains(nix::sys::termios::LocalFlags::ICANON));
        terminal.send(keys);
        terminal.wait_for("\u{1b}[?2004l");
        terminal.wait_for("VERDICT");
        let flags = terminal.settings().local_flags;
        assert!(flags.contains(nix::sys::termios::LocalFlags::ICANON | nix::sys::termios::LocalFlags::ECHO));
        let _ = terminal.wait();
    }
}

#[test]
fn the_second_terminal_may_be_faster() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = ask(&Asking::new(state.path(), "true"));
    ready(&mut terminal);
    let (_, waiting) = client::pending(state.path()).unwrap().remove(0);
    waiting.unwrap().reject(Some("no".into())).unwrap();
    assert!(verdict(terminal).contains("channel: \"socket\""));
}

#[test]
fn the_countdown_ends_with_no() {
    let state = tempfile::tempdir().unwrap();
    let asking = Asking { timeout: Duration::from_millis(1500), ..Asking::new(state.path(), "true") };
    let mut terminal = ask(&asking);
    terminal.wait_for("0:02 > ");
    terminal.wait_for("0:01 > ");
    terminal.wait_for("nobody answered in time");
    terminal.wait_for("VERDICT Timeout.");
    let _ = terminal.wait();
}
