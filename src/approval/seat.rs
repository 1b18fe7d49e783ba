//! Whether this very process may decide, where it does so without a request: the same kernel facts as for a verdict (I10).

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::sys::{
    account::{self, Account},
    ancestry::lineage,
};

use super::{
    origin::{self, Barred, Origin},
    runs,
};

/// Why this process may not decide.
#[derive(Debug)]
pub enum Unseated {
    /// What it is.
    Barred(Barred),
    /// What cannot be found out.
    Unknown(std::io::Error),
}

impl fmt::Display for Unseated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Barred(barred) => formatter.write_str(barred.why()),
            Self::Unknown(error) => {
                write!(formatter, "it cannot be told whether this is a gated run: {error}")
            }
        }
    }
}

impl std::error::Error for Unseated {}

/// The accounts of those who may decide: the configured ones, else the caller's own. A name that no account has is
/// nobody.
#[must_use]
pub fn reviewers(named: &[String], own: u32) -> Vec<u32> {
    if named.is_empty() { vec![own] } else { named.iter().filter_map(|name| account::uid_of(name)).collect() }
}

/// Checks that this process may decide: its account is a reviewer's, and it comes from no gated run of these state
/// directories. Gives the account that decides.
///
/// # Errors
/// The reason why not.
pub fn take(states: &[PathBuf], reviewers: &[u32]) -> Result<Account, Unseated> {
    let live = |state: &PathBuf| runs::live(Path::new(state));
    let lineage = lineage(std::process::id()).map_err(Unseated::Unknown)?;
    let runs: Vec<_> = states.iter().map(live).collect::<Result<_, _>>().map_err(Unseated::Unknown)?;
    let account = Account::current();
    let origin = Origin { uid: account.uid, lineage: &lineage };
    origin::may_decide(origin, reviewers, &runs.concat()).map_err(Unseated::Barred)?;
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gated_run_has_no_seat() {
        let state = tempfile::tempdir().unwrap();
        let states = [state.path().to_path_buf()];
        let own = Account::current().uid;
        assert_eq!(take(&states, &[own]).unwrap().uid, own);
        assert!(matches!(take(&states, &[own + 1]), Err(Unseated::Barred(Barred::NotAReviewer))));
        let _registration =
            runs::Registration::of_this_process(state.path(), "r", runs::Text::Other).unwrap();
        assert!(matches!(take(&states, &[own]), Err(Unseated::Barred(Barred::InsideARun))));
    }

    #[test]
    fn without_names_everybody_decides_for_themselves() {
        assert_eq!(reviewers(&[], 7), [7]);
        assert_eq!(reviewers(&["root".into(), "nobody-of-this-name".into()], 7), [0]);
    }
}
