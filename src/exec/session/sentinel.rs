//! Lines by which a client finds the end of a command's output.

use crate::syntax::{Command, CommandKind, Dialect, Parse, Piece, Value, Word, parse};

use super::State;

/// A line that prints literals and `$?`, by a built-in, and does nothing else: it starts nothing, reads nothing and
/// writes only to standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinel(Vec<u8>);

impl Sentinel {
    /// The sentinel that a complete line is, if it is one in a shell that stands like this.
    #[must_use]
    pub fn of(text: &[u8], state: &State) -> Option<Self> {
        let Parse::Understood(script) = parse(text, Dialect::Bash) else { return None };
        let [command] = script.commands.as_slice() else { return None };
        let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let around = [text.get(..offset(command.span.start))?, text.get(offset(command.span.end)..)?];
        if !around.iter().all(|part| part.iter().all(|byte| b" \t\n".contains(byte))) {
            return None;
        }
        let name = is_print(command)?;
        let redefined = state.function(name).is_some() || state.function(b"builtin").is_some();
        let traced = state.traps.iter().any(|signal| signal == b"DEBUG");
        (!redefined && !traced).then(|| Self(text.to_vec()))
    }

    /// The line.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }
}

/// The name of the built-in, where the command is exactly `echo` or `printf` of literals and `$?`.
fn is_print(command: &Command) -> Option<&[u8]> {
    let plain = command.kind == CommandKind::Simple
        && !command.background
        && command.assignments.is_empty()
        && command.redirections.is_empty();
    let (name, words) = command.words.split_first()?;
    let name = name.literal().filter(|_| plain && !name.quoted)?;
    let prints = match name {
        b"echo" => true,
        b"printf" => words.first()?.literal()?.first() != Some(&b'-'),
        _ => false,
    };
    (prints && words.iter().all(is_literal_or_status)).then_some(name)
}

/// A number never splits or matches anything, even where it is not quoted.
fn is_literal_or_status(word: &Word) -> bool {
    match &word.value {
        Value::Static(_) => true,
        Value::Dynamic { .. } => word
            .pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Literal { .. } | Piece::Parameter { symbol: b'?', .. })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, state: &State) -> bool {
        Sentinel::of(text.as_bytes(), state).is_some()
    }

    #[test]
    fn the_sentinels_of_real_clients_are_recognised() {
        for text in [
            "echo \"##active_line1##\"\n",
            "echo \"##end_of_execution##\"\n",
            "printf '__LC_SHELL_DONE__0f3a %s\\n' $?\n",
            "printf '\\n__ANT_C''MD_6a1e_DONE__%d\\n' $?\n",
            "echo $?\n",
            "echo \"status: $?\"",
        ] {
            assert!(is(text, &State::default()), "{text:?}");
        }
    }

    #[test]
    fn whatever_does_anything_else_is_none() {
        for text in [
            "echo a > b\n",
            "echo $x\n",
            "echo `a`\n",
            "echo $(a)\n",
            "printf -v x %s a\n",
            "echo a; b\n",
            "echo a &\n",
            "echo *\n",
            "x=1 echo a\n",
            "echo ~\n",
            "\\echo a\n",
            "command echo a\n",
            "echo a | b\n",
            "! echo a\n",
            "/bin/echo a\n",
            "echo $!\n",
            "echo ${x}\n",
            "cat\n",
            "printf\n",
            "printf $? a\n",
            "echo \"$@\"\n",
            "echo a\necho b\n",
            "",
            "echo {a,$x}\n",
        ] {
            assert!(!is(text, &State::default()), "{text:?}");
        }
    }

    #[test]
    fn a_function_of_the_session_makes_it_a_command_like_any_other() {
        for name in ["echo", "builtin"] {
            let state =
                State { functions: vec![(name.into(), b"echo () { rm x; }".to_vec())], ..State::default() };
            assert!(!is("echo a\n", &state));
        }
        let state = State { traps: vec![b"DEBUG".to_vec()], ..State::default() };
        assert!(!is("echo a\n", &state));
    }
}
