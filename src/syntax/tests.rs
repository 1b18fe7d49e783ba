//! What is understood, construct by construct, and what it is understood as.

use super::*;

fn understood(text: &str) -> Script {
    in_dialect(text, Dialect::Bash)
}

fn in_dialect(text: &str, dialect: Dialect) -> Script {
    match parse(text.as_bytes(), dialect) {
        Parse::Understood(script) => script,
        Parse::Opaque(opaque) => panic!("{text:?} is not understood: {} at {}", opaque.why, opaque.at),
    }
}

fn refusal(text: &str, dialect: Dialect) -> Opaque {
    match parse(text.as_bytes(), dialect) {
        Parse::Opaque(opaque) => opaque,
        Parse::Understood(script) => panic!("{text:?} is understood: {script:?}"),
    }
}

fn text_of(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// `a` for a static word, `a‹1,1›` for a dynamic one with prefix, fewest and most words.
fn word(word: &Word) -> String {
    match &word.value {
        Value::Static(bytes) => text_of(bytes),
        Value::Dynamic { prefix, min, max } => {
            let max = max.map_or("n".to_owned(), |max| max.to_string());
            format!("{}‹{min},{max}›", text_of(prefix))
        }
    }
}

fn words(words: &[Word]) -> String {
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// One line for each command: level, connector, kind, words.
fn outline(script: &Script) -> Vec<String> {
    let line = |command: &Command| {
        let kind = match &command.kind {
            CommandKind::Simple => String::new(),
            CommandKind::Function { name } => format!("function {} ", text_of(name)),
            CommandKind::For { name } => format!("for {} ", text_of(name)),
            kind => format!("{kind:?} "),
        };
        format!("{} {:?} {kind}{}", command.level, command.connector, words(&command.words))
            .trim_end()
            .to_owned()
    };
    script.commands.iter().map(line).collect()
}

/// The words behind `c` that `text` becomes.
fn arguments(text: &str) -> String {
    let script = understood(&format!("c {text}"));
    words(&script.commands[0].words[1..])
}

fn pieces(text: &str) -> Vec<Piece> {
    understood(&format!("c {text}")).commands[0].words[1].pieces.clone()
}

fn literal(bytes: &str, quoted: bool) -> Piece {
    Piece::Literal { bytes: bytes.as_bytes().to_vec(), quoted }
}

fn variable(name: &str, quoted: bool) -> Piece {
    Piece::Variable { name: name.as_bytes().to_vec(), quoted }
}

#[test]
fn nothing_is_a_script_without_commands() {
    for text in ["", " ", "\n", "# only a comment", " \\\n ", "\t\n# a\n\n"] {
        assert_eq!(understood(text), Script::default(), "{text:?}");
    }
}

#[test]
fn quotes_make_bytes_mean_themselves() {
    for (written, value) in [
        ("a", "a"),
        ("'a b'", "a b"),
        ("'a'\"b\"c", "abc"),
        ("\"a\\$b\\`c\\\"d\\\\e\\f\"", "a$b`c\\\"d\\\\e\\\\f"),
        ("a\\ b", "a b"),
        ("a\\\nb", "ab"),
        ("\"a\\\nb\"", "ab"),
        ("''", ""),
        ("\"$\"", "$"),
        ("$'a\\tb\\x41\\101\\'\\\\'", "a\\tbAA\\'\\\\"),
        ("a#b", "a#b"),
        ("}", "}"),
        ("{}", "{}"),
        ("[", "["),
        ("a=b", "a=b"),
        ("HEAD~1", "HEAD~1"),
        ("é", "\\xc3\\xa9"),
    ] {
        assert_eq!(arguments(written), value, "{written}");
    }
}

#[test]
fn expansions_become_one_word_or_any_number() {
    for (written, value) in [
        ("$x", "‹0,n›"),
        ("\"$x\"", "‹1,1›"),
        ("a$x", "a‹1,n›"),
        ("a\"$x\"b", "a‹1,1›"),
        ("\"\"$x", "‹1,n›"),
        ("$@", "‹0,n›"),
        ("\"$@\"", "‹0,n›"),
        ("\"a$@\"", "a‹1,n›"),
        ("\"$*\"", "‹1,1›"),
        ("\"${a[@]}\"", "‹0,n›"),
        ("\"${x:-a b}\"", "‹1,1›"),
        ("$(d)", "‹0,n›"),
        ("\"$(d)\"", "‹1,1›"),
        ("`d`", "‹0,n›"),
        ("$((1+1))", "‹0,n›"),
        ("<(d)", "‹1,1›"),
        ("~", "‹1,1›"),
        ("*.rs", "‹1,n›"),
        ("src/*.rs", "src/‹1,n›"),
        ("a[b", "a[b"),
        ("a[b]", "a‹1,n›"),
        ("x=~", "x=‹1,1›"),
        ("$\"a\"", "‹1,1›"),
    ] {
        assert_eq!(arguments(written), value, "{written}");
    }
}

#[test]
fn pieces_tell_what_a_word_is_made_of() {
    assert_eq!(pieces("~/a"), [Piece::Tilde, literal("/a", false)]);
    assert_eq!(pieces("$HOME/'a'"), [variable("HOME", false), literal("/", false), literal("a", true)]);
    assert_eq!(pieces("\"${x}\"y"), [variable("x", true), literal("y", false)]);
    assert_eq!(pieces("$1"), [Piece::Parameter { symbol: b'1', quoted: false }]);
    assert_eq!(pieces("\"$@\""), [Piece::Parameter { symbol: b'@', quoted: true }]);
    assert_eq!(
        pieces("a[b-c]*"),
        [literal("a", false), Piece::Glob(b"[b-c]".to_vec()), Piece::Glob(b"*".to_vec())]
    );
    assert_eq!(
        pieces("x$(d;e)"),
        [literal("x", false), Piece::Substitution { quoted: false, commands: (1, 3) }]
    );
    assert_eq!(pieces("~user"), [Piece::Other { quoted: false }, literal("user", false)]);
    assert_eq!(pieces("a"), []);
}

#[test]
fn braces_of_literals_are_expanded() {
    for (written, value) in [
        ("{a,b}", "a b"),
        ("x{a,b}y", "xay xby"),
        ("{a,b}{c,d}", "ac ad bc bd"),
        ("{a,{b,c}}", "a b c"),
        ("{1..3}", "1 2 3"),
        ("{3..-1}", "3 2 1 0 -1"),
        ("{a..c}", "a b c"),
        ("{a,}", "a"),
        ("x{,.bak}", "x x.bak"),
        ("{a}", "{a}"),
        ("{a}{b,c}", "{a}b {a}c"),
        ("'{a,b}'", "{a,b}"),
        ("{'a,b',c}", "a,b c"),
        ("*.{a,b}", "‹1,n› ‹1,n›"),
        ("$x/{a,b}", "‹1,n› ‹1,n›"),
        ("p{01..03}", "p‹0,n›"),
        ("p{1..99}", "p‹0,n›"),
        ("p{a..Z}", "p‹0,n›"),
    ] {
        assert_eq!(arguments(written), value, "{written}");
    }
    let script = understood("c x{a,b}");
    assert!(script.commands[0].words[1..].iter().all(|word| word.span == Span { start: 2, end: 8 }));
}

#[test]
fn commands_stand_in_source_order() {
    assert_eq!(
        outline(&understood("a; b && c || d | e & f\ng")),
        ["0 First a", "0 Sequence b", "0 And c", "0 Or d", "0 Pipe e", "0 Background f", "0 Sequence g",]
    );
    assert_eq!(
        outline(&understood("a $(b \"$(c)\") `d` <(e)")),
        ["0 First a ‹0,n› ‹0,n› ‹1,1›", "1 First b ‹1,1›", "2 First c", "1 First d", "1 First e",]
    );
}

#[test]
fn compound_commands_hold_their_bodies() {
    for (text, expected) in [
        ("{ a; b; }", &["0 First Group", "1 First a", "1 Sequence b"][..]),
        ("( (a) )", &["0 First Group", "1 First Group", "2 First a"]),
        (
            "if a; then b; elif c; then d; else e; fi",
            &["0 First Group", "1 First a", "1 First b", "1 First c", "1 First d", "1 First e"],
        ),
        ("while a; do b; done", &["0 First Group", "1 First a", "1 First b"]),
        ("for x in 1 $y; do a; done", &["0 First for x 1 ‹0,n›", "1 First a"]),
        ("for x do a; done", &["0 First for x ‹0,n›", "1 First a"]),
        ("for ((i=0; i<3; i++)); do a; done", &["0 First ArithmeticFor", "1 First a"]),
        ("case $x in a|b) c;; (d*) e;; esac", &["0 First Case ‹1,1› a b d‹1,1›", "1 First c", "1 First e"]),
        ("f() { a; }; f", &["0 First function f", "1 First Group", "2 First a", "0 Sequence f"]),
        ("function f { a; }", &["0 First function f", "1 First Group", "2 First a"]),
        ("[[ -f a && $x == b* ]]", &["0 First Test -f a ‹1,1› == b‹1,1›"]),
        ("((x+1))", &["0 First Arithmetic"]),
        ("! a", &["0 First a"]),
        ("time a | b", &["0 First a", "0 Pipe b"]),
    ] {
        assert_eq!(outline(&understood(text)), expected, "{text}");
    }
}

#[test]
fn a_command_knows_what_it_stands_in() {
    let script = understood("a $(b); { c; }");
    let places: Vec<_> = script.commands.iter().map(|command| (command.parent, command.place)).collect();
    assert_eq!(
        places,
        [(None, Place::Top), (Some(0), Place::Capture), (None, Place::Top), (Some(2), Place::Body)]
    );
    let script = understood("a <(b) >(c)");
    assert_eq!(script.commands[1].place, Place::ProcessOutput);
    assert_eq!(script.commands[2].place, Place::ProcessInput);
}

#[test]
fn what_surely_runs_in_this_shell_is_told() {
    let current = |text: &str| -> Vec<bool> {
        understood(text).commands.iter().map(|command| command.in_current_shell).collect()
    };
    assert_eq!(current("a; b"), [true, true]);
    assert_eq!(current("a | b"), [false, false]);
    assert_eq!(current("a & b"), [false, true]);
    assert_eq!(current("(a)"), [true, false]);
    assert_eq!(current("{ a; }"), [true, true]);
    assert_eq!(current("{ a; } | b"), [false, false, false]);
    assert_eq!(current("a $(b)"), [true, false]);
    assert_eq!(current("f() { a; }"), [true, false, false]);
}

#[test]
fn what_may_not_run_is_conditional() {
    let conditional = |text: &str| -> Vec<bool> {
        understood(text).commands.iter().map(|command| command.conditional).collect()
    };
    assert_eq!(conditional("a && b; c"), [false, true, false]);
    assert_eq!(conditional("if a; then b; fi; c"), [false, false, true, false]);
    assert_eq!(conditional("while a; do b; done"), [false, true, true]);
    assert_eq!(conditional("a ${x:-$(b)}"), [false, true]);
    assert_eq!(conditional("f() { a; }"), [false, true, true]);
}

#[test]
fn pipelines_have_numbers_and_places() {
    let script = understood("a | b; c | { d | e; }");
    let pipelines: Vec<_> = script.commands.iter().map(|command| command.pipeline).collect();
    assert_eq!(pipelines, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
}

#[test]
fn the_background_is_told() {
    let background: Vec<_> =
        understood("a && (b) & c").commands.iter().map(|command| command.background).collect();
    assert_eq!(background, [true, true, true, false]);
}

#[test]
fn assignments_stand_apart_from_words() {
    let script = understood("x=1 y+=~/a:~ z= c d=e");
    let [command] = &script.commands[..] else { panic!("one command") };
    let assignments: Vec<_> =
        command.assignments.iter().map(|it| (text_of(&it.name), it.append, words(&it.values))).collect();
    let expected = [("x", false, "1"), ("y", true, "‹1,1›"), ("z", false, "")];
    assert_eq!(
        assignments,
        expected.map(|(name, append, value)| (name.to_owned(), append, value.to_owned()))
    );
    assert_eq!(words(&command.words), "c d=e");
    let script = understood("a=(b 'c d' $e {1..2})\nb[1]=*");
    assert_eq!(words(&script.commands[0].assignments[0].values), "b c d ‹0,n› 1 2");
    assert!(script.commands[0].assignments[0].array);
    assert!(script.commands[1].assignments[0].subscript);
    assert_eq!(words(&script.commands[1].assignments[0].values), "*");
    let script = understood("y=>(a) c");
    assert_eq!(outline(&script), ["0 First c", "1 First a"]);
}

#[test]
fn redirections_are_read() {
    use RedirectionOperator::*;
    for (text, descriptor, operator, target) in [
        ("<f", None, Read, "f"),
        (">f", None, Write, "f"),
        ("2>f", Some(2), Write, "f"),
        ("12>f", Some(12), Write, "f"),
        (">>f", None, Append, "f"),
        (">|f", None, Clobber, "f"),
        ("<>f", None, ReadWrite, "f"),
        ("2>&1", Some(2), DuplicateOutput, "1"),
        (">&-", None, DuplicateOutput, "-"),
        ("<&3", None, DuplicateInput, "3"),
        (">&f", None, WriteBoth, "f"),
        ("&>f", None, WriteBoth, "f"),
        ("&>>f", None, AppendBoth, "f"),
        ("<<<'a b'", None, HereString, "a b"),
        ("> \"$x\"", None, Write, "‹1,1›"),
    ] {
        for text in [format!("c a {text} b"), format!("{text} c a b"), format!("{{ c a b; }} {text}")] {
            let script = understood(&text);
            let redirection =
                script.commands.iter().find_map(|command| command.redirections.first()).unwrap();
            assert_eq!((redirection.descriptor, redirection.operator), (descriptor, operator), "{text}");
            assert_eq!(word(&redirection.target), target, "{text}");
            assert_eq!(words(&script.commands.last().unwrap().words), "c a b", "{text}");
        }
    }
}

#[test]
fn here_documents_have_their_text() {
    let document = |text: &str| {
        let script = understood(text);
        let redirection = script.commands[0].redirections[0].clone();
        let document = redirection.here_document.unwrap();
        (document.text.map(|text| text_of(&text)), text_of(&document.source))
    };
    let both = |text: &str| (Some(text.to_owned()), text.to_owned());
    assert_eq!(document("c <<E\na\nb\nE\n"), both("a\\nb\\n"));
    assert_eq!(document("c <<'E'\n$x `y` \\$\nE"), both("$x `y` \\\\$\\n"));
    assert_eq!(document("c <<E\nE\n"), both(""));
    assert_eq!(document("c <<-E\n\ta\n\t\tE\n"), both("a\\n"));
    assert_eq!(
        document("c <<E\na\\$b \\\\ \\x\nE\n"),
        (Some("a$b \\\\ \\\\x\\n".into()), "a\\\\$b \\\\\\\\ \\\\x\\n".into())
    );
    assert_eq!(document("c <<E\n$x\nE\n"), (None, "$x\\n".into()));
    assert_eq!(
        outline(&understood("a <<E; b\n$(d)\nE\ne")),
        ["0 First a", "0 Sequence b", "1 First d", "0 Sequence e"]
    );
    assert_eq!(
        outline(&understood("a <<E <<'F' | b\nx\nE\ny\nF\nc")),
        ["0 First a", "0 Pipe b", "0 Sequence c"]
    );
    assert_eq!(outline(&understood("c \"$(a <<'E'\nit's (\nE\n)\"")), ["0 First c ‹1,1›", "1 First a"]);
}

#[test]
fn backquotes_are_unescaped_first() {
    assert_eq!(
        outline(&understood("c `a \\\\\\$x \\`b\\``")),
        ["0 First c ‹0,n›", "1 First a $x ‹0,n›", "2 First b"]
    );
    assert_eq!(
        outline(&understood(r#"c0 `c1 \\"; c2; c3 \\"`"#)),
        ["0 First c0 ‹0,n›", "1 First c1 \\\"", "1 Sequence c2", "1 Sequence c3 \\\"",]
    );
    let script = understood(r"c `a \\\\b`");
    assert_eq!(script.commands[1].words[1].span, Span { start: 5, end: 10 });
}

#[test]
fn arithmetic_names_are_noted() {
    let names = |text: &str| -> Vec<String> {
        understood(text).arithmetic_names.iter().map(|(name, _)| text_of(name)).collect()
    };
    assert_eq!(names("((x = y + 1))"), ["x", "y"]);
    assert_eq!(names("c $((${x} + $y + 0x1F))"), ["x", "y"]);
    assert_eq!(names("c $(($1 + $# + $?))"), ["1"]);
    assert_eq!(names("c $(($(d) + 1))"), ["$("]);
    assert_eq!(names("[[ $x -eq 1 && a -lt 2 ]]"), ["x", "a"]);
    assert_eq!(names("[[ $x == 1 ]]"), [""; 0]);
    assert_eq!(names("c ${x:y:$z} ${a[i]} ${a[$j]} ${a[@]}"), ["y", "z", "i", "j"]);
    assert_eq!(names("a[i]=1"), ["i"]);
    assert_eq!(names("for ((i=0; i<n; i++)); do c; done"), ["i", "i", "n", "i"]);
    assert_eq!(understood("c $((x))").arithmetic_names, [(b"x".to_vec(), Span { start: 5, end: 6 })]);
}

#[test]
fn spans_are_byte_offsets() {
    let script = understood("ls -l; cat \"a b\" >f");
    assert_eq!(script.commands[1].span, Span { start: 7, end: 19 });
    assert_eq!(script.commands[1].words[1].span, Span { start: 11, end: 16 });
    assert_eq!(script.commands[1].redirections[0].span, Span { start: 17, end: 19 });
    assert_eq!(understood("{ a; } >f").commands[0].span, Span { start: 0, end: 9 });
    assert_eq!(understood("f() { a; }").commands[0].span, Span { start: 0, end: 10 });
}

/// Forms that some shell, or some version of bash, reads in another way than one would think.
const UNCERTAIN: &[&str] = &[
    "coproc c",
    "c @(a|b)",
    "c a(b)",
    "c ${ d; }",
    "c ${| d; }",
    "c ${!x}",
    "c ${x@P}",
    "c $[1]",
    "c ${x:=a}",
    "c \"${x:-'a'}\"",
    "c \"${x:-`d`}\"",
    "((a[0]))",
    "c $(( 'a' ))",
    "((c) )",
    "c $((d) )",
    "c ${a['0']}",
    "a['0']=1",
    "[[ -v a ]]",
    "[[ a ]",
    "[[ ( a ) ]]",
    "[[ -f ]]",
    "c $(a=(b))",
    "a=(b) c",
    "a=([0]=b)",
    "c >& 'f'",
    "c >& \"$x\"",
    "c <&x",
    "c >&-x",
    "c {fd}>f",
    "c 1234>f",
    "c >1>f",
    "c a<(d)",
    "c <(d)x",
    "c <()",
    "c $(case a in a) b;; esac)",
    "c $(d # e\n)",
    "c `d\ne`",
    "c <<E\n$(d 'a\\\nb')\nE\n",
    "c <<$x\na\n$x\n",
    "c <<''\n\n",
    "c <<E",
    "c <<E\na",
    "c <<E\n\\\nE\n",
    "c <<E 'a\nb'\nE\n",
    "c <<E\n$(d <<F\nF\n)\nE\n",
    "c $'\\c'",
    "c $'\\u41'",
    "c $'\\0'",
    "c $'\\z'",
    "c $\\\nx",
    "c $x\\\ny",
    "x\\\n=1",
    "! ! c",
    "time time c",
    "a | time b",
    "(time c)",
    "time -p c",
    "then",
    "x=1 if",
    "c\\",
    "f-g() c",
    "f() [[ a ]]",
    "c;; d",
    "c |",
    "c &&",
    "; c",
    "c ; ; d",
    "( )",
    "{ }",
    "{ c }",
    "if a; then fi",
    "case a in esac) b;; esac",
    "c )",
    "}",
    "c 'a",
    "c \"a",
    "c $(d",
    "c `d",
    "c ${x",
    "c >",
    "c <#f",
    "c {a,b",
    "{a,b}",
    "c $é",
    "c \"$$(d)\"",
    "c $(d <<E; e\nE\n)",
    "c $(d <<E && e\nE\n)",
    "c $(($(d \")\")))",
    "for 1 in a; do b; done",
    "for x in a; { b; }",
    "a ;\\\n; b",
    "c |\\\n| d",
    "c a⚠\u{fe0f}",
    "in a",
    "c & ]]",
];

#[test]
fn uncertain_forms_are_opaque() {
    for text in UNCERTAIN {
        refusal(text, Dialect::Bash);
    }
}

/// Each is understood in bash, and dash reads it in another way.
#[test]
fn what_dash_reads_differently_is_opaque_in_sh() {
    for text in [
        "((1))",
        "[[ a ]]",
        "c $'a'",
        "c $\"a\"",
        "c <(d)",
        "c &>f",
        "c &>>f",
        "c |& d",
        "c <<<a",
        "case a in a) c;& esac",
        "x+=1",
        "x=(a)",
        "select x in a; do b; done",
        "function f { c; }",
        "c {a,b}",
        "c {1..3}",
        "time c",
        "c 10>f",
        "c >&f",
        "a[0]=1",
        "c ${a[0]}",
        "c ${x/a/b}",
        "c ${x^}",
        "c ${x:1}",
        "f-g() { c; }",
        "for ((;;)); do c; done",
        "c \"${x:-\"a\"}\"",
    ] {
        understood(text);
        refusal(text, Dialect::Sh);
    }
    refusal("alias a=b", Dialect::Sh);
    refusal("eval() { c; }", Dialect::Sh);
}

#[test]
fn sh_understands_what_both_read_alike() {
    for text in [
        "c a 'b' \"$x\" ${x:-y} ${#x} $((x+1)) `d` $(e) ~/f *.g",
        "for x in a b; do c; done",
        "case a in a|b) c;; esac",
        "f() { c; }; f",
        "x=1 y=~ c 2>&1 >f <<E\n$z\nE\n",
        "! c | d && e || f &",
        "{ a; (b); }",
        "if a; then b; fi",
        "c {} a{b}",
    ] {
        assert_eq!(in_dialect(text, Dialect::Sh), understood(text), "{text}");
    }
}

#[test]
fn the_offset_is_where_understanding_ended() {
    for (text, at) in
        [("ls; coproc x", 4), ("echo ok\x07", 7), ("ls `pwd", 7), ("a; b )", 5), ("echo ${!x}", 7)]
    {
        assert_eq!(refusal(text, Dialect::Bash).at, at, "{text}");
    }
}
