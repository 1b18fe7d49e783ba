//! Reserved words (POSIX 2.4, and bash's own).

use super::bytes::ends_word;
use super::parser::Parser;

/// A word that the grammar takes for itself where a command may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    If,
    Then,
    Elif,
    Else,
    Fi,
    For,
    Select,
    While,
    Until,
    Do,
    Done,
    Case,
    Esac,
    In,
    Function,
    Time,
    Coproc,
    Bang,
    OpenBrace,
    CloseBrace,
    OpenTest,
}

const LONGEST: usize = b"function".len();

impl Reserved {
    /// Returns the reserved word that `bytes` are.
    pub(super) fn named(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            b"if" => Self::If,
            b"then" => Self::Then,
            b"elif" => Self::Elif,
            b"else" => Self::Else,
            b"fi" => Self::Fi,
            b"for" => Self::For,
            b"select" => Self::Select,
            b"while" => Self::While,
            b"until" => Self::Until,
            b"do" => Self::Do,
            b"done" => Self::Done,
            b"case" => Self::Case,
            b"esac" => Self::Esac,
            b"in" => Self::In,
            b"function" => Self::Function,
            b"time" => Self::Time,
            b"coproc" => Self::Coproc,
            b"!" => Self::Bang,
            b"{" => Self::OpenBrace,
            b"}" => Self::CloseBrace,
            b"[[" => Self::OpenTest,
            _ => return None,
        })
    }

    /// Whether a list ends in front of it.
    pub(super) fn ends_list(self) -> bool {
        matches!(
            self,
            Self::Then
                | Self::Elif
                | Self::Else
                | Self::Fi
                | Self::Do
                | Self::Done
                | Self::Esac
                | Self::CloseBrace
        )
    }

    /// How many bytes it has.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Bang | Self::OpenBrace | Self::CloseBrace => 1,
            Self::If | Self::Fi | Self::Do | Self::In | Self::OpenTest => 2,
            Self::For => 3,
            Self::Then | Self::Elif | Self::Else | Self::Done | Self::Case | Self::Esac | Self::Time => 4,
            Self::While | Self::Until => 5,
            Self::Select | Self::Coproc => 6,
            Self::Function => 8,
        }
    }
}

impl Parser<'_, '_> {
    /// Returns the reserved word at the cursor, where one may stand.
    pub(super) fn reserved(&self) -> Option<Reserved> {
        let rest = self.cursor.rest();
        if !matches!(rest.first(), Some(b'a'..=b'z' | b'!' | b'{' | b'}' | b'[')) {
            return None;
        }
        let window = rest.get(..LONGEST + 1).unwrap_or(rest);
        let length = window.iter().position(|&byte| ends_word(byte)).unwrap_or(window.len());
        Reserved::named(window.get(..length)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_words() {
        let words =
            "if then elif else fi for select while until do done case esac in function time coproc ! { } [[";
        for word in words.split(' ') {
            let reserved = Reserved::named(word.as_bytes()).unwrap();
            assert_eq!(reserved.length(), word.len(), "{word}");
            assert!(word.len() <= LONGEST);
        }
        assert_eq!(Reserved::named(b"ifs"), None);
        assert_eq!(Reserved::named(b""), None);
    }
}
