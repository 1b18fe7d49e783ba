//! What `xargs` and patterns make of names that somebody else chose.

use crate::syntax::Dialect;

use super::test_world::TestWorld;
use super::{Catalog, CommandLine, EffectKind, Facts, Target, analyse};

fn facts(text: &str, names: Option<Vec<&'static str>>) -> Facts {
    let line = CommandLine::Shell {
        text: text.as_bytes().to_vec(),
        dialect: Dialect::Bash,
        options: Vec::new(),
        arguments: Vec::new(),
    };
    analyse(&line, &TestWorld { names, ..TestWorld::default() }, &Catalog::built_in())
}

/// Whether everything that the line does is known, and where.
fn is_known(text: &str, names: Option<Vec<&'static str>>) -> bool {
    let facts = facts(text, names);
    let unknown = |target: &Target| matches!(target, Target::Unknown);
    facts.opacities().next().is_none()
        && !facts.invocations.iter().flat_map(|one| &one.effects).any(|effect| unknown(&effect.target))
}

const HANDED: [&str; 24] = [
    "ls *.md | xargs wc -l",
    "ls -1t src | head -5 | xargs wc -l",
    "printf '%s\\n' *.rs | xargs wc -l",
    "printf '%s\\0' src/*.rs | xargs -0 wc -l",
    "grep -l foo src/*.rs | xargs wc -l",
    "grep -l foo src/a | xargs wc -l",
    "git diff --name-only | grep py | xargs wc -l",
    "git ls-files | xargs wc -l",
    "git ls-files '*.py' src | grep -v test | xargs grep -n x",
    "git ls-files -z -- '*.rs' | xargs -0 rustfmt",
    "find . -name '*.rs' | xargs wc -l",
    "find src tests -type f -not -path '*/x/*' 2>/dev/null | xargs grep -n x",
    "find src -print0 | xargs -0 grep x",
    "find src -name '*.rs' | xargs -n 1 -P4 wc -l | sort -n | tail -1",
    "find src -name '*.c' | grep -v test | sort | head -n 5 | xargs head -3",
    "fd -e rs | xargs wc -l",
    "fd -e rs . src | xargs wc -l",
    "rg -l foo | xargs wc -l",
    "rg -l -g '*.rs' foo src | xargs -r sed -n 1,5p",
    "rg --files -0 src | xargs -0 wc -l",
    "grep -rl foo src | xargs sed -i s/foo/bar/",
    "grep -rlE --include='*.rs' foo src | xargs head",
    "cd src && find . -name '*.rs' | xargs wc -l",
    "find src -name '*.rs' | xargs wc -l > out.txt",
];

#[test]
fn names_that_a_walk_prints_are_paths_in_it() {
    for line in HANDED {
        assert!(is_known(line, Some(Vec::new())), "{line}");
    }
    let facts = facts("find src -name '*.rs' | xargs cat", Some(Vec::new()));
    let last = facts.invocations.last().unwrap();
    let [read] = last.effects.as_slice() else { panic!("{:?}", last.effects) };
    let below =
        matches!(&read.target, Target::Path { path, recursive: true, .. } if path.ends_with("work/src"));
    assert!(read.kind == EffectKind::Read && below, "{read:?}");
}

#[test]
fn a_planted_name_that_is_split_makes_the_words_unknown() {
    for name in ["x /etc/shadow", "x\n/etc/shadow", "x\t/etc/shadow", "x'y", "x\"y", "x\\y", "a b/c"] {
        let planted: &'static str = Box::leak(format!("/home/user/work/src/{name}").into_boxed_str());
        assert!(!is_known("find src -type f | xargs wc -l", Some(vec![planted])), "{name:?}");
        assert!(!is_known("rg -l foo | xargs wc -l", Some(vec![planted])), "{name:?}");
        assert!(!is_known("git ls-files | xargs wc -l", Some(vec![planted])), "{name:?}");
        assert!(is_known("find src -type f -print0 | xargs -0 wc -l", Some(vec![planted])), "{name:?}");
    }
    assert!(is_known("find src | xargs wc -l", Some(vec!["/home/user/work/src/größe-1.rs"])));
    assert!(!is_known("find src | xargs wc -l", None));
}

#[test]
fn a_planted_name_that_is_an_option_makes_the_words_unknown() {
    for name in ["/home/user/work/--files0-from=.env", "/home/user/work/-f", "/home/user/work/@/etc/shadow"] {
        assert!(!is_known("rg -l foo | xargs wc -l", Some(vec![name])), "{name}");
        assert!(!is_known("fd -0 | xargs -0 wc -l", Some(vec![name])), "{name}");
        assert!(!is_known("git ls-files -z | xargs -0 wc -l", Some(vec![name])), "{name}");
        assert!(is_known("find . -type f -print0 | xargs -0 wc -l", Some(vec![name])), "{name}");
    }
    // A name without its directory may be one that lies below.
    for line in ["ls src | xargs wc -l", "ls *.d | xargs wc -l", "printf '%s\\n' src/* | xargs wc -l"] {
        assert!(!is_known(line, Some(vec!["/home/user/work/src/--files0-from=.env"])), "{line}");
        assert!(!is_known(line, Some(vec!["/home/user/work/src/x /etc/shadow"])), "{line}");
        assert!(is_known(line, Some(vec!["/home/user/work/src/x"])), "{line}");
    }
    // Behind the directory that the names begin with, they are no options.
    assert!(is_known("find src | xargs wc -l", Some(vec!["/home/user/work/src/-x"])));
}

#[test]
fn what_is_not_only_names_stays_unknown() {
    for line in [
        // Not names, or not only names.
        "cat list | xargs wc -l",
        "echo /etc/shadow | xargs wc -l",
        "find src -printf '%f /etc/shadow' | xargs wc -l",
        "find src -ls | xargs wc -l",
        "find src -exec echo /etc/shadow ';' | xargs wc -l",
        "rg foo src | xargs wc -l",
        "rg -l foo --pre ./x | xargs wc -l",
        "grep -r foo src | xargs wc -l",
        "ls -la | xargs wc -l",
        "ls -R | xargs wc -l",
        "ls /etc | xargs wc -l",
        "ls link | xargs wc -l",
        "ls $x | xargs wc -l",
        "printf '%s /etc/shadow\\n' *.rs | xargs wc -l",
        "printf '%s\\n' *.rs /etc/shadow | xargs wc -l",
        "printf '%s\\n' *.rs | xargs -0 wc -l",
        "printf '%s\\n' \"$x\" | xargs wc -l",
        "grep -l foo /etc/* | xargs wc -l",
        "grep -l -e foo src/a | xargs wc -l",
        "grep -rc foo src | xargs wc -l",
        "find src; find src | xargs wc -l $x",
        // Names from elsewhere.
        "find -L src | xargs wc -l",
        "rg -L -l foo | xargs wc -l",
        "grep -Rl foo src | xargs wc -l",
        "find src -files0-from list | xargs wc -l",
        "find $x | xargs wc -l",
        "find src |& xargs wc -l",
        "find src 2>&1 | xargs wc -l",
        "{ find src; cat list; } | xargs wc -l",
        "find src | sed s,^,/etc/, | xargs wc -l",
        "find src | xargs wc -l < list",
        "find src | xargs -a list wc -l",
        "find src | grep -o x | xargs wc -l",
        "find src | grep x - list | xargs wc -l",
        "git ls-files ../x | xargs wc -l",
        "git ls-files :/ | xargs wc -l",
        "git ls-files -o | xargs wc -l",
        "git ls-files -s | xargs wc -l",
        "git -C /tmp/x ls-files | xargs wc -l",
        "git diff --name-only main | xargs wc -l",
        "git diff --name-only --cached | xargs wc -l",
        "GIT_INDEX_FILE=x git ls-files | xargs wc -l",
        // Split otherwise than printed.
        "find src -print0 | xargs wc -l",
        "find src | xargs -0 wc -l",
        "find src -print -o -print0 | xargs -0 wc -l",
        "find src -print0 | sort | xargs -0 wc -l",
        "find src | xargs -d x wc -l",
        "find src | xargs -I{} wc -l {}",
        // Something else on the line makes names.
        "touch 'src/x y'; find src | xargs wc -l",
        "make; find src | xargs wc -l",
        "git checkout x && find src | xargs wc -l",
        "find src | xargs wc -l; ./x",
        "echo > 'src/x y'; find src | xargs wc -l",
        // More than what is done to the names.
        "find src | xargs rm",
        "find src | xargs sh -c 'cat $0'",
        "find src | xargs curl -T x",
        "find src | xargs -n1 sort --compress-program",
        "find src | xargs xargs cat",
        "find src | xargs find",
        "find(){ cat list; }; find src | xargs wc -l",
    ] {
        let facts = facts(line, Some(Vec::new()));
        let targets = facts.invocations.iter().flat_map(|one| &one.effects).map(|effect| &effect.target);
        let known =
            facts.opacities().next().is_none() && !targets.into_iter().any(|one| *one == Target::Unknown);
        let lists =
            facts.invocations.iter().flat_map(|one| &one.effects).all(|one| one.kind == EffectKind::List);
        assert!(!known || lists && line.ends_with("find"), "{line}: {facts:#?}");
    }
}

#[test]
fn a_pattern_is_no_option_where_no_name_begins_with_a_dash() {
    let dashed = Some(vec!["/home/user/work/-rf", "/home/user/work/a"]);
    for line in ["rm *.o", "sort *", "wc -l *", "chmod u+w *.sh"] {
        assert!(is_known(line, Some(vec!["/home/user/work/src/-rf", "/home/user/work/a"])), "{line}");
        assert!(!is_known(line, dashed.clone()), "{line}");
        assert!(!is_known(line, None), "{line}");
    }
    // Behind a directory, a dash is none.
    assert!(is_known("rm ./*.o src/*.o", dashed));
}

#[test]
fn a_pattern_could_match_what_the_line_makes() {
    let none = || Some(Vec::new());
    for line in [
        "touch -- -rf; rm *",
        "make; rm *.o",
        "for i in 1 2; do rm *.o; cp -t . /tmp/x; done",
        "cd src; rm *.o",
        "for f in *; do cd /tmp; rm $f; done",
        "rm *.o; ./x",
        "> --files0-from=.env; wc -l *",
    ] {
        assert!(!is_known(line, none()), "{line}");
    }
    for line in ["ls; rm *.o", "rm *.o && ls", "wc -l * > out.txt", "make; wc -l *"] {
        assert!(is_known(line, none()), "{line}");
    }
}
