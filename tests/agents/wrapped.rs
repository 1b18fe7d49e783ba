//! A command in its wrapper is judged, shown and run as that command, and never more mildly.

use std::fs;

use gate::{
    facts::{Catalog, CommandLine, analyse},
    policy::{
        Action, Analyse as _, Decision, ExampleMachine, Policy, Source, Whitelist, compile,
        compile_whitelist, decide,
    },
    syntax::Dialect,
};

use super::wrappers;
use crate::support::{house::House, random::Random};

/// Random lines besides the known ones.
const LINES: usize = 600;

/// Texts that try to reach what their wrapper does before or after them.
const REACHING_OUT: &[&str] = &[
    "pwd() { rm -rf ~; }",
    "function pwd { rm -rf ~; }",
    "jobs() { rm -rf ~; }",
    "_bgpids_file=/home/user/.bashrc",
    "export _bgpids_fi\"\"le=/home/user/.bashrc",
    "x=_b; read ${x}gpids_file < f",
    "_bgpids_file[0]=/home/user/.bashrc",
    "mapfile _bgpids_file < f",
    "printf -v _bg\"pids_file\" x",
    "declare -n q=_bgpids_file; q=/x",
    "enable -n pwd; PATH=.",
    "shopt -s expand_aliases; alias pwd='rm -rf ~'",
    "trap 'rm -rf ~' EXIT",
    "ls\n)\nrm -rf ~\n(",
    "ls' ; rm -rf ~; '",
    "'; rm -rf ~ #",
    "cat <<E",
    "cat <<E\nE ",
    "ls \\",
    "ls &&",
    "exec >/home/user/.bashrc",
    "set -e; false; rm -rf ~",
    ")",
    "}; rm -rf ~; {",
    "# comment",
    "$(",
    "\"",
];

struct Bench {
    machine: ExampleMachine,
    catalog: Catalog,
    policy: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        let policy = compile(&[Source::built_in()], None).unwrap().bytes;
        Self { machine: ExampleMachine::new(Catalog::built_in()), catalog: Catalog::built_in(), policy }
    }

    fn decide(&self, line: &CommandLine) -> Decision {
        let facts = analyse(line, &self.machine, &self.catalog);
        let whitelist = compile_whitelist(&[]);
        let policy = Policy::open(&self.policy).unwrap();
        decide(&facts, self.machine.context(), &policy, &Whitelist::open(&whitelist).unwrap()).unwrap()
    }

    /// Compares a command in every wrapper with the command alone; gives how many wrappers were undone.
    fn compare(&self, command: &str) -> usize {
        let alone = self.decide(&bare(command));
        let mut undone = 0;
        for whole in wrappers(command) {
            let line = shell(&whole);
            let wrapped = self.decide(&line);
            if matches!(line, CommandLine::Wrapped(_)) {
                undone += 1;
                assert_eq!(line.text(), command.as_bytes(), "{whole}");
                assert!(wrapped.action >= alone.action, "{whole}: {:?} < {:?}", wrapped.action, alone.action);
                assert!(wrapped.tier >= alone.tier, "{whole}: {:?} < {:?}", wrapped.tier, alone.tier);
            } else {
                assert!(wrapped.action >= Action::Ask, "{whole}");
            }
        }
        undone
    }
}

fn bare(text: &str) -> CommandLine {
    CommandLine::Shell {
        text: text.into(),
        dialect: Dialect::Bash,
        options: Vec::new(),
        arguments: Vec::new(),
    }
}

fn shell(text: &str) -> CommandLine {
    CommandLine::shell(text.into(), Dialect::Bash, Vec::new(), Vec::new())
}

fn known_commands() -> Vec<String> {
    let rows = |data: &'static str| data.lines().filter_map(|row| row.split('\t').next());
    rows(include_str!("../data/bypass.tsv"))
        .chain(rows(include_str!("../data/benign.tsv")))
        .chain(rows(include_str!("../data/parser-differentials.tsv")))
        .chain(rows(include_str!("../data/agent-commands.txt")))
        .chain(REACHING_OUT.iter().copied())
        .map(|row| row.replace('\u{2424}', "\n"))
        .filter(|row| !row.is_empty())
        .collect()
}

#[test]
fn no_command_is_judged_more_mildly_for_its_wrapper() {
    let bench = Bench::new();
    let commands = known_commands();
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let mut pick = || commands[random.below(commands.len())].clone();
    let joined = (0..LINES).map(|index| [pick(), pick()].join([";", "\n", " && ", "", " | "][index % 5]));
    let lines: Vec<String> = joined.chain(commands.iter().cloned()).collect();
    let undone: usize = lines.iter().map(|line| bench.compare(line)).sum();
    assert!(undone > lines.len() * 3, "{undone} wrappers undone for {} commands", lines.len());
}

#[test]
fn what_reaches_out_of_its_wrapper_is_never_allowed() {
    let bench = Bench::new();
    for command in REACHING_OUT {
        let [claude, _, _, gemini] = wrappers(command).map(|whole| bench.decide(&shell(&whole)).action);
        let harmless_in = |name| !command.contains(name);
        assert!(claude >= Action::Ask || harmless_in("pwd"), "{command}");
        assert!(gemini >= Action::Ask || harmless_in("jobs") && harmless_in("_bg"), "{command}");
    }
}

#[test]
fn a_file_that_is_a_link_by_now_is_asked_about() {
    let house = House::unattended();
    let directory = tempfile::Builder::new().prefix("gemini-shell-").rand_bytes(6).tempdir().unwrap();
    let name = directory.path().file_name().unwrap().to_str().unwrap();
    let [.., gemini] = wrappers("ls");
    let whole = gemini.replace("gemini-shell-USe3Pl", name);
    assert_eq!(house.run(&["check", &whole]).status, Some(0));
    std::os::unix::fs::symlink(house.path("home/x"), directory.path().join("bgpids.tmp")).unwrap();
    let done = house.run(&["check", &whole]);
    assert_eq!(done.status, Some(3));
    assert!(String::from_utf8_lossy(&done.stdout).contains("the file that its wrapper writes is a link"));
}

#[test]
fn the_whole_text_runs_and_the_command_is_what_is_shown() {
    let house = House::unattended();
    let file = free_file();
    let whole = format!(
        "shopt -u extglob 2>/dev/null || true && eval 'cd / && echo \"it'\"'\"'s\"' && pwd -P >| {file}"
    );
    let done = house.run(&["-c", "-l", &whole]);
    let written = fs::read_to_string(&file);
    let _ = fs::remove_file(&file);
    assert_eq!((done.status, String::from_utf8(done.stdout).unwrap()), (Some(0), "it's\n".to_owned()));
    assert_eq!(written.unwrap(), "/\n");
    let log = String::from_utf8(house.run(&["log"]).stdout).unwrap();
    assert!(log.contains("cd / && echo \"it's\"") && !log.contains("extglob"), "{log}");
}

#[test]
fn a_reviewer_reads_the_command_and_is_told_of_its_wrapper() {
    let house = House::attended();
    let [whole, ..] = wrappers("touch f && rm -rf f");
    let waiting = house.ask(&["-c", &whole]);
    let list = String::from_utf8(house.run(&["pending"]).stdout).unwrap();
    assert!(list.contains("touch f && rm -rf f") && !list.contains("extglob"), "{list}");
    let shown = String::from_utf8(house.run(&["pending", &waiting.id]).stdout).unwrap();
    assert!(shown.contains("│ touch f && rm -rf f\n"), "{shown}");
    assert!(shown.contains("Claude Code puts around every command"), "{shown}");
    assert!(shown.contains("/tmp/claude-0a1f-cwd") && shown.contains("extglob"), "{shown}");
    assert_eq!(house.run(&["deny", &waiting.id]).status, Some(0));
    let done = waiting.end();
    assert_eq!(done.status, Some(126));
    assert!(!house.has("f"));
}

/// A name that the agent could have chosen and that nobody uses.
fn free_file() -> String {
    let file = |number: u32| format!("/tmp/claude-{number:04x}-cwd");
    (std::process::id() & 0xffff..=0xffff)
        .map(file)
        .find(|file| fs::symlink_metadata(file).is_err())
        .expect("one of them is free")
}
