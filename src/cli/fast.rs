//! The fixed forms `gate [OPTION…] -- PROGRAM ARG…` and `gate [OPTION…] -c TEXT [NAME ARG…]`.
//!
//! They are read by hand because clap costs half of a run. Everything that is not exactly one of them is clap's.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::{exec::Pty, facts::CommandLine, pipeline::Run, syntax::Dialect};

/// The options that may stand before `--` or `-c`, with what they do, for `gate --help` and the man page.
pub const RUN_OPTIONS: [(&str, &str); 3] = [
    ("--pty", "Run the command on a terminal of its own even where the caller has none"),
    ("--no-record", "Make no recording, where the configuration leaves that to the caller"),
    ("--agent NAME", "Say which agent asks; scopes of rules and the audit log use it"),
];

/// What the words behind `gate` ask for.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// Gate one command.
    Run(Run),
    /// One of the run forms, but wrong; says what is missing.
    Usage(String),
    /// A subcommand, `--help`, or an error for clap to explain.
    Other,
}

/// Reads the words behind the program's name.
#[must_use]
pub fn recognise(words: Vec<OsString>) -> Form {
    let mut reader = Reader {
        words: words.into_iter().map(OsString::into_vec).collect::<Vec<_>>().into_iter(),
        run: Draft::default(),
    };
    reader.form()
}

/// What has been read so far.
#[derive(Default)]
struct Draft {
    pty: Pty,
    no_record: bool,
    agent: Option<String>,
    options: Vec<Vec<u8>>,
    shell_words: bool,
}

struct Reader {
    words: std::vec::IntoIter<Vec<u8>>,
    run: Draft,
}

impl Reader {
    fn form(&mut self) -> Form {
        while let Some(word) = self.words.next() {
            match word.as_slice() {
                b"--" if !self.run.shell_words => return self.argv(),
                b"--pty" => self.run.pty = Pty::Always,
                b"--no-record" => self.run.no_record = true,
                b"--agent" => match self.words.next().map(String::from_utf8) {
                    Some(Ok(name)) if !name.is_empty() => self.run.agent = Some(name),
                    _ => return Form::Usage("--agent needs a name".to_owned()),
                },
                b"--login" | b"--norc" | b"--noprofile" => self.run.shell_words = true,
                b"-o" => match self.shell_option() {
                    Some(()) => {}
                    None => return Form::Other,
                },
                [b'-', letters @ ..]
                    if !letters.is_empty() && letters.iter().all(|letter| b"lieuxc".contains(letter)) =>
                {
                    if let Some(form) = self.cluster(letters) {
                        return form;
                    }
                }
                _ => return Form::Other,
            }
        }
        Form::Other
    }

    /// `-o NAME` for the options that do not change how the text is read.
    fn shell_option(&mut self) -> Option<()> {
        let name = self.words.next()?;
        ["errexit", "nounset", "pipefail", "xtrace"].iter().find(|known| known.as_bytes() == name)?;
        self.run.options.extend([b"-o".to_vec(), name]);
        self.run.shell_words = true;
        Some(())
    }

    /// Letters behind one dash; `-l` and `-i` ask for start-up files, which a gated command never reads.
    fn cluster(&mut self, letters: &[u8]) -> Option<Form> {
        self.run.shell_words = true;
        let kept = letters.iter().filter(|letter| b"eux".contains(letter));
        self.run.options.extend(kept.map(|letter| vec![b'-', *letter]));
        letters.contains(&b'c').then(|| self.shell_text())
    }

    /// bash takes further options between `-c` and the text (`-c -l TEXT`).
    fn shell_text(&mut self) -> Form {
        loop {
            let Some(word) = self.words.next() else {
                return Form::Usage("-c needs a command line".to_owned());
            };
            match word.as_slice() {
                b"--" => {
                    let Some(text) = self.words.next() else {
                        return Form::Usage("-c needs a command line".to_owned());
                    };
                    return self.shell(text);
                }
                b"--login" | b"--norc" | b"--noprofile" => {}
                [b'-', letters @ ..]
                    if !letters.is_empty() && letters.iter().all(|letter| b"lieux".contains(letter)) =>
                {
                    let kept = letters.iter().filter(|letter| b"eux".contains(letter));
                    self.run.options.extend(kept.map(|letter| vec![b'-', *letter]));
                }
                [b'-' | b'+', ..] => {
                    return Form::Usage(format!(
                        "the command line behind -c begins with {:?}; write -c -- TEXT if that is meant",
                        String::from_utf8_lossy(&word)
                    ));
                }
                _ => return self.shell(word),
            }
        }
    }

    fn shell(&mut self, text: Vec<u8>) -> Form {
        let options = std::mem::take(&mut self.run.options);
        let arguments = self.words.by_ref().collect();
        self.run(CommandLine::Shell { text, dialect: Dialect::Bash, options, arguments })
    }

    fn argv(&mut self) -> Form {
        let argv: Vec<Vec<u8>> = self.words.by_ref().collect();
        match argv.first() {
            None => Form::Usage("no program behind --".to_owned()),
            Some(program) if program.is_empty() => {
                Form::Usage("the program's name behind -- is empty".to_owned())
            }
            Some(_) => self.run(CommandLine::Argv(argv)),
        }
    }

    fn run(&mut self, command_line: CommandLine) -> Form {
        let Draft { pty, no_record, agent, .. } = std::mem::take(&mut self.run);
        Form::Run(Run { command_line, pty, no_record, agent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(words: &[&str]) -> Form {
        recognise(words.iter().map(OsString::from).collect())
    }

    fn shell(words: &[&str]) -> (String, Vec<String>, Vec<String>) {
        let Form::Run(Run { command_line: CommandLine::Shell { text, options, arguments, .. }, .. }) =
            form(words)
        else {
            panic!("{words:?} is not a shell form: {:?}", form(words))
        };
        let text_of = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            text_of(text),
            options.into_iter().map(text_of).collect(),
            arguments.into_iter().map(text_of).collect(),
        )
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
    fn options_before_the_dashes_are_gates_own() {
        let Form::Run(run) = form(&["--pty", "--no-record", "--agent", "codex", "--", "ls"]) else {
            panic!()
        };
        assert_eq!((run.pty, run.no_record, run.agent.as_deref()), (Pty::Always, true, Some("codex")));
    }

    #[test]
    fn shell_forms_of_real_agents_are_read() {
        for words in [
            &["-c", "ls -l"][..],
            &["-lc", "ls -l"],
            &["-c", "-l", "ls -l"],
            &["-l", "-c", "ls -l"],
            &["-i", "-c", "ls -l"],
            &["--norc", "--noprofile", "-c", "ls -l"],
            &["-c", "--", "ls -l"],
        ] {
            assert_eq!(shell(words), ("ls -l".to_owned(), vec![], vec![]), "{words:?}");
        }
    }

    #[test]
    fn options_that_change_the_run_are_passed_on() {
        let (text, options, arguments) = shell(&["-eu", "-o", "pipefail", "-c", "a | b", "name", "one"]);
        assert_eq!(text, "a | b");
        assert_eq!(options, ["-e", "-u", "-o", "pipefail"]);
        assert_eq!(arguments, ["name", "one"]);
    }

    #[test]
    fn half_a_form_is_a_usage_error_and_never_a_shell() {
        for words in
            [&["--"][..], &["-c"], &["-lc"], &["--agent"], &["--", ""], &["-c", "--"], &["-c", "-x1", "ls"]]
        {
            assert!(matches!(form(words), Form::Usage(_)), "{words:?}");
        }
    }

    #[test]
    fn everything_else_is_for_clap() {
        for words in
            [&[][..], &["check", "-c", "ls"], &["--help"], &["-o", "posix", "-c", "ls"], &["-z", "-c", "x"]]
        {
            assert_eq!(form(words), Form::Other, "{words:?}");
        }
    }
}
