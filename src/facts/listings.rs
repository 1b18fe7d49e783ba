//! Names that listings print without the directories in front.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::names::Printed;
use super::{EffectKind, Invocation, Program, Target};

/// What `ls *.md`, `printf '%s\n' *.md` and `grep -l x *.md` print: names of what lies below the working directory.
pub(super) fn printed_by_listing(invocation: &Invocation, cwd: Option<&Path>) -> Option<Printed> {
    let (Program::File { name, .. } | Program::Builtin(name)) = &invocation.program else { return None };
    let mut words = invocation.words.iter().skip(1).map(|word| word.value.as_deref());
    let mut zero = false;
    let fits = match name.as_str() {
        "ls" => words.all(|word| match word {
            Some(option) if option.starts_with(b"-") => {
                option.len() > 1 && option.iter().skip(1).all(|letter| b"1drtSA".contains(letter))
            }
            _ => true,
        }),
        "printf" => {
            let format = words.next().flatten();
            zero = format == Some(br"%s\0");
            matches!(format, Some(br"%s\n" | br"%s\0")) && words.all(|word| word.is_none())
        }
        "grep" | "egrep" | "fgrep" | "rg" => {
            let option = words.next().flatten().unwrap_or_default();
            let lists = matches!(option, b"-l" | b"-il" | b"-li" | b"-lE" | b"-lF" | b"-lw" | b"-L");
            let pattern = words.next().flatten().is_some_and(|pattern| !pattern.starts_with(b"-"));
            lists && pattern && words.all(|word| !word.is_some_and(|word| word.starts_with(b"-")))
        }
        _ => false,
    };
    let below = |effect: &super::Effect| match (&effect.target, cwd) {
        (Target::Path { path, resolved, .. }, Some(cwd)) => {
            path.starts_with(cwd) && resolved.starts_with(cwd)
        }
        (Target::Glob { pattern, .. }, Some(cwd)) => {
            let literal = super::item::literal_prefix(pattern);
            Path::new(OsStr::from_bytes(&literal)).starts_with(cwd)
        }
        _ => false,
    };
    let effects = &invocation.effects;
    let looks =
        |effect: &super::Effect| matches!(effect.kind, EffectKind::Read | EffectKind::List) && below(effect);
    let known = invocation.opaque.is_none() && invocation.via.is_empty();
    (fits && known && !effects.is_empty() && effects.iter().all(looks)).then(|| Printed::bare(zero))?
}

/// Whether a program prints some of the lines that it reads, and nothing else.
pub(super) fn passes_lines_on(name: &str, words: &[&str]) -> bool {
    let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match (name, words) {
        ("grep" | "egrep" | "fgrep", [options @ .., pattern]) => {
            let plain = |option: &&str| {
                option.strip_prefix('-').is_some_and(|letters| {
                    !letters.is_empty() && letters.chars().all(|letter| "viwxEFP".contains(letter))
                })
            };
            options.iter().all(plain) && !pattern.starts_with('-')
        }
        ("head" | "tail", [] | ["-n", _]) => words.get(1).is_none_or(|count| number(count)),
        ("head" | "tail", [count]) => {
            count.strip_prefix("-n").or(count.strip_prefix('-')).is_some_and(number)
        }
        ("sort", []) | ("sort", ["-u" | "-r" | "-ru" | "-ur"]) | ("uniq", []) => true,
        _ => false,
    }
}
