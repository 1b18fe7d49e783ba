//! Who decides here what runs later: a reviewer, outside of every gated run.

use anyhow::Context as _;

use crate::{approval::seat, config::Loaded, sys::account::Account};

/// The account that decides; by the same facts of the kernel's by which verdicts are taken (I10).
pub(super) fn person(loaded: &Loaded) -> anyhow::Result<Account> {
    let reviewers = seat::reviewers(&loaded.settings.approver.reviewers, Account::current().uid);
    let states = [loaded.settings.state.clone(), loaded.places.enforced_state.clone()];
    seat::take(&states, &reviewers).context("nothing was changed")
}
