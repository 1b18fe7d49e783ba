//! What nobody should hand to gate, and somebody will: every case ends at once, with its own status, and runs nothing that
//! was not decided.

use std::{
    ffi::OsString,
    fs,
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::PermissionsExt as _,
    },
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};

use crate::support::house::{Done, House, finished};

fn approved(house: &House, words: &[&str]) -> Done {
    let waiting = house.ask(words);
    let told = house.run(&["approve", &waiting.id, "--yes"]);
    assert_eq!(told.status, Some(0), "{}", told.stderr());
    waiting.end()
}

#[test]
fn an_unknown_program_is_asked_first_and_127_only_then() {
    let unattended = House::unattended();
    for words in [&["--", "no-such-program", "x"][..], &["-c", "no-such-program x"]] {
        let done = unattended.run(words);
        assert_eq!(done.status, Some(126), "{words:?}");
        assert!(done.stderr().starts_with("gate: denied: it needs an approval"), "{}", done.stderr());
    }
    let house = House::attended();
    let done = approved(&house, &["--", "no-such-program", "x"]);
    assert_eq!(
        (done.status, done.stderr()),
        (Some(127), "gate: no-such-program: there is no such program\n".into())
    );
    let done = approved(&house, &["-c", "no-such-program x"]);
    assert_eq!(done.status, Some(127));
    assert!(done.stderr().ends_with("no-such-program: command not found\n"), "{}", done.stderr());
    let log = house.run(&["log", "--json"]).stdout();
    assert_eq!(log.matches("\"event\":\"exit\",\"code\":127").count(), 2, "{log}");
}

#[test]
fn a_file_that_is_no_program_says_what_to_do() {
    let house = House::attended();
    let script = house.write("home/project/job", "touch canary\n");
    let done = approved(&house, &["--", "./job"]);
    let told = "gate: ./job cannot be executed: it is not marked as executable\n\
                gate: hint: nothing ran; make it executable (chmod +x ./job), or name its interpreter in front of it\n";
    assert_eq!((done.status, done.stderr()), (Some(126), told.to_owned()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let done = approved(&house, &["--", "./job"]);
    let told = "gate: ./job cannot be executed: it has no `#!` line that names its interpreter\n\
                gate: hint: nothing ran; give it a first line such as `#!/bin/sh`, or run it by `gate -c ./job`\n";
    assert_eq!((done.status, done.stderr()), (Some(126), told.to_owned()));
    assert!(!house.has("canary"));
    assert_eq!(approved(&house, &["-c", "./job"]).status, Some(0), "the hint is true");
    assert!(house.has("canary"));
    fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let done = approved(&house, &["--", "./job"]);
    let told = "gate: ./job cannot be executed: the program that is to interpret it is not there\n";
    assert_eq!((done.status, done.stderr()), (Some(127), told.to_owned()));
    let done = approved(&house, &["--", "/usr"]);
    assert_eq!(done.status, Some(126));
    assert!(
        done.stderr().starts_with("gate: /usr cannot be executed: it is a directory\n"),
        "{}",
        done.stderr()
    );
}

#[test]
fn where_the_state_cannot_be_written_nothing_runs() {
    let house = House::unattended();
    house.write("home/.local/state", "a file\n");
    let blocked = house.run(&["-c", "echo canary"]);
    let mut command = house.command(&["-c", "echo canary"]);
    command.env("XDG_STATE_HOME", "/proc");
    for done in [blocked, finished(command)] {
        assert_eq!((done.status, done.stdout()), (Some(125), String::new()));
        assert!(
            done.stderr().starts_with("gate: nothing was run: the audit log cannot be written: "),
            "{}",
            done.stderr()
        );
        assert_eq!(done.stderr().lines().count(), 1, "{}", done.stderr());
    }
}

/// Runs gate with a state directory on a file system of 1 MiB with so many bytes left.
fn on_a_full_disk(house: &House, left: usize, words: &[&str]) -> Done {
    let script = "mount -t tmpfs -o size=1m,mode=700 none \"$STATE\" || exit 99\n\
                  cat /dev/zero > \"$STATE/zero\" 2>/dev/null\n\
                  truncate -s \"-$LEFT\" \"$STATE/zero\"\nunset LEFT STATE\nexec \"$0\" \"$@\"";
    fs::create_dir_all(house.state()).unwrap();
    fs::set_permissions(house.state(), fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_gate"))
        .args(words)
        .current_dir(house.path("home/project"))
        .env_clear()
        .env("HOME", house.path("home"))
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("STATE", house.state())
        .env("LEFT", left.to_string())
        .stdin(Stdio::null());
    finished(command)
}

#[test]
fn where_the_disk_is_full_nothing_runs() {
    let house = House::with("[approver]\nterminal = \"never\"\nsocket = false\n[record]\nmode = \"none\"\n");
    let done = on_a_full_disk(&house, 512 << 10, &["-c", "echo works"]);
    assert_eq!((done.status, done.stdout()), (Some(0), "works\n".to_owned()), "{}", done.stderr());
    for words in [&["-c", "echo canary"][..], &["-c", "echo canary; true"], &["--", "echo", "canary"]] {
        let done = on_a_full_disk(&house, 0, words);
        assert_eq!((done.status, done.stdout()), (Some(125), String::new()), "{}", done.stderr());
        assert!(done.stderr().contains("No space left on device"), "{}", done.stderr());
        assert!(done.stderr().starts_with("gate: "), "{}", done.stderr());
    }
}

/// gate, started with the usual signal dispositions and limits that a shell sets before.
fn limited(house: &House, limit: &str, words: &[&str]) -> Command {
    let mut command = Command::new("env");
    command
        .args(["--default-signal", "bash", "-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")])
        .args(words);
    house.settle(command)
}

#[test]
fn where_files_may_not_grow_nothing_runs_and_it_is_said() {
    let house = House::unattended();
    let gate = env!("CARGO_BIN_EXE_gate");
    assert_eq!(house.run(&["-c", "echo works"]).stdout(), "works\n");
    for text in ["echo canary", "echo canary; true"] {
        let done = finished(limited(&house, "-f 0", &[gate, "-c", text]));
        assert_eq!((done.status, done.stdout()), (Some(125), String::new()), "{done:?}");
        assert!(done.stderr().contains("the audit log cannot be written"), "{}", done.stderr());
    }
}

#[test]
fn the_command_gets_the_dispositions_that_its_caller_had() {
    let house = House::attended();
    let gate = env!("CARGO_BIN_EXE_gate");
    let ignored = "grep SigIgn /proc/self/status";
    // The C library keeps signals 32 and 33 to itself.
    let named = |done: &Done| {
        let shown = done.stdout();
        let digits = shown.trim().rsplit('\t').next().unwrap();
        u64::from_str_radix(digits, 16).unwrap() & 0x7fff_ffff
    };
    let theirs = named(&finished(limited(&house, "-c 0", &["bash", "-c", ignored])));
    for option in ["--no-record", "--pty"] {
        for text in [ignored.to_owned(), format!("{ignored}; true")] {
            let waiting = house.ask_with(limited(&house, "-c 0", &[gate, option, "-c", &text]));
            assert_eq!(house.run(&["approve", &waiting.id, "--yes"]).status, Some(0));
            assert_eq!(named(&waiting.end()), theirs, "{option} {text}");
        }
    }
}

#[test]
fn with_few_descriptors_it_runs_whole_or_says_why_not() {
    let house = House::unattended();
    let gate = env!("CARGO_BIN_EXE_gate");
    assert_eq!(house.run(&["-c", "echo works"]).stdout(), "works\n");
    for count in 4..16 {
        let done = finished(limited(&house, &format!("-n {count}"), &[gate, "-c", "echo works; true"]));
        match done.status {
            Some(0) => assert_eq!(done.stdout(), "works\n", "{count}"),
            status => assert_eq!(
                (status, done.stderr().contains("Too many open files")),
                (Some(125), true),
                "{count}: {done:?}"
            ),
        }
    }
    assert_eq!(house.run(&["log", "--verify"]).status, Some(0));
}

/// The commands that a shell runs with some of its descriptors 0 to 2 closed, once by gate and once by bash.
fn with_closed(house: &House, closed: u8, program: &Path, text: &str) -> Done {
    let closing: String = (0..3).filter(|fd| closed & (1 << fd) != 0).map(|fd| format!(" {fd}>&-")).collect();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!("exec \"$0\" -c \"$1\"{closing}")])
        .arg(program)
        .arg(text)
        .current_dir(house.path("home/project"))
        .env_clear()
        .env("HOME", house.path("home"))
        .env("PATH", "/usr/bin:/bin");
    finished(command)
}

#[test]
fn closed_descriptors_change_nothing_in_any_combination() {
    let house = House::unattended();
    let gate = Path::new(env!("CARGO_BIN_EXE_gate"));
    for closed in 0..8 {
        for text in [
            "echo out; ls /proc/self/fd/0 /nowhere; cat",
            "echo out",
            "echo err >&2; exit 7",
            "true < /dev/null",
        ] {
            let (ours, theirs) = (
                with_closed(&house, closed, gate, text),
                with_closed(&house, closed, Path::new("/bin/bash"), text),
            );
            assert_eq!(
                (ours.status, &ours.stdout),
                (theirs.status, &theirs.stdout),
                "{closed:03b} {text}: {ours:?} {theirs:?}"
            );
        }
        let refused = with_closed(&house, closed, gate, "cat ~/.ssh/id_rsa; touch canary");
        assert_eq!((refused.status, refused.stdout()), (Some(126), String::new()), "{closed:03b}");
        let broken = with_closed(&house, closed, gate, "touch canary; ls 'open");
        assert_eq!(broken.status, Some(126), "{closed:03b}");
    }
    assert!(!house.has("canary"));
}

#[test]
fn a_standard_error_that_takes_nothing_changes_no_status() {
    let house = House::unattended();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for (words, status) in [
        (&["-c", "touch canary; rm -rf ."][..], 126),
        (&["--nonsense"], 125),
        (&["-c", "exit 7"], 7),
        (&["pending"], 0),
        (&["deny", "zzzzzz"], 125),
    ] {
        let mut full = house.command(words);
        full.stdout(Stdio::null()).stderr(fs::File::options().write(true).open("/dev/full").unwrap());
        let mut closed = house.command(words);
        closed.stdout(Stdio::null()).stderr(writer.try_clone().unwrap());
        for mut command in [full, closed] {
            #[expect(clippy::disallowed_methods, reason = "the test starts gate, not a gated command")]
            let ended = command.status().unwrap();
            assert_eq!(ended.code(), Some(status), "{words:?}");
        }
    }
    assert!(!house.has("canary"));
}

#[test]
fn without_a_terminal_of_its_own_nobody_is_asked_there() {
    let house = House::with("[approver]\nterminal = \"always\"\nsocket = false\n");
    let mut command = Command::new("setsid");
    command
        .args(["--wait", env!("CARGO_BIN_EXE_gate"), "-c", "touch canary; cat ~/.ssh/id_rsa"])
        .current_dir(house.path("home/project"))
        .env_clear()
        .env("HOME", house.path("home"))
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    let done = finished(command);
    assert_eq!(done.status, Some(126), "{}", done.stderr());
    assert!(done.stderr().contains("gate: hint: set approver.socket = true"), "{}", done.stderr());
    assert!(!house.has("canary"));
}

#[test]
fn a_command_line_of_64_kib_runs_whole() {
    let house = House::unattended();
    let word = "x".repeat(64 << 10);
    for words in
        [&["-c", &format!("echo {word}")][..], &["-c", &format!("echo {word}; true")], &["--", "echo", &word]]
    {
        let done = house.run(words);
        assert_eq!((done.status, done.stdout.len()), (Some(0), (64 << 10) + 1), "{}", done.stderr());
    }
    let refused = house.run(&["-c", &format!("echo {word}; touch canary; rm -rf .")]);
    assert_eq!(refused.status, Some(126));
    assert!(refused.stderr().len() < 4096, "a refusal is no flood: {} bytes", refused.stderr().len());
    assert!(!house.has("canary"));
}

#[test]
fn a_hundred_thousand_arguments_are_decided_in_bounded_time() {
    let house = House::unattended();
    let words = |program: &[&str], count: usize| -> Vec<String> {
        program
            .iter()
            .map(|word| (*word).to_owned())
            .chain((0..count).map(|number| number.to_string()))
            .collect()
    };
    let begin = Instant::now();
    let all = words(&["--", "echo"], 15_000);
    let done = house.run(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((done.status, done.stdout.len()), (Some(0), 78_890), "{}", done.stderr());
    let all = words(&["check", "--", "echo"], 100_000);
    let asked = house.run(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(asked.status, Some(3), "more than anybody reads is a question: {}", asked.stderr());
    let text = format!("echo {}", "1 ".repeat(60_000));
    assert_eq!(house.run(&["-c", &text]).stdout.len(), 120_000);
    let all = words(&["check", "--", "rm"], 3_000);
    let explained = house.run(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(explained.status, Some(3), "{}", explained.stderr());
    assert!(explained.stdout().contains("/2999"), "every one is there");
    let all = words(&["--", "rm"], 10_000);
    let refused = house.run(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(refused.status, Some(126));
    assert!(refused.stderr().len() < 4096, "a refusal is no flood: {} bytes", refused.stderr().len());
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

#[test]
fn bytes_that_are_no_text_pass_unchanged_or_are_asked() {
    let house = House::unattended();
    let run = |words: &[&[u8]], cwd: &Path| {
        let mut command = house.command(&[]);
        command.args(words.iter().map(|word| OsString::from_vec(word.to_vec()))).current_dir(cwd);
        command.env("BYTES", std::ffi::OsStr::from_bytes(b"\xff\x80"));
        finished(command)
    };
    let project = house.path("home/project");
    assert_eq!(run(&[b"--", b"echo", b"a\xff\xfe"], &project).stdout, b"a\xff\xfe\n");
    assert_eq!(run(&[b"-c", b"printenv BYTES"], &project).stdout, b"\xff\x80\n");
    let text = run(&[b"-c", b"touch canary; echo \xff"], &project);
    assert_eq!(text.status, Some(126));
    assert!(text.stderr().contains("not understood: the text is not UTF-8"), "{}", text.stderr());
    assert!(text.stderr().contains("echo \\xff"), "{}", text.stderr());
    let strange = project.join(std::ffi::OsStr::from_bytes(b"d\xff\n"));
    fs::create_dir(&strange).unwrap();
    let mut expected = strange.as_os_str().as_bytes().to_vec();
    expected.push(b'\n');
    assert_eq!(run(&[b"-c", b"pwd"], &strange).stdout, expected);
    assert_eq!(run(&[b"\xff"], &project).status, Some(125));
    assert_eq!(run(&[b"--agent", b"\xff", b"-c", b"touch canary"], &project).status, Some(125));
    assert!(!house.has("canary"));
    assert_eq!(house.run(&["log", "--verify"]).status, Some(0));
    assert!(house.run(&["log", "--json"]).stdout().contains("\"cwd\":{\"hex\":\""));
}

#[test]
fn a_working_directory_that_is_gone_runs_nothing() {
    let house = House::unattended();
    let gone = house.path("home/project/gone");
    fs::create_dir(&gone).unwrap();
    let script = "rmdir ../gone && exec \"$0\" -c 'touch /tmp/canary'";
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_gate")])
        .current_dir(&gone)
        .env("HOME", house.path("home"));
    let done = finished(command);
    assert_eq!(done.status, Some(125), "{}", done.stderr());
    assert!(
        done.stderr().starts_with("gate: nothing was run: the working directory cannot be named"),
        "{}",
        done.stderr()
    );
}

#[test]
fn a_command_that_ignores_sigterm_keeps_its_caller_waiting_and_its_status() {
    let house = House::attended();
    let text = "trap '' TERM; touch ready; while ! test -e go; do sleep 0.05; done; echo survived; exit 9";
    let waiting = house.ask(&["-c", text]);
    assert_eq!(house.run(&["approve", &waiting.id, "--yes"]).status, Some(0));
    let begin = Instant::now();
    while !house.has("ready") {
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    kill(waiting.pid(), Signal::SIGTERM).unwrap();
    house.write("home/project/go", "");
    let done = waiting.end();
    assert_eq!((done.status, done.stdout()), (Some(9), "survived\n".to_owned()), "{}", done.stderr());
}
