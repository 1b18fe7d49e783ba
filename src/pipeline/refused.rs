//! Why something does not run, told to the caller and to the audit log.

use crate::{
    approval::{Refusal, Request, Verdict},
    audit::{By, Cause},
    exit::Exit,
    shell::probe::Probe,
    sys::talk::say,
    ui,
};

use super::ledger;

/// Why there is no permit.
#[derive(Debug)]
pub(super) enum Refused {
    /// The policy denies it.
    ByPolicy,
    /// A reviewer rejected it, nobody answered, or nobody could be asked.
    ByVerdict(Verdict),
    /// What would run kept changing.
    Drifted,
    /// It is what an agent runs when it starts.
    Probe(&'static Probe),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Drifted => Self::Drifted,
            Refusal::NotAllowed | Refusal::NotApproved => Self::ByPolicy,
        }
    }
}

impl Refused {
    /// Tells the caller on standard error which part was refused, why, by whom, and what may be done instead.
    pub(super) fn tell(&self, request: &Request) -> Exit {
        if let Self::Probe(probe) = self {
            say(&probe_refused(probe));
            return self.exit();
        }
        for line in ui::refusal(request, &self.headline(request), &self.hint(request)) {
            say(&line);
        }
        self.exit()
    }

    fn exit(&self) -> Exit {
        match self {
            Self::ByVerdict(Verdict::Timeout) => Exit::TimedOut,
            Self::ByVerdict(Verdict::Withdraw { signal: Some(signal), .. }) => Exit::Signalled(*signal),
            Self::ByPolicy | Self::Drifted | Self::Probe(_) | Self::ByVerdict(_) => Exit::Denied,
        }
    }

    fn headline(&self, request: &Request) -> String {
        match self {
            Self::ByPolicy => "denied by policy".to_owned(),
            Self::Probe(probe) => probe_refused(probe),
            Self::Drifted => {
                format!("denied: what would run kept changing while {} was asked", request.id.as_str())
            }
            Self::ByVerdict(Verdict::Reject { by, reason }) => {
                let reason = reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
                format!("denied by {}{reason}", by.name)
            }
            Self::ByVerdict(Verdict::Timeout) => {
                format!("not approved within {} s", request.decision.timeout.as_secs())
            }
            Self::ByVerdict(Verdict::Withdraw { reason, .. }) => format!("withdrawn: {reason}"),
            Self::ByVerdict(Verdict::Unattended { .. }) if request.decision.reviewers > 1 => {
                format!(
                    "denied: it needs {} reviewers, and so many cannot be asked",
                    request.decision.reviewers
                )
            }
            Self::ByVerdict(Verdict::Unattended { .. } | Verdict::Approve { .. }) => {
                "denied: it needs an approval, and nobody can be asked".to_owned()
            }
        }
    }

    fn hint(&self, request: &Request) -> String {
        match self {
            Self::ByVerdict(Verdict::Unattended { hint }) => hint.clone(),
            Self::ByVerdict(Verdict::Timeout) => {
                "nothing ran; ask for it again when a reviewer is there, or do without".to_owned()
            }
            Self::ByVerdict(Verdict::Reject { .. }) => {
                "nothing ran; do not try the same in another form, ask the person what to do instead"
                    .to_owned()
            }
            Self::ByVerdict(_) | Self::Drifted | Self::Probe(_) => {
                "nothing ran; it may be asked for again".to_owned()
            }
            Self::ByPolicy if request.facts.opacities().next().is_some() => {
                "nothing ran; write it in plainer words, one step at a time".to_owned()
            }
            Self::ByPolicy => {
                "nothing ran; `gate check` explains what is allowed, a person may change the policy"
                    .to_owned()
            }
        }
    }

    /// Who refused, why, and in whose words, for the audit log.
    pub(super) fn for_the_log(&self, request: &Request) -> (By, Cause, Option<String>) {
        match self {
            Self::ByPolicy => {
                let reason = request.decision.reasons.first().map(|reason| reason.text.clone());
                (By::Policy, Cause::Denied, reason)
            }
            Self::Drifted => (By::Gate, Cause::Drifted, None),
            Self::Probe(probe) => (By::Policy, Cause::Denied, Some(probe_refused(probe))),
            Self::ByVerdict(Verdict::Reject { by, reason }) => {
                let by = By::Reviewers(vec![ledger::reviewer(by)]);
                (by, Cause::Denied, reason.clone())
            }
            Self::ByVerdict(Verdict::Timeout) => (By::Gate, Cause::TimedOut, None),
            Self::ByVerdict(Verdict::Withdraw { reason, .. }) => {
                (By::Gate, Cause::Withdrawn, Some(reason.clone()))
            }
            Self::ByVerdict(Verdict::Unattended { .. } | Verdict::Approve { .. }) => {
                (By::Gate, Cause::Unattended, None)
            }
        }
    }
}

/// Nobody can be asked about a probe: the client gives up on it within seconds, and runs plain commands then.
fn probe_refused(probe: &Probe) -> String {
    format!(
        "denied by design: a start-up probe of {}, which {}; it does without and runs plain commands",
        probe.client, probe.what
    )
}
