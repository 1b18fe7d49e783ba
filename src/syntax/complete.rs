//! Which commands of a text that is still arriving are complete.

use super::{Dialect, Opaque, parser::State, read};

/// How far a text that is still arriving goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// Offsets behind the newlines at which a shell that reads line by line would run what it has read; ascending.
    pub ends: Vec<usize>,
    /// What stands behind the last of them.
    pub rest: Rest,
}

/// What stands behind the last complete command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing, or blanks.
    Nothing,
    /// The beginning of a command: an open quote or here-document, `if` without `fi`, a pipe at the end of the line, a
    /// line without its newline.
    Incomplete,
    /// Something that is not understood, of which nobody knows where it ends.
    Opaque(Opaque),
}

/// Finds the commands that are complete.
///
/// Total and linear, as [`parse`](super::parse) is; each part between two ends is understood by itself.
#[must_use]
pub fn complete(source: &[u8], dialect: Dialect) -> Complete {
    let mut state = State::new(dialect);
    let read = read(source, &mut state);
    // The delimiter of a here-document at the end of the text may yet become a longer line.
    let ends_line = |end: &usize| end.checked_sub(1).and_then(|at| source.get(at)) == Some(&b'\n');
    let ends: Vec<usize> =
        state.ends.iter().filter_map(|end| usize::try_from(*end).ok()).filter(ends_line).collect();
    let last = ends.last().copied().unwrap_or(0);
    let blank = source.get(last..).is_none_or(|rest| rest.iter().all(|byte| b" \t".contains(byte)));
    let rest = match read {
        Ok(()) if blank => Rest::Nothing,
        Ok(()) => Rest::Incomplete,
        Err(opaque) if usize::try_from(opaque.at).is_ok_and(|at| at >= source.len()) => Rest::Incomplete,
        Err(opaque) => Rest::Opaque(opaque),
    };
    Complete { ends, rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Complete {
        complete(source.as_bytes(), Dialect::Bash)
    }

    #[test]
    fn each_line_that_a_shell_would_run_ends_where_its_newline_stands() {
        assert_eq!(read("a\nb; c\n"), Complete { ends: vec![2, 7], rest: Rest::Nothing });
        assert_eq!(read("if a\nthen b\nfi\nc\n").ends, [15, 17]);
        assert_eq!(read("cat <<E\nx\nE\nb\n").ends, [12, 14]);
        assert_eq!(read("f() {\n  a\n}\nf\n").ends, [12, 14]);
        assert_eq!(read("a |\nb &&\nc\nd\n").ends, [11, 13]);
        assert_eq!(read("a # b\n\n# c\nd\n").ends, [11, 13]);
        assert_eq!(read("\n\n").ends, [2]);
    }

    #[test]
    fn what_a_shell_would_wait_for_more_of_is_incomplete() {
        let mut wrong = Vec::new();
        for begun in [
            "a",
            "a \\\n",
            "'",
            "echo 'a\n",
            "echo \"a\n",
            "cat <<E\n",
            "cat <<E\nx\n",
            "cat <<'E'\nx\nE",
            "if a\n",
            "if a; then b\n",
            "if a; then b; else\n",
            "while a\n",
            "while a; do\n",
            "for i in a b\n",
            "for i in a b; do c\n",
            "case a in\n",
            "case a in b) c\n",
            "case a in b) c;;\n",
            "f() {\n",
            "f() {\n a\n",
            "f()\n",
            "(\n",
            "(a\n",
            "{ a\n",
            "a |\n",
            "a &&\n",
            "a ||\n",
            "echo $(\n",
            "echo $(a\n",
            "echo \"$(a\n",
            "x=(\n",
            "x=(a\n",
            "a \\",
            "until a; do b;\n",
            "! a |\n",
            "select i in a; do\n",
            "echo $'a\n",
            "cat <<A <<B\nx\nA\n",
            "if a; then cat <<E\nx\nE\n",
        ] {
            let alone = read(begun);
            let behind = read(&format!("x\n{begun}"));
            if (alone.ends.as_slice(), alone.rest) != (&[], Rest::Incomplete)
                || (behind.ends.as_slice(), behind.rest) != (&[2], Rest::Incomplete)
            {
                wrong.push(begun);
            }
        }
        assert_eq!(wrong, Vec::<&str>::new());
    }

    #[test]
    fn what_is_not_understood_is_not_taken_for_a_beginning() {
        for text in ["a\n)\n", "a\nfi\n", "a\n;;\n", "a\ncoproc b\n"] {
            let complete = read(text);
            assert_eq!(complete.ends, [2], "{text:?}");
            assert!(matches!(complete.rest, Rest::Opaque(_)), "{text:?}");
        }
    }
}
