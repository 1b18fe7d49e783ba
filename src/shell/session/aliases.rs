//! Aliases, put in before a command is decided: what is judged is what runs, and the shell beneath expands none.

use std::ops::Range;

use crate::syntax::{CommandKind, Dialect, Parse, parse};

/// An alias: its name, and what stands for it.
type Alias = (Vec<u8>, Vec<u8>);

/// As long as this a text may become.
const LONGEST: usize = 64 << 10;

/// Replaces the names of commands that are aliases, as a shell does at a terminal; a text that is not understood stays as
/// it is.
pub(super) fn expand(text: &[u8], aliases: &[Alias], dialect: Dialect) -> Vec<u8> {
    let Parse::Understood(script) = parse(text, dialect) else { return text.to_vec() };
    let mut expanded = text.to_vec();
    for command in script.commands.iter().rev().filter(|command| command.kind == CommandKind::Simple) {
        let mut words = command.words.iter().map(|word| range(word.span.start, word.span.end));
        let Some(first) = words.next() else { continue };
        let Some(value) = value_at(text, &first, aliases) else { continue };
        // Behind a value that ends in a blank, the next word is looked up as well.
        if let Some(next) = words.next().filter(|_| value.ends_with(b" "))
            && let Some(value) = value_at(text, &next, aliases)
        {
            expanded.splice(next, value);
        }
        expanded.splice(first, value);
        if expanded.len() > LONGEST {
            return text.to_vec();
        }
    }
    expanded
}

fn range(start: u32, end: u32) -> Range<usize> {
    usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0)
}

/// What stands for the word there, if it is exactly the name of an alias: quotes keep it from being one.
fn value_at(text: &[u8], at: &Range<usize>, aliases: &[Alias]) -> Option<Vec<u8>> {
    let name = text.get(at.clone())?;
    aliases.iter().any(|(known, _)| known == name).then(|| value(name, aliases, &mut Vec::new()))
}

/// The value of an alias; its own first word may be another alias, but none within itself.
fn value(name: &[u8], aliases: &[Alias], within: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let Some((_, value)) = aliases.iter().find(|(known, _)| known == name) else { return name.to_vec() };
    within.push(name.to_vec());
    let end = value.iter().position(|byte| b" \t\n;&|<>()".contains(byte)).unwrap_or(value.len());
    let (first, rest) = value.split_at(end);
    let known = aliases.iter().any(|(known, _)| known == first) && !within.iter().any(|name| name == first);
    if known { [self::value(first, aliases, within).as_slice(), rest].concat() } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        let aliases = [
            ("ll", "ls -l"),
            ("ls", "ls --color"),
            ("sudo", "sudo "),
            ("a", "b x"),
            ("b", "a y"),
            ("p", "echo 1; "),
        ];
        let aliases = aliases.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        String::from_utf8(expand(text.as_bytes(), &aliases, Dialect::Bash)).unwrap()
    }

    #[test]
    fn the_first_word_of_each_command_is_looked_up() {
        assert_eq!(expanded("ll x | ll; (ll)\n"), "ls --color -l x | ls --color -l; (ls --color -l)\n");
        assert_eq!(expanded("if ll; then x=1 ls; fi\n"), "if ls --color -l; then x=1 ls --color; fi\n");
        assert_eq!(expanded("echo $(ll) ll\n"), "echo $(ls --color -l) ll\n");
    }

    #[test]
    fn quotes_keep_a_word_from_being_an_alias_and_none_stands_for_itself() {
        assert_eq!(expanded("\\ll; 'll'; \"ll\"; l\\l\n"), "\\ll; 'll'; \"ll\"; l\\l\n");
        assert_eq!(expanded("a\nb\n"), "a y x\nb x y\n");
        assert_eq!(expanded("llx; x/ll\n"), "llx; x/ll\n");
    }

    #[test]
    fn a_value_that_ends_in_a_blank_lets_the_next_word_be_looked_up() {
        assert_eq!(expanded("sudo ll x\n"), "sudo  ls --color -l x\n");
        assert_eq!(expanded("p ll\n"), "echo 1;  ls --color -l\n");
    }
}
