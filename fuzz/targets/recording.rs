//! Any bytes as a recording: reading, converting and dumping end; what was converted can be read again.

#![no_main]

use gate::record::{CastReader, Format, convert, dump};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = CastReader::new(bytes) else { return };
    let mut events = 0_usize;
    while let Ok(Some(_)) = reader.next_event() {
        events += 1;
    }
    if let Ok(mut reader) = CastReader::new(bytes) {
        let _ = dump(&mut reader, &mut Vec::new());
    }
    for format in [Format::V2, Format::V3] {
        let Ok(mut reader) = CastReader::new(bytes) else { continue };
        let mut converted = Vec::new();
        if convert(&mut reader, format, &mut converted).is_err() {
            continue;
        }
        let mut again = CastReader::new(converted.as_slice()).expect("its header was written by gate");
        let mut count = 0;
        while again.next_event().expect("its events were written by gate").is_some() {
            count += 1;
        }
        assert_eq!(count, events, "converting kept every event");
    }
});
