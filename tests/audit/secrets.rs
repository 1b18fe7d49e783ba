//! Secrets in command lines: neither the log nor a recording keeps them, and the digest still binds the true bytes.

use std::fs;

use crate::support::house::{House, files_below};

const TOKEN: &str = "ghp_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE1";

fn state(house: &House) -> String {
    let files = files_below(&house.state()).into_iter().filter(|path| path.is_file());
    files.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect()
}

#[test]
fn a_secret_of_a_command_line_reaches_no_file() {
    let house = House::with(
        "[approver]\nterminal = \"never\"\nsocket = false\n[record]\nredact = [\"ACME-[0-9]+\"]\n",
    );
    let text = format!("echo {TOKEN} ACME-12345");
    assert_eq!(house.run(&["-c", &text]).stdout(), format!("{TOKEN} ACME-12345\n"), "it runs as it is");
    assert_eq!(house.run(&["--", "echo", TOKEN]).status, Some(0));
    assert_eq!(house.run(&["-c", &format!("rm -rf . {TOKEN}")]).status, Some(126));
    assert_eq!(house.run(&["-c", &format!("cat ~/.ssh/{TOKEN}")]).status, Some(126));
    let kept = state(&house);
    assert!(!kept.contains(TOKEN) && !kept.contains("ACME-12345"), "{kept}");
    assert!(kept.contains("\"command\":\"echo [redacted github-token] [redacted]\""), "{kept}");
    assert_eq!(house.run(&["log", "--verify"]).status, Some(0));
}

#[test]
fn two_secrets_that_are_cut_alike_have_digests_of_their_own() {
    let house = House::unattended();
    house.run(&["-c", &format!("echo {TOKEN}")]);
    house.run(&["-c", &format!("echo {}", TOKEN.replace('1', "2"))]);
    let log = house.run(&["log", "--json"]).stdout();
    let digests: Vec<&str> = log.split("\"digest\":\"").skip(1).map(|rest| &rest[..64]).collect();
    assert_eq!(digests.len(), 2);
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn a_marker_says_on_what_ground_it_ran() {
    let house = House::attended();
    house.run(&["-c", "true"]);
    let waiting = house.ask(&["-c", "cat ~/.ssh/id_rsa"]);
    assert_eq!(house.run(&["approve", &waiting.id, "--yes"]).status, Some(0));
    waiting.end();
    let kept = state(&house);
    assert!(kept.contains("\"m\", \"allowed by the policy (low), rule output.only\"]"), "{kept}");
    assert!(kept.contains("\"m\", \"approved by "), "{kept}");
}
