//! The manual, the README and the program say the same: every subcommand, option, key, variable and exit code stands
//! in all of them.

use std::collections::BTreeSet;

use clap::Command;
use gate::{cli, config, exit::Exit};

use super::{code_lines, is_test_file, read, rust_files};

/// The options of the run forms, which clap never sees.
fn run_options() -> BTreeSet<String> {
    cli::fast::RUN_OPTIONS.iter().flat_map(|(option, _)| options_in(option)).collect()
}

/// The manual without the formatter's escapes.
fn manual() -> String {
    read("man/gate.1").replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\")
}

/// A section's text, its heading excluded.
fn section<'a>(manual: &'a str, macro_: &str, heading: &str) -> &'a str {
    let opening = format!("{macro_} {heading}\n");
    let start = manual.find(&opening).unwrap_or_else(|| panic!("the manual has no section {heading}"));
    let body = &manual[start + opening.len()..];
    let end = if macro_ == ".SH" {
        body.find("\n.SH ")
    } else {
        body.find("\n.SS ").into_iter().chain(body.find("\n.SH ")).min()
    };
    &body[..end.unwrap_or(body.len())]
}

/// Every subcommand that does something, with its full name: `gate policy test`.
fn subcommands(command: &Command, name: &str) -> Vec<(String, Command)> {
    let inner: Vec<&Command> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
    if inner.is_empty() {
        return vec![(name.to_owned(), command.clone())];
    }
    inner.into_iter().flat_map(|inner| subcommands(inner, &format!("{name} {}", inner.get_name()))).collect()
}

fn options(command: &Command) -> BTreeSet<String> {
    command
        .get_arguments()
        .filter_map(|argument| argument.get_long())
        .filter(|long| !["help", "version"].contains(long))
        .map(|long| format!("--{long}"))
        .collect()
}

fn options_in(text: &str) -> BTreeSet<String> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(str::to_owned)
        .collect()
}

/// The tags of a section's list.
fn tags(section: &str) -> BTreeSet<&str> {
    let lines: Vec<&str> = section.lines().collect();
    lines.windows(2).filter(|pair| pair[0] == ".TP").filter_map(|pair| pair[1].strip_prefix(".B ")).collect()
}

#[test]
fn every_subcommand_and_option_stands_in_the_manual_and_the_other_way_round() {
    let manual = manual();
    let all = subcommands(&cli::definition(), "gate");
    for (name, command) in &all {
        let written = options_in(section(&manual, ".SS", name));
        let known = options(command);
        assert_eq!(written, known, "options of `{name}`: manual (left) and program (right)");
    }
    let headed: BTreeSet<&str> = section(&manual, ".SH", "SUBCOMMANDS")
        .lines()
        .chain([".SS x"])
        .filter_map(|line| line.strip_prefix(".SS "))
        .filter(|name| *name != "x")
        .collect();
    assert_eq!(headed, all.iter().map(|(name, _)| name.as_str()).collect());
}

#[test]
fn the_options_of_the_run_forms_stand_in_manual_and_help() {
    let known = run_options();
    assert_eq!(options_in(section(&manual(), ".SH", "OPTIONS")), known);
    let help = cli::definition().render_long_help().to_string();
    let forms = help.split("Run forms").nth(1).unwrap().split("Exit status").next().unwrap();
    assert_eq!(options_in(forms), known);
}

#[test]
fn every_key_of_the_configuration_stands_in_the_manual_and_the_other_way_round() {
    let manual = manual();
    let written = tags(section(&manual, ".SH", "CONFIGURATION"));
    let known: BTreeSet<&str> = config::KEYS.into_iter().collect();
    assert_eq!(written, known);
}

#[test]
fn every_exit_code_stands_in_manual_and_readme() {
    let manual = manual();
    let written = section(&manual, ".SH", "EXIT STATUS");
    let readme = read("README.md");
    for exit in [
        Exit::Success,
        Exit::ShellUsage,
        Exit::CheckAsk,
        Exit::CheckDeny,
        Exit::TimedOut,
        Exit::Failure,
        Exit::Denied,
        Exit::NotFound,
    ] {
        let code = exit.code().to_string();
        assert!(written.contains(&format!(".B {code}\n")), "{code} is missing in the manual");
        assert!(readme.contains(&code), "{code} is missing in the README");
    }
}

/// Names of variables that the program reads by name.
fn variables_read() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in rust_files("src").into_iter().filter(|path| !is_test_file(path)) {
        let text = read(&path);
        for (line, code) in text.lines().zip(code_lines(&text)) {
            let Some(code) = code else { continue };
            for call in ["var_os(\"", "var(\"", ".variable(\"", ".directory(\"", "below(\""] {
                if !code.contains(call.trim_end_matches('"')) {
                    continue;
                }
                for rest in line.split(call).skip(1) {
                    found.extend(rest.split('"').next().map(str::to_owned));
                }
            }
        }
    }
    found
}

#[test]
fn every_variable_stands_in_the_manual_and_the_other_way_round() {
    let manual = manual();
    let read = variables_read();
    assert_eq!(tags(section(&manual, ".SH", "ENVIRONMENT")), read.iter().map(String::as_str).collect());
}

#[test]
fn help_has_examples_everywhere_and_no_full_stops() {
    for (name, command) in subcommands(&cli::definition(), "gate") {
        let after =
            command.get_after_help().unwrap_or_else(|| panic!("`{name} --help` has no examples")).to_string();
        assert!(after.contains("Examples:\n  "), "`{name} --help` has no examples");
        assert!(
            after.contains(&format!("  {name}")) || after.contains(&format!("sudo {name}")),
            "`{name}`: {after}"
        );
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "`{name}`: {} has no help", argument.get_id());
            assert!(!help.ends_with('.'), "`{name}`: help of {} ends with a full stop", argument.get_id());
        }
    }
}

#[test]
fn clap_finds_no_fault_with_the_definition() {
    cli::definition().debug_assert();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts a formatter, not a gated command")]
fn the_manual_renders_without_a_warning() {
    let mut ran = 0;
    for (program, arguments) in
        [("groff", &["-man", "-Tutf8", "-ww", "-z"][..]), ("mandoc", &["-Tlint", "-Wwarning"])]
    {
        for page in std::fs::read_dir(super::root().join("man")).unwrap() {
            let output =
                std::process::Command::new(program).args(arguments).arg(page.unwrap().path()).output();
            let Ok(output) = output else { continue };
            let said = [output.stdout, output.stderr].concat();
            assert!(
                output.status.success() && said.is_empty(),
                "{program}: {}",
                String::from_utf8_lossy(&said)
            );
            ran += 1;
        }
    }
    println!(
        "manual pages rendered: {ran}{}",
        if ran == 0 { " (SKIPPED: neither groff nor mandoc here)" } else { "" }
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts cargo, not a gated command")]
fn every_dependency_has_a_licence_that_goes_with_ours() {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(super::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = read(".deny.toml");
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none").replace('/', " OR ");
        let one_of = licence.split(" OR ").any(|choice| {
            choice
                .trim_matches(['(', ')', ' '])
                .split(" AND ")
                .all(|part| allowed.contains(&format!("\"{}\"", part.trim_matches(['(', ')', ' ']))))
        });
        assert!(one_of, "{} has licence {licence}", package["name"]);
    }
}
