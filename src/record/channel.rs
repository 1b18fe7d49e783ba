//! One stream of output on its way into the recording: bytes → text → without secrets → lines.

use super::{Origin, Redactor, Utf8, lines::Lines};

/// What happens to newlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Newlines {
    /// The output went through a terminal.
    AsTheyAre,
    /// The output went through a pipe: a terminal would have put a carriage return before each newline, and without one a
    /// replay staggers.
    WithReturn,
}

/// One stream of output.
#[derive(Debug)]
pub(super) struct Channel {
    utf8: Utf8,
    text: Text,
}

/// Text without gaps in its characters.
#[derive(Debug)]
struct Text {
    redactor: Redactor,
    /// When what is held back came: it keeps its time.
    held_at: u64,
    newlines: Newlines,
    after_return: bool,
}

impl Channel {
    pub(super) fn new(newlines: Newlines) -> Self {
        let text = Text { redactor: Redactor::default(), held_at: 0, newlines, after_return: false };
        Self { utf8: Utf8::default(), text }
    }

    pub(super) fn push(&mut self, at: u64, bytes: &[u8], lines: &mut Lines) {
        let Self { utf8, text } = self;
        utf8.push(bytes, &mut |part| text.push(at, part, lines));
    }

    pub(super) fn finish(&mut self, at: u64, lines: &mut Lines) {
        let Self { utf8, text } = self;
        utf8.finish(&mut |part| text.push(at, part, lines));
        text.finish(lines);
    }
}

impl Text {
    fn push(&mut self, at: u64, part: &str, lines: &mut Lines) {
        let Self { redactor, held_at, newlines, after_return } = self;
        let held_before = redactor.holds();
        let mut fresh = !held_before;
        redactor.push(part, &mut |clear, origin| {
            fresh |= origin == Origin::Fresh;
            let time = if origin == Origin::Held { *held_at } else { at };
            put(time, clear, *newlines, after_return, lines);
        });
        if fresh {
            *held_at = at;
        }
    }

    fn finish(&mut self, lines: &mut Lines) {
        let Self { redactor, held_at, newlines, after_return } = self;
        redactor.finish(&mut |clear, _| put(*held_at, clear, *newlines, after_return, lines));
    }
}

fn put(at: u64, text: &str, newlines: Newlines, after_return: &mut bool, lines: &mut Lines) {
    match newlines {
        Newlines::AsTheyAre => lines.output(at, text),
        Newlines::WithReturn => lines.output_with_returns(at, text, after_return),
    }
}
