//! Without a terminal: streams stay separate and byte-exact, and end when they should (F2, F5–F9, F12, F13).

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Write},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use crate::support::{
    gated::Gated,
    house::{House, finished},
};

#[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
fn output(gated: &Gated) -> Output {
    gated.command().output().unwrap()
}

fn recording() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events");
    (directory, path)
}

/// F2
#[test]
fn f2_outputs_stay_separate_and_byte_exact() {
    let (_directory, path) = recording();
    let output = output(&Gated::shell("printf 'a\\nb'; printf 'c\\r\\nd\\377\\000' >&2").record(&path));
    assert_eq!(output.stdout, b"a\nb");
    assert_eq!(output.stderr, b"c\r\nd\xff\0");
    assert!(output.status.success());
    let events = std::fs::read_to_string(&path).unwrap();
    assert!(events.contains("Output a\\nb\n"), "{events}");
    assert!(events.contains("Error c\\r\\nd\\xff\\x00\n"), "{events}");
    assert!(events.ends_with("End(Exited(0))\n"), "{events}");
}

/// F2
#[test]
fn f2_twenty_megabytes_of_noise_pass_unchanged_and_are_recorded_whole() {
    let (directory, path) = recording();
    let noise = directory.path().join("noise");
    std::io::copy(
        &mut File::open("/dev/urandom").unwrap().take(20 << 20),
        &mut File::create(&noise).unwrap(),
    )
    .unwrap();
    let output = output(&Gated::program("/bin/cat", &["cat", noise.to_str().unwrap()]).record(&path));
    assert!(output.stdout == std::fs::read(&noise).unwrap());
}

/// F2
#[test]
fn f2_one_pipe_for_both_outputs_keeps_their_order() {
    let (_directory, path) = recording();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let gated = Gated::shell("for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done").record(&path);
    let mut command = gated.command();
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(text, (1..=5).map(|i| format!("out{i}\nerr{i}\n")).collect::<String>());
}

/// F2
#[test]
fn f2_files_are_inherited_so_that_positions_and_append_work() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    std::fs::write(&path, "before\n").unwrap();
    let (_directory, record) = recording();
    let gated = Gated::shell("echo after; readlink /proc/self/fd/1").record(&record);
    let mut command = gated.command();
    command.stdout(File::options().append(true).open(&path).unwrap());
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let output = command.output().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("before\nafter\n{}\n", path.display()));
    assert_eq!(output.stderr, b"");
}

/// F5
#[test]
fn f5_end_of_input_is_passed_on_and_no_input_is_read_by_gate() {
    let (_directory, record) = recording();
    let gated = Gated::shell("head -c 3 >/dev/null; wc -c").record(&record);
    let mut command = gated.command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a\nbc").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "1");
}

fn yes() -> Gated {
    Gated::program("/usr/bin/yes", &["yes"])
}

/// F6
#[test]
fn f6_a_reader_that_leaves_ends_the_command() {
    let (_directory, record) = recording();
    for gated in [yes(), yes().record(&record)] {
        let mut command = gated.command();
        command.stdout(Stdio::piped());
        #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
        let mut child = command.spawn().unwrap();
        let mut reader = child.stdout.take().unwrap();
        let mut first = [0; 2];
        reader.read_exact(&mut first).unwrap();
        drop(reader);
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(nix::libc::SIGPIPE));
    }
}

/// F6
#[test]
fn f6_a_slow_reader_gets_everything_after_the_command_ended() {
    let (_directory, record) = recording();
    let gated = Gated::shell("head -c 300000 /dev/zero; kill -9 $$").record(&record);
    let mut command = gated.command();
    command.stdout(Stdio::piped());
    #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
    let mut child = command.spawn().unwrap();
    let end = gate::sys::process::watch(nix::unistd::Pid::from_raw(child.id() as i32)).unwrap();
    let mut ready = [nix::poll::PollFd::new(std::os::fd::AsFd::as_fd(&end), nix::poll::PollFlags::POLLIN)];
    let ended = nix::poll::poll(&mut ready, 2500u16).unwrap();
    assert_eq!(ended, 0, "gate gave up although its reader has not read yet");
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 300_000);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(9));
}

/// F8
#[test]
fn f8_an_orphan_that_holds_the_pipe_does_not_hold_gate() {
    let (_directory, record) = recording();
    let begin = Instant::now();
    let output = output(&Gated::shell("sleep 30 & echo $!; exit 3").record(&record));
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert_eq!(output.status.code(), Some(3));
    kill(&output.stdout);
}

/// F8
#[test]
fn f8_an_orphan_that_never_stops_writing_does_not_hold_gate() {
    let (_directory, record) = recording();
    let begin = Instant::now();
    let output = output(&Gated::shell("echo begin; yes & exit 3").record(&record));
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.starts_with(b"begin\n"));
}

/// F8
#[test]
fn f8_a_command_that_closes_its_outputs_is_not_hung_up_and_may_still_write_to_its_terminal() {
    let (_directory, record) = recording();
    let text = "echo early; exec >&- 2>&-; sleep 0.1; echo late >/dev/tty; exit 3";
    for gated in [Gated::shell(text).pty(), Gated::shell(text).pty().record(&record)] {
        let output = output(&gated);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "early\r\nlate\r\n");
        assert_eq!(output.status.code(), Some(3), "{:?}", output.status);
    }
}

/// F8
#[test]
fn f8_an_orphan_that_holds_the_pty_does_not_hold_gate() {
    let (_directory, record) = recording();
    for (text, cap) in [("setsid sleep 4 & echo $!; exit 3", 2), ("echo 1; setsid yes & exit 3", 8)] {
        let begin = Instant::now();
        let output = output(&Gated::shell(text).pty().record(&record));
        assert!(begin.elapsed() < Duration::from_secs(cap), "{text}: {:?}", begin.elapsed());
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(output.stdout.first().is_some_and(u8::is_ascii_digit));
    }
}

/// F12
#[test]
fn f12_without_a_terminal_anywhere_everything_passes() {
    let (_directory, record) = recording();
    let text = "(: </dev/tty) 2>/dev/null || echo none; echo err >&2; exit 3";
    for gated in [Gated::shell(text), Gated::shell(text).record(&record), Gated::shell(text).replace()] {
        let (name, role) = gated.role();
        let mut command = std::process::Command::new("setsid");
        command.arg("--wait").arg(std::env::current_exe().unwrap()).env(name, role).stdin(Stdio::null());
        #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
        let output = command.output().expect("setsid (util-linux) is needed");
        assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"none\n"[..], &b"err\n"[..]));
        assert_eq!(output.status.code(), Some(3));
    }
}

/// F12
#[test]
fn f12_a_question_without_a_terminal_is_refused_and_does_not_wait() {
    let house = House::with("[approver]\nterminal = \"always\"\nsocket = false\n");
    let gate = house.command(&["-c", "touch made; cat ~/.ssh/id_rsa"]);
    let mut command = std::process::Command::new("setsid");
    command.args([OsStr::new("--wait"), gate.get_program()]).args(gate.get_args()).env_clear();
    command.current_dir(gate.get_current_dir().unwrap()).stdin(Stdio::null());
    command.envs(gate.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let begin = Instant::now();
    let done = finished(command);
    assert_eq!(done.status, Some(126), "{}", done.stderr());
    assert!(done.stderr().contains("gate: hint: "), "{}", done.stderr());
    assert!(begin.elapsed() < Duration::from_secs(10) && !house.has("made"));
}

/// F9
#[test]
fn f9_a_background_job_survives_without_a_pty() {
    let (_directory, record) = recording();
    let output = output(&Gated::shell("sleep 30 >/dev/null 2>&1 & echo $!").record(&record));
    assert!(output.status.success());
    kill(&output.stdout);
}

/// Kills a process that must be alive.
fn kill(pid: &[u8]) {
    let pid: i32 = std::str::from_utf8(pid).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// F13
#[test]
fn f13_the_command_has_the_descriptors_that_it_would_have_without_gate() {
    let (_directory, record) = recording();
    let list = "ls -1 /proc/self/fd";
    let without = {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", list]).stdin(Stdio::null());
        #[expect(clippy::disallowed_methods, reason = "the test compares with a run without gate")]
        command.output().unwrap()
    };
    for gated in [Gated::shell(list), Gated::shell(list).record(&record), Gated::shell(list).replace()] {
        assert_eq!(output(&gated).stdout, without.stdout);
    }
    let on_pty = String::from_utf8(output(&Gated::shell(list).pty()).stdout).unwrap().replace('\r', "");
    assert_eq!(on_pty.into_bytes(), without.stdout);
}
