//! A recording as plain text, for pipes, pagers and searching.

use std::io::{self, BufRead, Write};

use crate::ui::Printable;

use super::{CastReader, Code, Encoder, Format, Screen};

/// A line longer than this is given out in parts.
const MAX_LINE: usize = 1 << 20;

/// Writes the recorded output as text: without escape sequences, of each line what was last written over it, and
/// whatever else is not printable made visible.
///
/// # Errors
/// Where the recording cannot be read, or `out` not be written to.
pub fn dump<R: BufRead>(reader: &mut CastReader<R>, out: &mut impl Write) -> io::Result<()> {
    let mut screen = Screen::default();
    let mut line = String::new();
    while let Some(event) = reader.next_event()? {
        if event.code != Code::Output {
            continue;
        }
        let mut drawing = String::with_capacity(event.text.len());
        screen.pass(&event.text, &mut drawing);
        for part in without_sequences(&drawing).split_inclusive('\n') {
            line.push_str(part);
            if line.ends_with('\n') || line.len() > MAX_LINE {
                write_line(out, &line)?;
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        write_line(out, &line)?;
    }
    out.flush()
}

/// Writes a recording anew, in another version or whole again after its last line was cut.
///
/// # Errors
/// Where the recording cannot be read, or `out` not be written to.
pub fn convert<R: BufRead>(reader: &mut CastReader<R>, to: Format, out: &mut impl Write) -> io::Result<()> {
    let mut encoder = Encoder::new(to);
    let mut lines = vec![];
    encoder.header(&mut lines, reader.header());
    while let Some(event) = reader.next_event()? {
        encoder.event(&mut lines, event.at, event.code, &event.text);
        if lines.len() > MAX_LINE {
            out.write_all(&lines)?;
            lines.clear();
        }
    }
    out.write_all(&lines)?;
    out.flush()
}

fn write_line(out: &mut impl Write, line: &str) -> io::Result<()> {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    let shown = text.split('\r').rfind(|part| !part.is_empty()).unwrap_or_default();
    write!(out, "{}{end}", Printable::text(shown.as_bytes()))
}

/// Leaves out the sequences that [`Screen`] lets pass: they are well-formed.
fn without_sequences(drawing: &str) -> String {
    let mut out = String::with_capacity(drawing.len());
    let mut characters = drawing.chars();
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => match characters.next() {
                Some('[') => drop(characters.find(|end| matches!(end, '@'..='~'))),
                Some('('..='+') => drop(characters.next()),
                _ => {}
            },
            '\x08' => drop(out.pop()),
            '\x07' | '\x0b'..='\x0c' | '\x0e' | '\x0f' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(lines: &[&str]) -> String {
        format!("{{\"version\":2,\"width\":80,\"height\":24}}\n{}\n", lines.join("\n"))
    }

    fn dumped(lines: &[&str]) -> String {
        let mut out = vec![];
        dump(&mut CastReader::new(cast(lines).as_bytes()).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_dump_is_the_text_without_what_drew_it() {
        assert_eq!(
            dumped(&[
                r#"[0, "m", "allowed"]"#,
                r#"[0.1, "o", "\u001b[1mone\u001b[0m\r\n10%\r"]"#,
                r#"[0.2, "o", "100%\r\ntwo\u001b]0;x"]"#,
                r#"[0.3, "o", "\u0007 \u202e3"]"#,
            ]),
            "one\n100%\ntwo \\u{fffd}3"
        );
    }

    #[test]
    fn conversion_keeps_every_event_and_its_time() {
        let v2 = cast(&[r#"[0.25, "o", "a"]"#, r#"[1.2504, "r", "90x20"]"#, r#"[1.2508, "x", "3"]"#]);
        let mut v3 = vec![];
        convert(&mut CastReader::new(v2.as_bytes()).unwrap(), Format::V3, &mut v3).unwrap();
        assert_eq!(
            String::from_utf8(v3.clone()).unwrap(),
            concat!(
                "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n",
                "[0.250, \"o\", \"a\"]\n[1.000, \"r\", \"90x20\"]\n[0.001, \"x\", \"3\"]\n"
            )
        );
        let mut again = vec![];
        convert(&mut CastReader::new(&v3[..]).unwrap(), Format::V2, &mut again).unwrap();
        assert!(String::from_utf8(again).unwrap().contains("[1.251000, \"x\", \"3\"]"));
    }

    #[test]
    fn a_cut_last_line_is_left_out_and_told() {
        let whole = cast(&[r#"[0.1, "o", "a"]"#, r#"[0.2, "o", "b"]"#]);
        let second_event = whole.find("[0.2").unwrap();
        for end in second_event + 1..whole.len() - 1 {
            let mut reader = CastReader::new(&whole.as_bytes()[..end]).unwrap();
            let mut out = vec![];
            convert(&mut reader, Format::V2, &mut out).unwrap();
            assert!(reader.is_cut(), "cut at {end}");
            assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
        }
    }

    #[test]
    fn comments_blank_lines_and_carriage_returns_are_tolerated() {
        let text = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24},\"tags\":[]}\r\n# note\r\n\r\n[0.5, \"o\", \"a\"]\r\n";
        let mut reader = CastReader::new(text.as_bytes()).unwrap();
        let event = reader.next_event().unwrap().unwrap();
        assert_eq!((event.at, event.text.as_str()), (500_000, "a"));
        assert_eq!(reader.next_event().unwrap(), None);
        assert!(!reader.is_cut());
    }

    #[test]
    fn a_bad_line_in_the_middle_is_named() {
        let text = cast(&["[0, \"o\"]", "[0, \"o\", \"a\"]"]);
        let error = CastReader::new(text.as_bytes()).unwrap().next_event().unwrap_err();
        assert_eq!(error.to_string(), "line 2: it is no event: [TIME, CODE, TEXT]");
    }
}
