//! Whether a process may decide, judged by kernel facts (I10).
//!
//! What this can see: descendants of a gated run, and orphans of one that stayed in its session. What it cannot see:
//! a process of the same account that left its run by a double fork and a session of its own. Against a hostile agent
//! only another account as reviewer helps; `gate doctor` says which of the two is configured.

use crate::sys::ancestry::Process;

/// Everything that is known when a verdict arrives.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The account of whoever decides.
    pub uid: u32,
    /// The deciding process and its ancestors.
    pub lineage: &'a [Process],
}

/// Why a process may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// Its account is not among the reviewers.
    NotAReviewer,
    /// It descends from a gated run, or is one.
    InsideARun,
    /// It has lost its ancestors, and sits in the session of a gated run.
    OrphanOfARun,
}

impl Barred {
    /// A clause for people.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::NotAReviewer => "this account is not among the reviewers",
            Self::InsideARun => "a decision cannot come from inside a gated run",
            Self::OrphanOfARun => "a decision cannot come from a process that a gated run left behind",
        }
    }
}

/// Says whether `origin` may decide, where `runs` holds the lineage of every live gated run and of the wrapper that
/// waits, each with the run itself first.
///
/// # Errors
/// The reason why not.
pub fn may_decide(origin: Origin<'_>, reviewers: &[u32], runs: &[Vec<Process>]) -> Result<(), Barred> {
    if !reviewers.contains(&origin.uid) {
        return Err(Barred::NotAReviewer);
    }
    let descends = |run: &Process| origin.lineage.iter().any(|ancestor| ancestor.is(run));
    if runs.iter().filter_map(|lineage| lineage.first()).any(descends) {
        return Err(Barred::InsideARun);
    }
    if runs.iter().any(|run| is_orphan_beside(origin.lineage, run)) {
        return Err(Barred::OrphanOfARun);
    }
    Ok(())
}

/// Whether a process is in the session of `run` without sharing an ancestor of that session with it.
fn is_orphan_beside(lineage: &[Process], run: &[Process]) -> bool {
    let (Some(session), Some(first)) = (run.first().map(|run| run.session), lineage.first()) else {
        return true;
    };
    if first.session != session || session == 0 {
        return false;
    }
    let eldest = lineage.iter().take_while(|ancestor| ancestor.session == session).last();
    !eldest.is_some_and(|eldest| run.iter().any(|ancestor| ancestor.is(eldest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: u32 = 1000;

    fn process(pid: u32, parent: u32, session: u32) -> Process {
        Process { pid, start: u64::from(pid) * 10, parent, session }
    }

    /// init → shell (session 10) → agent → wrapper.
    fn wrapper() -> Vec<Process> {
        vec![process(30, 20, 10), process(20, 10, 10), process(10, 1, 10), process(1, 0, 1)]
    }

    fn judge(lineage: &[Process]) -> Result<(), Barred> {
        may_decide(Origin { uid: ME, lineage }, &[ME, 0], &[wrapper()])
    }

    #[test]
    fn a_person_in_another_terminal_may_decide() {
        assert_eq!(judge(&[process(90, 80, 80), process(80, 1, 80), process(1, 0, 1)]), Ok(()));
    }

    #[test]
    fn a_person_in_the_shell_that_started_the_wrapper_may_decide() {
        assert_eq!(judge(&[process(90, 10, 10), process(10, 1, 10), process(1, 0, 1)]), Ok(()));
    }

    #[test]
    fn whoever_is_not_a_reviewer_may_not() {
        let lineage = [process(90, 80, 80), process(80, 1, 80), process(1, 0, 1)];
        let origin = Origin { uid: 1001, lineage: &lineage };
        assert_eq!(may_decide(origin, &[ME], &[wrapper()]), Err(Barred::NotAReviewer));
        assert_eq!(may_decide(origin, &[], &[]), Err(Barred::NotAReviewer));
    }

    #[test]
    fn a_descendant_of_a_run_may_not_whatever_its_session() {
        let mut lineage = vec![process(50, 40, 50), process(40, 30, 40)];
        lineage.extend(wrapper());
        assert_eq!(judge(&lineage), Err(Barred::InsideARun));
        assert_eq!(judge(&wrapper()), Err(Barred::InsideARun));
    }

    #[test]
    fn an_orphan_in_the_session_of_a_run_may_not() {
        assert_eq!(judge(&[process(50, 1, 10), process(1, 0, 1)]), Err(Barred::OrphanOfARun));
    }

    #[test]
    fn a_reused_number_is_not_the_run() {
        let stranger = Process { start: 999, ..process(30, 1, 80) };
        assert_eq!(judge(&[stranger, process(1, 0, 1)]), Ok(()));
    }

    #[test]
    fn a_process_without_known_ancestors_may_not() {
        assert_eq!(judge(&[]), Err(Barred::OrphanOfARun));
    }
}
