//! Real shells as the judge: every command that one runs, and every file that it makes, is in the parser's list.

use gate::syntax::{Dialect, Parse, RedirectionOperator, Script, Value, parse};

use super::matching::{Cover, cover, left_to_facts};
use super::shells::{Run, Shell, run};
use super::text::unescape;
use super::{
    forms::Mild,
    generator::{self, Text},
};
use crate::support::random::Random;

/// How many texts one sandbox runs.
const BATCH: usize = 250;

/// What the shells did with the texts of one run.
#[derive(Debug, Default)]
struct Figures {
    texts: usize,
    understood: usize,
    commands: usize,
    dynamic_names: usize,
    left_to_facts: usize,
    files: usize,
    failures: Vec<String>,
}

#[test]
fn bash_runs_nothing_that_is_not_listed() {
    judge(Shell::Bash, Dialect::Bash, strings(1000));
}

#[test]
fn dash_runs_nothing_that_is_not_listed() {
    judge(Shell::Dash, Dialect::Sh, strings(1000) / 4);
}

#[test]
fn bash_as_sh_runs_nothing_that_is_not_listed() {
    judge(Shell::BashAsSh, Dialect::Sh, strings(1000) / 4);
}

/// The judge must be able to find something: a text that runs another command than the list says.
#[test]
fn a_command_that_is_not_listed_is_found() {
    let runs = run(Shell::Bash, &[b"c1 'a b' >f; c2 | $(c3)", b"if"]);
    let mut commands = runs[0].commands.clone();
    commands.sort();
    assert_eq!(commands, [vec![b"c1".to_vec(), b"a b".to_vec()], vec![b"c2".to_vec()], vec![b"c3".to_vec()]]);
    assert_eq!(runs[0].files, [b"f"]);
    assert!(refused(&runs[1]), "{:?}", runs[1]);
    let Parse::Understood(script) = parse(b"c1 'a b' | c3", Dialect::Bash) else { panic!("not understood") };
    let text = Text { bytes: Vec::new(), pure: true };
    assert_eq!(complaints(&text, &script, &runs[0], &mut Figures::default()).len(), 2);
    let dash = run(Shell::Dash, &[b"c1 a 2>f"]);
    assert_eq!(
        (&dash[0].commands[0][..], &dash[0].files[..]),
        (&[b"c1".to_vec(), b"a".to_vec()][..], &[b"f".to_vec()][..])
    );
}

fn strings(default: usize) -> usize {
    std::env::var("GATE_ORACLE_STRINGS").map_or(default, |number| number.parse().unwrap())
}

fn seed() -> u64 {
    std::env::var("GATE_ORACLE_SEED").map_or_else(
        |_| u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() % 1_000_000_007).unwrap(),
        |seed| seed.parse().unwrap(),
    )
}

fn judge(shell: Shell, dialect: Dialect, count: usize) {
    let seed = seed();
    println!("{shell:?}: seed {seed}");
    let seeds = seeds();
    let mild = Mild::new(|text| matches!(parse(text, dialect), Parse::Understood(_)));
    let mut random = Random::new(seed);
    let mut figures = Figures::default();
    let mut batch = Vec::new();
    while figures.texts < count {
        let text = generator::text(&mut random, &mild, &seeds);
        figures.texts += 1;
        if let Parse::Understood(script) = parse(&text.bytes, dialect) {
            figures.understood += 1;
            batch.push((text, script));
        }
        if batch.len() == BATCH || figures.texts == count {
            judge_batch(shell, &batch, &mut figures);
            batch.clear();
        }
    }
    println!(
        "{shell:?}: {} strings, {} understood, {} commands logged, {} files made, {} under a dynamic name, {} texts left to \
         facts, {} missing, seed {seed}",
        figures.texts,
        figures.understood,
        figures.commands,
        figures.files,
        figures.dynamic_names,
        figures.left_to_facts,
        figures.failures.len(),
    );
    assert!(figures.failures.is_empty(), "seed {seed}\n{}", figures.failures.join("\n\n"));
    assert!(figures.understood * 5 > count, "too little is understood to be tested: {figures:?}");
    assert!(figures.commands > figures.understood / 2, "too little is run to be tested: {figures:?}");
}

/// Texts that are known to be trouble, and everyday ones.
fn seeds() -> Vec<Vec<u8>> {
    let table = include_str!("../data/parser-differentials.tsv").lines().skip(1);
    let abbreviated = |text: &&str| !text.contains('…');
    table.filter_map(|line| line.split('\t').next()).filter(abbreviated).map(unescape).collect()
}

fn judge_batch(shell: Shell, batch: &[(Text, Script)], figures: &mut Figures) {
    let texts: Vec<&[u8]> = batch.iter().map(|(text, _)| text.bytes.as_slice()).collect();
    for ((text, script), run) in batch.iter().zip(run(shell, &texts)) {
        let complaints = complaints(text, script, &run, figures);
        if complaints.is_empty() {
            continue;
        }
        if !text.pure && left_to_facts(script) {
            figures.left_to_facts += 1;
            continue;
        }
        let shown = text.bytes.escape_ascii();
        figures.failures.push(format!(
            "{shown}\n    {}\n    {script:?}\n    {}",
            complaints.join("\n    "),
            run.errors
        ));
    }
}

/// Returns what the shell did that the list does not say.
fn complaints(text: &Text, script: &Script, run: &Run, figures: &mut Figures) -> Vec<String> {
    figures.commands += run.commands.len();
    figures.files += run.files.len();
    let mut complaints = Vec::new();
    for argv in &run.commands {
        match cover(script, argv) {
            Cover::Listed => {}
            // A generated program holds no command name in any value: what ran under one was written as a command.
            Cover::DynamicName if !text.pure || !is_command_name(argv) => figures.dynamic_names += 1,
            _ => complaints.push(format!("ran {}", shown(argv))),
        }
    }
    for file in &run.files {
        if !is_made_by_a_listed_redirection(script, file) {
            complaints.push(format!("made {}", file.escape_ascii()));
        }
    }
    if refused(run) {
        complaints.push("is refused by the shell".to_owned());
    }
    complaints
}

fn is_command_name(argv: &[Vec<u8>]) -> bool {
    matches!(argv.first().map(Vec::as_slice), Some([b'c', b'1'..=b'9']))
}

fn shown(argv: &[Vec<u8>]) -> String {
    argv.iter().map(|word| format!("‹{}›", word.escape_ascii())).collect()
}

fn is_made_by_a_listed_redirection(script: &Script, file: &[u8]) -> bool {
    use RedirectionOperator as Operator;
    script.commands.iter().flat_map(|command| &command.redirections).any(|redirection| {
        let makes = matches!(
            redirection.operator,
            Operator::Write
                | Operator::Clobber
                | Operator::Append
                | Operator::ReadWrite
                | Operator::WriteBoth
                | Operator::AppendBoth
        );
        makes
            && match &redirection.target.value {
                Value::Static(path) => here(path) == file,
                Value::Dynamic { prefix, .. } => file.starts_with(here(prefix)),
            }
    })
}

/// Strips what leads back to the directory in which every text runs.
fn here(path: &[u8]) -> &[u8] {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    path
}

/// Returns whether the shell refused the text as a whole; arithmetic goes wrong only when it is run.
fn refused(run: &Run) -> bool {
    ["syntax error near", "unexpected EOF", "unexpected end of file", "Syntax error"]
        .iter()
        .any(|sign| run.errors.lines().any(|line| line.contains(sign) && !line.contains("arithmetic")))
}
