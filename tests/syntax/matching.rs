//! Whether a command that a shell ran is one of those that the parser listed.

use gate::syntax::{Command, CommandKind, Script, Value, Word};

/// What of the list covers a command that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// Nothing does.
    Missing,
    /// A command whose name is only known when it runs; facts call it opaque.
    DynamicName,
    /// A command with this very name, and words that can become these.
    Listed,
}

/// Built-ins that run their operands, or read them as code: the parser lists the built-in, facts know the rest.
const DATA_AS_CODE: [&str; 36] = [
    "eval",
    "trap",
    "alias",
    "source",
    ".",
    "command",
    "builtin",
    "exec",
    "declare",
    "typeset",
    "local",
    "export",
    "readonly",
    "read",
    "mapfile",
    "readarray",
    "let",
    "test",
    "[",
    "printf",
    "unset",
    "wait",
    "compgen",
    "complete",
    "set",
    "shopt",
    "history",
    "fc",
    "hash",
    "enable",
    "getopts",
    "coproc",
    "bind",
    "env",
    "xargs",
    "unalias",
];

/// Variables whose value the shell itself reads as code, or that change how it reads.
const MAGIC_NAMES: [&str; 10] =
    ["RANDOM", "OPTIND", "SECONDS", "LINENO", "HISTCMD", "PS4", "PROMPT_COMMAND", "IFS", "PATH", "BASH_ENV"];

/// Returns what of `script` covers `argv`.
pub(super) fn cover(script: &Script, argv: &[Vec<u8>]) -> Cover {
    script.commands.iter().map(|command| cover_by(command, argv)).max().unwrap_or(Cover::Missing)
}

fn cover_by(command: &Command, argv: &[Vec<u8>]) -> Cover {
    if command.kind != CommandKind::Simple || !matches(&command.words, argv) {
        return Cover::Missing;
    }
    match command.words.first().map(|word| &word.value) {
        Some(Value::Static(_)) => Cover::Listed,
        _ => Cover::DynamicName,
    }
}

/// Returns whether `words` can become `argv`.
pub(super) fn matches(words: &[Word], argv: &[Vec<u8>]) -> bool {
    let mut reachable = vec![false; argv.len() + 1];
    reachable[0] = true;
    for word in words {
        let mut next = vec![false; argv.len() + 1];
        for start in (0..=argv.len()).filter(|&start| reachable[start]) {
            match &word.value {
                Value::Static(bytes) => {
                    if argv.get(start) == Some(bytes) {
                        next[start + 1] = true;
                    }
                }
                Value::Dynamic { prefix, min, max } => {
                    let longest = max.map_or(argv.len(), |max| (start + usize::from(max)).min(argv.len()));
                    let begins = argv.get(start).is_some_and(|word| word.starts_with(prefix));
                    for (end, reached) in
                        next.iter_mut().enumerate().take(longest + 1).skip(start + usize::from(*min))
                    {
                        *reached |= end == start || begins;
                    }
                }
            }
        }
        reachable = next;
    }
    reachable[argv.len()]
}

/// Returns whether the shell reads some value of this script as code, which no parser can see.
///
/// Such a script is left to facts, by these rules and no others: arithmetic on a variable, a built-in that takes code
/// or names, a variable that the shell reads, a command whose name is only known when it runs.
pub(super) fn left_to_facts(script: &Script) -> bool {
    let names = |names: &[&str], bytes: &[u8]| names.iter().any(|name| name.as_bytes() == bytes);
    !script.arithmetic_names.is_empty()
        || script.commands.iter().any(|command| {
            command
                .words
                .first()
                .is_some_and(|word| word.literal().is_none_or(|name| names(&DATA_AS_CODE, name)))
                || command.assignments.iter().any(|assignment| names(&MAGIC_NAMES, &assignment.name))
                || matches!(&command.kind, CommandKind::For { name } if names(&MAGIC_NAMES, name))
        })
}
