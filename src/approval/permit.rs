//! The proof that something may run.

use crate::policy::{Action, Decision, Tier};

use super::{Binding, Plan, Request, Reviewer, Verdict};

/// The proof that a plan may run; made only from an `Allow` decision or an `Approve` verdict (I1).
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
    /// A human approved it.
    Reviewer(Reviewer),
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
    /// [`Refusal::NotApproved`] unless the verdict is [`Verdict::Approve`], [`Refusal::NotAllowed`] where the policy
    /// denies, [`Refusal::Drifted`] where `now` differs from the request's binding.
    pub fn from_verdict(request: Request, verdict: &Verdict, now: &Binding) -> Result<Self, Refusal> {
        let Verdict::Approve { by, .. } = verdict else { return Err(Refusal::NotApproved) };
        if request.decision.action == Action::Deny {
            return Err(Refusal::NotAllowed);
        }
        if request.binding != *now {
            return Err(Refusal::Drifted);
        }
        let Request { plan, binding, decision, .. } = request;
        Ok(Self { plan, binding, tier: decision.tier, ground: Ground::Reviewer(by.clone()) })
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
