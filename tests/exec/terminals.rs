//! At the caller's own terminal: a pty for the command, the terminal itself left as it was (F1, F4, F8–F11, S3–S6, I7).

use gate::sys::process::Change;
use nix::sys::{
    signal::Signal,
    termios::{InputFlags, LocalFlags, OutputFlags},
};

use crate::support::{
    gated::{Gated, Trouble},
    terminal::Terminal,
};

fn is_raw(settings: &nix::sys::termios::Termios) -> bool {
    !settings.local_flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO)
        && !settings.input_flags.contains(InputFlags::ICRNL)
        && !settings.output_flags.contains(OutputFlags::OPOST)
}

/// F1
#[test]
fn f1_the_own_terminal_becomes_a_pty_of_the_same_size_and_settings() {
    let text = "test -t 0 && test -t 1 && test -t 2 && tty && stty size && stty -a";
    let without = Terminal::start("/bin/sh", &["sh", "-c", text], &[]).wait().1;
    let mut terminal = Terminal::gate(&Gated::shell(text));
    let (ended, with) = terminal.wait();
    assert_eq!(ended, Change::Exited(0), "{with}");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (without, with) = (lines(&without), lines(&with));
    assert!(with[0].starts_with("/dev/pts/") && with[0] != terminal.name, "{with:?}");
    assert_eq!(with[1], "30 100");
    assert_eq!(with[1..], without[1..]);
}

/// F1
#[test]
fn f1_what_is_typed_arrives_and_what_is_written_is_shown_once() {
    let mut terminal = Terminal::gate(&Gated::shell("read line; echo \"got $line\""));
    terminal.wait_for_settings(is_raw);
    terminal.send("hello\r");
    let (ended, screen) = terminal.wait();
    assert_eq!((ended, screen.as_str()), (Change::Exited(0), "hello\r\ngot hello\r\n"));
}

/// F1, S1
#[test]
fn s1_control_c_interrupts_the_command_and_the_caller_sees_the_signal() {
    let mut terminal = Terminal::gate(&Gated::shell("echo begin; exec sleep 60"));
    terminal.wait_for("begin");
    terminal.wait_for_settings(is_raw);
    terminal.send("\u{3}");
    assert!(matches!(terminal.wait().0, Change::Killed { signal: 2, .. }));
}

/// The one line that a shell writes about a job, without its padding.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// S3
#[test]
fn s3_a_job_is_stopped_listed_continued_and_interrupted() {
    let run = Gated::shell("echo begin; while read -r line; do echo \"got $line\"; done");
    let mut shell = Terminal::shell(&[&run]);
    let before = shell.settings();
    for _ in 0..2 {
        shell.send("(GATE_TEST_ROLE=$role1 exec $this)\r");
        shell.wait_for("\r\nbegin");
        shell.wait_for_settings(is_raw);
        shell.send("one\r");
        shell.wait_for("got one");
        shell.send("\u{1a}");
        shell.wait_for("Stopped");
        shell.wait_for("ready> ");
        shell.send("jobs\r");
        assert!(squeeze(&shell.wait_for("ready> ")).contains("[1]+ Stopped"), "the shell lists it");
        shell.send("fg\r");
        shell.wait_for_settings(is_raw);
        shell.send("two\r");
        shell.wait_for("got two");
        shell.send("\u{3}");
        shell.wait_for("ready> ");
        shell.send("echo status $?\r");
        shell.wait_for("status 130");
        shell.wait_for("ready> ");
    }
    shell.send("stty -a | cat\r");
    shell.wait_for("ready> ");
    assert_eq!(before.output_flags, shell.settings().output_flags);
}

/// S4
#[test]
fn s4_a_background_job_that_reads_is_stopped_as_often_as_it_is_continued_there() {
    let run = Gated::shell("exec 3</dev/tty; read line <&3; echo \"got $line\"");
    let mut shell = Terminal::shell(&[&run]);
    shell.send("(GATE_TEST_ROLE=$role1 exec $this) | cat\r");
    shell.wait_for_settings(|settings| !settings.local_flags.contains(LocalFlags::ISIG));
    shell.send("\u{1a}");
    shell.wait_for("ready> ");
    for _ in 0..2 {
        shell.send("bg >/dev/null; until jobs | grep -q Stopped; do :; done; echo waited\r");
        shell.wait_for("\r\nwaited");
        shell.wait_for("ready> ");
    }
    shell.send("fg\r");
    shell.wait_for_settings(|settings| !settings.local_flags.contains(LocalFlags::ISIG));
    shell.send("hello\r");
    shell.wait_for("got hello");
    shell.wait_for("ready> ");
}

/// F4
#[test]
fn f4_in_a_pipeline_the_terminal_is_left_alone_until_the_command_reads_keys() {
    let quiet = Gated::shell("echo one; echo two >&2; stty -a </dev/tty >/dev/null; sleep 0.1");
    let reader = Gated::shell("read line; echo \"got $line\"");
    let mut shell = Terminal::shell(&[&quiet, &reader]);
    shell.send("(GATE_TEST_ROLE=$role1 exec $this) | { read line; stty -a </dev/tty; echo end $line; }\r");
    let shown = shell.wait_for("end one");
    assert!(!shown.contains("-icanon") && !shown.contains("-opost"), "{shown}");
    shell.wait_for("ready> ");
    shell.send("(GATE_TEST_ROLE=$role2 exec $this) | { read line; echo end $line; }\r");
    shell.wait_for_settings(|settings| !settings.local_flags.contains(LocalFlags::ISIG));
    assert!(shell.settings().output_flags.contains(OutputFlags::OPOST));
    shell.send("keys\r");
    shell.wait_for("end got keys");
}

/// S5
#[test]
fn s5_a_new_size_reaches_the_command_once_and_is_recorded_once() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("events");
    let text = "trap 'stty size; exit' WINCH; echo begin; while :; do sleep 0.01; done";
    let mut terminal = Terminal::gate(&Gated::shell(text).record(&record));
    terminal.wait_for("begin");
    terminal.resize(40, 120);
    let (_, screen) = terminal.wait();
    assert!(screen.contains("40 120"), "{screen}");
    let events = std::fs::read_to_string(&record).unwrap();
    assert_eq!(events.matches("Resize").count(), 1, "{events}");
    assert!(events.contains("Resize { columns: 120, rows: 40 }"), "{events}");
}

/// S6
#[test]
fn s6_a_closed_terminal_ends_the_command_and_gate() {
    let mut terminal = Terminal::gate(&Gated::program("/usr/bin/tail", &["tail", "-f", "/dev/null"]));
    terminal.wait_for_settings(is_raw);
    let end = gate::sys::process::watch(terminal.pid).unwrap();
    let pid = terminal.close();
    let mut ready = [nix::poll::PollFd::new(std::os::fd::AsFd::as_fd(&end), nix::poll::PollFlags::POLLIN)];
    assert_eq!(nix::poll::poll(&mut ready, 5000u16).unwrap(), 1, "gate outlives its terminal");
    assert!(matches!(gate::sys::process::changed(pid).unwrap(), Some(Change::Killed { signal: 1, .. })));
}

/// F8
#[test]
fn f8_an_orphan_that_left_the_session_does_not_hold_gate() {
    let begin = std::time::Instant::now();
    let (ended, _) = Terminal::gate(&Gated::shell("setsid sleep 5 & exit 3")).wait();
    assert_eq!(ended, Change::Exited(3));
    assert!(begin.elapsed() < std::time::Duration::from_secs(4));
}

/// F10, I7
#[test]
fn f10_the_terminal_is_as_it_was_however_the_run_ends() {
    let spoiled = "stty raw -echo; echo begin; ";
    for (text, signal) in [
        ("true", None),
        ("stty raw -echo; kill -9 $$", None),
        (spoiled, Some(Signal::SIGTERM)),
        (spoiled, Some(Signal::SIGHUP)),
        (spoiled, Some(Signal::SIGXCPU)),
        (spoiled, Some(Signal::SIGABRT)),
    ] {
        let text = if signal.is_some() { format!("{text} sleep 60") } else { text.to_owned() };
        let before = Terminal::start("/bin/true", &["true"], &[]).settings();
        let mut terminal = Terminal::gate(&Gated::shell(&text));
        if let Some(signal) = signal {
            terminal.wait_for("begin");
            terminal.wait_for_settings(is_raw);
            terminal.signal(signal);
        }
        terminal.wait();
        let after = terminal.settings();
        assert_eq!(before.local_flags, after.local_flags, "{text} {signal:?}");
        assert_eq!(before.input_flags, after.input_flags, "{text} {signal:?}");
        assert_eq!(before.output_flags, after.output_flags, "{text} {signal:?}");
    }
}

/// F10, I7
#[test]
fn f10_the_terminal_is_as_it_was_after_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("events");
    let before = Terminal::start("/bin/true", &["true"], &[]).settings();
    for (trouble, ended) in
        [(Trouble::Panics, Change::Exited(101)), (Trouble::PanicsInThread, Change::Exited(0))]
    {
        let run = Gated::shell("read line; echo \"got $line\"").record(&record).trouble(trouble);
        let mut terminal = Terminal::gate(&run);
        terminal.wait_for_settings(is_raw);
        terminal.send("x\r");
        let (change, screen) = terminal.wait();
        assert_eq!(change, ended, "{screen}");
        assert!(screen.contains("panicked at"), "{screen}");
        let after = terminal.settings();
        assert_eq!(before.local_flags, after.local_flags, "{trouble:?}");
        assert_eq!(before.input_flags, after.input_flags, "{trouble:?}");
        assert_eq!(before.output_flags, after.output_flags, "{trouble:?}");
    }
}

/// F1
#[test]
fn f1_a_program_that_passes_a_terminal_on_copies_the_usual_settings() {
    let text = "stty -a; script -qc \"printf 'a\\nb\\n'; stty -a\" /dev/null; stty sane; echo end";
    let without = Terminal::start("/bin/sh", &["sh", "-c", text], &[]).wait().1;
    assert!(without.contains("a\r\nb\r\n") && without.ends_with("end\r\n"), "{without}");
    assert_eq!(Terminal::gate(&Gated::shell(text)).wait().1, without);
    assert_eq!(Terminal::gate(&Gated::shell(text).pty()).wait().1, without);
}

/// F11
#[test]
fn f11_nothing_is_asked_of_the_terminal_and_nothing_is_written_to_it_but_the_output() {
    for run in [Gated::shell("printf x"), Gated::shell("printf x").pty()] {
        assert_eq!(Terminal::gate(&run).wait().1, "x");
    }
}

/// F11
#[test]
fn f11_gate_runs_behind_gate() {
    let inner = Gated::shell("tty; stty size; read line; echo \"got $line\"");
    let this = std::env::current_exe().unwrap();
    let role = inner.role().1;
    let text = format!("GATE_TEST_ROLE='{}' exec {}", role.to_str().unwrap(), this.to_str().unwrap());
    let outer = Gated::nested(&text);
    let mut terminal = Terminal::gate(&outer);
    terminal.wait_for("30 100");
    terminal.send("hello\r");
    terminal.wait_for("got hello\r\n");
    assert_eq!(terminal.wait().0, Change::Exited(0));
}

/// P1
#[test]
fn input_is_reported_only_while_the_terminal_echoes() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("events");
    let text = "read name; stty -echo; echo password; read secret; stty echo; echo end";
    let mut terminal = Terminal::gate(&Gated::shell(text).record(&record));
    terminal.wait_for_settings(is_raw);
    terminal.send("alice\r");
    terminal.wait_for("password");
    terminal.send("hunter2\r");
    terminal.wait_for("end");
    terminal.wait();
    let events = std::fs::read_to_string(&record).unwrap();
    assert!(events.contains("Input alice"), "{events}");
    assert!(!events.contains("hunter2"), "{events}");
}
