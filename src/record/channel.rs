//! One stream of output on its way into the recording: bytes → text → without secrets → lines.

use super::{Origin, Redactor, Utf8, custom::Custom, lines::Lines};

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
    end: End,
}

/// The last steps of the way.
#[derive(Debug)]
struct End {
    custom: Option<Custom>,
    newlines: Newlines,
    after_return: bool,
}

impl Channel {
    pub(super) fn new(newlines: Newlines, custom: Option<Custom>) -> Self {
        let end = End { custom, newlines, after_return: false };
        let text = Text { redactor: Redactor::default(), held_at: 0, end };
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
        let Self { redactor, held_at, end } = self;
        let mut fresh = !redactor.holds();
        redactor.push(part, &mut |clear, origin| {
            fresh |= origin == Origin::Fresh;
            end.push(if origin == Origin::Held { *held_at } else { at }, clear, lines);
        });
        if fresh {
            *held_at = at;
        }
    }

    fn finish(&mut self, lines: &mut Lines) {
        let Self { redactor, held_at, end } = self;
        redactor.finish(&mut |clear, _| end.push(*held_at, clear, lines));
        end.finish(lines);
    }
}

impl End {
    fn push(&mut self, at: u64, text: &str, lines: &mut Lines) {
        let Self { custom, newlines, after_return } = self;
        let mut put = |at, text: &str| put(at, text, *newlines, after_return, lines);
        match custom {
            Some(custom) => custom.push(at, text, &mut put),
            None => put(at, text),
        }
    }

    fn finish(&mut self, lines: &mut Lines) {
        let Self { custom, newlines, after_return } = self;
        if let Some(custom) = custom {
            custom.finish(&mut |at, text| put(at, text, *newlines, after_return, lines));
        }
    }
}

fn put(at: u64, text: &str, newlines: Newlines, after_return: &mut bool, lines: &mut Lines) {
    match newlines {
        Newlines::AsTheyAre => lines.output(at, text),
        Newlines::WithReturn => lines.output_with_returns(at, text, after_return),
    }
}
