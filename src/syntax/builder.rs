//! Puts a word together from its parts.

use super::{Piece, Span, Value, Word};

/// How many words an unquoted expansion may become in the place where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Splitting {
    /// Field splitting and pathname expansion happen: the words of a command, of `for`, of an array.
    Fields,
    /// One word, whatever happens: assignments, `case`, `[[`, here-strings, redirections.
    None,
}

/// How many words an expansion becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    /// Exactly one, as in `"$x"`.
    One,
    /// None or more, by field splitting.
    Split,
    /// None or more, as in `"$@"`.
    Many,
}

/// A word of which not everything is read.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) pieces: Vec<Piece>,
    pub(super) quoted: bool,
    /// Whether an unquoted `{` is among the pieces.
    pub(super) brace: bool,
    split: bool,
    many: bool,
    /// Whether something stands in it that makes a word even when every expansion is empty.
    solid: bool,
    bracket: bool,
}

impl Builder {
    /// Adds bytes that stand for themselves.
    pub(super) fn literal(&mut self, bytes: &[u8], quoted: bool) {
        self.solid |= quoted || !bytes.is_empty();
        self.quoted |= quoted;
        if let Some(Piece::Literal { bytes: last, quoted: last_quoted }) = self.pieces.last_mut()
            && *last_quoted == quoted
        {
            last.extend_from_slice(bytes);
            return;
        }
        self.pieces.push(Piece::Literal { bytes: bytes.to_vec(), quoted });
    }

    /// Adds `*`, `?` or `[`.
    pub(super) fn glob(&mut self, byte: u8) {
        self.solid = true;
        self.bracket |= byte == b'[';
        self.pieces.push(Piece::Glob(vec![byte]));
    }

    /// Adds an expansion.
    pub(super) fn expansion(&mut self, piece: Piece, arity: Arity) {
        match arity {
            Arity::One => self.solid = true,
            Arity::Split => self.split = true,
            Arity::Many => self.many = true,
        }
        self.pieces.push(piece);
    }

    /// Turns globs into literals, for places without pathname expansion.
    pub(super) fn forget_globs(&mut self) {
        self.bracket = false;
        for piece in &mut self.pieces {
            if let Piece::Glob(bytes) = piece {
                *piece = Piece::Literal { bytes: std::mem::take(bytes), quoted: false };
            }
        }
    }

    /// Returns how many words its expansions become.
    pub(super) fn arity(&self) -> Arity {
        match (self.many, self.split) {
            (true, _) => Arity::Many,
            (false, true) => Arity::Split,
            (false, false) => Arity::One,
        }
    }

    /// Returns the word.
    pub(super) fn finish(mut self, span: Span, splitting: Splitting) -> Word {
        if self.bracket {
            self.settle_brackets();
        }
        let pieces = joined(self.pieces);
        let value = match pieces.as_slice() {
            [] => Value::Static(Vec::new()),
            [Piece::Literal { bytes, .. }] => Value::Static(bytes.clone()),
            pieces if pieces.iter().all(is_literal) => Value::Static(literal_prefix(pieces)),
            pieces => {
                let globs = pieces.iter().any(|piece| matches!(piece, Piece::Glob(_)));
                let several = self.many || (splitting == Splitting::Fields && (self.split || globs));
                let none = self.many || (splitting == Splitting::Fields && self.split);
                let literal = pieces
                    .iter()
                    .any(|piece| matches!(piece, Piece::Literal { bytes, .. } if !bytes.is_empty()));
                let certain = !none || (self.solid && !self.many) || literal;
                Value::Dynamic {
                    prefix: literal_prefix(pieces),
                    min: u8::from(certain),
                    max: if several { None } else { Some(1) },
                }
            }
        };
        let pieces = if matches!(value, Value::Static(_)) { Vec::new() } else { pieces };
        Word { span, value, quoted: self.quoted, pieces }
    }

    /// Makes one glob of `[` and what belongs to it, and a literal of a `[` that nothing closes.
    fn settle_brackets(&mut self) {
        let mut closes = false;
        for index in (0..self.pieces.len()).rev() {
            let (before, behind) = self.pieces.split_at_mut(index + 1);
            let Some(piece) = before.last_mut() else { return };
            match piece {
                Piece::Glob(glob) if glob.as_slice() == b"[" => {
                    if closes {
                        take_bracket(glob, behind);
                    } else {
                        *piece = Piece::Literal { bytes: b"[".to_vec(), quoted: false };
                    }
                }
                Piece::Literal { bytes, .. } => closes |= bytes.contains(&b']'),
                Piece::Glob(_) => {}
                _ => closes = true,
            }
        }
    }
}

/// Moves the rest of a bracket expression from the unquoted literal behind it into the glob.
fn take_bracket(glob: &mut Vec<u8>, behind: &mut [Piece]) {
    let [Piece::Literal { bytes, quoted: false }, ..] = behind else { return };
    let negated = usize::from(matches!(bytes.first(), Some(b'!' | b'^')));
    let Some(close) = bytes.iter().skip(negated + 1).position(|&byte| byte == b']') else { return };
    glob.extend(bytes.drain(..=negated + 1 + close));
}

fn is_literal(piece: &Piece) -> bool {
    matches!(piece, Piece::Literal { .. })
}

/// Drops empty literals and joins adjacent ones of the same kind.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let untidy = pieces.iter().any(|piece| matches!(piece, Piece::Literal { bytes, .. } if bytes.is_empty()))
        || pieces.windows(2).any(|pair| pair.iter().all(is_literal));
    if !untidy {
        return pieces;
    }
    let mut tidy: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (tidy.last_mut(), piece) {
            (_, Piece::Literal { bytes, .. }) if bytes.is_empty() => {}
            (Some(Piece::Literal { bytes: last, quoted: last_quoted }), Piece::Literal { bytes, quoted })
                if *last_quoted == quoted =>
            {
                last.extend_from_slice(&bytes);
            }
            (_, piece) => tidy.push(piece),
        }
    }
    tidy
}

fn literal_prefix(pieces: &[Piece]) -> Vec<u8> {
    let mut prefix = Vec::new();
    for piece in pieces {
        let Piece::Literal { bytes, .. } = piece else { break };
        prefix.extend_from_slice(bytes);
    }
    prefix
}

impl Word {
    /// Makes a word of bytes that stand for themselves.
    pub(super) fn plain(span: Span, bytes: &[u8]) -> Self {
        Self { span, value: Value::Static(bytes.to_vec()), quoted: false, pieces: Vec::new() }
    }
}
