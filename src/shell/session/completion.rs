//! What may stand where somebody is typing: commands at the beginning of a command, paths elsewhere.

use std::{collections::BTreeSet, ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use crate::exec::session::State;

/// More are not offered.
const MOST: usize = 200;

/// Built-ins that somebody may want to complete.
const BUILT_IN: &[&str] = &[
    "alias", "bg", "cd", "declare", "echo", "eval", "exec", "exit", "export", "fg", "history", "jobs",
    "kill", "local", "popd", "printf", "pushd", "pwd", "read", "return", "set", "shift", "shopt", "source",
    "test", "trap", "type", "ulimit", "umask", "unalias", "unset", "wait",
];

/// Whether a command begins where the word at `start` does.
pub(super) fn begins_command(line: &str, start: usize) -> bool {
    let before = line.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with(['\n', ';', '&', '|', '(', '{', '!', '`'])
}

/// The names of commands that begin so.
pub(super) fn commands(begun: &str, state: &State) -> Vec<String> {
    let mut names: BTreeSet<String> =
        BUILT_IN.iter().filter(|name| name.starts_with(begun)).map(|name| (*name).to_owned()).collect();
    let own = state
        .functions
        .iter()
        .chain(&state.aliases)
        .filter_map(|(name, _)| String::from_utf8(name.clone()).ok());
    names.extend(own.filter(|name| name.starts_with(begun)));
    let directories = state.value(b"PATH").unwrap_or_default().split(|byte| *byte == b':');
    for directory in directories.filter(|directory| directory.starts_with(b"/")) {
        names.extend(programs(Path::new(OsStr::from_bytes(directory)), begun));
    }
    names.into_iter().take(MOST).collect()
}

fn programs(directory: &Path, begun: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.starts_with(begun)).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_begins_behind_what_ends_one() {
        for (line, begins) in
            [("", true), ("a ", false), ("a | ", true), ("a && b; ", true), ("a b", false), ("$(", true)]
        {
            assert_eq!(begins_command(line, line.len()), begins, "{line:?}");
        }
    }

    #[test]
    fn functions_of_the_session_and_programs_on_its_path_are_offered() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("gopher"), "").unwrap();
        let state = State {
            functions: vec![(b"gone".to_vec(), vec![])],
            variables: vec![crate::exec::session::Variable {
                name: b"PATH".to_vec(),
                value: directory.path().as_os_str().as_bytes().to_vec(),
                exported: true,
            }],
            ..State::default()
        };
        assert_eq!(commands("go", &state), ["gone", "gopher"]);
        assert_eq!(commands("ech", &state), ["echo"]);
    }
}
