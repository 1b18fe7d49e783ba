//! scp, sftp, rsync and git, by the clients that people have.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    commands::{bytes, fed},
    server::{Server, Way, in_every_way},
};
use crate::support::house::{Done, finished};

/// A tool of the client's, by its name.
fn tool(server: &Server, name: &str, words: &[&str]) -> Done {
    let mut command = Command::new(name);
    command.args(server.options()).args(["-P", &server.port()]).args(words).stdin(Stdio::null());
    finished(command)
}

fn transfers(server: &Server) -> Vec<(String, u64, u64)> {
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let events = server.events();
    let transfers = events.iter().filter(|event| event["event"] == "transfer");
    let row = |event: &serde_json::Value| {
        let verb = event["verb"].as_str().unwrap().to_owned();
        (verb, number(&event["received_bytes"]), number(&event["sent_bytes"]))
    };
    transfers.map(row).collect()
}

fn is_recorded(server: &Server) -> bool {
    fs::read_dir(server.home(".local/state/gate/recordings")).is_ok_and(|files| files.count() > 0)
}

/// Copies a file and a tree there and back.
fn there_and_back(server: &Server, way: Way, scp: &[&str]) {
    let content = bytes(1 << 20);
    let (file, back) = (server.client("a b*.bin"), server.client("back.bin"));
    fs::write(&file, &content).unwrap();
    let remote = |path: &str| format!("{}:{path}", server.host());
    let copy = |words: &[&str]| tool(server, "scp", &[scp, words].concat());
    let done = copy(&["-q", "-p", file.to_str().unwrap(), &remote("copy.bin")]);
    assert_eq!((done.stdout(), done.status), (String::new(), Some(0)), "{way:?} {scp:?}: {}", done.stderr());
    assert!(fs::read(server.home("copy.bin")).unwrap() == content, "{way:?} {scp:?}");
    let done = copy(&["-q", &remote("copy.bin"), back.to_str().unwrap()]);
    assert_eq!(done.status, Some(0), "{way:?} {scp:?}: {}", done.stderr());
    assert!(fs::read(&back).unwrap() == content, "{way:?} {scp:?}");
    let tree = server.client("tree/one/two.bin");
    fs::write(&tree, &content).unwrap();
    let done = copy(&["-q", "-r", server.client("tree").to_str().unwrap(), &remote("")]);
    assert_eq!(done.status, Some(0), "{way:?} {scp:?}: {}", done.stderr());
    assert!(fs::read(server.home("tree/one/two.bin")).unwrap() == content, "{way:?} {scp:?}");
    assert!(!is_recorded(server), "{way:?} {scp:?}");
}

#[test]
fn scp_copies_by_its_own_protocol() {
    in_every_way(|server, way| {
        there_and_back(server, way, &["-O"]);
        let transfers = transfers(server);
        let [put, get, tree] = &transfers[..] else { panic!("{way:?}: {transfers:?}") };
        assert!(transfers.iter().all(|(verb, ..)| verb == "scp"), "{way:?}: {transfers:?}");
        assert!(put.1 > 1 << 20 && get.2 > 1 << 20 && tree.1 > 1 << 20, "{way:?}: {transfers:?}");
        assert!(put.2 < 100 && get.1 < 100, "{way:?}: {transfers:?}");
    });
}

#[test]
fn scp_copies_by_sftp() {
    in_every_way(|server, way| {
        there_and_back(server, way, &["-s"]);
        assert!(transfers(server).iter().any(|(verb, ..)| verb == "sftp-server"), "{way:?}");
    });
}

#[test]
fn what_is_secret_is_copied_by_nobody() {
    in_every_way(|server, way| {
        server.own("secret.txt", "hidden");
        let (mine, got) = (server.client("mine"), server.client("got"));
        fs::write(&mine, "x").unwrap();
        let remote = format!("{}:secret.txt", server.host());
        let other = format!("{}:secret-too", server.host());
        let ssh = server.ssh_string();
        let rsync = |words: &[&str]| {
            let mut command = Command::new("rsync");
            command.args(["-e", &ssh]).args(words).stdin(Stdio::null());
            finished(command)
        };
        let (mine, got) = (mine.to_str().unwrap(), got.to_str().unwrap());
        for done in [
            tool(server, "scp", &["-O", &remote, got]),
            tool(server, "scp", &["-O", mine, &other]),
            rsync(&["-a", &remote, got]),
            rsync(&["-a", mine, &other]),
        ] {
            assert_ne!(done.status, Some(0), "{way:?}");
            assert!(done.stderr().contains("(deny, rule secret)"), "{way:?}: {}", done.stderr());
        }
        assert!(!Path::new(got).exists() && !server.home("secret-too").exists(), "{way:?}");
    });
}

#[test]
fn sftp_puts_gets_and_lists() {
    in_every_way(|server, way| {
        let content = bytes(300_000);
        let (file, back, batch) = (server.client("x.bin"), server.client("y.bin"), server.client("batch"));
        fs::write(&file, &content).unwrap();
        let lines = format!(
            "mkdir in\nput {} in/x\nls in\nrename in/x in/z\nget in/z {}\nrm in/z\nrmdir in\n",
            file.display(),
            back.display()
        );
        fs::write(&batch, lines).unwrap();
        let done = tool(server, "sftp", &["-q", "-b", batch.to_str().unwrap(), &server.host()]);
        assert_eq!(done.status, Some(0), "{way:?}: {}{}", done.stdout(), done.stderr());
        assert!(fs::read(&back).unwrap() == content, "{way:?}");
        assert!(!server.home("in").exists(), "{way:?}");
        let transfers = transfers(server);
        let verbs: Vec<_> = transfers.iter().map(|(verb, ..)| verb.as_str()).collect();
        let expected = ["mkdir", "put", "rename", "get", "delete", "rmdir", "sftp-server"];
        assert_eq!(verbs, expected, "{way:?}");
        assert_eq!((transfers[1].1, transfers[3].2), (300_000, 300_000), "{way:?}");
        assert!(!is_recorded(server), "{way:?}");
    });
}

#[test]
fn each_path_of_an_sftp_session_is_judged() {
    in_every_way(|server, way| {
        server.own("secret.txt", "hidden");
        server.own("open.txt", "open");
        let (mine, got) = (server.client("mine"), server.client("got"));
        fs::write(&mine, "x").unwrap();
        let (mine, got) = (mine.display(), got.display());
        let mut rejected = 0;
        for line in [
            format!("get secret.txt {got}"),
            format!("put {mine} secret-too"),
            "rm secret.txt".to_owned(),
            "rename secret.txt plain".to_owned(),
            "rename open.txt secret-open".to_owned(),
            "ln secret.txt plain".to_owned(),
            "ln -s x secret-link".to_owned(),
            "mkdir secret-directory".to_owned(),
            "chmod 777 secret.txt".to_owned(),
            format!("put {mine} /etc/gate-was-here"),
            format!("get /etc/passwd {got}"),
            format!("get ../../../../../../etc/passwd {got}"),
        ] {
            let batch = server.client("batch");
            fs::write(&batch, format!("{line}\n")).unwrap();
            let done = tool(server, "sftp", &["-q", "-b", batch.to_str().unwrap(), &server.host()]);
            assert_ne!(done.status, Some(0), "{way:?} {line}");
            let events = server.events();
            let rejects = events.iter().filter(|event| event["event"] == "reject").count();
            assert!(rejects > rejected, "{way:?} {line}");
            rejected = rejects;
        }
        let remote = |name: &str| format!("{}:{name}", server.host());
        let done = tool(server, "scp", &["-s", &remote("secret.txt"), &got.to_string()]);
        assert_ne!(done.status, Some(0), "{way:?}");
        assert_eq!(fs::read_to_string(server.home("secret.txt")).unwrap(), "hidden", "{way:?}");
        let names = ["secret-too", "plain", "secret-open", "secret-link", "secret-directory"];
        assert!(
            names.iter().all(|name| !server.home(name).is_symlink() && !server.home(name).exists()),
            "{way:?}"
        );
        assert!(!server.client("got").exists() && !Path::new("/etc/gate-was-here").exists(), "{way:?}");
        let events = server.events();
        let first = events.iter().find(|event| event["event"] == "reject").unwrap();
        assert_eq!(first["command"], format!("sftp read {}", server.home("secret.txt").display()), "{way:?}");
        assert_eq!((&first["cause"], &first["by"]["kind"]), (&"denied".into(), &"policy".into()), "{way:?}");
    });
}

#[test]
fn what_is_no_sftp_ends_the_session() {
    in_every_way(|server, way| {
        let done = fed(server.ssh(&["-T"], &["/usr/lib/openssh/sftp-server"]), b"GET / HTTP/1.1\r\n\r\n");
        assert_eq!((done.stdout(), done.status), (String::new(), Some(125)), "{way:?}");
        assert!(
            done.stderr().contains("the copy was broken off: what passes is not SFTP"),
            "{}",
            done.stderr()
        );
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts a client, not a gated command")]
fn a_copy_of_a_client_that_vanished_ends() {
    in_every_way(|server, way| {
        let mut command = server.ssh(&["-T"], &["scp -t copy"]);
        let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = client.stdin.take().unwrap();
        stdin.write_all(b"C0644 1000000 x\nbegun").unwrap();
        let (mut stdout, mut answer) = (client.stdout.take().unwrap(), [0; 2]);
        stdout.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [0, 0], "{way:?}");
        client.kill().unwrap();
        client.wait().unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while !server.events().iter().any(|event| event["event"] == "exit") {
            assert!(Instant::now() < until, "{way:?}: it does not end");
            std::thread::yield_now();
        }
        assert!(transfers(server)[0].1 >= 16, "{way:?}");
    });
}

#[test]
fn rsync_goes_both_ways() {
    in_every_way(|server, way| {
        let content = bytes(500_000);
        fs::write(server.client("src/one two.bin"), &content).unwrap();
        fs::write(server.client("src/sub/x"), "x").unwrap();
        std::os::unix::fs::symlink("x", server.client("src/sub/link")).unwrap();
        server.own("dst/old", "gone afterwards");
        let rsync = |words: &[&str]| {
            let mut command = Command::new("rsync");
            command.args(["-e", &server.ssh_string()]).args(words).stdin(Stdio::null());
            let done = finished(command);
            assert_eq!(done.status, Some(0), "{way:?} {words:?}: {}", done.stderr());
        };
        let (src, dst) = (format!("{}/", server.client("src").display()), format!("{}:dst/", server.host()));
        rsync(&["-azH", "--delete", "--partial-dir=.part", "--timeout=60", &src, &dst]);
        assert!(fs::read(server.home("dst/one two.bin")).unwrap() == content, "{way:?}");
        assert_eq!(fs::read_link(server.home("dst/sub/link")).unwrap(), Path::new("x"), "{way:?}");
        assert!(!server.home("dst/old").exists(), "{way:?}");
        let back = format!("{}/", server.client("back").display());
        rsync(&["-avz", &format!("{}:dst/one two.bin", server.host()), &back]);
        assert!(fs::read(server.client("back/one two.bin")).unwrap() == content, "{way:?}");
        let list = server.client("list");
        fs::write(&list, "sub/x\n").unwrap();
        rsync(&["-a", &format!("--files-from={}", list.display()), &format!("{}:dst", server.host()), &back]);
        assert_eq!(fs::read(server.client("back/sub/x")).unwrap(), b"x", "{way:?}");
        let verbs: Vec<_> = transfers(server).into_iter().map(|(verb, ..)| verb).collect();
        assert_eq!(verbs, ["rsync"; 3], "{way:?}");
    });
}

#[test]
fn git_clones_fetches_and_pushes() {
    in_every_way(|server, way| {
        let git = |directory: &Path, words: &[&str]| {
            let mut command = Command::new("git");
            command
                .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"])
                .args(words);
            command.current_dir(directory).env("GIT_SSH_COMMAND", server.ssh_string());
            command
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .stdin(Stdio::null());
            let done = finished(command);
            assert_eq!(done.status, Some(0), "{way:?} {words:?}: {}", done.stderr());
            done
        };
        let here = server.client("x");
        let here = here.parent().unwrap();
        // The account's own repository, made by the account.
        let mut init = Command::new("su");
        let path = server.home("site.git");
        init.args([
            "-s",
            "/bin/sh",
            server.account(),
            "-c",
            &format!("git init -q --bare -b main {}", path.display()),
        ]);
        let done = finished(init);
        assert_eq!(done.status, Some(0), "{}", done.stderr());
        git(here, &["init", "-q", "work"]);
        let work = here.join("work");
        fs::write(work.join("big.bin"), bytes(400_000)).unwrap();
        git(&work, &["add", "."]);
        git(&work, &["commit", "-q", "-m", "one"]);
        git(&work, &["remote", "add", "origin", &format!("{}:site.git", server.host())]);
        git(&work, &["push", "-q", "origin", "main"]);
        git(here, &["clone", "-q", &format!("ssh://{}:{}/~/site", server.host(), server.port()), "clone"]);
        assert!(fs::read(here.join("clone/big.bin")).unwrap() == bytes(400_000), "{way:?}");
        let archive = git(&work, &["archive", "--remote=origin", "main"]);
        assert!(archive.stdout.len() > 400_000, "{way:?}");
        let verbs: Vec<_> = transfers(server).into_iter().map(|(verb, ..)| verb).collect();
        assert_eq!(verbs, ["git-receive-pack", "git-upload-pack", "git-upload-archive"], "{way:?}");
    });
}
