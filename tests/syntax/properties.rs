//! What holds for every text.

use gate::syntax::{CommandKind, Dialect, Parse, Script, Span, Value, parse};
use proptest::prelude::*;

use super::{forms::Mild, generator};
use crate::support::random::Random;

/// Openers of everything that nests.
const OPENERS: [&str; 24] = [
    "(",
    "( ",
    "((",
    "{ ",
    "$(",
    "\"$(",
    "${x:-",
    "\"${x:-",
    "$((",
    "$(( ",
    "<(",
    ">(",
    "if ",
    "while ",
    "until ",
    "! ",
    "for x in a; do ",
    "case a in a) ",
    "f() { ",
    "[[ ",
    "x=(",
    "{a,",
    "c1 <<E\n$(",
    "coproc ",
];

/// Forms that, repeated, make slow parsers slow.
const REPEATED: [&str; 58] = [
    "a",
    "a ",
    " ",
    "\n",
    "\\\n",
    ";",
    "a;",
    "a\n",
    "a|",
    "a&&",
    "a&",
    "a & ",
    "'",
    "''",
    "'a'",
    "\"",
    "\"\"",
    "\"a\"",
    "$",
    "$a",
    "$a ",
    "\"$a\"",
    "${",
    "${a}",
    "${a:-b}",
    "$(",
    "$(a)",
    "$(a) ",
    "$((1))",
    "$((1+",
    "`",
    "`a`",
    "`a` ",
    "(",
    ")",
    "(a);",
    "((1));",
    "{",
    "{a,b}",
    "{1..64} ",
    "{a,b}{a,b} ",
    "[",
    "[a",
    "[a]",
    "*",
    "~",
    "a=b ",
    "a=(b) ",
    "<",
    "<<E\n",
    "<<E\nE\n",
    "c <<E\nE\n",
    "c <<E\n$(c)\nE\n",
    ">f ",
    "2>&1 ",
    "\\",
    "\"`",
    "f() { a; };",
];

fn understood(text: &[u8]) -> Option<Script> {
    match parse(text, Dialect::Bash) {
        Parse::Understood(script) => Some(script),
        Parse::Opaque(_) => None,
    }
}

/// Texts of the generator, in both dialects' mildest forms.
fn generated(count: usize, mut check: impl FnMut(&[u8])) {
    let mild = Mild::new(|text| understood(text).is_some());
    let mut random = Random::new(7);
    for _ in 0..count {
        check(&generator::text(&mut random, &mild, &[]).bytes);
    }
}

fn check_structure(text: &[u8], script: &Script) {
    let length = u32::try_from(text.len()).unwrap();
    let inside = |span: Span| span.start <= span.end && span.end <= length;
    let mut last = 0;
    for (index, command) in script.commands.iter().enumerate() {
        let shown = || format!("{} in {}", index, text.escape_ascii());
        assert!(inside(command.span), "{}", shown());
        assert!(command.span.start >= last, "not in source order: {}", shown());
        last = command.span.start;
        match command.parent {
            None => assert_eq!(command.level, 0, "{}", shown()),
            Some(parent) => {
                let parent = &script.commands[..index][usize::try_from(parent).unwrap()];
                assert_eq!(command.level, parent.level + 1, "{}", shown());
                assert!(!command.in_current_shell || parent.in_current_shell, "{}", shown());
                assert!(command.conditional || !parent.conditional, "{}", shown());
            }
        }
        let mut at = command.span.start;
        for word in &command.words {
            assert!(inside(word.span) && word.span.start >= command.span.start, "{}", shown());
            assert!(word.span.start >= at && word.span.end <= command.span.end, "{}", shown());
            at = word.span.start;
            assert_eq!(word.pieces.is_empty(), word.literal().is_some(), "{}", shown());
        }
        for redirection in &command.redirections {
            assert!(inside(redirection.span) && inside(redirection.target.span), "{}", shown());
            assert!(
                redirection.span.start >= command.span.start && redirection.span.end <= command.span.end,
                "{}",
                shown()
            );
        }
    }
    assert!(script.arithmetic_names.iter().all(|(_, span)| inside(*span)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_has_an_answer(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        for dialect in [Dialect::Bash, Dialect::Sh] {
            match parse(&text, dialect) {
                Parse::Understood(script) => check_structure(&text, &script),
                Parse::Opaque(opaque) => prop_assert!(opaque.at as usize <= text.len()),
            }
        }
    }

    #[test]
    fn every_shell_like_text_has_an_answer(text in "[abc1 \n\t'\"`$(){}<>&|;=*?~#!\\\\/.,:+@%^\\[\\]-]{0,60}") {
        for dialect in [Dialect::Bash, Dialect::Sh] {
            match parse(text.as_bytes(), dialect) {
                Parse::Understood(script) => check_structure(text.as_bytes(), &script),
                Parse::Opaque(opaque) => prop_assert!(opaque.at as usize <= text.len()),
            }
        }
    }
}

#[test]
fn spans_lie_in_the_source_and_in_order() {
    let mut scripts = 0;
    generated(5000, |text| {
        if let Some(script) = understood(text) {
            scripts += 1;
            check_structure(text, &script);
        }
    });
    assert!(scripts > 1000, "{scripts}");
}

/// The bytes that a span covers, read as a word, are that word again.
#[test]
fn spans_of_words_cover_the_whole_word() {
    let mut words = 0;
    generated(5000, |text| {
        // In backquotes and here-documents the source is escaped once more than the word.
        let Some(script) = understood(text).filter(|_| !text.contains(&b'`') && !text.contains(&b'<')) else {
            return;
        };
        for command in script.commands.iter().filter(|command| command.kind == CommandKind::Simple) {
            for word in &command.words {
                let slice = &text[word.span.start as usize..word.span.end as usize];
                let Value::Static(value) = &word.value else { continue };
                let again = understood(&[b"c1 ", slice].concat());
                let Some(again) = again.filter(|again| again.commands.len() == 1) else { continue };
                words += 1;
                let values: Vec<_> =
                    again.commands[0].words.iter().skip(1).filter_map(|word| word.literal()).collect();
                assert!(
                    values.contains(&value.as_slice()),
                    "{} in {}",
                    slice.escape_ascii(),
                    text.escape_ascii()
                );
            }
        }
    });
    assert!(words > 1000, "{words}");
}

/// `sh` is the part that bash and dash read alike, so bash reads it too; the list of commands is the same.
#[test]
fn what_sh_understands_bash_understands_alike() {
    let mut scripts = 0;
    generated(5000, |text| {
        let Parse::Understood(script) = parse(text, Dialect::Sh) else { return };
        scripts += 1;
        assert_eq!(Some(script), understood(text), "{}", text.escape_ascii());
    });
    assert!(scripts > 500, "{scripts}");
}

#[test]
fn deep_nesting_is_opaque() {
    for opener in OPENERS {
        let text = opener.repeat(10_000);
        let text = &text.as_bytes()[..text.len().min(120 * 1024)];
        for dialect in [Dialect::Bash, Dialect::Sh] {
            assert!(matches!(parse(text, dialect), Parse::Opaque(_)), "{opener}");
        }
    }
}

/// The same depth is understood up to the limit, and the answer needs no more stack than `ulimit -s 256` leaves.
#[test]
fn the_deepest_text_fits_on_a_small_stack() {
    // The frames of an unoptimised build are some four times as large.
    let size = if cfg!(debug_assertions) { 512 } else { 128 };
    let small = std::thread::Builder::new().stack_size(size * 1024);
    let thread = small.spawn(|| {
        for (opener, closer) in [
            ("( ", ")"),
            ("{ ", "; }"),
            ("$(", ")"),
            ("\"$(", ")\""),
            ("${x:-", "}"),
            ("\"${x:-$(c1 ", ")}\""),
        ] {
            let depth = (1..200).take_while(|&depth| {
                let text = format!("c1 {}c2{}", opener.repeat(depth), closer.repeat(depth));
                let text = if opener.ends_with(' ') && !opener.starts_with('"') { &text[3..] } else { &text };
                understood(text.as_bytes()).is_some()
            });
            let depth = depth.count();
            assert!((20..=48).contains(&depth), "{opener}: {depth}");
        }
        for opener in OPENERS {
            let _ = parse(&opener.repeat(2000).into_bytes(), Dialect::Bash);
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn time_grows_with_the_length_and_no_faster() {
    for form in REPEATED {
        let text = |length: usize| form.repeat(length / form.len()).into_bytes();
        let (short, long) = (text(16 * 1024), text(128 * 1024));
        let (short, long) = (processor_time(&short), processor_time(&long));
        // Eight times the text; a quadratic parser would need sixty-four times the time.
        assert!(long < short * 24 + 20_000_000, "{form:?}: {short} ns for 16 KiB, {long} ns for 128 KiB");
    }
}

/// Nanoseconds of processor time for one parse, the best of three, so that other work on the machine does not count.
fn processor_time(text: &[u8]) -> i64 {
    use nix::time::{ClockId, clock_gettime};
    let now = || {
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
        time.tv_sec() * 1_000_000_000 + time.tv_nsec()
    };
    let run = |_| {
        let start = now();
        std::hint::black_box(parse(text, Dialect::Bash)).clone_from(&Parse::Understood(Script::default()));
        now() - start
    };
    (0..3).map(run).min().unwrap()
}

#[test]
fn braces_write_no_huge_lists() {
    let text = format!("c1 {}", "{1..64} ".repeat(15_000));
    let script = understood(text.as_bytes()).unwrap();
    assert!(script.commands[0].words.len() < 70_000, "{}", script.commands[0].words.len());
    let text = format!("c1 {{a,b,c,d,e,f}}{}", "x".repeat(100_000));
    assert_eq!(understood(text.as_bytes()).unwrap().commands[0].words.len(), 2);
}

#[test]
fn there_may_be_4096_commands() {
    assert_eq!(understood("c\n".repeat(4096).as_bytes()).unwrap().commands.len(), 4096);
    assert!(understood("c\n".repeat(4097).as_bytes()).is_none());
}
