//! Signals, dispositions and descriptors: the command gets what it would get without gate (E1, S1, S2, S8, R4).

use std::os::unix::process::CommandExt as _;
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::gated::{Gated, Trouble};

fn start(gated: &Gated) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = gated.command();
    command.stdout(Stdio::piped());
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

/// E1
#[test]
fn e1_the_caller_sees_that_a_signal_killed_the_command() {
    for signal in [1, 2, 3, 6, 9, 11, 13, 15, 24, 34, 64] {
        let (mut child, _) = start(&Gated::shell(&format!("kill -{signal} $$")));
        let status = child.wait().unwrap();
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal), false), "{signal}");
    }
}

/// E3, E2
#[test]
fn e2_the_exit_codes_of_a_command_that_did_not_start_reach_the_caller() {
    for (file, code) in [("/nonexistent", 127), ("/etc/passwd", 126), ("/etc", 126)] {
        for gated in [Gated::program(file, &["x"]), Gated::program(file, &["x"]).replace()] {
            assert_eq!(start(&gated).0.wait().unwrap().code(), Some(code), "{file}");
        }
    }
}

/// S1
#[test]
fn s1_signals_are_passed_on_with_their_own_number() {
    for signal in [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGALRM,
    ] {
        let number = signal as i32;
        let text =
            format!("trap 'echo got {number}; exit 7' {number}; echo ready; while :; do sleep 0.01; done");
        let (mut child, mut output) = start(&Gated::shell(&text));
        assert_eq!(line(&mut output), "ready");
        kill(pid(&child), signal).unwrap();
        assert_eq!(line(&mut output), format!("got {number}"));
        assert_eq!(child.wait().unwrap().code(), Some(7));
    }
}

/// S1
#[test]
fn s1_a_command_that_ignores_sigterm_goes_on_and_gate_waits_for_it() {
    let text = "trap '' TERM; echo ready; read -r line; echo \"got $line\"; exit 4";
    for gated in [Gated::shell(text), Gated::shell(text).pty()] {
        let mut command = gated.command();
        #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        assert_eq!(line(&mut output), "ready");
        kill(pid(&child), Signal::SIGTERM).unwrap();
        kill(pid(&child), Signal::SIGTERM).unwrap();
        child.stdin.take().unwrap().write_all(b"on\n").unwrap();
        assert_eq!(line(&mut output), "got on");
        assert_eq!(child.wait().unwrap().code(), Some(4));
    }
}

/// S7
#[test]
fn s7_a_command_on_a_pty_is_hung_up_when_gate_is_killed() {
    let (mut child, mut output) = start(&Gated::shell("echo $$; exec sleep 60").pty());
    let command = Pid::from_raw(line(&mut output).parse().unwrap());
    let end = gate::sys::process::watch(command).unwrap();
    kill(pid(&child), Signal::SIGKILL).unwrap();
    child.wait().unwrap();
    let mut ready = [nix::poll::PollFd::new(std::os::fd::AsFd::as_fd(&end), nix::poll::PollFlags::POLLIN)];
    assert_eq!(nix::poll::poll(&mut ready, 10_000u16).unwrap(), 1, "the command outlives gate");
}

/// S1
#[test]
fn s1_a_signal_that_the_command_sends_to_gate_does_not_come_back() {
    let text = "trap 'echo came back' USR1; kill -USR1 $PPID; sleep 0.2; echo end";
    let (mut child, mut output) = start(&Gated::shell(text));
    assert_eq!(line(&mut output), "end");
    assert!(child.wait().unwrap().success());
}

/// S1, S3
#[test]
fn s1_stop_and_continue_reach_the_command() {
    let mut command = Gated::shell("echo $$; read line; echo \"got $line\"").command();
    // gate stops its whole process group with the command; the test must not be in it.
    command.process_group(0);
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let command: i32 = line(&mut output).parse().unwrap();
    let gate = pid(&child).as_raw();
    let state = |pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().chars().next().unwrap()
    };
    kill(pid(&child), Signal::SIGTSTP).unwrap();
    let begin = Instant::now();
    while state(command) != 'T' || state(gate) != 'T' {
        assert!(begin.elapsed() < Duration::from_secs(10), "not stopped");
        std::thread::yield_now();
    }
    kill(pid(&child), Signal::SIGCONT).unwrap();
    child.stdin.take().unwrap().write_all(b"on\n").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "got on\n");
    assert!(child.wait().unwrap().success());
}

/// S2
#[test]
fn s2_no_signal_is_ever_sent_to_all_to_the_own_group_or_to_init() {
    for number in [i32::MIN, -2, -1, 0, 1] {
        let target = Pid::from_raw(number);
        assert!(gate::sys::signal::send(target, Signal::SIGCONT).is_err(), "{number}");
        assert!(gate::sys::signal::send_group(target, Signal::SIGCONT).is_err(), "{number}");
    }
}

/// What a shell says of the dispositions and descriptors that it was started with; with built-ins only, because a
/// shell blocks signals while it starts a program.
const STATE: &str = "while read -r name value; do case $name in SigBlk:|SigIgn:) echo $name $value;; esac; done \
                     </proc/$$/status; for fd in 0 1 2; do test -e /proc/$$/fd/$fd && echo $fd open; done; :";

/// The same state seen through gate, and without it, each started by a shell with `prepare`.
fn with_and_without(prepare: &str, gated: &Gated) -> (String, String) {
    let this = std::env::current_exe().unwrap();
    let (name, role) = gated.role();
    let run = |text: &str| {
        let mut command = std::process::Command::new("/bin/bash");
        command
            .arg("-c")
            .arg(format!("{prepare} {text}"))
            .env("STATE", STATE)
            .env(name, &role)
            .env("THIS", &this);
        if !text.contains("THIS") {
            command.env_remove(name);
        }
        #[expect(clippy::disallowed_methods, reason = "the test compares with a run without gate")]
        let output = command.stdin(Stdio::null()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    (run("exec \"$THIS\""), run("exec /bin/sh -c \"$STATE\""))
}

/// S8
#[test]
fn s8_dispositions_and_closed_descriptors_are_those_that_the_caller_gave() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("events");
    for prepare in
        ["", "trap '' PIPE;", "trap '' HUP INT;", "exec 0<&-;", "exec 2>&-;", "exec 0<&- 2>&-; trap '' PIPE;"]
    {
        for gated in [Gated::shell(STATE).replace(), Gated::shell(STATE), Gated::shell(STATE).record(&record)]
        {
            let (with, without) = with_and_without(prepare, &gated);
            assert_eq!(with, without, "{prepare}");
            assert!(with.contains("1 open"), "{with}");
        }
    }
}

/// S8
#[test]
fn s8_a_hang_up_that_the_caller_ignores_is_ignored_by_gate_and_by_the_command() {
    let gated = Gated::shell("echo ready; read line; echo end");
    let this = std::env::current_exe().unwrap();
    let (name, role) = gated.role();
    let mut command = std::process::Command::new("/bin/bash");
    command.args(["-c", "trap '' HUP; exec \"$0\""]).arg(this).env(name, role);
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(line(&mut output), "ready");
    kill(pid(&child), Signal::SIGHUP).unwrap();
    drop(child.stdin.take());
    assert_eq!(line(&mut output), "end");
    assert!(child.wait().unwrap().success());
}

/// R4
#[test]
fn r4_a_strict_recording_that_fails_ends_the_command_even_if_it_ignores_signals() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("events");
    for (text, pty) in [
        ("echo begin; exec sleep 60", false),
        ("trap '' TERM HUP PIPE; echo begin; while :; do sleep 1; done", false),
        ("trap '' TERM HUP PIPE; echo begin; while :; do sleep 1; done", true),
        ("yes & trap '' TERM; wait", false),
    ] {
        let gated = Gated::shell(text).record(&record).trouble(Trouble::Fails);
        let gated = if pty { gated.pty() } else { gated };
        let begin = Instant::now();
        let (mut child, mut output) = start(&gated);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(125), "{text}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{text}: {:?}", begin.elapsed());
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap();
    }
}

/// F6, T17
#[test]
fn f6_memory_stays_the_same_however_much_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let record = directory.path().join("events");
    let peak = |megabytes: u32| {
        let text = format!("head -c {megabytes}M /dev/zero; grep VmHWM /proc/$PPID/status >&2");
        let mut command = Gated::shell(&text).record(&record).command();
        #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(child.wait().unwrap().success());
        text.split_whitespace().nth(1).unwrap().parse::<u32>().unwrap()
    };
    let (small, large) = (peak(2), peak(24));
    assert!(large < small + 1024, "{small} KiB, {large} KiB");
}
