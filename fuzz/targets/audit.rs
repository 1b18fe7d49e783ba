//! Any bytes as an audit log: the reader ends with a summary or with the line that is broken.

#![no_main]

use gate::audit::{Record, Runs, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let _ = verify(lines.iter().copied());
    let mut runs = Runs::default();
    for line in lines {
        if let Ok(record) = Record::parse(line) {
            runs.take(record.event);
        }
    }
    let _ = runs.into_vec();
});
