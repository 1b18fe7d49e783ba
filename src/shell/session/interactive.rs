//! A session at a terminal: a prompt, lines that are edited, remembered and completed, jobs.

use std::os::unix::ffi::OsStrExt as _;

use anyhow::Result;

use crate::{
    exec::session::{Place, Step},
    pipeline::Outcome,
    shell::{Opening, Wishes},
};

use super::{
    Next, Session, aliases,
    editor::{Editor, Line},
};

/// What a shell says of a command that the terminal's interrupt ended.
const INTERRUPTED: u8 = 130;

/// Runs a session at the terminal that is standard input; gives its shell's status.
///
/// # Errors
/// Whatever keeps gate from opening a session, or from trusting its shell any longer.
pub fn interactive(opening: &Opening, wishes: &Wishes) -> Result<Outcome> {
    let mut session = Session::open(opening, wishes, Place::Terminal)?;
    let outcome = session.converse();
    if matches!(outcome, Ok(None)) {
        return Ok(Outcome::Ran(session.end()?));
    }
    session.close();
    outcome.map(|outcome| outcome.unwrap_or(Outcome::Ran(crate::exec::Ended::Exited(0))))
}

impl Session {
    /// Reads and runs lines; `None` where the input ended, and the shell did not.
    fn converse(&mut self) -> Result<Option<Outcome>> {
        let mut editor = Editor::new(&super::history::place()?)?;
        loop {
            if let Step::Ended(ended) = self.shell.prepare_prompt()? {
                return Ok(Some(Outcome::Ran(ended)));
            }
            let line = editor.read(&self.prompt(), self.shell.state(), self.shell.dialect());
            if let Some(ended) = self.shell.ended() {
                return Ok(Some(Outcome::Ran(ended)));
            }
            match line {
                Line::Text(text) => {
                    if let Next::Over(outcome) = self.run_typed(text)? {
                        return Ok(Some(outcome));
                    }
                }
                Line::Interrupted => self.shell.skip(b"", INTERRUPTED),
                Line::Over => return Ok(None),
            }
        }
    }

    fn run_typed(&mut self, mut text: Vec<u8>) -> Result<Next> {
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(Next::On);
        }
        text.push(b'\n');
        self.shell.mark(&String::from_utf8_lossy(&text));
        let text = aliases::expand(&text, &self.shell.state().aliases, self.shell.dialect());
        let next = self.gate(text.clone(), text)?;
        if let Next::Refused(status) = next {
            self.shell.skip(b"", status);
        }
        Ok(next)
    }

    /// The prompt that the session set, expanded by its shell, or gate's own, which says where it is.
    fn prompt(&self) -> String {
        let state = self.shell.state();
        if state.value(b"PS1").is_some_and(|prompt| !prompt.is_empty()) {
            return String::from_utf8_lossy(&state.prompt).into_owned();
        }
        let directory = std::env::current_dir().unwrap_or_default();
        let home = state.value(b"HOME").map(|home| std::path::Path::new(std::ffi::OsStr::from_bytes(home)));
        let shown = match home.and_then(|home| directory.strip_prefix(home).ok()) {
            Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
            Some(below) => format!("~/{}", below.display()),
            None => directory.display().to_string(),
        };
        format!("gate:{}$ ", crate::ui::Printable::line(shown.as_bytes()))
    }
}
