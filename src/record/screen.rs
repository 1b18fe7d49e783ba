//! What a replay may do to the terminal that it is shown on.
//!
//! A recording holds whatever a program sent to its terminal: also sequences that change the window's title, fill the
//! clipboard, print, or make the terminal answer as if its user had typed. Those are left out. What moves the cursor,
//! clears, scrolls, colours and switches screens passes.

/// The longest sequence that passes.
const MAX_SEQUENCE: usize = 128;

/// Lets through what only draws.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    state: State,
    /// The sequence so far, from its escape character on.
    sequence: String,
    alternate: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After the escape character.
    Escape,
    /// In `ESC [ …`.
    Control,
    /// In a string (OSC, DCS, APC, PM, SOS), which is left out.
    String,
    /// In a string, after an escape character.
    StringEscape,
}

impl Screen {
    /// Appends what passes of `text` to `out`. A sequence may begin in one text and end in another.
    pub fn pass(&mut self, text: &str, out: &mut String) {
        for character in text.chars() {
            self.take(character, out);
        }
    }

    /// The sequences that bring the terminal back from whatever was replayed.
    #[must_use]
    pub const fn restore(&self) -> &'static str {
        // Soft reset: colours, margins, cursor, insert and origin mode; then the character sets.
        if self.alternate { "\x1b[?1049l\x1b[!p\x1b(B\x0f\x1b[0m" } else { "\x1b[!p\x1b(B\x0f\x1b[0m" }
    }

    fn take(&mut self, character: char, out: &mut String) {
        match self.state {
            State::Text => self.text(character, out),
            State::Escape => self.escape(character, out),
            State::Control => self.control(character, out),
            State::String => match character {
                '\x07' | '\u{9c}' | '\x18' | '\x1a' => self.state = State::Text,
                '\x1b' => self.state = State::StringEscape,
                _ => {}
            },
            State::StringEscape => match character {
                '\\' => self.state = State::Text,
                // Terminals end a string at any escape, and begin what follows it.
                _ => {
                    self.begin();
                    self.escape(character, out);
                }
            },
        }
    }

    fn begin(&mut self) {
        self.state = State::Escape;
        self.sequence.clear();
        self.sequence.push('\x1b');
    }

    fn text(&mut self, character: char, out: &mut String) {
        match character {
            '\x1b' => self.begin(),
            '\x07'..='\x0f' => out.push(character),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => self.state = State::String,
            '\u{9b}' => {
                self.begin();
                self.sequence.push('[');
                self.state = State::Control;
            }
            // The controls of Unicode that reorder text would show something else than was written.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }

    fn escape(&mut self, character: char, out: &mut String) {
        self.sequence.push(character);
        match character {
            '[' => self.state = State::Control,
            ']' | 'P' | 'X' | '^' | '_' => self.state = State::String,
            '\x1b' => self.begin(),
            // Designates a character set, or draws lines of double height: one more follows.
            ' '..='/' if self.sequence.len() < 4 => {}
            _ => {
                self.state = State::Text;
                if is_harmless_escape(&self.sequence) {
                    out.push_str(&self.sequence);
                }
            }
        }
    }

    fn control(&mut self, character: char, out: &mut String) {
        match character {
            '\x1b' => return self.begin(),
            '\x18' | '\x1a' => self.state = State::Text,
            // Terminals obey controls within a sequence.
            '\x07'..='\x0f' => return out.push(character),
            ' '..='?' if self.sequence.len() < MAX_SEQUENCE => return self.sequence.push(character),
            '@'..='~' => {
                self.state = State::Text;
                self.finish_control(character, out);
            }
            _ if character.is_control() => return,
            _ => self.state = State::Text,
        }
        self.sequence.clear();
    }

    fn finish_control(&mut self, last: char, out: &mut String) {
        let body = self.sequence.get(2..).unwrap_or_default();
        if !is_harmless_control(body, last) {
            return;
        }
        if matches!(body, "?1049" | "?1047" | "?47") {
            self.alternate = last == 'h';
        }
        out.push_str(&self.sequence);
        out.push(last);
    }
}

fn is_harmless_escape(sequence: &str) -> bool {
    matches!(sequence.get(1..), Some("7" | "8" | "D" | "E" | "H" | "M" | "c"))
        || matches!(sequence.as_bytes(), [_, b'(' | b')' | b'*' | b'+', b'0' | b'A' | b'B'])
}

/// Whether `ESC [ BODY LAST` only draws.
fn is_harmless_control(body: &str, last: char) -> bool {
    let plain = body.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
    match last {
        '@'
        | 'A'..='M'
        | 'P'
        | 'S'
        | 'T'
        | 'X'
        | 'Z'
        | '`'
        | 'a'
        | 'b'
        | 'd'..='g'
        | 'm'
        | 'r'
        | 's'
        | 'u' => plain,
        'h' | 'l' => is_harmless_mode(body),
        'q' => body.strip_suffix(' ').is_some_and(|style| style.len() <= 1),
        'p' => body == "!",
        _ => false,
    }
}

/// Modes of the screen; those of keyboard, mouse and paste would outlive the replay.
fn is_harmless_mode(body: &str) -> bool {
    match body.strip_prefix('?') {
        Some(modes) => modes.split(';').all(|mode| {
            matches!(mode, "5" | "6" | "7" | "12" | "25" | "45" | "47" | "1047" | "1048" | "1049" | "2026")
        }),
        None => body == "4",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passed(text: &str) -> String {
        let mut out = String::new();
        Screen::default().pass(text, &mut out);
        out
    }

    #[test]
    fn what_draws_passes() {
        for text in [
            "plain é 😀\r\n\tx\x08",
            "\x1b[1;31mred\x1b[0m\x1b[38:5:1m",
            "\x1b[2J\x1b[H\x1b[10;20Hx\x1b[K\x1b[3A\x1b[1;24r",
            "\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l\x1b[2 q\x1b[!p",
            "\x1b7\x1b8\x1bM\x1b(0lqk\x1b(B",
        ] {
            assert_eq!(passed(text), text);
        }
    }

    #[test]
    fn what_reaches_beyond_the_screen_does_not() {
        for (text, shown) in [
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]52;c;cm0gLXJmIH4K\x1b\\b", "ab"),
            ("a\u{9d}52;c;cm0=\u{9c}b", "ab"),
            ("a\x1bPq#0~\x1b\\b", "ab"),
            ("a\x1b_G;AAAA\x1b\\b\x1b^x\x1b\\\x1bXy\x1b\\c", "abc"),
            ("a\x1b[6n\x1b[c\x1b[>c\x1b[21t\x1b[?2004h\x1b[?1000;1006h\x1b[5i\x1b[>q\x1b[?1$pb", "ab"),
            ("a\x1bZ\x05\x1b=b\0\x7f\u{85}", "ab"),
            ("a\x1b[\x1b]0;t\x07b", "ab"),
            ("a\u{202e}b", "a\u{fffd}b"),
        ] {
            assert_eq!(passed(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_string_that_never_ends_shows_nothing_more_and_holds_nothing() {
        let mut screen = Screen::default();
        let mut out = String::new();
        screen.pass(&format!("\x1b]52;c;{}", "A".repeat(100_000)), &mut out);
        screen.pass(&format!("\x1b[{}", "1".repeat(100_000)), &mut out);
        assert!(screen.sequence.len() <= MAX_SEQUENCE);
        assert!(out.len() <= 100_000);
    }

    #[test]
    fn the_terminal_is_brought_back_from_the_alternate_screen() {
        let mut screen = Screen::default();
        screen.pass("\x1b[?1049h", &mut String::new());
        assert!(screen.restore().starts_with("\x1b[?1049l"));
        screen.pass("\x1b[?1049l", &mut String::new());
        assert!(!screen.restore().contains("1049"));
    }

    proptest! {
        #[test]
        fn nothing_but_known_sequences_passes(
            parts in prop::collection::vec(prop_oneof![
                Just("\x1b"), Just("["), Just("]"), Just("P"), Just("\\"), Just("\x07"), Just("?"), Just("6"), Just("n"), Just("c"),
                Just("t"), Just("\u{9b}"), Just("\u{9d}"), Just("\u{9c}"), Just("52;c;"), Just("x"), Just("m"), Just("\x18"), Just("("),
            ], 0..40),
        ) {
            let once = passed(&parts.concat());
            // What passed is harmless by itself: it passes again unchanged, as a whole.
            prop_assert_eq!(&passed(&once), &once);
            let reaches = ["\x1b]", "\x1bP", "\u{9b}"].map(|sequence| once.contains(sequence));
            prop_assert_eq!(reaches, [false; 3]);
        }
    }
}
