//! Words as analysis knows them: exactly, as a pattern, or only how they begin.

use std::borrow::Cow;

use crate::syntax::Span;

use super::Argument;

/// A word of an argument vector, or several that one source word becomes.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    /// What is known of it.
    pub(super) content: Content<'a>,
    /// Fewest words that it becomes.
    pub(super) min: u8,
    /// Most words, if bounded.
    pub(super) max: Option<u8>,
    /// Where it stands in the source.
    pub(super) span: Span,
}

/// What is known of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// Exactly these bytes.
    Known(Cow<'a, [u8]>),
    /// Paths that match a pattern; bytes that glob literally are escaped with `\`.
    Glob(Vec<u8>),
    /// A path that is this one or below it, and begins with its bytes.
    Below(Vec<u8>),
    /// One of these.
    OneOf(Vec<Self>),
    /// A pipe from or to a process substitution.
    Pipe,
    /// Anything that begins with these bytes.
    Partial(Vec<u8>),
}

impl Content<'_> {
    /// The bytes that the word certainly begins with.
    pub(super) fn prefix(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Known(bytes) => Cow::Borrowed(bytes),
            Self::Below(bytes) | Self::Partial(bytes) => Cow::Borrowed(bytes),
            Self::Pipe => Cow::Borrowed(b"/dev/fd/"),
            Self::Glob(pattern) => Cow::Owned(literal_prefix(pattern)),
            Self::OneOf(contents) => {
                let mut prefixes = contents.iter().map(Self::prefix);
                let first = prefixes.next().unwrap_or_default();
                prefixes.fold(first, |common, next| {
                    let length = common.iter().zip(next.iter()).take_while(|(a, b)| a == b).count();
                    Cow::Owned(common.iter().copied().take(length).collect())
                })
            }
        }
    }

    /// The bytes of everything that it may be.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Known(bytes) => bytes.len(),
            Self::Glob(bytes) | Self::Below(bytes) | Self::Partial(bytes) => bytes.len(),
            Self::OneOf(contents) => contents.iter().map(Self::length).sum(),
            Self::Pipe => 0,
        }
    }

    /// Whether the word could begin with a dash.
    pub(super) fn may_be_option(&self) -> bool {
        match self {
            Self::OneOf(contents) => contents.iter().any(Self::may_be_option),
            Self::Known(bytes) => bytes.first() == Some(&b'-'),
            // `find -- -x` gives paths that begin with a dash.
            _ => matches!(self.prefix().first(), None | Some(b'-')),
        }
    }
}

impl<'a> Item<'a> {
    /// A word that is known exactly.
    pub(super) fn known(bytes: impl Into<Cow<'a, [u8]>>, span: Span) -> Self {
        Self { content: Content::Known(bytes.into()), min: 1, max: Some(1), span }
    }

    /// Any number of words of which nothing is known.
    pub(super) fn anything(span: Span) -> Self {
        Self { content: Content::Partial(Vec::new()), min: 0, max: None, span }
    }

    /// One word that begins with these bytes.
    pub(super) fn partial(prefix: Vec<u8>, span: Span) -> Self {
        Self { content: Content::Partial(prefix), min: 1, max: Some(1), span }
    }

    /// The exact bytes of a word that is known.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Known(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The exact text of a word that is known and UTF-8.
    pub(super) fn text(&self) -> Option<&str> {
        self.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// Whether it is exactly one word.
    pub(super) fn is_one_word(&self) -> bool {
        self.min == 1 && self.max == Some(1)
    }

    /// The word behind its first `length` bytes, which are certain.
    pub(super) fn behind(&self, length: usize) -> Item<'static> {
        let rest = |bytes: &[u8]| bytes.get(length..).unwrap_or_default().to_vec();
        let content = match &self.content {
            Content::Known(bytes) => Content::Known(Cow::Owned(rest(bytes))),
            other => Content::Partial(rest(&other.prefix())),
        };
        Item { content, min: 1, max: Some(1), span: self.span }
    }

    /// What the outside sees of it.
    pub(super) fn argument(&self) -> Argument {
        Argument { value: self.bytes().map(<[u8]>::to_vec), span: self.span }
    }
}

/// Escapes bytes so that they match themselves in a pattern.
pub(super) fn escape_glob(bytes: &[u8], pattern: &mut Vec<u8>) {
    for &byte in bytes {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\') {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
}

/// The bytes in front of the first active pattern character.
pub(super) fn literal_prefix(pattern: &[u8]) -> Vec<u8> {
    let mut prefix = Vec::new();
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => break,
            b'\\' => prefix.extend(bytes.next()),
            _ => prefix.push(byte),
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { start: 0, end: 0 };

    #[test]
    fn prefix_is_what_is_certain() {
        let cases: [(Content<'_>, &[u8], bool); 7] = [
            (Content::Known(b"-x".as_slice().into()), b"-x", true),
            (Content::Known(b"".as_slice().into()), b"", false),
            (Content::Partial(b"".to_vec()), b"", true),
            (Content::Partial(b"a".to_vec()), b"a", false),
            (Content::Glob(b"a\\*b*c".to_vec()), b"a*b", false),
            (Content::Glob(b"*".to_vec()), b"", true),
            (
                Content::OneOf(vec![Content::Partial(b"src/a".to_vec()), Content::Glob(b"src/b*".to_vec())]),
                b"src/",
                false,
            ),
        ];
        for (content, prefix, option) in cases {
            assert_eq!((&*content.prefix(), content.may_be_option()), (prefix, option), "{content:?}");
        }
    }

    #[test]
    fn escaping_keeps_bytes_literal() {
        let mut pattern = Vec::new();
        escape_glob(b"a*[b]\\", &mut pattern);
        assert_eq!(literal_prefix(&pattern), b"a*[b]\\");
    }

    #[test]
    fn part_behind_a_prefix_keeps_what_is_known() {
        assert_eq!(Item::known(b"--a=b".as_slice(), SPAN).behind(4).bytes(), Some(b"b".as_slice()));
        assert_eq!(Item::partial(b"--a=b".to_vec(), SPAN).behind(4).content, Content::Partial(b"b".to_vec()));
    }
}
