//! Commands, terminals, and what goes past a command.

use std::{
    fs,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

use super::server::{Server, Way, in_every_way};
use crate::support::house::{Done, finished};

/// Bytes of every value, in no order that compresses.
pub(super) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| next()).collect()
}

/// Runs a command to its end with this standard input.
#[expect(clippy::disallowed_methods, reason = "the test starts a client, not a gated command")]
pub(super) fn fed(mut command: Command, input: &[u8]) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    Done { stdout: output.stdout, stderr: output.stderr, status: output.status.code() }
}

fn count(server: &Server, event: &str) -> usize {
    server.events().iter().filter(|line| line["event"] == event).count()
}

#[test]
fn a_command_runs_with_its_own_output_and_status_and_is_gated_once() {
    in_every_way(|server, way| {
        let done = server.run("printf 'a\\nb'; echo err >&2; exit 7");
        assert_eq!(
            (done.stdout(), done.stderr(), done.status),
            ("a\nb".into(), "err\n".into(), Some(7)),
            "{way:?}"
        );
        assert_eq!((count(server, "accept"), count(server, "reject")), (1, 0), "{way:?}");
    });
}

#[test]
fn bytes_pass_unchanged_in_both_directions() {
    in_every_way(|server, way| {
        let sent = bytes(3 << 20);
        let done = fed(server.ssh(&["-T"], &["cat"]), &sent);
        assert!(done.stdout == sent, "{way:?}: {} bytes came back, {}", done.stdout.len(), done.stderr());
        assert_eq!((done.stderr(), done.status), (String::new(), Some(0)), "{way:?}");
    });
}

#[test]
fn a_script_on_standard_input_is_a_session() {
    in_every_way(|server, way| {
        let script = |text: &[u8]| fed(server.ssh(&["-T"], &[]), text);
        let done = script(b"cd /usr\necho in $PWD\nexit 3\n");
        assert_eq!((done.stdout(), done.status), ("in /usr\n".into(), Some(3)), "{way:?}: {}", done.stderr());
        let done = script(b"touch made\n");
        assert_eq!((done.stdout(), done.status), (String::new(), Some(126)), "{way:?}: {}", done.stderr());
        assert!(!server.home("made").exists(), "{way:?}");
        let done = fed(server.ssh(&["-T"], &["bash"]), b"echo unseen\n");
        assert_eq!((done.stdout(), done.status), (String::new(), Some(126)), "{way:?}: {}", done.stderr());
    });
}

#[test]
fn a_login_at_a_terminal_is_a_session() {
    in_every_way(|server, way| {
        let done = fed(server.ssh(&["-tt"], &[]), b"cd /usr && echo \"in $PWD\"; exit 5\n");
        let shown = String::from_utf8_lossy(&done.stdout).into_owned();
        assert_eq!(done.status, Some(5), "{way:?}: {shown}");
        assert!(shown.contains("in /usr\r\n"), "{way:?}: {shown}");
    });
}

#[test]
fn a_terminal_is_there_where_the_client_wants_one() {
    in_every_way(|server, way| {
        let text = "test -t 0 && test -t 1 && echo terminal";
        let done = finished(server.ssh(&["-tt"], &[text]));
        assert_eq!(done.stdout(), "terminal\r\n", "{way:?} {}", done.stderr());
        assert_eq!(server.run(text).status, Some(1), "{way:?}");
    });
}

#[test]
fn what_is_denied_leaves_nothing_and_says_why() {
    in_every_way(|server, way| {
        let done = server.run("touch made; echo made");
        assert_eq!((done.stdout(), done.status), (String::new(), Some(126)), "{way:?}");
        assert!(done.stderr().contains("never here (deny, rule never)"), "{way:?}: {}", done.stderr());
        assert!(!server.home("made").exists());
        assert_eq!((count(server, "accept"), count(server, "reject")), (0, 1), "{way:?}");
    });
}

#[test]
fn the_clients_variables_choose_no_way_around() {
    in_every_way(|server, way| {
        for name in ["SSH_ORIGINAL_COMMAND", "LC_ALL", "LANG", "BASH_ENV", "GATE"] {
            let mut command = server.ssh(&["-o", &format!("SendEnv={name}")], &["touch made"]);
            command.env(name, "true");
            assert_eq!(finished(command).status, Some(126), "{way:?} {name}");
        }
        assert!(!server.home("made").exists());
    });
}

#[test]
fn startup_files_of_account_and_sshd_are_not_run() {
    in_every_way(|server, way| {
        for file in
            [".ssh/rc", ".bashrc", ".profile", ".bash_profile", ".bash_login", ".zshenv", ".ssh/environment"]
        {
            server.own(file, format!("echo ran {file}\n/bin/touch {}\n", server.home("ran").display()));
        }
        let done = server.run("echo one; echo two");
        assert_eq!(done.stdout(), "one\ntwo\n", "{way:?}: {}", done.stderr());
        finished(server.ssh(&["-tt"], &["echo three"]));
        assert!(!server.home("ran").exists(), "{way:?}");
    });
}

#[test]
fn ports_sockets_and_tunnels_are_not_forwarded() {
    in_every_way(|server, way| {
        let behind = TcpListener::bind("127.0.0.1:0").unwrap();
        behind.set_nonblocking(true).unwrap();
        let port = behind.local_addr().unwrap().port();
        let target = format!("127.0.0.1:{port}");
        let through = finished(server.ssh(&["-W", &target], &[]));
        assert_ne!(through.status, Some(0), "{way:?}");
        assert!(through.stderr().contains("forwarding failed"), "{way:?}: {}", through.stderr());
        assert_eq!(behind.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{way:?}");
        let back = format!("0:{target}");
        let strict = "ExitOnForwardFailure=yes";
        let done = finished(server.ssh(&["-o", strict, "-R", &back], &["echo forwarded"]));
        assert_eq!((done.stdout(), done.status), (String::new(), Some(255)), "{way:?}");
        let done = finished(server.ssh(&["-A", "-X"], &["echo \"$SSH_AUTH_SOCK$DISPLAY\""]));
        assert_eq!(done.stdout(), "\n", "{way:?}: {}", done.stderr());
    });
}

#[test]
fn su_to_a_gated_account_is_gated() {
    if let Some(why) = super::server::missing() {
        return println!("SKIPPED 1: {why}");
    }
    let server = Server::start(Way::LoginShell, "default");
    for words in
        [&["-", server.account(), "-c"][..], &[server.account(), "-c"], &["-l", server.account(), "-c"]]
    {
        let su = |text| {
            let mut command = Command::new("su");
            command.args(words).arg(text).stdin(Stdio::null());
            finished(command)
        };
        assert_eq!(su("echo yes").stdout(), "yes\n", "{words:?}");
        assert_eq!(su("/usr/bin/touch made").status, Some(126), "{words:?}");
    }
    assert!(!server.home("made").exists());
    assert!(!fs::read_to_string("/etc/shells").unwrap().contains("gate"));
}

#[test]
fn a_command_of_a_client_that_vanished_is_not_left_waiting() {
    in_every_way(|server, way| {
        #[expect(clippy::disallowed_methods, reason = "the test starts a client, not a gated command")]
        let mut client = server
            .ssh(&["-tt"], &["echo up; cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut up = [0; 2];
        client.stdout.as_mut().unwrap().read_exact(&mut up).unwrap();
        assert_eq!((&up, count(server, "accept")), (b"up", 1), "{way:?}");
        let until = std::time::Instant::now() + Duration::from_secs(30);
        client.kill().unwrap();
        client.wait().unwrap();
        while count(server, "exit") == 0 {
            assert!(std::time::Instant::now() < until, "{way:?}: it does not end");
            std::thread::yield_now();
        }
    });
}
