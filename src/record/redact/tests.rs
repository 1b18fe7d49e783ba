use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct File {
    secret: Vec<Secret>,
}

#[derive(Deserialize)]
struct Secret {
    name: String,
    examples: Vec<(String, String)>,
    #[serde(default)]
    harmless: Vec<String>,
}

fn policy() -> File {
    toml::from_str(include_str!("../../../policies/redaction.toml")).unwrap()
}

/// Redacts text that comes in pieces of `size` characters.
fn in_pieces(text: &str, size: usize) -> String {
    let mut out = String::new();
    let mut redactor = Redactor::default();
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(size) {
        redactor.push(&piece.iter().collect::<String>(), &mut |part, _| out.push_str(part));
        assert!(redactor.held.len() <= MAX_HELD + 4 * size);
    }
    redactor.finish(&mut |part, _| out.push_str(part));
    out
}

#[test]
fn every_example_is_redacted_in_pieces_of_any_size() {
    for secret in policy().secret {
        assert!(!secret.examples.is_empty(), "{}", secret.name);
        for (text, expected) in &secret.examples {
            for size in 1..=text.len() {
                assert_eq!(in_pieces(text, size), *expected, "{} in pieces of {size}", secret.name);
            }
        }
        for text in &secret.harmless {
            assert_eq!(redact(text), *text, "{}", secret.name);
            assert_eq!(in_pieces(text, 1), *text, "{}", secret.name);
        }
    }
}

#[test]
fn every_pattern_is_a_regular_expression() {
    for kind in &kinds::KINDS {
        assert_ne!(kind.judge("", More::Impossible), Judgement::Secret(0..0), "{}", kind.label);
    }
}

#[test]
fn long_output_is_searched_the_fast_way_with_the_same_result() {
    let filler = "plain text, and some more of it: nothing\n".repeat(2000);
    for secret in policy().secret {
        for (text, expected) in &secret.examples {
            let mut out = String::new();
            let mut redactor = Redactor::default();
            for piece in [&filler, text, "\n", &filler] {
                redactor.push(piece, &mut |part, _| out.push_str(part));
            }
            redactor.finish(&mut |part, _| out.push_str(part));
            assert_eq!(out, format!("{filler}{expected}\n{filler}"), "{}", secret.name);
        }
    }
}

#[test]
fn a_secret_in_an_endless_line_is_found() {
    let text = format!("{}AKIAIOSFODNN7EXAMPLE {}", "x ".repeat(9000), "y ".repeat(9000));
    assert_eq!(in_pieces(&text, 1000), text.replace("AKIAIOSFODNN7EXAMPLE", "[redacted aws-access-key]"));
}

#[test]
fn a_block_without_an_end_is_cut_out_up_to_a_limit() {
    let text = format!("-----BEGIN PRIVATE KEY-----\n{}", "EXAMPLE\n".repeat(20_000));
    let out = in_pieces(&text, 1024);
    assert!(out.starts_with("[redacted private-key]"));
    assert!(out.len() > 80_000 && out.len() < text.len() - MAX_BLOCK + 1024, "{}", out.len());
}

#[test]
fn what_was_held_back_is_given_as_such() {
    let mut parts = vec![];
    let mut redactor = Redactor::default();
    redactor.push("ok Password: ", &mut |part, origin| parts.push((part.to_owned(), origin)));
    assert!(redactor.holds());
    redactor.push("\nhallo", &mut |part, origin| parts.push((part.to_owned(), origin)));
    let expected = [("ok P", Origin::Fresh), ("assword: ", Origin::Held), ("\nhallo", Origin::Fresh)];
    assert_eq!(parts, expected.map(|(part, origin)| (part.to_owned(), origin)));
}

proptest! {
    #[test]
    fn pieces_give_the_same_as_the_whole(
        parts in prop::collection::vec(prop_oneof![
            Just("AKIAIOSFODNN7EXAMPLE"), Just("password="), Just("hunter22"), Just("\n"), Just(" "), Just("-----BEGIN"),
            Just("-----BEGIN RSA PRIVATE KEY-----"), Just("-----END"), Just("é"), Just("ghp_"), Just("://a:bcd@"), Just("ssword"),
        ], 0..20),
        size in 1_usize..30,
    ) {
        let text = parts.concat();
        prop_assert_eq!(in_pieces(&text, size), redact(&text));
    }
}
