//! Calling forms: by link, by a login shell's name, with a shell's options, with a script file.

use crate::support::house::{House, finished};

use super::{called, link};

#[test]
fn a_link_called_like_a_shell_runs_texts_as_that_shell() {
    let house = House::unattended();
    for (name, shown) in [("bash", "bash\n"), ("zsh", "bash\n"), ("sh", "sh\n")] {
        let path = link(&house, name);
        let done = finished(called(&house, &path, path.to_str().unwrap(), &["-c", "echo \"$0\""]));
        assert_eq!(
            (done.stdout(), done.stderr(), done.status),
            (shown.into(), String::new(), Some(0)),
            "{name}"
        );
    }
}

#[test]
fn every_form_of_an_agent_runs_the_same_text() {
    let house = House::unattended();
    for words in [
        &["-c", "echo $((6*7)); exit 3"][..],
        &["-lc", "echo $((6*7)); exit 3"],
        &["-c", "-l", "echo $((6*7)); exit 3"],
        &["-l", "-c", "echo $((6*7)); exit 3"],
        &["-i", "-c", "echo $((6*7)); exit 3"],
        &["--norc", "--noprofile", "-c", "echo $((6*7)); exit 3"],
        &["-euo", "pipefail", "-c", "echo $((6*7)); exit 3"],
    ] {
        for prefix in [&[][..], &["shell"]] {
            let done = house.run(&[prefix, words].concat());
            let seen = (done.stdout(), done.stderr(), done.status);
            assert_eq!(seen, ("42\n".into(), String::new(), Some(3)), "{prefix:?} {words:?}");
        }
    }
}

#[test]
fn parameters_behind_a_text_are_the_texts_own() {
    let house = House::unattended();
    let done = house.run(&["-c", "echo \"$0|$1|$2\"", "name", "-c", "a b"]);
    assert_eq!((done.stdout(), done.status), ("name|-c|a b\n".into(), Some(0)));
}

#[test]
fn the_name_of_a_login_shell_is_a_shells() {
    let house = House::unattended();
    house.write("home/.bash_profile", "echo start-up file > ~/project/started\n");
    let gate = std::path::Path::new(env!("CARGO_BIN_EXE_gate"));
    let done = finished(called(&house, gate, "-gate", &["-c", "echo here"]));
    assert_eq!((done.stdout(), done.stderr(), done.status), ("here\n".into(), String::new(), Some(0)));
    let done = finished(called(&house, gate, "-bash", &["-lc", "echo here"]));
    assert_eq!((done.stdout(), done.stderr(), done.status), ("here\n".into(), String::new(), Some(0)));
    assert!(!house.has("started"), "no start-up file is read");
}

#[test]
fn words_that_no_shell_form_takes_end_with_2_and_run_nothing() {
    let house = House::unattended();
    let path = link(&house, "bash");
    for words in [
        &["-z", "-c", "touch ran"][..],
        &["-O", "extglob", "-c", "touch ran"],
        &["--rcfile", "x", "-c", "touch ran"],
        &["+x", "-c", "touch ran"],
        &["-c"],
        &["-o", "posix", "-c", "touch ran"],
    ] {
        let done = finished(called(&house, &path, "bash", words));
        assert_eq!((done.stdout(), done.status), (String::new(), Some(2)), "{words:?}");
        let told = done.stderr();
        assert!(told.starts_with("gate: ") && told.contains("hint: usage is -c TEXT"), "{told}");
        assert!(!house.has("ran"));
    }
}

#[test]
fn a_script_file_is_judged_as_what_the_shell_would_run() {
    let house = House::attended();
    house.write("home/project/run.sh", "echo \"$0 $1\"\nexit 5\n");
    let path = link(&house, "bash");
    let waiting = house.ask_with(called(&house, &path, "bash", &["run.sh", "one"]));
    assert_eq!(house.run(&["approve", "--yes", &waiting.id]).status, Some(0));
    let done = waiting.end();
    assert_eq!((done.stdout(), done.status), ("run.sh one\n".into(), Some(5)));
}

#[test]
fn a_script_that_changes_while_a_person_thinks_is_asked_again() {
    let house = House::attended();
    house.write("home/project/run.sh", "echo shown\n");
    let path = link(&house, "bash");
    let waiting = house.ask_with(called(&house, &path, "bash", &["run.sh"]));
    house.write("home/project/run.sh", "touch ran\n");
    assert_eq!(house.run(&["approve", "--yes", &waiting.id]).status, Some(0));
    assert!(!house.has("ran"), "what changed is not what was approved");
    nix::sys::signal::kill(waiting.pid(), nix::sys::signal::Signal::SIGTERM).unwrap();
    waiting.end();
    assert!(!house.has("ran"));
}
