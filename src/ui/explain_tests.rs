use super::*;
use crate::approval::example;

fn shown(request: &Request, width: usize, detail: Detail) -> Vec<String> {
    super::request(request, width, detail).iter().map(|line| line.render(Style::Plain)).collect()
}

#[test]
fn a_request_is_understood_at_a_glance() {
    assert_eq!(
        shown(&example::dangerous(), 80, Detail::Essential),
        [
            "gate k7m2qx  HIGH 75  may this run?",
            "│ cd build && sudo rm -rf ./* > /tmp/log",
            "  1^          2^^^ 3^     3^^ 3^^^^^^^^^",
            "! cannot be undone: deletes whatever matches /home/ann/shop/build/* and",
            "                    everything below (3); writes /tmp/log which leads to",
            "                    /private/tmp/log (3)",
            "",
            " 1 low    cd  built into the shell  changes the working directory [cd]",
            " 2 high   sudo  /usr/bin/sudo",
            "   - takes or gives privileges: root, nothing to undo — high: gains rights",
            "     [privilege]",
            " 3 high   rm  /usr/bin/rm  through sudo",
            "   - ! deletes whatever matches /home/ann/shop/build/* and everything below,",
            "     cannot be undone — high: deletes a whole tree [delete-tree]",
            "   - ! writes /tmp/log which leads to /private/tmp/log, cannot be undone —",
            "     medium: writes outside [write-outside]",
            " score 75 = 35 deletes a whole tree + 30 gains rights + 10 writes outside",
            "    by claude-code as ann@mill, process 4711; standard input is a pipe or",
            "       socket: something unseen may be fed in",
            "    in /home/ann/shop",
            "   env GIT_SSH_COMMAND=ssh -i /tmp/key",
            "starts /usr/bin/bash --noprofile --norc -c -- TEXT",
            "digest d7059e5c40ccd11a",
        ]
    );
}

#[test]
fn a_narrow_screen_shows_the_same() {
    let lines = shown(&example::dangerous(), 40, Detail::Essential);
    assert_eq!(
        lines.get(..12).unwrap(),
        [
            "gate k7m2qx  HIGH 75  may this run?",
            "│ cd build && sudo rm -rf ./* > /tmp/log",
            "  1^          2^^^ 3^     3^^ 3^^^^^^^^^",
            "! cannot be undone: deletes whatever",
            "             matches",
            "             /home/ann/shop/build/* and",
            "             everything below (3);",
            "             writes /tmp/log which leads",
            "             to /private/tmp/log (3)",
            "",
            " 1 low    cd  built into the shell",
            "          changes the working directory",
        ]
    );
}

#[test]
fn no_line_is_wider_than_the_screen_and_no_word_is_missing() {
    let request = example::dangerous();
    for width in [40, 80, 120] {
        let lines = super::request(&request, width, Detail::Everything);
        assert!(lines.iter().skip(1).all(|line| line.width() <= width + 1), "{width}: {lines:?}");
        let text: String = lines.iter().map(|line| line.render(Style::Plain)).collect();
        let squeezed: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        for fact in [
            "/private/tmp/log",
            "GIT_SSH_COMMAND=ssh-i/tmp/key",
            "HOME=/home/ann",
            "66:131",
            "[write-outside]",
        ] {
            assert!(squeezed.contains(fact), "{fact} is missing at {width}");
        }
    }
}

#[test]
fn what_is_not_understood_is_said_with_its_place() {
    let lines = shown(&example::request("frobnicate --all"), 60, Detail::Essential).join("\n");
    assert!(lines.contains("not understood: the program is not in the catalog"), "{lines}");
    assert!(lines.contains("a program that is not known before it runs"), "{lines}");
}

#[test]
fn names_from_outside_cannot_fake_a_line() {
    let mut request = example::dangerous();
    request.caller.agent = Some("x\n! approved\u{1b}[1A".into());
    request.plan.cwd = "/tmp/\r\u{202e}".into();
    request.environment = vec![(b"A\n".to_vec(), b"\x1b[0m".to_vec())];
    let text = super::render(&super::request(&request, 80, Detail::Everything), Style::Plain);
    assert!(text.lines().all(|line| !line.starts_with("! approved")), "{text}");
    assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text}");
    assert!(!text.contains('\u{202e}'), "{text}");
}

#[test]
fn a_summary_says_how_much_it_leaves_out() {
    let summary = |text: &str| super::summary(&example::request(text), 299, 70).render(Style::Plain);
    assert_eq!(summary("make all"), "k7m2qx  high    40   299 s  make all");
    let long = summary(&"x".repeat(500));
    assert!(long.ends_with("x … 484 more columns"), "{long}");
}

/// A request whose score has many rows.
fn weighed() -> Request {
    let mut request = example::dangerous();
    for (row, weight, text) in [
        ("denied-before", 15, "is like something that was denied before: 3d ago"),
        ("production", 12, "is aimed at what looks like production: eu-prod"),
        ("new", 5, "was never accepted before: rm"),
    ] {
        let (row, text) = (Some(row.to_owned()), text.to_owned());
        let reason = Reason { rule: None, row, tier: Tier::Low, text, weight, span: None };
        request.decision.reasons.push(reason);
    }
    request.decision.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.weight));
    request.decision.score = 100;
    request
}

fn score_of(width: usize, detail: Detail) -> String {
    let lines = shown(&weighed(), width, detail);
    let from = lines.iter().position(|line| line.starts_with(" score")).unwrap();
    let behind = |line: &&String| line.starts_with("       ") || line.starts_with("     +");
    let rest = lines.iter().skip(from + 1).take_while(behind);
    let all: Vec<&str> = lines.iter().skip(from).take(1).chain(rest).map(|line| line.trim()).collect();
    all.join("|")
}

#[test]
fn a_phone_shows_the_three_heaviest_reasons_and_how_many_more_there_are() {
    assert_eq!(
        score_of(40, Detail::Essential),
        "score 100 = 35 deletes a whole tree +|30 gains rights + 15 is like|something that was denied before:|\
         3d ago and 3 more, at most 100"
    );
}

#[test]
fn a_wide_screen_shows_every_reason() {
    assert_eq!(
        score_of(100, Detail::Essential).replace('|', " "),
        "score 100 = 35 deletes a whole tree + 30 gains rights + 15 is like something that was denied before: 3d ago \
         + 12 is aimed at what looks like production: eu-prod + 10 writes outside + 5 was never accepted before: rm, \
         at most 100"
    );
}

#[test]
fn everything_shows_every_reason_on_a_line_with_its_name() {
    for width in [60, 100] {
        let score = score_of(width, Detail::Everything);
        assert!(
            score.starts_with("score 100, at most 100|+ 35 deletes a whole tree [delete-tree]|+ 30"),
            "{score}"
        );
        assert!(score.ends_with("|+ 5 was never accepted before: rm [new]"), "{score}");
    }
}

#[test]
fn every_effect_says_whether_it_can_be_undone() {
    let request = example::dangerous();
    let effects = request.facts.invocations.iter().map(|invocation| invocation.effects.len()).sum::<usize>();
    for detail in [Detail::Essential, Detail::Everything] {
        for width in [40, 100] {
            let lines = shown(&request, width, detail).into_iter().skip_while(|line| !line.is_empty());
            let text = lines.collect::<Vec<_>>().join(" ");
            let words: Vec<&str> = text.split_whitespace().collect();
            let text = words.join(" ");
            let said = text.matches("nothing to undo").count() + text.matches("cannot be undone").count();
            assert_eq!(said, effects, "{text}");
        }
    }
}
