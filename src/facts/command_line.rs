//! What the caller asked to run.

use crate::{
    shell::wrapper::{self, Wrapped},
    syntax::{Dialect, Span},
};

/// A command line as it reached `gate`: the bytes that are parsed, shown, bound and run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CommandLine {
    /// `gate -- PROGRAM ARG…`: an argument vector, no shell involved. Never empty.
    Argv(#[serde(with = "crate::octets")] Vec<Vec<u8>>),
    /// `gate -c TEXT [NAME ARG…]`: one text for a shell.
    Shell {
        /// The text.
        #[serde(with = "crate::octets")]
        text: Vec<u8>,
        /// The shell that reads it.
        dialect: Dialect,
        /// Shell options that were given with it, such as `-e` or `-o pipefail`, as separate words.
        #[serde(with = "crate::octets")]
        options: Vec<Vec<u8>>,
        /// `$0` and the positional parameters behind the text.
        #[serde(with = "crate::octets")]
        arguments: Vec<Vec<u8>>,
    },
    /// `gate -c TEXT` where the whole text is a known agent's wrapper around one command: the command is read, shown and
    /// judged, and the whole text runs, in bash.
    Wrapped(#[serde(with = "crate::octets")] Vec<u8>),
}

impl CommandLine {
    /// One text for a shell. Without options and parameters, and with nothing but a known wrapper around a command, it
    /// is that command in its wrapper.
    #[must_use]
    pub fn shell(text: Vec<u8>, dialect: Dialect, options: Vec<Vec<u8>>, arguments: Vec<Vec<u8>>) -> Self {
        let bare = dialect == Dialect::Bash && options.is_empty() && arguments.is_empty();
        if bare && wrapper::unwrap(&text).is_some_and(|wrapped| !wrapped.command.is_empty()) {
            return Self::Wrapped(text);
        }
        Self::Shell { text, dialect, options, arguments }
    }

    /// What a session begins with: one text for its shell, which may be a known agent's settings of the prompt.
    #[must_use]
    pub fn opening(text: Vec<u8>, dialect: Dialect) -> Self {
        if dialect == Dialect::Bash
            && wrapper::unwrap(&text).is_some_and(|wrapped| wrapped.command.is_empty())
        {
            return Self::Wrapped(text);
        }
        Self::Shell { text, dialect, options: Vec::new(), arguments: Vec::new() }
    }

    /// The text that people read and that every span counts in: a shell text as it is, of a wrapped one the command,
    /// an argument vector with each word quoted where a shell would need it.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        match self {
            Self::Argv(argv) => quoted(argv).0,
            Self::Shell { text, .. } => text.clone(),
            Self::Wrapped(whole) => {
                let command = self.wrapped().map(|wrapped| wrapped.command.into_owned());
                command.filter(|command| !command.is_empty()).unwrap_or_else(|| whole.clone())
            }
        }
    }

    /// The command in its wrapper, where there is one.
    #[must_use]
    pub fn wrapped(&self) -> Option<Wrapped<'_>> {
        match self {
            Self::Wrapped(whole) => wrapper::unwrap(whole),
            Self::Argv(_) | Self::Shell { .. } => None,
        }
    }

    /// Where each word of an argument vector stands in [`CommandLine::text`]; empty for a shell text.
    #[must_use]
    pub fn word_spans(&self) -> Vec<Span> {
        match self {
            Self::Argv(argv) => quoted(argv).1,
            Self::Shell { .. } | Self::Wrapped(_) => Vec::new(),
        }
    }
}

/// Joins words by blanks, single-quoting those that a shell would not read as themselves.
fn quoted(argv: &[Vec<u8>]) -> (Vec<u8>, Vec<Span>) {
    let mut text = Vec::with_capacity(argv.iter().map(|word| word.len() + 1).sum());
    let mut spans = Vec::with_capacity(argv.len());
    for word in argv {
        if !text.is_empty() {
            text.push(b' ');
        }
        let start = offset(text.len());
        if is_plain(word) {
            text.extend_from_slice(word);
        } else {
            text.push(b'\'');
            for byte in word {
                match byte {
                    b'\'' => text.extend_from_slice(b"'\\''"),
                    byte => text.push(*byte),
                }
            }
            text.push(b'\'');
        }
        spans.push(Span { start, end: offset(text.len()) });
    }
    (text, spans)
}

fn is_plain(word: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%^".contains(byte) || *byte >= 0x80;
    !word.is_empty() && word.iter().all(plain)
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> CommandLine {
        CommandLine::Argv(words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    #[test]
    fn an_argument_vector_reads_as_a_shell_would_write_it() {
        let line = argv(&["rm", "-rf", "a b", "", "it's", "$HOME", "é"]);
        assert_eq!(String::from_utf8(line.text()).unwrap(), r"rm -rf 'a b' '' 'it'\''s' '$HOME' é");
    }

    #[test]
    fn a_wrapped_command_reads_as_the_command() {
        let whole = b"shopt -u extglob 2>/dev/null || true && eval 'ls -l' && pwd -P >| /tmp/claude-0000-cwd";
        let shell =
            |dialect, options, arguments| CommandLine::shell(whole.to_vec(), dialect, options, arguments);
        let line = shell(Dialect::Bash, vec![], vec![]);
        assert_eq!((&line, line.text()), (&CommandLine::Wrapped(whole.to_vec()), b"ls -l".to_vec()));
        for line in [
            shell(Dialect::Sh, vec![], vec![]),
            shell(Dialect::Bash, vec![b"-e".to_vec()], vec![]),
            shell(Dialect::Bash, vec![], vec![b"bash".to_vec()]),
        ] {
            assert_eq!(line.text(), whole, "{line:?}");
        }
    }

    #[test]
    fn spans_find_each_word_in_the_text() {
        let line = argv(&["echo", "a b", "c"]);
        let text = line.text();
        let words: Vec<&[u8]> =
            line.word_spans().iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
        assert_eq!(words, [&b"echo"[..], b"'a b'", b"c"]);
    }
}
