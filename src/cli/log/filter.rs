//! Which runs are meant.

use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use crate::audit::{Run, Verdict};

/// Which runs are meant; all conditions have to hold.
#[derive(clap::Args, Debug, Default)]
pub(super) struct Filter {
    /// Only runs since then: `90s`, `30m`, `1h`, `7d`, `2026-01-31` or `2026-01-31T12:00:00Z` (UTC)
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Since>,
    /// Only runs of this account
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only runs that this agent asked for
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Only runs of this session
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// Only runs with such an event
    #[arg(long, value_name = "EVENT", value_parser = ["request", "accept", "reject", "exit", "error"])]
    event: Option<String>,
    /// Only runs of this tier
    #[arg(long, value_name = "TIER", value_parser = ["low", "medium", "high", "deny"])]
    tier: Option<String>,
    /// Only what did not run
    #[arg(long)]
    denied: bool,
    /// Only runs whose command line or directory holds this text
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

/// A point in time, or a distance from now, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Since {
    Ago(u64),
    At(u64),
}

impl Since {
    /// The time meant, in milliseconds since the epoch; `now` likewise.
    pub(in crate::cli) const fn from(self, now: u64) -> u64 {
        match self {
            Self::At(at) => at,
            Self::Ago(distance) => now.saturating_sub(distance),
        }
    }
}

pub(in crate::cli) fn parse_since(text: &str) -> Result<Since, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];
    for (unit, seconds) in units {
        if let Some(number) = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok()) {
            return Ok(Since::Ago(number.saturating_mul(seconds * 1000)));
        }
    }
    let date = || Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| Some(date()?.midnight().assume_utc()));
    at.and_then(|at| u64::try_from(at.unix_timestamp()).ok())
        .map(|seconds| Since::At(seconds * 1000))
        .ok_or_else(|| "not a time; try 1h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z".to_owned())
}

impl Filter {
    /// Whether a run is meant. `now` is in milliseconds since the epoch.
    pub(super) fn takes(&self, run: &Run, now: u64) -> bool {
        let from = self.since.map_or(0, |since| since.from(now));
        run.time >= from
            && (!self.denied || matches!(run.verdict, Some(Verdict::Rejected { .. })))
            && self.event.as_ref().is_none_or(|event| run.events.contains(event))
            && self.tier.as_ref().is_none_or(|tier| run.judgement.as_ref().is_some_and(|it| it.tier == *tier))
            && self.takes_subject(run)
    }

    fn takes_subject(&self, run: &Run) -> bool {
        let Some(subject) = &run.subject else {
            return self.user.is_none()
                && self.agent.is_none()
                && self.session.is_none()
                && self.text.is_none();
        };
        let holds = |text: &String| {
            subject.command.lossy().contains(text.as_str()) || subject.cwd.lossy().contains(text.as_str())
        };
        self.user.as_ref().is_none_or(|user| subject.user == *user)
            && self.agent.as_ref().is_none_or(|agent| subject.agent.as_ref() == Some(agent))
            && self.session.as_ref().is_none_or(|session| subject.session.as_ref() == Some(session))
            && self.text.as_ref().is_none_or(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{By, Cause, Judgement, Octets, Subject};

    fn run() -> Run {
        Run {
            time: 10_000_000,
            subject: Some(Box::new(Subject {
                user: "ann".into(),
                uid: 1000,
                host: "mill".into(),
                agent: Some("codex".into()),
                session: Some("k7p2mn".into()),
                cwd: Octets::new("/srv/site"),
                command: Octets::new("make deploy"),
                digest: String::new(),
                environment: vec![],
            })),
            judgement: Some(Judgement {
                action: "ask".into(),
                tier: "high".into(),
                score: 80,
                rules: vec![],
            }),
            verdict: Some(Verdict::Rejected { by: By::Policy, cause: Cause::Denied, reason: None }),
            events: vec!["request".into(), "reject".into()],
            ..Run::default()
        }
    }

    #[test]
    fn every_condition_has_to_hold() {
        let set = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            filter.takes(&run(), 20_000_000)
        };
        assert!(set(|_| {}));
        assert!(set(|filter| filter.since = Some(Since::Ago(10_000_000))));
        assert!(!set(|filter| filter.since = Some(Since::Ago(9_999_999))));
        assert!(!set(|filter| filter.since = Some(Since::At(10_000_001))));
        assert!(set(|filter| filter.user = Some("ann".into())));
        assert!(!set(|filter| filter.user = Some("bob".into())));
        assert!(set(|filter| filter.session = Some("k7p2mn".into())));
        assert!(!set(|filter| filter.session = Some("k7p2".into())));
        assert!(!set(|filter| filter.agent = Some("claude".into())));
        assert!(set(|filter| filter.event = Some("reject".into())));
        assert!(!set(|filter| filter.event = Some("exit".into())));
        assert!(!set(|filter| filter.tier = Some("low".into())));
        assert!(set(|filter| filter.denied = true));
        assert!(set(|filter| filter.text = Some("deploy".into())));
        assert!(set(|filter| filter.text = Some("/srv".into())));
        assert!(!set(|filter| filter.text = Some("clean".into())));
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(parse_since("90s"), Ok(Since::Ago(90_000)));
        assert_eq!(parse_since("1h"), Ok(Since::Ago(3_600_000)));
        assert_eq!(parse_since("2d"), Ok(Since::Ago(172_800_000)));
        assert_eq!(parse_since("1970-01-02"), Ok(Since::At(86_400_000)));
        assert_eq!(parse_since("1970-01-01T00:00:01Z"), Ok(Since::At(1000)));
        assert!(parse_since("yesterday").is_err());
    }
}
