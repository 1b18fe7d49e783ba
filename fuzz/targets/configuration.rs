//! Any text as policy, whitelist, catalog and `gate.toml`: findings, never a panic; what compiles can be opened.

#![no_main]

use gate::policy::{Layer, Policy, Source, Whitelist, compile, compile_whitelist, read_whitelist};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let own = Source { origin: "fuzz", layer: Layer::User, text, identity: None };
    if let Ok(compiled) = compile(&[own], None) {
        assert!(Policy::open(&compiled.bytes).is_ok(), "what was compiled cannot be opened");
    }
    if let Ok(entries) = read_whitelist("fuzz", text) {
        assert!(Whitelist::open(&compile_whitelist(&entries)).is_ok(), "what was compiled cannot be opened");
    }
    let _ = gate::facts::catalog::examples(text, "fuzz");
    let _ = gate::config::check(text);
});
