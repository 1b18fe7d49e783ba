//! Wrong usage, help, completions.

use crate::support::house::House;

#[test]
fn wrong_usage_is_125_and_says_what_was_meant() {
    let house = House::unattended();
    for (words, expected) in [
        (&["chek", "ls"][..], "gate: hint: a similar subcommand exists: 'check'"),
        (&["check", "--formt", "json", "ls"], "gate: hint: a similar argument exists: '--format'"),
        (&["check"], "gate: hint: try '--help'"),
        (&["check", "--format", "xml", "ls"], "gate: invalid value 'xml' for '--format <FORMAT>'"),
        (&["--"], "gate: no program behind --"),
    ] {
        let done = house.run(words);
        assert_eq!((done.status, done.stdout()), (Some(125), String::new()), "{words:?}");
        assert!(done.stderr().contains(expected), "{words:?}: {}", done.stderr());
        assert!(done.stderr().lines().all(|line| line.starts_with("gate: ")), "{words:?}: {}", done.stderr());
    }
}

#[test]
fn help_goes_to_standard_output_without_colour_for_pipes() {
    let house = House::unattended();
    for words in [&["--help"][..], &["check", "--help"], &["policy", "test", "--help"], &["--version"]] {
        let done = house.run(words);
        assert_eq!((done.status, done.stderr()), (Some(0), String::new()), "{words:?}");
        assert!(
            done.stdout().starts_with(|first: char| first.is_ascii_alphabetic()),
            "{words:?}: {}",
            done.stdout()
        );
        assert!(!done.stdout().contains('\u{1b}'), "{words:?}");
    }
}

#[test]
fn completions_name_every_subcommand() {
    let house = House::unattended();
    for shell in ["bash", "zsh", "fish"] {
        let script = house.run(&["completions", shell]).stdout();
        for subcommand in ["check", "policy", "pending", "approve", "deny", "log", "play", "init", "doctor"] {
            assert!(script.contains(subcommand), "{shell}: {subcommand}");
        }
    }
}
