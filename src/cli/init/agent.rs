//! `gate init AGENT`: has an agent run its commands through gate, and takes that back.

use std::fmt::Write as _;

use crate::{
    agents::{
        difference::difference,
        recipe::{Recipe, Whereabouts},
        setup::{self, Change, Setup, Undone},
    },
    exit::Exit,
    sys::caller::CallerEnvironment,
    ui::Printable,
};

use super::{Arguments, confirmed, say};

/// Shows the change, asks, and makes it.
///
/// # Errors
/// Where something of a person's would be lost, there is nobody to ask, or it cannot be written.
pub(super) fn run(name: &str, arguments: &Arguments) -> anyhow::Result<Exit> {
    let caller = CallerEnvironment::capture()?;
    let whereabouts = Whereabouts::of(&caller)?;
    let recipe = Recipe::of(name)?;
    if arguments.undo {
        return undo(&recipe, arguments, &whereabouts);
    }
    let setup = Setup::plan(recipe.clone(), &caller, &whereabouts)?;
    let recipe = recipe.filled(&caller, &whereabouts);
    say(&plan(&recipe, &setup, &whereabouts))?;
    if setup.is_done() || arguments.dry_run {
        return Ok(Exit::Success);
    }
    if !arguments.yes && !confirmed()? {
        say("Nothing was written.\n")?;
        return Ok(Exit::Success);
    }
    setup.apply(&caller, &whereabouts)?;
    say(&format!("Written. `gate init {name} --undo` takes it back, `gate doctor` checks it.\n"))?;
    Ok(Exit::Success)
}

fn undo(recipe: &Recipe, arguments: &Arguments, whereabouts: &Whereabouts) -> anyhow::Result<Exit> {
    let Some(change) = setup::newest(&recipe.name, whereabouts)? else {
        say(&format!("Nothing was written for {}; nothing to undo.\n", recipe.client))?;
        return Ok(Exit::Success);
    };
    let back = Change {
        path: change.path,
        before: Some(change.after),
        after: change.before.clone().unwrap_or_default(),
    };
    say(&shown(&back, change.before.is_some()))?;
    if arguments.dry_run {
        return Ok(Exit::Success);
    }
    if !arguments.yes && !confirmed()? {
        say("Nothing was written.\n")?;
        return Ok(Exit::Success);
    }
    let told = match setup::undo(&recipe.name, whereabouts)? {
        Undone::Nothing => "Nothing to undo.\n".to_owned(),
        Undone::Restored(path) => format!("Restored {}\n", path.display()),
        Undone::Removed(path) => format!("Removed {}\n", path.display()),
    };
    say(&told)?;
    Ok(Exit::Success)
}

fn plan(recipe: &Recipe, setup: &Setup, whereabouts: &Whereabouts) -> String {
    let mut text = String::new();
    for link in &setup.links {
        let _ = writeln!(text, "New link {} → {}", link.display(), whereabouts.gate.display());
    }
    match &setup.change {
        Some(change) => text.push_str(&shown(change, true)),
        None if !recipe.settings.is_empty() => {
            let _ = writeln!(text, "{}'s settings name gate already.", recipe.client);
        }
        None => {}
    }
    let mut list = |head: &str, lines: &[String]| {
        if !lines.is_empty() {
            let _ = writeln!(text, "{head}");
        }
        for line in lines {
            let _ = writeln!(text, "  - {line}");
        }
    };
    list(&format!("What you do yourself for {}:", recipe.client), &recipe.by_hand);
    list("What this does not cover:", &recipe.limits);
    text
}

/// A change as people read it; `stays`: whether the file is there afterwards.
fn shown(change: &Change, stays: bool) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let verb = match (&change.before, stays) {
        (_, false) => "Remove",
        (None, true) => "New file",
        (Some(_), true) => "Change",
    };
    let mut out = format!("{verb} {}:\n", change.path.display());
    let before = change.before.as_deref().unwrap_or_default();
    for line in difference(&text(before), &text(&change.after)) {
        let _ = writeln!(out, "{}", Printable::line(line.as_bytes()));
    }
    out.push('\n');
    out
}
