//! Texts that some parser reads differently from the shell: each is opaque, or every command that runs is listed.

use gate::syntax::{Dialect, Parse, parse};

use super::matching::{Cover, cover, left_to_facts};
use super::text::unescape;

const TABLE: &str = include_str!("../data/parser-differentials.tsv");

/// What one shell does with a text.
#[derive(Debug, Default)]
struct Behaviour {
    shell: Option<&'static str>,
    runs: Vec<Vec<Vec<u8>>>,
    refuses: bool,
}

#[test]
fn every_row_is_opaque_or_sound() {
    let (mut opaque, mut sound, mut facts) = (0, 0, 0);
    let mut unsound = Vec::new();
    for line in TABLE.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, behaviour, _, class] = columns[..] else { panic!("not four columns: {line}") };
        // The texts of these two classes are abbreviated in the table; `properties` writes them out.
        let abbreviated = text.contains('…') && matches!(class, "hang" | "crash");
        let text = unescape(text);
        for behaviour in behaviours(behaviour) {
            let dialect = if behaviour.shell == Some("dash") { Dialect::Sh } else { Dialect::Bash };
            let script = match parse(&text, dialect) {
                Parse::Opaque(_) => {
                    opaque += 1;
                    continue;
                }
                Parse::Understood(script) => script,
            };
            let missing = behaviour.runs.iter().any(|argv| cover(&script, argv) == Cover::Missing);
            let refused_here = behaviour.refuses && !matches!(behaviour.shell, Some("bash5.3" | "bash3.2"));
            if !missing && !refused_here && !abbreviated {
                sound += 1;
            } else if missing && left_to_facts(&script) {
                facts += 1;
            } else {
                unsound.push(format!("{line}\n    {behaviour:?}\n    {script:?}"));
            }
        }
    }
    println!(
        "differentials: {opaque} opaque, {sound} sound, {facts} left to facts, {} unsound",
        unsound.len()
    );
    assert!(unsound.is_empty(), "{}", unsound.join("\n"));
    assert!(sound >= 140, "the parser understands too little to be tested: {sound}");
}

/// Reads the second column: for each shell that it names (or for bash 5.2) what runs, and whether it is refused.
fn behaviours(text: &str) -> Vec<Behaviour> {
    if let Some(name) = text.strip_prefix("runs c1 (5.2 and 5.3)") {
        assert_eq!(name, "");
        return vec![Behaviour { runs: vec![vec![b"c1".to_vec()]], ..Behaviour::default() }];
    }
    let mut all = vec![Behaviour::default()];
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(shell) =
            ["bash5.2", "bash5.3", "bash3.2", "dash"].into_iter().find(|shell| rest.starts_with(shell))
        {
            all.push(Behaviour { shell: Some(shell), ..Behaviour::default() });
            rest = &rest[shell.len()..];
        } else if let Some(behind) = rest.strip_prefix("files [") {
            rest = words(behind).1;
        } else if let Some(behind) = rest.strip_prefix('[') {
            let (argv, behind) = words(behind);
            all.last_mut().unwrap().runs.push(argv);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("syntax error") {
            all.last_mut().unwrap().refuses = true;
            rest = behind;
        } else {
            rest = &rest[rest.chars().next().unwrap().len_utf8()..];
        }
    }
    if all.len() > 1 {
        all.remove(0);
    }
    all
}

/// Reads words up to `]`: bare, or in single quotes with backslash escapes inside.
fn words(text: &str) -> (Vec<Vec<u8>>, &str) {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(behind) = rest.strip_prefix(']') {
            return (words, behind);
        }
        if let Some(quoted) = rest.strip_prefix('\'') {
            let mut escaped = false;
            let end = quoted
                .find(|character| {
                    let closes = character == '\'' && !escaped;
                    escaped = character == '\\' && !escaped;
                    closes
                })
                .unwrap_or_else(|| panic!("not closed: {text}"));
            words.push(unescape(&quoted[..end]));
            rest = &quoted[end + 1..];
        } else {
            let end = rest.find([' ', ']']).unwrap_or_else(|| panic!("not closed: {text}"));
            words.push(rest.as_bytes()[..end].to_vec());
            rest = &rest[end..];
        }
    }
}
