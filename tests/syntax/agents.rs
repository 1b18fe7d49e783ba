//! Everyday commands of agents: that they are understood is the price tag of strictness.

use gate::syntax::{Dialect, Parse, parse};

#[test]
fn everyday_commands_are_understood() {
    let opaque: Vec<String> = include_str!("../data/agent-commands.txt")
        .lines()
        .filter_map(|line| match parse(&command(line), Dialect::Bash) {
            Parse::Understood(script) => {
                assert!(!script.commands.is_empty(), "{line}");
                None
            }
            Parse::Opaque(opaque) => Some(format!("{line}\n    {} at {}", opaque.why, opaque.at)),
        })
        .collect();
    assert!(opaque.is_empty(), "{} not understood:\n{}", opaque.len(), opaque.join("\n"));
}

/// Two escapes: `\n` is a newline and `\\` a backslash; any other backslash is itself.
fn command(line: &str) -> Vec<u8> {
    line.replace(r"\\", "\0").replace(r"\n", "\n").replace('\0', r"\").into_bytes()
}
