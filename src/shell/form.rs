//! How a shell is called: the words behind its name → what it is to do.
//!
//! These are the forms that agents, `sshd`, `su`, editors and `#!/usr/bin/env bash` use. Whatever is not exactly one
//! of them is a usage error, never a shell: an option that gate does not know could change how a text is read.

use crate::{facts::CommandLine, syntax::Dialect};

/// What a caller who takes gate for a shell wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `-c TEXT [NAME [ARG…]]`: one command line.
    Text(CommandLine),
    /// `FILE [ARG…]`: a script file.
    Script {
        /// The shell that reads it.
        dialect: Dialect,
        /// The words behind the shell's name: options, the file, its arguments.
        words: Vec<Vec<u8>>,
    },
    /// Commands from standard input, in one session.
    Session(Opening),
    /// Not a form that gate takes; says what is wrong.
    Usage(String),
}

/// How a session is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The shell that the caller took gate for.
    pub dialect: Dialect,
    /// Shell options such as `-e` or `-o pipefail`, as separate words.
    pub options: Vec<Vec<u8>>,
    /// The positional parameters, `$1` and up.
    pub parameters: Vec<Vec<u8>>,
    /// Whether a person is to be at the other end (`-i`), even where standard input is no terminal.
    pub interactive: bool,
}

/// The shell that a program's name stands for: `-gate` is a login shell, `…/bash`, `…/sh` and `…/zsh` are links to gate.
///
/// Some agents take a shell only if it is called `zsh`; the text is read, judged and run as bash's, because gate
/// understands no other shell of that size.
#[must_use]
pub fn called(name: &[u8]) -> Option<Dialect> {
    let (login, name) = match name {
        [b'-', rest @ ..] => (true, rest),
        name => (false, name),
    };
    match name.rsplit(|byte| *byte == b'/').next().unwrap_or_default() {
        b"sh" => Some(Dialect::Sh),
        b"bash" | b"zsh" => Some(Dialect::Bash),
        _ => login.then_some(Dialect::Bash),
    }
}

/// Reads the words behind a shell's name.
#[must_use]
pub fn read(dialect: Dialect, words: impl IntoIterator<Item = Vec<u8>>) -> Form {
    let reader = Reader {
        words: words.into_iter().collect::<Vec<_>>().into_iter(),
        opening: Opening { dialect, options: Vec::new(), parameters: Vec::new(), interactive: false },
        source: Source::Operand,
    };
    reader.form()
}

/// Where commands come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The first operand is a script file; without one, standard input.
    Operand,
    /// `-c`: the first operand is the text.
    Text,
    /// `-s`: standard input, and operands are parameters.
    Input,
}

struct Reader {
    words: std::vec::IntoIter<Vec<u8>>,
    opening: Opening,
    source: Source,
}

impl Reader {
    /// As bash does, options go on behind `-c` (`-c -l TEXT`), up to the first operand.
    fn form(mut self) -> Form {
        while let Some(word) = self.words.next() {
            let read = match word.as_slice() {
                b"--" | b"-" => {
                    let operand = self.words.next();
                    return self.operand(operand);
                }
                b"--login" | b"--norc" | b"--noprofile" | b"--noediting" => Ok(()),
                [b'-', b'-', ..] => Err(unknown(&word)),
                [b'-', letters @ ..] => self.letters(letters),
                [b'+', ..] => Err(unknown(&word)),
                _ => return self.operand(Some(word)),
            };
            if let Err(message) = read {
                return Form::Usage(message);
            }
        }
        self.operand(None)
    }

    /// Letters behind one dash. `-l` asks for start-up files, which a gated command never reads.
    fn letters(&mut self, letters: &[u8]) -> Result<(), String> {
        for letter in letters {
            match letter {
                b'c' => self.source = Source::Text,
                b's' if self.source == Source::Operand => self.source = Source::Input,
                b'i' => self.opening.interactive = true,
                b'l' | b's' => {}
                b'e' | b'u' | b'x' => self.opening.options.push(vec![b'-', *letter]),
                b'o' => self.named_option()?,
                _ => return Err(unknown(&[b'-', *letter])),
            }
        }
        Ok(())
    }

    /// `-o NAME` for the options that do not change how a text is read.
    fn named_option(&mut self) -> Result<(), String> {
        let name = self.words.next().ok_or("-o needs the name of an option")?;
        if !["errexit", "nounset", "pipefail", "xtrace"].iter().any(|known| known.as_bytes() == name) {
            return Err(format!("-o {} is no option that gate takes", String::from_utf8_lossy(&name)));
        }
        self.opening.options.extend([b"-o".to_vec(), name]);
        Ok(())
    }

    fn operand(mut self, operand: Option<Vec<u8>>) -> Form {
        let rest = self.words.by_ref().collect::<Vec<_>>();
        let Opening { dialect, options, .. } = self.opening.clone();
        match (self.source, operand) {
            (Source::Text, Some(text)) => Form::Text(CommandLine::shell(text, dialect, options, rest)),
            (Source::Text, None) => Form::Usage("-c needs a command line".to_owned()),
            (Source::Operand, Some(script)) => {
                // Behind `--`, a file called `-x` is no option.
                let words = options.into_iter().chain([b"--".to_vec(), script]).chain(rest).collect();
                Form::Script { dialect, words }
            }
            (_, operand) => {
                let parameters = operand.into_iter().chain(rest).collect();
                Form::Session(Opening { parameters, ..self.opening })
            }
        }
    }
}

fn unknown(word: &[u8]) -> String {
    format!("{} is no option that gate takes as a shell", String::from_utf8_lossy(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    fn form(words: &[&str]) -> Form {
        read(Dialect::Bash, bytes(words))
    }

    fn text(text: &str, options: &[&str], arguments: &[&str]) -> Form {
        Form::Text(CommandLine::Shell {
            text: text.as_bytes().to_vec(),
            dialect: Dialect::Bash,
            options: bytes(options),
            arguments: bytes(arguments),
        })
    }

    #[test]
    fn a_name_says_which_shell_the_caller_wants() {
        for (name, dialect) in [
            ("bash", Some(Dialect::Bash)),
            ("/opt/gate/bash", Some(Dialect::Bash)),
            ("-bash", Some(Dialect::Bash)),
            ("/opt/gate/zsh", Some(Dialect::Bash)),
            ("/opt/gate/sh", Some(Dialect::Sh)),
            ("-sh", Some(Dialect::Sh)),
            ("-gate", Some(Dialect::Bash)),
            ("gate", None),
            ("/bash/gate", None),
            ("gate-bash", None),
            ("", None),
        ] {
            assert_eq!(called(name.as_bytes()), dialect, "{name}");
        }
    }

    #[test]
    fn the_forms_of_real_agents_are_one_command_line() {
        for words in [
            &["-c", "ls -l"][..],
            &["-lc", "ls -l"],
            &["-c", "-l", "ls -l"],
            &["-l", "-c", "ls -l"],
            &["-i", "-c", "ls -l"],
            &["-l", "-i", "-c", "ls -l"],
            &["--norc", "--noprofile", "-c", "ls -l"],
            &["--login", "-c", "ls -l"],
            &["-c", "--", "ls -l"],
            &["-sc", "ls -l"],
        ] {
            assert_eq!(form(words), text("ls -l", &[], &[]), "{words:?}");
        }
    }

    #[test]
    fn options_that_change_the_run_are_passed_on() {
        let options = ["-e", "-u", "-o", "pipefail", "-x"];
        assert_eq!(
            form(&["-euo", "pipefail", "-xc", "a | b", "name", "-one"]),
            text("a | b", &options, &["name", "-one"])
        );
        assert_eq!(form(&["-c", "-e", "a"]), text("a", &["-e"], &[]));
    }

    #[test]
    fn a_text_behind_two_dashes_may_begin_with_one() {
        assert_eq!(form(&["-c", "--", "-x"]), text("-x", &[], &[]));
        assert_eq!(form(&["-c", ""]), text("", &[], &[]));
    }

    #[test]
    fn a_script_file_keeps_its_own_words() {
        let script = |words: &[&str]| Form::Script { dialect: Dialect::Bash, words: bytes(words) };
        assert_eq!(form(&["run.sh", "-c", "x"]), script(&["--", "run.sh", "-c", "x"]));
        assert_eq!(form(&["-e", "--", "-run", "a"]), script(&["-e", "--", "-run", "a"]));
    }

    #[test]
    fn without_an_operand_commands_come_from_standard_input() {
        let opening = |options: &[&str], parameters: &[&str], interactive| {
            Form::Session(Opening {
                dialect: Dialect::Bash,
                options: bytes(options),
                parameters: bytes(parameters),
                interactive,
            })
        };
        assert_eq!(form(&[]), opening(&[], &[], false));
        assert_eq!(form(&["-l"]), opening(&[], &[], false));
        assert_eq!(form(&["-i"]), opening(&[], &[], true));
        assert_eq!(form(&["-es", "a", "-b"]), opening(&["-e"], &["a", "-b"], false));
        assert_eq!(form(&["-"]), opening(&[], &[], false));
    }

    #[test]
    fn whatever_else_is_a_usage_error_and_never_a_shell() {
        for words in [
            &["-c"][..],
            &["-lc"],
            &["-c", "--"],
            &["-z", "-c", "x"],
            &["-o"],
            &["-o", "posix", "-c", "ls"],
            &["-O", "extglob"],
            &["+e"],
            &["--posix"],
            &["--rcfile", "x"],
            &["--init-file", "x", "-i"],
            &["-c", "-x1", "ls"],
            &["-p"],
            &["-r"],
            &["-f", "-c", "ls *"],
        ] {
            assert!(matches!(form(words), Form::Usage(_)), "{words:?}");
        }
    }
}
