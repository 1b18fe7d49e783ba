//! Any text: the parser ends, its spans lie in the text and its tree points backward.

#![no_main]

use gate::syntax::{Dialect, Parse, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    for dialect in [Dialect::Bash, Dialect::Sh] {
        let script = match parse(text, dialect) {
            Parse::Opaque(opaque) => {
                assert!(opaque.at as usize <= text.len());
                continue;
            }
            Parse::Understood(script) => script,
        };
        for (index, command) in script.commands.iter().enumerate() {
            assert!(command.span.start <= command.span.end && command.span.end as usize <= text.len());
            assert!(command.parent.is_none_or(|parent| (parent as usize) < index));
            for word in &command.words {
                assert!(word.span.start <= word.span.end && word.span.end as usize <= text.len());
            }
        }
    }
});
