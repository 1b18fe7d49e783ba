//! How people got out of other restricted shells: none of it gets through here.

use crate::support::house::{House, files_below, finished};

const TABLE: &str = include_str!("../data/restricted-shell-escapes.tsv");

/// Source and command of each row; `\n`, `\r`, `\xHH` and `\\` stand for bytes.
fn rows() -> Vec<(&'static str, String)> {
    let unmask = |text: &str| {
        let text =
            text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\r", "\r").replace("\\x16", "\x16");
        text.replace('\0', "\\")
    };
    let row = |line: &'static str| {
        let (source, command) = line.split_once('\t').unwrap();
        (source, unmask(command))
    };
    TABLE.lines().skip(1).map(row).collect()
}

#[test]
fn no_known_escape_gets_through() {
    let house = House::unattended();
    house.write("home/project/test", "#!/bin/sh\ntouch made\n");
    let project = house.path("home/project");
    let mut harmless = house.command(&["ssh"]);
    harmless.env("SSH_ORIGINAL_COMMAND", "echo in");
    assert_eq!(finished(harmless).stdout(), "in\n");
    let before = files_below(&project);
    for (source, command) in rows() {
        for words in [&["ssh"][..], &["-c", &command], &["-lc", &command]] {
            let mut gate = house.command(words);
            if words == ["ssh"] {
                gate.env("SSH_ORIGINAL_COMMAND", &command);
            }
            let done = finished(gate);
            let told = format!("{source}: {command:?} as {words:?}: {}", done.stderr());
            assert_eq!((done.stdout(), done.status), (String::new(), Some(126)), "{told}");
            assert!(done.stderr().starts_with("gate: denied"), "{told}");
            assert_eq!(files_below(&project), before, "{told}");
        }
    }
}

#[test]
fn the_table_names_its_sources() {
    let rows = rows();
    assert!(rows.len() >= 90, "{}", rows.len());
    for name in ["rbash", "lshell", "rssh", "scponly", "git-shell", "rrsync", "gitolite"] {
        assert!(rows.iter().filter(|(source, _)| source.starts_with(name)).count() >= 3, "{name}");
    }
}
