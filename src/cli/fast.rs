//! The fixed forms `gate [OPTION…] -- PROGRAM ARG…`, `gate [OPTION…] -c TEXT [NAME ARG…]` and the other forms of a shell.
//!
//! They are read by hand because clap costs half of a run. Everything that is not exactly one of them is clap's.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::{
    exec::Pty,
    facts::CommandLine,
    pipeline::Run,
    shell::{self, Wishes},
    syntax::Dialect,
};

/// The options that may stand before `--` or `-c`, with what they do, for `gate --help` and the man page.
pub const RUN_OPTIONS: [(&str, &str); 3] = [
    ("--pty", "Run the command on a terminal of its own even where the caller has none"),
    ("--no-record", "Make no recording, where the configuration leaves that to the caller"),
    ("--agent NAME", "Say which agent asks; scopes of rules and the audit log use it"),
];

/// What the words ask for.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// Gate one command.
    Run(Run),
    /// Be a shell.
    Shell(shell::Form, Wishes),
    /// Be what sshd starts.
    Ssh(Wishes),
    /// The prefix form, but wrong; says what is missing.
    Usage(String),
    /// A subcommand, `--help`, or an error for clap to explain.
    Other,
}

/// Reads the words of the command line, the program's name first.
#[must_use]
pub fn recognise(words: Vec<OsString>) -> Form {
    let mut words = words.into_iter().map(OsString::into_vec);
    let name = words.next().unwrap_or_default();
    match shell::called(&name) {
        Some(dialect) => Form::Shell(shell::read(dialect, words), Wishes::default()),
        None => prefix(words),
    }
}

/// Reads the words behind `gate`: its own options, then one of the forms.
fn prefix(mut words: impl Iterator<Item = Vec<u8>>) -> Form {
    let mut wishes = Wishes::default();
    loop {
        let Some(word) = words.next() else { return as_shell(None, words, wishes) };
        match word.as_slice() {
            b"--" => return argv(words.collect(), wishes),
            b"--pty" => wishes.pty = Pty::Always,
            b"--no-record" => wishes.no_record = true,
            b"--agent" => match words.next().map(String::from_utf8) {
                Some(Ok(name)) if !name.is_empty() => wishes.agent = Some(name),
                _ => return Form::Usage("--agent needs a name".to_owned()),
            },
            b"-h" | b"-V" => return Form::Other,
            b"ssh" => return if words.next().is_none() { Form::Ssh(wishes) } else { Form::Other },
            b"shell" => return subcommand(words.collect(), wishes),
            b"--login" | b"--norc" | b"--noprofile" => return as_shell(Some(word), words, wishes),
            [b'-', letter, ..] if *letter != b'-' => return as_shell(Some(word), words, wishes),
            _ => return Form::Other,
        }
    }
}

/// `gate shell …`; its help is clap's.
fn subcommand(words: Vec<Vec<u8>>, wishes: Wishes) -> Form {
    match words.first().map(Vec::as_slice) {
        Some(b"--help" | b"-h") => Form::Other,
        _ => as_shell(None, words.into_iter(), wishes),
    }
}

fn as_shell(first: Option<Vec<u8>>, rest: impl Iterator<Item = Vec<u8>>, wishes: Wishes) -> Form {
    Form::Shell(shell::read(Dialect::Bash, first.into_iter().chain(rest)), wishes)
}

fn argv(argv: Vec<Vec<u8>>, wishes: Wishes) -> Form {
    match argv.first() {
        None => Form::Usage("no program behind --".to_owned()),
        Some(program) if program.is_empty() => {
            Form::Usage("the program's name behind -- is empty".to_owned())
        }
        Some(_) => Form::Run(wishes.run(CommandLine::Argv(argv))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(words: &[&str]) -> Form {
        recognise(["gate"].iter().chain(words).map(OsString::from).collect())
    }

    fn text(form: &Form) -> Option<(&[u8], Dialect)> {
        match form {
            Form::Shell(shell::Form::Text(CommandLine::Shell { text, dialect, .. }), _) => {
                Some((text, *dialect))
            }
            _ => None,
        }
    }

    #[test]
    fn everything_behind_two_dashes_is_the_argv() {
        let Form::Run(run) = form(&["--", "git", "-c", "--", "x"]) else { panic!() };
        let words: Vec<Vec<u8>> =
            ["git", "-c", "--", "x"].iter().map(|word| word.as_bytes().to_vec()).collect();
        assert_eq!(run.command_line, CommandLine::Argv(words));
        assert_eq!(run.pty, Pty::AsCaller);
    }

    #[test]
    fn options_before_the_form_are_gates_own() {
        let options = ["--pty", "--no-record", "--agent", "codex"];
        let Form::Run(run) = form(&[&options[..], &["--", "ls"]].concat()) else { panic!() };
        assert_eq!((run.pty, run.no_record, run.agent.as_deref()), (Pty::Always, true, Some("codex")));
        let Form::Shell(_, wishes) = form(&[&options[..], &["-c", "ls"]].concat()) else { panic!() };
        assert_eq!(
            (wishes.pty, wishes.no_record, wishes.agent.as_deref()),
            (Pty::Always, true, Some("codex"))
        );
    }

    #[test]
    fn shell_forms_need_no_subcommand() {
        for words in [&["-c", "ls"][..], &["-lc", "ls"], &["shell", "-c", "ls"], &["--norc", "-c", "ls"]] {
            assert_eq!(text(&form(words)), Some((&b"ls"[..], Dialect::Bash)), "{words:?}");
        }
        for words in [&[][..], &["-i"], &["shell"], &["shell", "-s"], &["--agent", "x"]] {
            assert!(matches!(form(words), Form::Shell(shell::Form::Session(_), _)), "{words:?}");
        }
    }

    #[test]
    fn a_link_called_like_a_shell_is_that_shell() {
        let called = |words: &[&str]| recognise(words.iter().map(OsString::from).collect());
        assert_eq!(text(&called(&["/opt/bash", "-c", "check"])), Some((&b"check"[..], Dialect::Bash)));
        assert_eq!(text(&called(&["sh", "-c", "x"])), Some((&b"x"[..], Dialect::Sh)));
        assert!(matches!(called(&["-gate"]), Form::Shell(shell::Form::Session(_), _)));
        assert!(matches!(called(&["bash", "check"]), Form::Shell(shell::Form::Script { .. }, _)));
        assert!(matches!(called(&["bash", "--help"]), Form::Shell(shell::Form::Usage(_), _)));
    }

    #[test]
    fn half_a_form_is_a_usage_error_and_never_a_shell() {
        for words in [&["--"][..], &["--agent"], &["--agent", ""], &["--", ""]] {
            assert!(matches!(form(words), Form::Usage(_)), "{words:?}");
        }
        for words in [&["-c"][..], &["-lc"], &["-c", "--"], &["-c", "-x1", "ls"], &["-z", "-c", "x"]] {
            assert!(matches!(form(words), Form::Shell(shell::Form::Usage(_), _)), "{words:?}");
        }
    }

    #[test]
    fn everything_else_is_for_clap() {
        for words in
            [&["check", "-c", "ls"][..], &["--help"], &["-h"], &["-V"], &["--what"], &["shell", "--help"]]
        {
            assert_eq!(form(words), Form::Other, "{words:?}");
        }
    }
}
