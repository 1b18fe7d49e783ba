//! Whether agents run their commands through gate, and what that does not cover.

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::Path,
};

use crate::{
    agents::{
        merge,
        recipe::{self, Check, Format, Recipe, Whereabouts},
        setup,
    },
    sys::{account, caller::CallerEnvironment},
};

use super::Finding;

/// The agents that are set up or that have settings here; nothing where there are none.
pub(super) fn agents(caller: &CallerEnvironment) -> Vec<Finding> {
    let (Ok(whereabouts), Ok(recipes)) = (Whereabouts::of(caller), recipe::all()) else { return Vec::new() };
    let mut findings = Vec::new();
    let mut any = false;
    for recipe in recipes {
        let record = whereabouts.records.join(&recipe.name).with_extension("json");
        let used = recipe.directory(caller, &whereabouts).is_some_and(|directory| directory.exists());
        let started_so = recipe.check == Some(Check::ShellVariable)
            && is_done_by_hand(Check::ShellVariable, caller, &whereabouts);
        if used || started_so || record.exists() {
            any |= is_set(&recipe, caller, &whereabouts);
            findings.push(agent(&recipe, caller, &whereabouts));
        }
    }
    if any {
        findings.extend(links(&whereabouts));
        findings.push(Finding::warn(
            "agents",
            "as their shell, gate sees shell commands: not system(3) of programs, which is /bin/sh, not tools that write \
             files or speak to the network, and no agent with /bin/bash built in (Copilot CLI, Cline, Amp, Goose)",
            "give the account no more rights than the agent may have without being asked",
        ));
    }
    findings
}

fn agent(recipe: &Recipe, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> Finding {
    let init = format!("gate init {}", recipe.name);
    if !is_set(recipe, caller, whereabouts) {
        return Finding::warn("agent", format!("{}: its settings do not name gate", recipe.client), init);
    }
    let limits = recipe.limits.join("\n");
    let found = |how: &str| format!("{}: {how}; not covered:\n{limits}", recipe.client);
    match recipe.check.map(|check| (check, is_done_by_hand(check, caller, whereabouts))) {
        None => Finding::ok("agent", found("its settings name gate")),
        Some((_, true)) => Finding::ok("agent", found("runs its commands through gate")),
        Some((check, false)) => {
            let filled = recipe.clone().filled(caller, whereabouts);
            let advice = filled.by_hand.into_iter().next().unwrap_or(init);
            Finding::warn("agent", format!("{}: {}", recipe.client, not_done(check)), advice)
        }
    }
}

const fn not_done(check: Check) -> &'static str {
    match check {
        Check::LoginShell => "this account's login shell is not gate, so its commands run without gate",
        Check::BashOnPath => "bash on this PATH is not gate; started so, its commands run without gate",
        Check::ShellVariable => "SHELL is not gate here; started so, its commands run without gate",
    }
}

fn is_set(recipe: &Recipe, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> bool {
    let Some(file) = recipe.file(caller, whereabouts) else { return true };
    let Ok(text) = fs::read_to_string(file) else { return false };
    let recipe = recipe.clone().filled(caller, whereabouts);
    match recipe.format {
        Format::Text => text == recipe.text(whereabouts),
        format => merge::holds(&text, format, &recipe.settings),
    }
}

fn is_done_by_hand(check: Check, caller: &CallerEnvironment, whereabouts: &Whereabouts) -> bool {
    let gate = whereabouts.gate.as_path();
    let is_gate = |path: &Path| is_same_file(path, gate);
    match check {
        Check::LoginShell => account::login_shell(caller.account.uid).is_some_and(|shell| is_gate(&shell)),
        Check::ShellVariable => caller.directory("SHELL").is_some_and(|shell| is_gate(&shell)),
        Check::BashOnPath => {
            let mut directories = caller
                .variable("PATH")
                .unwrap_or_default()
                .split(|byte| *byte == b':')
                .map(|directory| Path::new(std::ffi::OsStr::from_bytes(directory)).join("bash"));
            directories.find(|bash| bash.exists()).is_some_and(|bash| is_gate(&bash))
        }
    }
}

fn links(whereabouts: &Whereabouts) -> Vec<Finding> {
    let there = whereabouts.shells.exists();
    let broken = |link: &std::path::PathBuf| there && !is_same_file(link, &whereabouts.gate);
    let links = setup::links(whereabouts);
    let broken: Vec<String> =
        links.iter().filter(|link| broken(link)).map(|link| link.display().to_string()).collect();
    match (there, broken.is_empty()) {
        (false, _) => Vec::new(),
        (true, true) => vec![Finding::ok("links", whereabouts.shells.display().to_string())],
        (true, false) => vec![Finding::fail(
            "links",
            format!("{} does not lead to this gate", broken.join(", ")),
            "gate init AGENT makes the links anew",
        )],
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
}
