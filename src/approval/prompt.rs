//! What a key means while a question is open; knows nothing of terminals.
//!
//! Whoever typed ahead, pasted, or leaned on the keyboard has not answered: only a single byte that arrives alone,
//! after half a second in which the question could be seen, is an answer.

use std::time::Duration;

use super::Extent;

/// How long keys are ignored after something new was shown, and after anything that was no single key.
pub(super) const GUARD: Duration = Duration::from_millis(500);

/// The longest reason, in bytes.
const REASON_LIMIT: usize = 1000;

const INTERRUPT: u8 = 0x03;
const ESCAPE: u8 = 0x1b;

/// A question at a terminal.
#[derive(Debug)]
pub(super) struct Prompt {
    /// Until when keys are ignored.
    quiet_until: Duration,
    /// How far an approval may go besides once.
    further: Further,
    /// Whether something has not been on the screen yet; until then nothing is approved.
    unseen: bool,
    /// The reason that is being typed.
    reason: Option<Vec<u8>>,
}

/// How far an approval may go, besides this once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Further {
    /// The policy lets a reviewer whitelist it.
    pub(super) whitelist: bool,
    /// It would run what comes on its standard input, and something is there.
    pub(super) input: bool,
}

/// What is to be done about keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing; they are ignored.
    Ignore,
    /// It may run.
    Approve(Extent),
    /// It may not.
    Reject(Option<String>),
    /// The question is taken back.
    Withdraw,
    /// Show everything.
    View,
    /// Say what the keys do.
    Help,
    /// Say this, and ask again.
    Say(&'static str),
    /// A reason is being typed.
    Reason,
}

impl Prompt {
    /// Asks, with everything but `unseen` on the screen.
    pub(super) const fn new(further: Further, unseen: bool) -> Self {
        Self { quiet_until: GUARD, further, unseen, reason: None }
    }

    /// Starts the guard again: something new is on the screen.
    pub(super) fn hold(&mut self, now: Duration) {
        self.quiet_until = now + GUARD;
    }

    /// Notes that everything has been on the screen.
    pub(super) const fn seen(&mut self) {
        self.unseen = false;
    }

    /// Whether everything has been on the screen.
    pub(super) const fn is_seen(&self) -> bool {
        !self.unseen
    }

    /// How far an approval may go besides once.
    pub(super) const fn further(&self) -> Further {
        self.further
    }

    /// The reason that is being typed.
    pub(super) fn reason(&self) -> Option<&[u8]> {
        self.reason.as_deref()
    }

    /// Takes the bytes that arrived together, at a time since the question was put.
    pub(super) fn press(&mut self, bytes: &[u8], now: Duration) -> Act {
        if bytes.contains(&INTERRUPT) {
            return Act::Withdraw;
        }
        if let Some(reason) = self.reason.take() {
            return self.type_reason(reason, bytes, now);
        }
        let early = now < self.quiet_until;
        match bytes {
            [] => Act::Ignore,
            [_] if early => Act::Ignore,
            [key] => self.key(*key),
            _ => {
                self.hold(now);
                if early { Act::Ignore } else { Act::Say("that was more than one key: nothing is decided") }
            }
        }
    }

    fn key(&mut self, key: u8) -> Act {
        match key {
            b'a' | b'i' | b'w' if self.unseen => {
                Act::Say("there is more than one screen of it: press v and read to the end first")
            }
            b'a' => Act::Approve(Extent::Once),
            b'i' if self.further.input => Act::Approve(Extent::WithInput),
            b'i' => Act::Say("it runs nothing that comes on its standard input; a approves it"),
            b'w' if self.further.whitelist => Act::Approve(Extent::Whitelist),
            b'w' => Act::Say("the policy does not let this be whitelisted"),
            b'd' => Act::Reject(None),
            b'D' => {
                self.reason = Some(Vec::new());
                Act::Reason
            }
            b'v' => Act::View,
            b'?' => Act::Help,
            _ => Act::Say("not a key that decides: a approves once, d denies, ? explains the keys"),
        }
    }

    fn type_reason(&mut self, mut reason: Vec<u8>, bytes: &[u8], now: Duration) -> Act {
        if bytes.first() == Some(&ESCAPE) {
            self.hold(now);
            if bytes.len() == 1 {
                return Act::Say("no reason given: nothing is decided");
            }
            self.reason = Some(reason);
            return Act::Reason;
        }
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => {
                    let text = String::from_utf8_lossy(&reason).trim().to_owned();
                    return Act::Reject((!text.is_empty()).then_some(text));
                }
                0x7f | 0x08 => erase(&mut reason),
                0x15 => reason.clear(),
                0..0x20 => {}
                byte if reason.len() < REASON_LIMIT => reason.push(*byte),
                _ => {}
            }
        }
        self.reason = Some(reason);
        Act::Reason
    }
}

/// Removes the last character, all of its bytes.
fn erase(text: &mut Vec<u8>) {
    while let Some(byte) = text.pop() {
        if byte & 0xc0 != 0x80 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LATER: Duration = Duration::from_secs(3);

    const BOTH: Further = Further { whitelist: true, input: true };

    fn prompt() -> Prompt {
        Prompt::new(BOTH, false)
    }

    #[test]
    fn one_key_decides() {
        assert_eq!(prompt().press(b"a", LATER), Act::Approve(Extent::Once));
        assert_eq!(prompt().press(b"w", LATER), Act::Approve(Extent::Whitelist));
        assert_eq!(prompt().press(b"d", LATER), Act::Reject(None));
        assert_eq!(prompt().press(b"v", LATER), Act::View);
        assert_eq!(prompt().press(b"?", LATER), Act::Help);
        assert_eq!(prompt().press(b"\x03", LATER), Act::Withdraw);
    }

    #[test]
    fn only_a_i_and_w_ever_approve() {
        for key in 0..=255u8 {
            let act = prompt().press(&[key], LATER);
            assert_eq!(matches!(act, Act::Approve(_)), b"aiw".contains(&key), "{key:#x}: {act:?}");
        }
    }

    #[test]
    fn keys_within_the_guard_are_ignored_and_interrupt_is_not() {
        assert_eq!(prompt().press(b"a", Duration::from_millis(499)), Act::Ignore);
        assert_eq!(prompt().press(b"\x03", Duration::ZERO), Act::Withdraw);
        let mut held = prompt();
        held.hold(LATER);
        assert_eq!(held.press(b"a", LATER + Duration::from_millis(499)), Act::Ignore);
        assert_eq!(held.press(b"a", LATER + GUARD), Act::Approve(Extent::Once));
    }

    #[test]
    fn the_tail_of_a_paste_does_not_decide_either() {
        let mut prompt = prompt();
        assert!(matches!(prompt.press(b"\x1b[200~x", LATER), Act::Say(_)));
        assert_eq!(prompt.press(b"a", LATER + Duration::from_millis(20)), Act::Ignore);
    }

    #[test]
    fn what_was_not_seen_is_not_approved() {
        let mut prompt = Prompt::new(BOTH, true);
        assert!(matches!(prompt.press(b"a", LATER), Act::Say(_)));
        assert!(matches!(prompt.press(b"w", LATER), Act::Say(_)));
        assert_eq!(prompt.press(b"d", LATER), Act::Reject(None));
        prompt.seen();
        assert_eq!(prompt.press(b"a", LATER), Act::Approve(Extent::Once));
    }

    #[test]
    fn nothing_is_whitelisted_that_the_policy_keeps_out() {
        assert!(matches!(Prompt::new(Further::default(), false).press(b"w", LATER), Act::Say(_)));
    }

    #[test]
    fn input_is_given_only_to_what_would_run_it() {
        assert!(matches!(Prompt::new(Further::default(), false).press(b"i", LATER), Act::Say(_)));
        assert_eq!(prompt().press(b"i", LATER), Act::Approve(Extent::WithInput));
    }

    #[test]
    fn a_reason_is_a_line_of_text() {
        let mut prompt = prompt();
        assert_eq!(prompt.press(b"D", LATER), Act::Reason);
        assert_eq!(prompt.press("use mé".as_bytes(), LATER), Act::Reason);
        assert_eq!(prompt.press(b"\x7f\x7f", LATER), Act::Reason);
        assert_eq!(prompt.press(b"\x1b[A", LATER), Act::Reason);
        assert_eq!(prompt.reason(), Some(&b"use "[..]));
        assert_eq!(prompt.press(b"trash\r", LATER), Act::Reject(Some("use trash".into())));
    }

    #[test]
    fn an_escape_leaves_the_reason_undecided() {
        let mut prompt = prompt();
        let _ = prompt.press(b"D", LATER);
        assert!(matches!(prompt.press(b"\x1b", LATER), Act::Say(_)));
        assert_eq!(prompt.press(b"a", LATER), Act::Ignore);
        assert_eq!(prompt.reason(), None);
    }

    proptest! {
        #[test]
        fn more_than_one_byte_at_once_never_approves(bytes in prop::collection::vec(any::<u8>(), 2..20), typing: bool) {
            let mut prompt = prompt();
            if typing {
                let _ = prompt.press(b"D", LATER);
            }
            let act = prompt.press(&bytes, LATER);
            prop_assert!(!matches!(act, Act::Approve(_)), "{act:?}");
        }
    }
}
