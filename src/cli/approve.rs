//! `gate approve ID`: approves a waiting request from a second terminal.

use anyhow::{Context as _, Result, bail};

use crate::{
    approval::{
        Extent, Progress, RequestId, Verdict,
        client::{self, Failed, Waiting},
        confirm::{Looked, confirm},
    },
    exit::Exit,
    sys::{clock, talk::say, terminal},
};

use super::pending::{parse_id, state};

/// The fewest digits of a digest that name what was shown.
const DIGITS: usize = 12;

/// Arguments of the subcommand.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  gate approve k7p2mn                         Show it, then one key decides\n  \
    gate approve k7p2mn --digest 3cad262e8920   Approve what was shown elsewhere, by its digest"
)]
pub struct Arguments {
    /// The request
    #[arg(value_name = "ID", value_parser = parse_id)]
    id: RequestId,
    /// Let the like of it run for the tier's time, where the policy allows that
    #[arg(long)]
    whitelist: bool,
    /// Let it run what is fed to its standard input, unseen
    #[arg(long, conflicts_with = "whitelist")]
    interactive: bool,
    /// Approve without a question what has this digest (at least 12 digits of it)
    #[arg(long, value_name = "PREFIX")]
    digest: Option<String>,
    /// Approve without a question whatever it is
    #[arg(long, conflicts_with = "digest")]
    yes: bool,
}

impl Arguments {
    const fn extent(&self) -> Extent {
        match (self.whitelist, self.interactive) {
            (true, _) => Extent::Whitelist,
            (false, true) => Extent::WithInput,
            (false, false) => Extent::Once,
        }
    }
}

/// Runs the subcommand.
///
/// # Errors
/// Where nothing was decided: there is no such request, it is settled, or its wrapper refuses.
pub fn run(arguments: &Arguments) -> Result<Exit> {
    let state = state()?;
    let id = &arguments.id;
    let about = || format!("request {id}");
    let waiting = client::look(&state, id).with_context(about)?;
    let digest = waiting.request.binding().hex();
    match &arguments.digest {
        Some(prefix) if prefix.len() < DIGITS => bail!("--digest needs at least {DIGITS} digits"),
        Some(prefix) if !digest.starts_with(prefix.as_str()) => {
            bail!(
                "request {id} is not what was shown: its digest begins with {}",
                digest.get(..DIGITS).unwrap_or("")
            )
        }
        Some(_) => {}
        None if arguments.yes => {}
        None => return ask(waiting, digest, arguments),
    }
    let progress = waiting.approve(digest, arguments.extent()).with_context(about)?;
    say(&format!("{id} is {}", approved(progress)));
    Ok(Exit::Success)
}

fn approved(progress: Progress) -> String {
    match progress {
        Progress::Complete => "approved".to_owned(),
        Progress::Missing(1) => "approved by you; one more account has to approve it".to_owned(),
        Progress::Missing(missing) => format!("approved by you; {missing} more accounts have to approve it"),
    }
}

fn ask(waiting: Waiting, digest: String, arguments: &Arguments) -> Result<Exit> {
    let id = &arguments.id;
    if terminal::size(std::io::stdin()).is_none() {
        bail!(
            "nobody can press a key here; look at `gate pending {id}`, then `gate approve {id} --digest PREFIX`"
        );
    }
    let looked = confirm(&waiting, clock::now_millis()).context("this terminal cannot be used")?;
    let decided: Result<String, Failed> = match looked {
        Looked::Answered(Verdict::Approve { extent: Extent::Once, .. }) => {
            waiting.approve(digest, arguments.extent()).map(approved)
        }
        Looked::Answered(Verdict::Approve { extent, .. }) => waiting.approve(digest, extent).map(approved),
        Looked::Answered(Verdict::Reject { reason, .. }) => {
            waiting.reject(reason).map(|()| "denied".to_owned())
        }
        Looked::Answered(_) | Looked::Left => bail!("{id} was not decided; it still waits"),
        Looked::Settled => bail!("{id} no longer waits"),
    };
    let how = decided.with_context(|| format!("request {id}"))?;
    say(&format!("{id} is {how}"));
    Ok(Exit::Success)
}
