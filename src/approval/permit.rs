//! The proof that something may run.

use crate::policy::{Action, Decision, Tier};

use super::{Binding, Extent, Input, Plan, Request, Reviewer, Verdict, grants::accounts, runs::Cover};

/// The proof that a plan may run; made only from an `Allow` decision or an `Approve` verdict (I1), its own or that of
/// the run that it is part of.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    plan: Plan,
    binding: Binding,
    tier: Tier,
    ground: Ground,
}

/// On what ground something runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The policy allows it.
    Policy,
    /// As many people as the policy wants approved it.
    Reviewers(Vec<Reviewer>),
    /// The run with this identifier was accepted with this command in it.
    Within(String),
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The decision does not allow it.
    NotAllowed,
    /// The verdict does not approve it.
    NotApproved,
    /// Between the approval and the start something changed that decides what would run.
    Drifted,
}

impl Permit {
    /// Makes a permit from a decision that allows the plan.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] unless the decision's action is [`Action::Allow`].
    pub fn from_decision(decision: &Decision, plan: Plan, binding: Binding) -> Result<Self, Refusal> {
        match decision.action {
            Action::Allow => Ok(Self { plan, binding, tier: decision.tier, ground: Ground::Policy }),
            Action::Ask | Action::Deny => Err(Refusal::NotAllowed),
        }
    }

    /// Makes a permit from a verdict that approves the request; `now` is the binding as computed again just before
    /// the start.
    ///
    /// # Errors
    /// [`Refusal::NotApproved`] unless the verdict is [`Verdict::Approve`] by as many accounts as the policy wants,
    /// [`Refusal::NotAllowed`] where the policy denies, [`Refusal::Drifted`] where `now` differs from the request's binding.
    pub fn from_verdict(request: Request, verdict: &Verdict, now: &Binding) -> Result<Self, Refusal> {
        let Verdict::Approve { by, extent } = verdict else { return Err(Refusal::NotApproved) };
        if request.decision.action == Action::Deny {
            return Err(Refusal::NotAllowed);
        }
        if accounts(by) < usize::from(request.decision.reviewers.max(1)) {
            return Err(Refusal::NotApproved);
        }
        let binding = request.binding();
        if binding != *now {
            return Err(Refusal::Drifted);
        }
        let Request { mut plan, decision, .. } = request;
        if *extent == Extent::WithInput {
            plan.input = Input::Caller;
        }
        Ok(Self { plan, binding, tier: decision.tier, ground: Ground::Reviewers(by.clone()) })
    }

    /// Makes a permit for a command that an accepted run consists of, so that people are asked once for what they saw
    /// as one.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where the policy denies.
    pub fn within(cover: &Cover, decision: &Decision, plan: Plan, binding: Binding) -> Result<Self, Refusal> {
        if decision.action == Action::Deny {
            return Err(Refusal::NotAllowed);
        }
        Ok(Self { plan, binding, tier: decision.tier, ground: Ground::Within(cover.run().to_owned()) })
    }

    /// What may run.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What it is bound to.
    #[must_use]
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The decision's tier.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.tier
    }

    /// On what ground it may run.
    #[must_use]
    pub const fn ground(&self) -> &Ground {
        &self.ground
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::example;

    fn by() -> Reviewer {
        Reviewer { name: "ann".into(), uid: 1000, channel: "socket" }
    }

    fn refusals() -> Vec<Verdict> {
        vec![
            Verdict::Reject { by: by(), reason: None },
            Verdict::Timeout,
            Verdict::Withdraw { signal: Some(2), reason: "interrupted".into() },
            Verdict::Unattended { hint: String::new() },
        ]
    }

    #[test]
    fn i1_only_an_allow_decision_makes_a_permit() {
        for action in [Action::Allow, Action::Ask, Action::Deny] {
            let mut request = example::request("true");
            request.decision.action = action;
            let binding = request.binding();
            let permit = Permit::from_decision(&request.decision, request.plan, binding);
            assert_eq!(permit.is_ok(), action == Action::Allow);
        }
    }

    #[test]
    fn i1_only_an_approve_verdict_makes_a_permit() {
        for verdict in refusals() {
            let request = example::request("true");
            let now = request.binding();
            assert_eq!(Permit::from_verdict(request, &verdict, &now).unwrap_err(), Refusal::NotApproved);
        }
        let request = example::request("true");
        let now = request.binding();
        let verdict = Verdict::Approve { by: vec![by()], extent: Extent::Once };
        let permit = Permit::from_verdict(request, &verdict, &now).unwrap();
        assert_eq!(permit.ground(), &Ground::Reviewers(vec![by()]));
        assert_eq!(permit.binding(), &now);
    }

    #[test]
    fn i1_fewer_accounts_than_the_policy_wants_make_no_permit() {
        let other = Reviewer { uid: 1001, ..by() };
        for (given, made) in
            [(vec![], false), (vec![by()], false), (vec![by(), by()], false), (vec![by(), other], true)]
        {
            let mut request = example::request("true");
            request.decision.reviewers = 2;
            let now = request.binding();
            let verdict = Verdict::Approve { by: given, extent: Extent::Once };
            assert_eq!(Permit::from_verdict(request, &verdict, &now).is_ok(), made, "{verdict:?}");
        }
    }

    #[test]
    fn i1_a_run_within_an_accepted_one_needs_no_verdict_but_a_denial_stands() {
        for action in [Action::Allow, Action::Ask, Action::Deny] {
            let mut request = example::request("true");
            request.decision.action = action;
            let binding = request.binding();
            let permit = Permit::within(&Cover::by("r1"), &request.decision, request.plan, binding);
            assert_eq!(permit.is_ok(), action != Action::Deny);
            if let Ok(permit) = permit {
                assert_eq!(*permit.ground(), Ground::Within("r1".to_owned()));
            }
        }
    }

    #[test]
    fn no_verdict_permits_what_the_policy_denies() {
        let mut request = example::request("true");
        request.decision.action = Action::Deny;
        let now = request.binding();
        let verdict = Verdict::Approve { by: vec![by()], extent: Extent::Once };
        assert_eq!(Permit::from_verdict(request, &verdict, &now).unwrap_err(), Refusal::NotAllowed);
    }

    #[test]
    fn only_a_reviewers_word_gives_unseen_input_to_what_would_run_it() {
        for (extent, input) in [(Extent::Once, Input::Nothing), (Extent::WithInput, Input::Caller)] {
            let mut request = example::request("bash");
            request.plan.input = Input::Nothing;
            let now = request.binding();
            let verdict = Verdict::Approve { by: vec![by()], extent };
            assert_eq!(Permit::from_verdict(request, &verdict, &now).unwrap().plan().input, input);
        }
    }

    #[test]
    fn i2_drift_between_approval_and_start_makes_no_permit() {
        let request = example::request("true");
        let mut drifted = request.clone();
        drifted.files.push(crate::approval::FileIdentity {
            path: "/work/build.sh".into(),
            inode: Some((1, 2)),
            size_and_mtime: None,
            content: Some([7; 32]),
        });
        let verdict = Verdict::Approve { by: vec![by()], extent: Extent::Once };
        assert_eq!(
            Permit::from_verdict(request, &verdict, &drifted.binding()).unwrap_err(),
            Refusal::Drifted
        );
    }
}
