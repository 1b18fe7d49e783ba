//! Permits for what a test wants to run, made as the pipeline makes them: from a decision that allows.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf, time::Duration};

use gate::{
    approval::{Binding, Input, Permit, Plan, Start},
    policy::{Action, Decision, Tier},
};

/// A permit to start `start` in the current directory with the test's own environment.
pub(crate) fn permit(start: Start) -> Permit {
    permit_without("", start)
}

/// A permit for a program found at `file` with these words, the name first.
pub(crate) fn program(file: &str, words: &[&str]) -> Permit {
    program_without("", file, words)
}

/// The same, without one variable.
pub(crate) fn program_without(variable: &str, file: &str, words: &[&str]) -> Permit {
    let argv = words.iter().map(|word| OsStr::new(word).as_bytes().to_vec()).collect();
    permit_without(variable, Start::Program { file: PathBuf::from(file), argv })
}

fn permit_without(variable: &str, start: Start) -> Permit {
    let environment = std::env::vars_os()
        .filter(|(name, _)| name != variable)
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect::<Vec<_>>()
        .into();
    let plan = Plan { start, environment, cwd: std::env::current_dir().unwrap(), input: Input::Caller };
    let binding = Binding::of(&plan, &[]);
    Permit::from_decision(&allow(), plan, binding).unwrap()
}

/// A permit for a text that `/bin/sh` runs.
pub(crate) fn shell(text: &str) -> Permit {
    program("/bin/sh", &["sh", "-c", text])
}

fn allow() -> Decision {
    Decision {
        action: Action::Allow,
        tier: Tier::Low,
        score: 0,
        reasons: Vec::new(),
        parts: Vec::new(),
        timeout: Duration::from_secs(300),
        whitelist_for: None,
        reviewers: 0,
    }
}
