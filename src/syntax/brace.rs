//! Brace expansion of what is written out: `{a,b}` and `{1..9}`.
//!
//! The shell does it before every other expansion. A form on which versions of bash differ, and one that would make
//! too many words, is left to the shell: one word of unknown value.

use super::limits;
use super::parser::{Outcome, Parser};
use super::word::{Builder, Splitting};
use super::{Piece, Span, Value, Word};

/// A piece of a word, literals cut into bytes.
#[derive(Clone)]
enum Unit {
    Byte(u8, bool),
    Piece(Piece),
}

/// What the braces of a word mean.
enum Part {
    /// Stands for itself.
    Unit(Unit),
    /// `{a,b}`: one of several.
    Choice(Vec<Vec<Self>>),
}

/// Why braces are not expanded here.
enum Refusal {
    /// The shell decides; it makes words of it, or none.
    Dynamic,
    /// Versions of bash may read the word in different ways.
    Opaque,
}

impl Builder {
    /// Returns whether the shell might make several words of the braces.
    pub(super) fn may_expand(&self) -> bool {
        let mut open = false;
        let mut dot = false;
        for piece in &self.pieces {
            let Piece::Literal { bytes, quoted: false } = piece else {
                dot = false;
                continue;
            };
            for &byte in bytes {
                match byte {
                    b'{' => open = true,
                    b',' if open => return true,
                    b'.' if open && dot => return true,
                    _ => {}
                }
                dot = byte == b'.';
            }
        }
        false
    }
}

impl Parser<'_, '_> {
    /// Adds the words that `builder` becomes.
    pub(super) fn expand_braces(
        &mut self,
        builder: &Builder,
        span: Span,
        words: &mut Vec<Word>,
    ) -> Outcome<()> {
        let units = units(&builder.pieces);
        let room = limits::BRACE_BYTES.saturating_sub(self.state.brace_bytes) / limits::BRACE_WORDS;
        let expansions = if units.len() > room { Err(Refusal::Dynamic) } else { expansions(&units) };
        match expansions {
            Ok(expansions) => {
                self.state.brace_bytes += expansions.iter().map(|units| units.len() + 1).sum::<usize>();
                words.extend(expansions.into_iter().filter_map(|units| rebuilt(units, span)));
                Ok(())
            }
            Err(Refusal::Dynamic) => {
                let prefix = units.iter().map_while(plain_byte).collect();
                words.push(Word {
                    span,
                    value: Value::Dynamic { prefix, min: 0, max: None },
                    quoted: builder.quoted,
                    pieces: vec![Piece::Other { quoted: false }],
                });
                Ok(())
            }
            Err(Refusal::Opaque) => self.opaque("braces of an unusual form"),
        }
    }
}

fn expansions(units: &[Unit]) -> Result<Vec<Vec<Unit>>, Refusal> {
    expanded(&parts(units)?)
}

fn units(pieces: &[Piece]) -> Vec<Unit> {
    let mut units = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal { bytes, quoted } if !bytes.is_empty() => {
                units.extend(bytes.iter().map(|&byte| Unit::Byte(byte, *quoted)));
            }
            piece => units.push(Unit::Piece(piece.clone())),
        }
    }
    units
}

/// Bytes with which the first word certainly begins: what stands before any brace.
fn plain_byte(unit: &Unit) -> Option<u8> {
    match unit {
        Unit::Byte(b'{', false) | Unit::Piece(_) => None,
        Unit::Byte(byte, _) => Some(*byte),
    }
}

/// Reads the braces; `{}` and `{a}` stand for themselves.
fn parts(units: &[Unit]) -> Result<Vec<Part>, Refusal> {
    let mut position = 0;
    let parts = sequence(units, &mut position, 0)?;
    if position == units.len() { Ok(parts) } else { Err(Refusal::Opaque) }
}

/// Reads up to the end, or to an unquoted `}` or (inside braces) `,`.
fn sequence(units: &[Unit], position: &mut usize, depth: u8) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    while let Some(unit) = units.get(*position) {
        match unit {
            Unit::Byte(b'}', false) => break,
            Unit::Byte(b',', false) if depth > 0 => break,
            Unit::Byte(b'{', false) => {
                group(units, position, depth + 1, &mut parts)?;
                continue;
            }
            // A brace behind a name would make the name longer, and a tilde may come to the front of a word.
            Unit::Piece(Piece::Variable { quoted: false, .. } | Piece::Tilde)
                if !matches!(units.get(*position + 1), None | Some(Unit::Byte(b'/' | b'.' | b'-', _))) =>
            {
                return Err(Refusal::Dynamic);
            }
            Unit::Piece(Piece::Other { .. } | Piece::Parameter { .. } | Piece::Substitution { .. })
            | Unit::Byte(b'~' | b'$', false) => return Err(Refusal::Dynamic),
            unit => parts.push(Part::Unit(unit.clone())),
        }
        *position += 1;
    }
    Ok(parts)
}

/// Reads `{…}`; `position` stands at the `{`.
fn group(units: &[Unit], position: &mut usize, depth: u8, parts: &mut Vec<Part>) -> Result<(), Refusal> {
    if depth > limits::DEPTH {
        return Err(Refusal::Opaque);
    }
    *position += 1;
    let start = *position;
    let mut choices = Vec::new();
    loop {
        choices.push(sequence(units, position, depth)?);
        match units.get(*position) {
            Some(Unit::Byte(b',', false)) => *position += 1,
            Some(_) => break,
            None => return Err(Refusal::Opaque),
        }
    }
    let inside = units.get(start..*position).unwrap_or_default();
    *position += 1;
    if choices.len() > 1 {
        parts.push(Part::Choice(choices));
    } else if let Some(range) = range(inside)? {
        parts.push(Part::Choice(range));
    } else {
        parts.push(Part::Unit(Unit::Byte(b'{', false)));
        parts.extend(choices.into_iter().flatten());
        parts.push(Part::Unit(Unit::Byte(b'}', false)));
    }
    Ok(())
}

/// `1..9` or `a..e`; nothing if it has no two dots.
fn range(inside: &[Unit]) -> Result<Option<Vec<Vec<Part>>>, Refusal> {
    let bytes: Vec<u8> = inside
        .iter()
        .map_while(|unit| match unit {
            Unit::Byte(byte, false) => Some(*byte),
            _ => None,
        })
        .collect();
    let Some(dots) = bytes.windows(2).position(|pair| pair == b"..") else { return Ok(None) };
    if bytes.len() != inside.len() {
        return Err(Refusal::Opaque);
    }
    let (first, last) = (bytes.get(..dots).unwrap_or_default(), bytes.get(dots + 2..).unwrap_or_default());
    if let (Some(first), Some(last)) = (letter(first), letter(last))
        && first.is_ascii_lowercase() == last.is_ascii_lowercase()
    {
        return Ok(Some(counted(first.into(), last.into(), |value| {
            u8::try_from(value).map(|byte| vec![byte]).unwrap_or_default()
        })));
    }
    let (Some(first), Some(last)) = (integer(first), integer(last)) else { return Err(Refusal::Dynamic) };
    if first.abs_diff(last) >= limits::BRACE_WORDS as u64 {
        return Err(Refusal::Dynamic);
    }
    Ok(Some(counted(first, last, |value| value.to_string().into_bytes())))
}

fn letter(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [byte] if byte.is_ascii_alphabetic() => Some(*byte),
        _ => None,
    }
}

/// A number that every version of bash writes back as it was; leading zeros are not.
fn integer(bytes: &[u8]) -> Option<i64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let canonical = digits == b"0" && bytes.len() == 1 || digits.first().is_some_and(|&byte| byte != b'0');
    if !canonical || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn counted(first: i64, last: i64, write: impl Fn(i64) -> Vec<u8>) -> Vec<Vec<Part>> {
    let word = |value| write(value).into_iter().map(|byte| Part::Unit(Unit::Byte(byte, false))).collect();
    if first <= last { (first..=last).map(word).collect() } else { (last..=first).rev().map(word).collect() }
}

/// Multiplies the choices out, the last one fastest.
fn expanded(parts: &[Part]) -> Result<Vec<Vec<Unit>>, Refusal> {
    let mut words: Vec<Vec<Unit>> = vec![Vec::new()];
    for part in parts {
        match part {
            Part::Unit(unit) => words.iter_mut().for_each(|word| word.push(unit.clone())),
            Part::Choice(choices) => {
                let mut endings = Vec::new();
                for choice in choices {
                    endings.extend(expanded(choice)?);
                    if endings.len() * words.len() > limits::BRACE_WORDS {
                        return Err(Refusal::Dynamic);
                    }
                }
                words = words
                    .iter()
                    .flat_map(|word| endings.iter().map(move |ending| [word.as_slice(), ending].concat()))
                    .collect();
            }
        }
    }
    Ok(words)
}

/// Makes a word of the units; an empty one without quotes vanishes.
fn rebuilt(units: Vec<Unit>, span: Span) -> Option<Word> {
    if units.is_empty() {
        return None;
    }
    let mut builder = Builder::default();
    for unit in units {
        match unit {
            Unit::Byte(byte, quoted) => builder.literal(&[byte], quoted),
            Unit::Piece(Piece::Literal { bytes, quoted }) => builder.literal(&bytes, quoted),
            Unit::Piece(Piece::Glob(bytes)) => bytes.into_iter().for_each(|byte| builder.glob(byte)),
            Unit::Piece(Piece::Variable { name, quoted: false }) => {
                builder.expansion(Piece::Variable { name, quoted: false }, super::word::Arity::Split);
            }
            Unit::Piece(piece) => builder.expansion(piece, super::word::Arity::One),
        }
    }
    Some(builder.finish(span, Splitting::Fields))
}
