//! How a text reaches a shell: nothing but the text decides what runs (L5).

use std::{os::unix::ffi::OsStrExt, process::Stdio};

use gate::{approval::Start, exec::shell, syntax::Dialect};

fn argv(start: Start) -> (std::path::PathBuf, Vec<Vec<u8>>) {
    match start {
        Start::Shell { file, argv } => (file, argv),
        other => panic!("{other:?}"),
    }
}

fn output(dialect: Dialect, file: &str, options: &[&str], text: &str, parameters: &[&str]) -> String {
    let words = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    let start = shell(dialect, file.into(), &words(options), text.as_bytes(), &words(parameters));
    let (file, argv) = argv(start);
    let home = tempfile::tempdir().unwrap();
    for startup in [".bashrc", ".profile", ".bash_profile"] {
        std::fs::write(home.path().join(startup), "echo started up\n").unwrap();
    }
    let mut command = std::process::Command::new(file);
    let words = argv[1..].iter().map(|word| std::ffi::OsStr::from_bytes(word));
    command.args(words).env("HOME", home.path()).env("SSH_CLIENT", "1 2 3").env("SHLVL", "0");
    #[expect(clippy::disallowed_methods, reason = "the test runs a shell, not a gated command")]
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_text_runs_without_startup_files_with_options_and_parameters() {
    let text = "echo $0 $1; false; echo not reached";
    for (dialect, file) in [(Dialect::Bash, "/bin/bash"), (Dialect::Sh, "/bin/sh")] {
        assert_eq!(output(dialect, file, &["-e"], text, &["name", "-x"]), "name -x\n", "{file}");
        assert_eq!(output(dialect, file, &[], "echo plain", &[]), "plain\n");
    }
    let pipefail = "set -o | grep pipefail";
    assert!(output(Dialect::Bash, "/bin/bash", &["-o", "pipefail"], pipefail, &[]).contains("on"));
}

#[test]
fn a_text_that_begins_with_a_dash_is_no_option() {
    for (dialect, file) in [(Dialect::Bash, "/bin/bash"), (Dialect::Sh, "/bin/sh")] {
        assert!(output(dialect, file, &[], "-s", &[]).contains("not found"), "{file}");
    }
}
