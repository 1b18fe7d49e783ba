//! The lines that a session's shell reads: a text between what restores the status before it and what reports after it.
//!
//! The shell reads from its end of a socket pair on descriptor 0, of which no path leads to the other end: a pipe could
//! be opened through `/proc` by any process of the account. Each text runs in a group with another standard input, so
//! that nothing that it starts inherits the socket; the group is a group of the shell itself, so that all that the
//! text does to the shell lasts.

use crate::syntax::{Complete, Dialect, Rest, complete};

use super::{Place, quote::quote, state::State};

/// The standard input of what the session runs, and what else every text gets.
#[derive(Clone, Debug)]
pub(super) struct Frame<'a> {
    pub(super) state: &'a State,
    pub(super) dialect: Dialect,
    /// The file that is standard input.
    pub(super) stdin: &'a [u8],
    /// Where the shell lives.
    pub(super) place: Place,
}

/// What a shell prompts by: gate prompts in its place, so it has them only while a text runs.
const PROMPTS: [&[u8]; 2] = [b"PS1", b"PROMPT_COMMAND"];

impl Frame<'_> {
    /// The lines for a text, up to where the shell reports.
    ///
    /// A text that is not certainly complete is quoted as a whole and evaluated: it cannot swallow what follows it.
    pub(super) fn around(&self, text: &[u8]) -> Vec<u8> {
        let mut lines = b"{ ".to_vec();
        lines.extend(self.restored(text));
        if is_whole(text, self.dialect) {
            lines.extend_from_slice(text);
        } else {
            lines.extend_from_slice(b"\\builtin eval ");
            lines.extend(quote(text));
        }
        // A joined line at the end of the text joins with this newline, and not with the brace.
        lines.extend_from_slice(b"\n\n} <");
        lines.extend(quote(self.stdin));
        // An error or an interrupt discards the rest of the line that it hits. Without a terminal the report stands on the
        // next; on one, a prompt would come before that line.
        lines.extend_from_slice(if self.place == Place::Terminal { b"; " } else { b"\n" });
        lines
    }

    /// The last line, behind which the shell ends as at the end of its input.
    pub(super) fn ending(&self) -> Vec<u8> {
        let restored = self.restored(b"");
        [b"{ ", restored.as_slice(), b"} <", &quote(self.stdin), b"\n"].concat()
    }

    /// What a text finds of the one before it: `$_`, the prompts that the session set, `$?`.
    fn restored(&self, text: &[u8]) -> Vec<u8> {
        let mut lines = b"{ \\builtin : ".to_vec();
        lines.extend(quote(&self.state.last));
        lines.extend_from_slice(b"; ");
        for name in PROMPTS.iter().filter(|_| self.place == Place::Terminal) {
            if let Some(value) = self.state.value(name).filter(|value| !value.is_empty()) {
                lines.extend([name, &b"="[..], &quote(value), b"; "].concat());
            }
        }
        lines.extend(self.restored_status(text));
        lines.extend_from_slice(b"} >/dev/null 2>&1; ");
        lines
    }

    /// Sets `$?`, and `PIPESTATUS` for a text that names it, without a failure that `errexit` would end the shell for.
    fn restored_status(&self, text: &[u8]) -> Vec<u8> {
        let State { status, pipe, .. } = self.state;
        let names_pipe = pipe.len() > 1 && text.windows(10).any(|window| window == b"PIPESTATUS");
        let statuses = if names_pipe { pipe.as_slice() } else { std::slice::from_ref(status) };
        if statuses == [0] {
            return Vec::new();
        }
        let parts: Vec<String> =
            statuses.iter().map(|status| format!("( \\builtin exit {status} )")).collect();
        let guard = if *status == 0 { "" } else { " && [[ 1 ]]" };
        format!("{}{guard}; ", parts.join(" | ")).into_bytes()
    }
}

/// The line that makes the shell report how it stands, between two marks that nothing before it can know; the next
/// line is counted as number `line`.
pub(super) fn report(mark: &str, line: u32, place: Place) -> Vec<u8> {
    let end = format!("\\builtin printf '\\0%s\\0' {mark}");
    // On a terminal the shell looks at its settings behind each child, so it speaks itself, when none is left.
    let (prompt, inner, outer) = match place {
        Place::Outputs => ("''", format!("; {end}"), String::new()),
        Place::Terminal => {
            ("\"${PS1@P}\"", String::new(), format!(" PS1= PS2=; \\builtin unset -v PROMPT_COMMAND; {end};"))
        }
    };
    // The expansion of a redirection's target is the one place where the number of the line can be set for good.
    format!(
        "{{ ( \\builtin printf '%s\\0' {mark} \"$?\" \"$_\" \"${{#PIPESTATUS[@]}}\" \"${{PIPESTATUS[@]}}\" \"$-\" \
         \"$SHELLOPTS\" \"$BASHOPTS\" {prompt}; \\builtin declare -p; \\builtin printf '\\0'; \\builtin alias -p; \
         \\builtin printf '\\0'; \\builtin trap -p; \\builtin printf '\\0'; \\builtin declare -F{inner} ) || [[ 1 ]];\
         {outer} }} >&0 </dev/null 2>/dev/null${{0:LINENO={}:0}}\n",
        line.saturating_sub(1)
    )
    .into_bytes()
}

/// The line that makes the shell take aliases for words: gate puts in what stands for them before it decides.
pub(super) const NO_ALIASES: &[u8] = b"{ \\builtin shopt -u expand_aliases; } </dev/null >/dev/null 2>&1; ";

/// The line that makes the shell print these functions.
pub(super) fn definitions(mark: &str, names: &[&[u8]], line: u32) -> Vec<u8> {
    let mut lines = format!("{{ ( \\builtin printf '%s\\0' {mark}; ").into_bytes();
    for name in names {
        let name = quote(name);
        for part in [&b"\\builtin printf '%s\\0' "[..], &name, b"; \\builtin declare -f -- ", &name] {
            lines.extend_from_slice(part);
        }
        lines.extend_from_slice(b"; \\builtin printf '\\0'; ");
    }
    let line = line.saturating_sub(1);
    lines.extend(
        format!(
            "\\builtin printf '%s\\0' {mark} ) || [[ 1 ]]; }} >&0 </dev/null 2>/dev/null${{0:LINENO={line}:0}}\n"
        )
        .into_bytes(),
    );
    lines
}

/// Whether a text ends where its last command does.
fn is_whole(text: &[u8], dialect: Dialect) -> bool {
    let Complete { ends, rest } = complete(text, dialect);
    rest == Rest::Nothing && ends.last() == Some(&text.len())
}
