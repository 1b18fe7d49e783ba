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
            "   - takes or gives privileges: root — high: gains rights [privilege]",
            " 3 high   rm  /usr/bin/rm  through sudo",
            "   - ! deletes whatever matches /home/ann/shop/build/* and everything below —",
            "     high: deletes a whole tree [delete-tree]",
            "   - ! writes /tmp/log which leads to /private/tmp/log — medium: writes outside",
            "     [write-outside]",
            " score 75 = 35 deletes a whole tree + 30 gains rights + 10 writes outside",
            "    by claude-code as ann@mill, process 4711; standard input is a pipe or",
            "       socket: something unseen may be fed in",
            "    in /home/ann/shop",
            "   env GIT_SSH_COMMAND=ssh -i /tmp/key",
            "starts /usr/bin/bash --noprofile --norc -c -- TEXT",
            "digest caf63abcc4b1f29a",
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
