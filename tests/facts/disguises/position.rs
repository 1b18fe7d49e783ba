//! Places in a script where a command runs.

use super::quoting::{Written, single};

/// A place: a name for reports, and what makes a script with the command in that place.
pub(super) type Position = (&'static str, fn(&Written) -> String);

pub(super) const POSITIONS: &[Position] = &[
    ("alone", Written::whole),
    ("after ;", |command| format!("true; {}", command.whole())),
    ("after a newline", |command| format!("# it's nothing (\n{}\n", command.whole())),
    ("after &&", |command| format!("true && {}", grouped(command))),
    ("after ||", |command| format!("false || {}", grouped(command))),
    ("after |", |command| format!("true | {}", grouped(command))),
    ("before |", |command| format!("{} | cat", grouped(command))),
    ("before |&", |command| format!("{} |& cat", grouped(command))),
    ("before &", |command| format!("{} & wait", grouped(command))),
    ("after &", |command| format!("true & {}", command.whole())),
    ("( )", |command| format!("( {} )", command.whole())),
    ("( ( ) )", |command| format!("( ( {} ) )", command.whole())),
    ("{ }", grouped),
    ("$( )", |command| format!("echo $({})", command.whole())),
    ("\"$( )\"", |command| format!("echo \"a $({}) b\"", command.whole())),
    ("backquotes", |command| format!("echo `{}`", backquoted(&command.whole()))),
    ("<( )", |command| format!("cat <({})", command.whole())),
    (">( )", |command| format!("true > >({})", command.whole())),
    ("if", |command| format!("if {}; then :; fi", command.whole())),
    ("then", |command| format!("if true; then {}; fi", command.whole())),
    ("else", |command| format!("if false; then :; else {}; fi", command.whole())),
    ("while", |command| format!("while {}; do break; done", command.whole())),
    ("do", |command| format!("while true; do {}; done", command.whole())),
    ("for", |command| format!("for i in 1 2; do {}; done", command.whole())),
    ("for ((", |command| format!("for ((i=0; i<2; i++)); do {}; done", command.whole())),
    ("for words", |command| format!("for i in $({}); do :; done", command.whole())),
    ("case", |command| format!("case x in x) {};; esac", command.whole())),
    ("case word", |command| format!("case $({}) in *) :;; esac", command.whole())),
    ("function", |command| format!("f() {{ {}; }}; f", command.whole())),
    ("function of a known name", |command| format!("ls() {{ {}; }}; ls", command.whole())),
    ("function ( )", |command| format!("function f ( {} ); f", command.whole())),
    ("sh <<", |command| format!("sh <<'E'\n{}\nE\n", command.whole())),
    ("bash <<", |command| format!("bash <<'E'\n{}\nE\n", command.whole())),
    ("| bash <<", |command| format!("true | bash <<-'E'\n{}\nE\n", command.whole())),
    ("bash <<<", |command| format!("bash <<< {}", single(&command.whole()))),
    ("| bash", |command| format!("echo {} | bash", single(&command.whole()))),
    ("<< text", |command| format!("cat <<E\n$({})\nE\n", command.whole())),
    ("<<< text", |command| format!("cat <<< \"$({})\"", command.whole())),
    ("assignment", |command| format!("x=$({})", command.whole())),
    ("export", |command| format!("export x=\"$({})\"", command.whole())),
    ("array", |command| format!("x=(a $({}))", command.whole())),
    ("$(( ))", |command| format!("echo $(( 1 + $({}) ))", command.whole())),
    ("(( ))", |command| format!("(( $({}) ))", command.whole())),
    ("[[ ]]", |command| format!("[[ -n $({}) ]]", command.whole())),
    ("[ ]", |command| format!("[ -n \"$({})\" ]", command.whole())),
    ("${x:-}", |command| format!("echo ${{x:-$({})}}", command.whole())),
    ("redirection", |command| format!("true > /tmp/$({})", command.whole())),
    ("!", |command| format!("! {}", grouped(command))),
    ("time", |command| format!("time {}", grouped(command))),
    ("coproc", |command| format!("coproc {}", grouped(command))),
    ("trap", |command| format!("trap {} EXIT", single(&command.whole()))),
    ("eval", |command| format!("eval {}", single(&command.whole()))),
    ("output dropped", |command| format!("{} > /dev/null 2>&1", grouped(command))),
    ("after an assignment", |command| {
        format!(
            "A=b {}",
            if command.before.is_empty() {
                command.text.clone()
            } else {
                format!("true; {}", command.whole())
            }
        )
    }),
    ("many", |command| format!("{}{}", "true && ".repeat(60), grouped(command))),
];

fn grouped(command: &Written) -> String {
    if command.simple && command.before.is_empty() {
        command.text.clone()
    } else {
        format!("{{ {}; }}", command.whole())
    }
}

fn backquoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$")
}
