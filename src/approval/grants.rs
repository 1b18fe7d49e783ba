//! Counts approvals where a policy asks for several people.

use super::{Extent, Reviewer, Verdict};

/// The approvals that a request has so far, each of another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    wanted: u8,
    by: Vec<Reviewer>,
    extent: Option<Extent>,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// It is approved.
    Complete,
    /// So many further accounts have to approve it.
    Missing(u8),
}

/// The account has approved already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again;

impl Grants {
    /// None yet, of so many different accounts; at least of one.
    #[must_use]
    pub fn wanting(reviewers: u8) -> Self {
        Self { wanted: reviewers.max(1), by: Vec::new(), extent: None }
    }

    /// Counts an approval. What goes further than this one run needs everybody's word.
    ///
    /// # Errors
    /// Where this account has approved already: one person never passes for two (I3).
    pub fn add(&mut self, by: Reviewer, extent: Extent) -> Result<Progress, Again> {
        if self.by.iter().any(|known| known.uid == by.uid) {
            return Err(Again);
        }
        self.by.push(by);
        let agreed = self.extent.is_none_or(|so_far| so_far == extent);
        self.extent = Some(if agreed { extent } else { Extent::Once });
        Ok(self.progress())
    }

    /// How far the request has come.
    pub fn progress(&self) -> Progress {
        let missing = usize::from(self.wanted).saturating_sub(self.by.len());
        u8::try_from(missing)
            .ok()
            .filter(|missing| *missing > 0)
            .map_or(Progress::Complete, Progress::Missing)
    }

    /// The verdict, once it is complete.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let Progress::Complete = self.progress() else { return None };
        Some(Verdict::Approve { by: self.by.clone(), extent: self.extent.unwrap_or(Extent::Once) })
    }

    /// The names of those who have approved.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.by.iter().map(|by| by.name.clone()).collect()
    }
}

/// How many different accounts are among these reviewers.
pub(super) fn accounts(by: &[Reviewer]) -> usize {
    let mut accounts: Vec<u32> = by.iter().map(|by| by.uid).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(name: &str, uid: u32) -> Reviewer {
        Reviewer { name: name.into(), uid, channel: "socket" }
    }

    #[test]
    fn one_is_enough_where_no_rule_asks_for_more() {
        for wanted in [0, 1] {
            let mut grants = Grants::wanting(wanted);
            assert_eq!(grants.verdict(), None);
            assert_eq!(grants.add(by("ann", 1), Extent::Whitelist), Ok(Progress::Complete));
            assert_eq!(
                grants.verdict(),
                Some(Verdict::Approve { by: vec![by("ann", 1)], extent: Extent::Whitelist })
            );
        }
    }

    #[test]
    fn one_account_never_counts_twice_whatever_it_is_called() {
        let mut grants = Grants::wanting(3);
        assert_eq!(grants.add(by("ann", 1), Extent::Once), Ok(Progress::Missing(2)));
        assert_eq!(grants.add(by("anna", 1), Extent::Once), Err(Again));
        assert_eq!(grants.add(by("ann", 2), Extent::Once), Ok(Progress::Missing(1)));
        assert_eq!((grants.verdict(), grants.names()), (None, vec!["ann".to_owned(), "ann".to_owned()]));
        assert_eq!(grants.add(by("cid", 3), Extent::Once), Ok(Progress::Complete));
        assert!(
            matches!(grants.verdict(), Some(Verdict::Approve { by, extent: Extent::Once }) if by.len() == 3)
        );
    }

    #[test]
    fn what_goes_further_needs_everybodys_word() {
        use Extent::{Once, Whitelist, WithInput};
        for (one, two, both) in [
            (Whitelist, Once, Once),
            (Once, WithInput, Once),
            (Whitelist, WithInput, Once),
            (Whitelist, Whitelist, Whitelist),
            (WithInput, WithInput, WithInput),
        ] {
            let mut grants = Grants::wanting(2);
            let _ = grants.add(by("ann", 1), one);
            let _ = grants.add(by("bob", 2), two);
            let Some(Verdict::Approve { extent, .. }) = grants.verdict() else { panic!() };
            assert_eq!(extent, both);
        }
    }

    #[test]
    fn the_same_account_twice_is_one() {
        assert_eq!(accounts(&[by("a", 1), by("b", 1), by("c", 2)]), 2);
        assert_eq!(accounts(&[]), 0);
    }
}
