//! A record at a glance: what can be said of it without reading it whole.
//!
//! That is sound because a record has one form only, and because in a JSON string every quote stands behind a
//! backslash: `,"host":"` is a member's beginning wherever it is found.

use memchr::memmem;

use super::chain::VERSION;

/// The length of a hash in hexadecimal.
const HASH: usize = 64;

/// One line of the log, looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance<'l> {
    line: &'l [u8],
    time: &'l [u8],
    event: &'l [u8],
}

impl<'l> Glance<'l> {
    /// Looks at a line, without its newline; `None` where it does not begin as a record of this version does.
    #[must_use]
    pub fn of(line: &'l [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"{\"v\":")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (version, rest) = rest.split_at_checked(digits)?;
        if std::str::from_utf8(version).ok()?.parse() != Ok(VERSION) || !line.ends_with(b"}") {
            return None;
        }
        let rest = rest.strip_prefix(b",\"seq\":")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = rest.get(digits..)?.strip_prefix(b",\"prev\":\"")?.get(HASH..)?;
        let (time, rest) = text(rest.strip_prefix(b"\",\"time\":\"")?)?;
        let (_, rest) = text(rest.strip_prefix(b",\"run\":\"")?)?;
        let (event, _) = text(rest.strip_prefix(b",\"event\":\"")?)?;
        Some(Self { line, time, event })
    }

    /// When, as it is written; times compare as their bytes do.
    #[must_use]
    pub const fn time(&self) -> &'l [u8] {
        self.time
    }

    /// The event's name.
    #[must_use]
    pub const fn event(&self) -> &'l [u8] {
        self.event
    }

    /// The whole line.
    #[must_use]
    pub const fn line(&self) -> &'l [u8] {
        self.line
    }

    /// Whether it has a member with this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        memmem::find(self.line, format!(",\"{name}\":").as_bytes()).is_some()
    }

    /// Whether it has a member that [`member`] wrote.
    #[must_use]
    pub fn holds(&self, member: &[u8]) -> bool {
        memmem::find(self.line, member).is_some()
    }
}

/// A member with a text as a record holds it, for [`Glance::holds`].
#[must_use]
pub fn member(name: &str, value: &str) -> Vec<u8> {
    let mut member = format!(",\"{name}\":").into_bytes();
    crate::json::push_string(&mut member, value);
    member
}

/// A text without escapes, and what stands behind its closing quote.
fn text(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'"', rest)?;
    Some((rest.get(..end)?, rest.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(command: &str) -> String {
        format!(
            "{{\"v\":1,\"seq\":7,\"prev\":\"{}\",\"time\":\"2026-01-01T00:00:00.000Z\",\"run\":\"r1\",\
             \"event\":\"accept\",\"user\":\"u\",\"uid\":0,\"host\":\"mill\",\"command\":{}}}",
            "0".repeat(64),
            serde_json::to_string(command).unwrap(),
        )
    }

    #[test]
    fn time_event_and_members_are_seen() {
        let line = line("ls");
        let glance = Glance::of(line.as_bytes()).unwrap();
        assert_eq!((glance.time(), glance.event()), (&b"2026-01-01T00:00:00.000Z"[..], &b"accept"[..]));
        assert!(glance.holds(&member("host", "mill")) && glance.has("command"));
        assert!(!glance.holds(&member("host", "mil")) && !glance.has("agent"));
    }

    #[test]
    fn a_command_cannot_fake_a_member() {
        for command in [
            ",\"host\":\"evil\"",
            "\\,\"host\":\"evil\",",
            "x\",\"host\":\"evil\"",
            "\\\\\",\"host\":\"evil\"",
        ] {
            let line = line(command);
            let glance = Glance::of(line.as_bytes()).unwrap();
            assert!(!glance.holds(&member("host", "evil")), "{line}");
        }
    }

    #[test]
    fn what_is_no_record_is_not_looked_at() {
        let whole = line("ls");
        assert!(Glance::of(whole.replace("\"v\":1,", "\"v\":2,").as_bytes()).is_none());
        for end in 0..whole.len() {
            assert!(Glance::of(&whole.as_bytes()[..end]).is_none(), "{end}");
        }
    }
}
