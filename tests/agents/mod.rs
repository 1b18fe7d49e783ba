//! What agents put around commands, and what they run when they start.

mod probes;
mod sandboxed;
mod setup;
mod wrapped;

/// The wrappers of known agents around a command: Claude Code's with and without standard input, Gemini CLI's.
fn wrappers(command: &str) -> [String; 4] {
    let quoted = format!("'{}'", command.replace('\'', r#"'"'"'"#));
    let names = ["which", "unsetenv"].map(|name| {
        format!(
            "{{ \\builtin unalias -- '{name}'; \\builtin unset -f -- '{name}'; }} >/dev/null 2>&1 || true"
        )
    });
    [
        format!(
            "shopt -u extglob 2>/dev/null || true && eval {quoted} < /dev/null && pwd -P >| /tmp/claude-0a1f-cwd"
        ),
        format!("shopt -u extglob 2>/dev/null || true && eval {quoted} && pwd -P >| /tmp/claude-0a1f-cwd"),
        format!(
            "\\builtin shopt -u extglob 2>/dev/null || true && {} && eval {quoted} < /dev/null && pwd -P >| \
             /tmp/claude-0a1f-cwd",
            names.join(" && ")
        ),
        format!(
            "shopt -u promptvars nullglob extglob nocaseglob dotglob; \
             _bgpids_file=/tmp/gemini-shell-USe3Pl/bgpids.tmp\n(\n  trap 'jobs -p > \"$_bgpids_file\"' EXIT\n\
             {command}\n)\n__code=$?\nexit $__code"
        ),
    ]
}
