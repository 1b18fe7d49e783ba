//! `gate policy whitelist`: what reviewers approved for longer than once.

use std::{collections::HashMap, fmt::Write as _};

use anyhow::bail;

use crate::{
    audit::Run,
    exit::Exit,
    pipeline::Replay,
    policy::{self, Revocation, Use, WhitelistEntry, days, format_seconds, review},
    sys::{clock, talk},
    ui::Printable,
};

use super::{
    lines::{duration, fitted, width},
    person::person,
    say,
};

const LIST_EXAMPLES: &str = "\
`review:` marks entries that are unused for half of their life, used far more
than before, or used in another directory. Uses are counted in the audit log.

Examples:
  gate policy whitelist list         What runs without a question now
  gate policy whitelist list --all   Dead and revoked entries as well";

const SHOW_EXAMPLES: &str = "\
Examples:
  gate policy whitelist show 3f9a    The first digits of the name are enough";

const REVOKE_EXAMPLES: &str = "\
Examples:
  gate policy whitelist revoke 3f9a --why 'the job is done'";

const RENEW_EXAMPLES: &str = "\
Examples:
  gate policy whitelist renew 3f9a --for 30d";

/// What is to be done with the whitelist.
#[derive(clap::Subcommand)]
pub enum Choice {
    /// List what runs without a question, with what to look at again
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// Show dead and revoked entries as well
        #[arg(long)]
        all: bool,
        /// Print `text` for people or `json`
        #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
        format: String,
    },
    /// Show one entry whole
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// The entry, or the beginning of its name
        id: String,
    },
    /// End an entry now
    #[command(after_help = REVOKE_EXAMPLES)]
    Revoke {
        /// The entry, or the beginning of its name
        id: String,
        /// Why, for whoever reads the file
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
    /// Let an entry live for so long from now
    #[command(after_help = RENEW_EXAMPLES)]
    Renew {
        /// The entry, or the beginning of its name
        id: String,
        /// How long from now
        #[arg(long = "for", value_name = "TIME", value_parser = duration, default_value = "7d")]
        life: u64,
    },
}

pub(super) fn run(choice: &Choice) -> anyhow::Result<Exit> {
    let past = Replay::look()?;
    match choice {
        Choice::List { all, format } => list(&past, *all, format == "json"),
        Choice::Show { id } => show(&past, id),
        Choice::Revoke { id, why } => revoke(&past, id, why.clone()),
        Choice::Renew { id, life } => renew(&past, id, *life),
    }
}

/// Every use of every entry, by the audit log.
fn uses(past: &Replay) -> anyhow::Result<HashMap<String, Vec<Use>>> {
    let (runs, wholeness) = past.runs(0)?;
    if let Err(broken) = &wholeness.chain {
        talk::say(&format!(
            "the audit log was changed: {broken}; what is counted from there on proves nothing"
        ));
    }
    let mut uses: HashMap<String, Vec<Use>> = HashMap::new();
    for run in &runs {
        for id in entries_of(run) {
            let cwd = run.subject.as_ref().map(|subject| subject.cwd.lossy().into_owned());
            uses.entry(id.to_owned())
                .or_default()
                .push(Use { at: run.time / 1000, cwd: cwd.unwrap_or_default() });
        }
    }
    Ok(uses)
}

/// The entries that had a say in a run.
fn entries_of(run: &Run) -> impl Iterator<Item = &str> {
    let rules = run.judgement.iter().flat_map(|judgement| &judgement.rules);
    rules.filter_map(|rule| rule.strip_prefix("whitelist:"))
}

fn list(past: &Replay, all: bool, json: bool) -> anyhow::Result<Exit> {
    let (entries, uses) = (past.loaded.whitelist_file().entries()?, uses(past)?);
    let now = clock::now_millis() / 1000;
    let (alive, dead): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.is_alive(now));
    let chosen = alive.into_iter().chain(if all { dead.as_slice() } else { &[] }.iter().copied());
    let mut said = String::new();
    for entry in chosen {
        let used = uses.get(&entry.id).map_or(&[][..], Vec::as_slice);
        if json {
            let _ = writeln!(said, "{}", object(entry, used, now));
        } else {
            push(&mut said, entry, used, now);
        }
    }
    if said.is_empty() && !json {
        talk::say("no whitelist entry lives");
    }
    if !all && !json && !dead.is_empty() {
        talk::say(&format!("{} dead or revoked; `--all` shows them", dead.len()));
    }
    say(&said)
}

fn push(said: &mut String, entry: &WhitelistEntry, uses: &[Use], now: u64) {
    let width = width();
    let mut line = |head: &str, text: &str| {
        let _ = writeln!(said, "{head:<10}{}", fitted(text, width.saturating_sub(10)));
    };
    line(&entry.id, &command(entry));
    let times = match uses.len() {
        0 => "never used".to_owned(),
        1 => "used once".to_owned(),
        count => format!("used {count} times"),
    };
    line("", &format!("{}, {times}, by {}", state(entry, now), entry.by));
    line("", &scope(entry));
    if let Some(hint) = review(entry, uses, now).filter(|_| entry.is_alive(now)) {
        line("", &format!("review: {hint}"));
    }
}

/// The words with their wrappers in front; effects alone where there are no words.
pub(super) fn command(entry: &WhitelistEntry) -> String {
    let via = entry.via.iter().map(|wrapper| format!("({wrapper}) ")).collect::<String>();
    if entry.words.is_empty() {
        return via + &entry.effects.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    }
    let blank = |word: &String| word.is_empty() || word.contains(char::is_whitespace);
    let word = |word: &String| if blank(word) { format!("'{word}'") } else { word.clone() };
    via + &entry.words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn state(entry: &WhitelistEntry, now: u64) -> String {
    match &entry.revoked {
        Some(revoked) => format!("revoked by {}", revoked.by),
        None if entry.expires <= now => format!("dead for {}", days(now.saturating_sub(entry.expires))),
        None => format!("{} left", days(entry.expires.saturating_sub(now))),
    }
}

pub(super) fn scope(entry: &WhitelistEntry) -> String {
    let place = entry.cwd.as_ref().map_or_else(|| "anywhere".to_owned(), |cwd| format!("in {cwd}"));
    let host = entry.host.as_ref().map_or_else(|| "any machine".to_owned(), Clone::clone);
    let agent = entry.agent.as_ref().map_or_else(|| "any agent".to_owned(), Clone::clone);
    format!("{place} on {host}, for {agent}")
}

fn object(entry: &WhitelistEntry, uses: &[Use], now: u64) -> serde_json::Value {
    serde_json::json!({
        "id": entry.id,
        "words": entry.words,
        "via": entry.via,
        "effects": entry.effects,
        "host": entry.host,
        "cwd": entry.cwd,
        "agent": entry.agent,
        "by": entry.by,
        "approved": format_seconds(entry.approved),
        "expires": format_seconds(entry.expires),
        "alive": entry.is_alive(now),
        "requests": entry.requests,
        "uses": uses.len(),
        "last_use": uses.iter().map(|one| one.at).max().map(format_seconds),
        "review": review(entry, uses, now),
    })
}

/// The one entry that a name, or the beginning of one, means.
fn find(past: &Replay, id: &str) -> anyhow::Result<WhitelistEntry> {
    let mut entries = past.loaded.whitelist_file().entries()?;
    if let Some(at) = entries.iter().position(|entry| entry.id == id) {
        return Ok(entries.swap_remove(at));
    }
    entries.retain(|entry| !id.is_empty() && entry.id.starts_with(id));
    match (entries.pop(), entries.len()) {
        (None, _) => {
            bail!("there is no whitelist entry {id:?}; `gate policy whitelist list --all` names all")
        }
        (Some(entry), 0) => Ok(entry),
        (Some(_), others) => bail!("{} entries begin with {id:?}; give more of the name", others + 1),
    }
}

fn show(past: &Replay, id: &str) -> anyhow::Result<Exit> {
    let entry = find(past, id)?;
    let uses = uses(past)?.remove(&entry.id).unwrap_or_default();
    let now = clock::now_millis() / 1000;
    let mut said = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(said, "{name:<10}{}", Printable::line(value.as_bytes()));
    };
    line("entry", &entry.id);
    line("command", &command(&entry));
    match &entry.effects {
        None => line("effects", "whatever exactly these words do"),
        Some(effects) if effects.is_empty() => line("effects", "none"),
        Some(effects) => {
            effects
                .iter()
                .zip(["effects"].into_iter().chain(std::iter::repeat("")))
                .for_each(|(effect, name)| line(name, effect));
        }
    }
    line("holds", &scope(&entry));
    line("state", &state(&entry, now));
    line("approved", &format!("{} by {}", format_seconds(entry.approved), entry.by));
    line("expires", &format_seconds(entry.expires));
    if let Some((at, by)) = &entry.renewed {
        line("renewed", &format!("{} by {by}", format_seconds(*at)));
    }
    if let Some(Revocation { at, by, why }) = &entry.revoked {
        let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        line("revoked", &format!("{} by {by}{why}", format_seconds(*at)));
    }
    line(
        "requests",
        if entry.requests.is_empty() { "none".to_owned() } else { entry.requests.join(" ") }.as_str(),
    );
    let last = uses.iter().map(|one| one.at).max();
    line(
        "uses",
        &last.map_or_else(|| "none".to_owned(), |at| format!("{}, last {}", uses.len(), format_seconds(at))),
    );
    if let Some(hint) = review(&entry, &uses, now).filter(|_| entry.is_alive(now)) {
        line("review", &hint);
    }
    say(&said)
}

fn revoke(past: &Replay, id: &str, why: Option<String>) -> anyhow::Result<Exit> {
    let by = person(&past.loaded)?.name;
    let entry = find(past, id)?;
    if entry.revoked.is_some() {
        bail!("{} is revoked already", entry.id);
    }
    let revocation = Revocation { at: clock::now_millis() / 1000, by, why };
    past.loaded.whitelist_file().change(|text, _| {
        policy::with_revocation(text, &entry.id, &revocation).map_err(|_| gone(&entry.id))
    })?;
    talk::say(&format!(
        "{} is revoked: {} is asked again",
        entry.id,
        Printable::line(command(&entry).as_bytes())
    ));
    Ok(Exit::Success)
}

fn renew(past: &Replay, id: &str, life: u64) -> anyhow::Result<Exit> {
    let by = person(&past.loaded)?.name;
    let entry = find(past, id)?;
    if entry.revoked.is_some() {
        bail!("{} is revoked; approve it anew", entry.id);
    }
    let now = clock::now_millis() / 1000;
    let expires = now.saturating_add(life);
    past.loaded.whitelist_file().change(|text, _| {
        policy::with_renewal(text, &entry.id, expires, (now, &by)).map_err(|_| gone(&entry.id))
    })?;
    talk::say(&format!("{} lives until {}", entry.id, format_seconds(expires)));
    Ok(Exit::Success)
}

fn gone(id: &str) -> anyhow::Error {
    anyhow::anyhow!("somebody else ended {id} meanwhile")
}
