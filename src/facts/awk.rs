//! `awk` programs: whether they only read their input and print.

const RUNS_COMMANDS: &str = "an awk program that runs commands";
const WRITES_FILES: &str = "an awk program that may write files";
const READS_FILES: &str = "an awk program that may read other files";
const NOT_UNDERSTOOD: &str = "an awk program that is not understood";

/// `Err` where the program could run commands, write files or read others than its operands.
pub(super) fn read(program: &[u8]) -> Result<(), &'static str> {
    let mut reader = Reader { program, at: 0, printing: None, depth: 0, previous: Token::Operator };
    while reader.token()? {}
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// A name, number, string, `]`: what a `/` behind divides.
    Operand,
    /// What a `/` behind begins a regular expression.
    Operator,
    /// `)`, `++`, `--`, `length`: implementations differ in what a `/` behind is.
    Either,
}

struct Reader<'p> {
    program: &'p [u8],
    at: usize,
    /// The depth of parentheses at which a `print` stands whose statement has not ended.
    printing: Option<usize>,
    depth: usize,
    previous: Token,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.program.get(self.at + ahead).copied()
    }

    /// Reads one token; `false` at the end.
    fn token(&mut self) -> Result<bool, &'static str> {
        let Some(byte) = self.peek(0) else { return Ok(false) };
        match byte {
            b'"' => self.quoted(b'"')?,
            b'/' if self.previous == Token::Operator => self.quoted(b'/')?,
            b'/' if self.previous == Token::Either && self.is_riddle() => return Err(NOT_UNDERSTOOD),
            b'#' => self.comment(),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.name()?,
            b'0'..=b'9' | b'.' => self.number(),
            _ => self.punctuation(byte)?,
        }
        Ok(true)
    }

    /// Whether it matters where a regular expression ends.
    fn is_riddle(&self) -> bool {
        let rest = self.program.get(self.at + 1..).unwrap_or_default();
        rest.iter().any(|byte| matches!(byte, b'"' | b'|' | b'>'))
    }

    fn quoted(&mut self, end: u8) -> Result<(), &'static str> {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                // Whether a slash in brackets ends the expression differs between implementations.
                b'[' if end == b'/' => return self.bracketed(),
                b'\n' => return Err(NOT_UNDERSTOOD),
                _ if byte == end => {
                    self.previous = Token::Operand;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(NOT_UNDERSTOOD)
    }

    /// The rest of a regular expression from behind a bracket.
    fn bracketed(&mut self) -> Result<(), &'static str> {
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b']' => {
                    // Reads on as if the expression had just begun.
                    self.at -= 1;
                    return self.quoted(b'/');
                }
                b'/' | b'\n' => return Err(NOT_UNDERSTOOD),
                _ => {}
            }
        }
        Err(NOT_UNDERSTOOD)
    }

    fn comment(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn number(&mut self) {
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
            self.at += 1;
        }
        self.previous = Token::Operand;
    }

    fn name(&mut self) -> Result<(), &'static str> {
        let from = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        self.previous = Token::Operand;
        match self.program.get(from..self.at).unwrap_or_default() {
            b"print" | b"printf" => {
                self.printing = Some(self.depth);
                self.previous = Token::Operator;
            }
            b"length" => self.previous = Token::Either,
            b"system" => return Err(RUNS_COMMANDS),
            b"getline" | b"ARGV" | b"ARGC" | b"PROCINFO" | b"SYMTAB" | b"FUNCTAB" => return Err(READS_FILES),
            b"return" | b"in" | b"else" | b"do" | b"case" => self.previous = Token::Operator,
            _ => {}
        }
        Ok(())
    }

    fn punctuation(&mut self, byte: u8) -> Result<(), &'static str> {
        self.at += 1;
        let before = std::mem::replace(&mut self.previous, Token::Operator);
        match byte {
            b' ' | b'\t' => self.previous = before,
            b'\\' if self.peek(0) == Some(b'\n') => {
                self.at += 1;
                self.previous = before;
            }
            b'@' => return Err(RUNS_COMMANDS),
            b'|' if self.peek(0) == Some(b'|') => self.at += 1,
            b'|' => return Err(RUNS_COMMANDS),
            b'>' if self.printing.is_some_and(|depth| self.depth <= depth) => return Err(WRITES_FILES),
            b'+' | b'-' if self.peek(0) == Some(byte) => {
                self.at += 1;
                self.previous = Token::Either;
            }
            b'(' | b'[' => self.depth += 1,
            b')' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.previous = if byte == b')' { Token::Either } else { Token::Operand };
            }
            b';' | b'\n' | b'{' | b'}' => self.printing = None,
            b'$' | b'!' | b'~' | b'=' | b'<' | b'>' | b'&' | b'+' | b'-' | b'*' | b'/' | b'%' | b'^'
            | b',' | b'?' | b':' => {}
            _ => return Err(NOT_UNDERSTOOD),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_programs_are_harmless() {
        for program in [
            "{print $1}",
            "{s+=$2} END {print s}",
            "NR>=10 && NR<=20",
            "NR>1 {s+=$3} END {printf \"%.2f\\n\", s/NR}",
            "$3 == 1 {print}",
            "{print $1\": \"$2}",
            "{print $1, $NF}",
            "/foo|bar/",
            "{ print ($1) / 2 }",
            "$1 > 5 || $2 > 6 {print $1}",
            "{print ($1 > 2)}",
            "/[a-z]+/ { n++ } END { print n }",
            "!seen[$0]++",
            "length > 80",
            "BEGIN { FS = \":\" } { print $1 } # | x",
            "{ gsub(/a|b/, \"|\"); print }",
            "NR % 2",
            "",
        ] {
            assert_eq!(read(program.as_bytes()), Ok(()), "{program}");
        }
    }

    #[test]
    fn commands_files_and_riddles_are_refused() {
        for program in [
            "BEGIN{system(\"id\")}",
            "BEGIN{\"id\" | getline x; print x}",
            "{print | \"mail user@example.com\"}",
            "{print > $1\".txt\"}",
            "{print $1 >> \"x\"}",
            "{printf \"x\" > \"f\"}",
            "BEGIN{ print \"x\" | \"rm -rf /\" }",
            "@load \"filefuncs\"",
            "{ f = \"system\"; @f(\"id\") }",
            "{ getline < \"/etc/passwd\" }",
            "BEGIN { ARGV[1] = \"/etc/shadow\" }",
            "{ print \"a\" |& \"id\" }",
            "\"unfinished",
            "{ print ($1) > \"f\" }",
            "/[/]/ { x }",
            "{ print 1 / 2 > \"f\" } #/",
            "{print a[1] > \"f\"}",
            "{ print /\"/ ; print \"x\" | \"id\" } #\"",
            "{ x++ / 2; print \"a\" | \"id\" /x/ }",
            "{ if (x) /\"/ ; print \"x\" | \"id\" } #\"",
        ] {
            assert!(read(program.as_bytes()).is_err(), "{program}");
        }
    }
}
