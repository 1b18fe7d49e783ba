//! Reads a command from a person: edited, completed, remembered, over as many lines as it takes.
//!
//! It works on the session's inner terminal, which are the standard descriptors of this process meanwhile.

use std::{
    borrow::Cow,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use rustyline::{
    Behavior, Cmd, CompletionType, Config, Context, Helper, KeyEvent,
    completion::{Completer, FilenameCompleter, Pair},
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::MemHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};

use crate::{
    exec::session::State,
    syntax::{Dialect, Rest, complete},
    ui::Style,
};

use super::{completion, history};

/// A line editor.
pub(super) struct Editor {
    lines: rustyline::Editor<Knowledge, MemHistory>,
    history: PathBuf,
}

/// What was typed.
pub(super) enum Line {
    /// A command.
    Text(Vec<u8>),
    /// Nothing: the interrupt key.
    Interrupted,
    /// Nothing more: the end of input, or the terminal is gone.
    Over,
}

/// What the editor asks of the session while somebody types.
struct Knowledge {
    files: FilenameCompleter,
    state: Arc<State>,
    dialect: Dialect,
    style: Style,
}

impl Editor {
    /// Prepares an editor with the lines that were remembered.
    pub(super) fn new(history: &Path) -> Result<Self> {
        let config = Config::builder()
            .behavior(Behavior::Stdio)
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .build();
        let mut lines = rustyline::Editor::with_history(config, MemHistory::new())
            .context("the terminal cannot be read line by line")?;
        lines.bind_sequence(KeyEvent::ctrl('Z'), Cmd::Noop);
        for line in history::read(history) {
            let _ = lines.add_history_entry(line);
        }
        Ok(Self { lines, history: history.to_path_buf() })
    }

    /// Reads one command.
    pub(super) fn read(&mut self, prompt: &str, state: &Arc<State>, dialect: Dialect) -> Line {
        let style = if is_plain(state) { Style::Plain } else { Style::Ansi };
        let files = FilenameCompleter::new();
        self.lines.set_helper(Some(Knowledge { files, state: Arc::clone(state), dialect, style }));
        match self.lines.readline(last_line(prompt)) {
            Ok(line) => {
                if history::is_kept(&line) {
                    let _ = self.lines.add_history_entry(&line);
                    history::remember(&self.history, &line);
                }
                Line::Text(line.into_bytes())
            }
            Err(ReadlineError::Interrupted) => Line::Interrupted,
            Err(_) => Line::Over,
        }
    }
}

/// Shows all lines of a prompt but the last, once: a line editor repaints what it is given with each key, and agents that
/// read the screen would take each for the end of a command.
fn last_line(prompt: &str) -> &str {
    let Some((above, last)) = prompt.rsplit_once('\n') else { return prompt };
    let mut stdout = std::io::stdout().lock();
    let _ = stdout
        .write_all(above.as_bytes())
        .and_then(|()| stdout.write_all(b"\n"))
        .and_then(|()| stdout.flush());
    last
}

fn is_plain(state: &State) -> bool {
    state.value(b"NO_COLOR").is_some_and(|value| !value.is_empty()) || state.value(b"TERM") == Some(b"dumb")
}

impl Helper for Knowledge {}

impl Hinter for Knowledge {
    type Hint = String;
}

impl Validator for Knowledge {
    /// The line goes on for as long as a shell would read on.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = format!("{}\n", context.input());
        Ok(match complete(text.as_bytes(), self.dialect).rest {
            Rest::Incomplete => ValidationResult::Incomplete,
            Rest::Nothing | Rest::Opaque(_) => ValidationResult::Valid(None),
        })
    }
}

impl Highlighter for Knowledge {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        let own = prompt.strip_prefix("gate:").and_then(|rest| rest.strip_suffix("$ "));
        match (self.style, own) {
            (Style::Ansi, Some(directory)) => {
                Cow::Owned(format!("\x1b[1;32mgate\x1b[0m:\x1b[1;34m{directory}\x1b[0m$ "))
            }
            _ => Cow::Borrowed(prompt),
        }
    }
}

impl Completer for Knowledge {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let begun = line.get(..at).unwrap_or_default();
        let start = begun.rfind([' ', '\t', '\n', ';', '&', '|', '(', '`']).map_or(0, |before| before + 1);
        let word = begun.get(start..).unwrap_or_default();
        if word.is_empty() || word.contains('/') || !completion::begins_command(line, start) {
            return self.files.complete(line, at, context);
        }
        let pair = |name: String| Pair { display: name.clone(), replacement: format!("{name} ") };
        Ok((start, completion::commands(word, &self.state).into_iter().map(pair).collect()))
    }
}
