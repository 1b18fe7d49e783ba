//! The text of here-documents, which begins behind the next newline.

use super::HereDocument;
use super::cursor::Cursor;
use super::expansion::Context;
use super::parser::{Outcome, Parser, Scope};

/// A here-document whose text has not been reached.
pub(super) struct Pending {
    /// The command that will read it.
    pub(super) command: u32,
    /// Which of its redirections it is.
    pub(super) ordinal: usize,
    /// `<<-`: tabs at the beginning of lines are dropped.
    pub(super) strip: bool,
    /// Whether the delimiter was quoted: then nothing in the text is expanded.
    pub(super) quoted: bool,
    /// What encloses the command.
    pub(super) scope: Scope,
}

/// A text as the shell reads it, before any expansion.
struct Body {
    bytes: Vec<u8>,
    /// Where each byte stood, and the end.
    map: Vec<u32>,
}

impl Parser<'_, '_> {
    /// Reads the texts that begin at the cursor, in the order in which they were announced.
    pub(super) fn here_documents(&mut self) -> Outcome<()> {
        for pending in std::mem::take(&mut self.pending) {
            let Some(delimiter) = self.delimiter_of(&pending) else {
                return self.opaque("a here-document without a command");
            };
            let body = self.here_body(&pending, &delimiter)?;
            let (first, last) = (body.map.first(), body.map.last());
            let span = super::Span {
                start: first.copied().unwrap_or_default(),
                end: last.copied().unwrap_or_default(),
            };
            let text =
                if pending.quoted { Some(body.bytes.clone()) } else { self.here_text(&body, &pending)? };
            let document = HereDocument { text, source: body.bytes, span };
            self.state.amend(pending.command, |command| {
                if let Some(redirection) = command.redirections.get_mut(pending.ordinal) {
                    redirection.here_document = Some(document);
                }
            });
        }
        Ok(())
    }

    fn delimiter_of(&self, pending: &Pending) -> Option<Vec<u8>> {
        let command = self.state.script.commands.get(pending.command as usize)?;
        Some(command.redirections.get(pending.ordinal)?.target.literal()?.to_vec())
    }

    /// Reads lines up to and over the delimiter.
    fn here_body(&mut self, pending: &Pending, delimiter: &[u8]) -> Outcome<Body> {
        let mut body = Body { bytes: Vec::new(), map: Vec::new() };
        let mut joined = false;
        loop {
            if pending.strip {
                self.cursor.take_while(|byte| byte == b'\t');
            }
            let mark = self.cursor.mark();
            let start = self.cursor.offset();
            let line = self.cursor.take_while(|byte| byte != b'\n');
            let ended = self.cursor.peek().is_none();
            if line == delimiter {
                if joined {
                    return self.opaque("a joined line in front of the end of a here-document");
                }
                self.cursor.eat(b'\n');
                body.map.push(start);
                return Ok(body);
            }
            if ended {
                return self.opaque("a here-document does not end");
            }
            self.cursor.eat(b'\n');
            joined = !pending.quoted && ends_in_backslash(line);
            if joined && (pending.strip || is_prefix_of(line, delimiter)) {
                return self.opaque("a joined line in a here-document that may hide its end");
            }
            let whole = self.cursor.since(mark);
            body.bytes.extend_from_slice(whole);
            body.map.extend((mark..mark + whole.len()).map(|at| self.cursor.offset_of(at)));
        }
    }

    /// Reads the expansions in a text; returns it as the command will read it if there are none.
    fn here_text(&mut self, body: &Body, pending: &Pending) -> Outcome<Option<Vec<u8>>> {
        self.enter()?;
        let scope = Scope { in_here_document: true, owner: Some(pending.command), ..pending.scope };
        let mut inner = Parser::new(Cursor::mapped(&body.bytes, &body.map), self.state, scope);
        let mut text = Vec::with_capacity(body.bytes.len());
        let mut expands = false;
        loop {
            text.extend_from_slice(inner.cursor.take_while(|byte| !matches!(byte, b'\\' | b'$' | b'`')));
            let mark = inner.cursor.mark();
            match inner.cursor.peek() {
                Some(b'$') => match inner.dollar(Context::HereDocument)? {
                    Some(_) => expands = true,
                    None => text.push(b'$'),
                },
                Some(b'`') => {
                    inner.backquoted(true)?;
                    expands = true;
                }
                Some(_) => inner.here_backslash(&mut text),
                None => break,
            }
            // bash joins lines before it looks for expansions, even inside their single quotes; dash does not.
            let read = inner.cursor.since(mark);
            if read.len() > 2 && read.windows(2).any(|pair| pair == b"\\\n") {
                return inner.opaque("a joined line in an expansion in a here-document");
            }
        }
        self.leave();
        Ok((!expands).then_some(text))
    }

    fn here_backslash(&mut self, text: &mut Vec<u8>) {
        match self.cursor.peek_at(1) {
            Some(byte @ (b'$' | b'`' | b'\\')) => text.push(byte),
            Some(b'\n') => {}
            _ => {
                text.push(b'\\');
                self.cursor.advance(1);
                return;
            }
        }
        self.cursor.advance(2);
    }
}

fn ends_in_backslash(line: &[u8]) -> bool {
    line.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Whether a line, without the backslash at its end, is the beginning of the delimiter.
fn is_prefix_of(line: &[u8], delimiter: &[u8]) -> bool {
    line.split_last().is_some_and(|(_, rest)| delimiter.starts_with(rest))
}
