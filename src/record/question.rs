//! Knows when what is typed answers a question for a secret, also where gate cannot see whether the terminal echoes:
//! an `ssh` or `tmux` in between keeps ours in raw mode.

/// What stands in a recording for an answer, whatever its length.
const MASK: &str = "********";
/// A question of which the answer is a secret ends with `:`, `?` or `>` and holds one of these.
const SECRETS: [&str; 8] =
    ["password", "passphrase", "passcode", "passwort", "secret", "token", " pin", "otp"];
/// How much of the last line is kept.
const LINE: usize = 160;

/// The last line of output, and whether its answer is being typed.
#[derive(Debug, Default)]
pub(super) struct Question {
    line: Vec<u8>,
    state: State,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// What is typed may be recorded.
    #[default]
    Open,
    /// The answer is being typed, and its mask is in the recording.
    Answering,
}

impl Question {
    /// Takes output.
    pub(super) fn output(&mut self, bytes: &[u8]) {
        let last = match bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(end) => {
                self.line.clear();
                self.state = State::Open;
                bytes.get(end + 1..).unwrap_or_default()
            }
            None => bytes,
        };
        self.line.extend_from_slice(last);
        let surplus = self.line.len().saturating_sub(LINE);
        self.line.drain(..surplus);
    }

    /// Takes input; gives what may be recorded of it.
    pub(super) fn input(&mut self, bytes: &[u8]) -> String {
        let mut out = String::new();
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            if self.state == State::Open && self.asks() {
                self.state = State::Answering;
                out.push_str(MASK);
            }
            let (text, end) = match part.split_last() {
                Some((end @ (b'\n' | b'\r'), text)) => (text, Some(*end)),
                _ => (part, None),
            };
            if self.state == State::Open {
                out.push_str(&String::from_utf8_lossy(text));
            }
            if let Some(end) = end {
                out.push(char::from(end));
                self.state = State::Open;
                self.line.clear();
            }
        }
        out
    }

    fn asks(&self) -> bool {
        let line = String::from_utf8_lossy(&self.line).to_lowercase();
        line.trim_end().ends_with([':', '?', '>']) && SECRETS.iter().any(|secret| line.contains(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_question_for_a_secret_is_masked_up_to_its_end() {
        let mut question = Question::default();
        question.output(b"login\r\nann@mill's Password: ");
        assert_eq!(question.input(b"hun"), MASK);
        assert_eq!(question.input(b"ter2\rls\r"), "\rls\r");
        question.output(b"\r\n$ ");
        assert_eq!(question.input(b"pwd\r"), "pwd\r");
    }

    #[test]
    fn what_is_typed_ahead_of_the_mask_keeps_no_trace_of_its_length() {
        let mut question = Question::default();
        question.output(b"Enter passphrase for key '/home/ann/.ssh/id': ");
        assert_eq!(question.input(b"a"), MASK);
        for byte in b"bcdefg" {
            assert_eq!(question.input(&[*byte]), "");
        }
        question.output(b"*");
        assert_eq!(question.input(b"h\n"), "\n");
    }

    #[test]
    fn ordinary_input_is_kept() {
        let mut question = Question::default();
        question.output(b"what is your name? ");
        assert_eq!(question.input(b"ann\r"), "ann\r");
        question.output(b"the password is set\r\n$ ");
        assert_eq!(question.input(b"ls\r"), "ls\r");
    }
}
