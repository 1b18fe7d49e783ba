//! The far end of a copy: passed on byte by byte, counted, written down, never recorded.

mod packet;
mod session;

use anyhow::Result;

use crate::{
    approval::{Permit, Request},
    audit::Octets,
    exec,
    facts::{Target, Transfer},
};

use super::{Here, Outcome, ledger::Ledger, unstarted};

use session::Session;

/// Runs what a permit permits as the far end of a copy.
pub(super) fn run(
    here: &Here,
    ledger: &mut Ledger,
    request: &Request,
    permit: &Permit,
    transfer: &Transfer,
) -> Result<Outcome> {
    let passed = if transfer.verb == "sftp-server" {
        let mut session = Session::new(here, ledger, request, permit);
        let passed = exec::pass(permit, Some(&mut session));
        session.end();
        passed
    } else {
        exec::pass(permit, None)
    };
    if let Ok((_, traffic)) = &passed {
        ledger.transferred(&transfer.verb, paths(request), *traffic);
    }
    let ended = ledger.end(passed.map(|(ended, _)| ended), None)?;
    unstarted::tell(permit, ended);
    Ok(Outcome::Ran(ended))
}

/// The paths that the command line names.
fn paths(request: &Request) -> Vec<Octets> {
    let effects = request.facts.invocations.iter().flat_map(|invocation| &invocation.effects);
    let mut paths: Vec<&std::path::Path> = effects
        .filter_map(|effect| match &effect.target {
            Target::Path { resolved, .. } => Some(resolved.as_path()),
            _ => None,
        })
        .collect();
    paths.dedup();
    paths.iter().map(|path| Octets::new(path.as_os_str().as_encoded_bytes())).collect()
}
