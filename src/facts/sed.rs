//! `sed` scripts: the commands that touch files or run programs.

use super::EffectKind;

type Files = Vec<(EffectKind, Vec<u8>)>;

/// The files that a script reads and writes; `Err`: it runs commands, or is not understood.
pub(super) fn read(script: &[u8]) -> Result<Files, &'static str> {
    let mut reader = Reader { script, at: 0, files: Vec::new() };
    while reader.command()? {}
    Ok(reader.files)
}

const NOT_UNDERSTOOD: &str = "a sed script that is not understood";
const RUNS_COMMANDS: &str = "a sed script that runs commands";

struct Reader<'s> {
    script: &'s [u8],
    at: usize,
    files: Files,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.script.get(self.at).copied()
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    /// Reads one command with its addresses; `false` at the end.
    fn command(&mut self) -> Result<bool, &'static str> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b';');
        if self.peek().is_none() {
            return Ok(false);
        }
        self.address()?;
        self.skip(|byte| byte == b' ');
        if self.peek() == Some(b',') {
            self.at += 1;
            self.skip(|byte| byte == b' ');
            self.skip(|byte| matches!(byte, b'+' | b'~'));
            self.address()?;
        }
        self.skip(|byte| matches!(byte, b' ' | b'!'));
        let Some(name) = self.peek() else { return Err(NOT_UNDERSTOOD) };
        self.at += 1;
        match name {
            b'{' | b'}' | b'=' | b'd' | b'D' | b'g' | b'G' | b'h' | b'H' | b'n' | b'N' | b'p' | b'P'
            | b'x' | b'z' | b'F' => Ok(()),
            b'#' => {
                self.skip(|byte| byte != b'\n');
                Ok(())
            }
            b'a' | b'i' | b'c' => self.text(),
            b':' | b'b' | b't' | b'T' => {
                self.skip(|byte| !matches!(byte, b'\n' | b';' | b'}'));
                Ok(())
            }
            b'q' | b'Q' | b'l' | b'L' => {
                self.skip(|byte| byte == b' ' || byte.is_ascii_digit());
                Ok(())
            }
            b's' => self.substitution(),
            b'y' => self.delimited().and_then(|()| self.second_part()),
            b'w' | b'W' => self.file(EffectKind::Write),
            b'r' | b'R' => self.file(EffectKind::Read),
            b'e' => Err(RUNS_COMMANDS),
            _ => Err(NOT_UNDERSTOOD),
        }?;
        Ok(true)
    }

    fn address(&mut self) -> Result<(), &'static str> {
        match self.peek() {
            Some(b'0'..=b'9') => self.skip(|byte| byte.is_ascii_digit() || byte == b'~'),
            Some(b'$') => self.at += 1,
            Some(b'/') => {
                self.delimited()?;
                self.skip(|byte| matches!(byte, b'I' | b'M'));
            }
            Some(b'\\') => {
                self.at += 1;
                self.delimited()?;
                self.skip(|byte| matches!(byte, b'I' | b'M'));
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads a delimiter and everything up to its next unescaped occurrence outside brackets.
    fn delimited(&mut self) -> Result<(), &'static str> {
        let Some(delimiter) = self.peek() else { return Err(NOT_UNDERSTOOD) };
        if matches!(delimiter, b'\n' | b'\\') {
            return Err(NOT_UNDERSTOOD);
        }
        self.at += 1;
        self.until(delimiter)
    }

    fn second_part(&mut self) -> Result<(), &'static str> {
        let delimiter = self.at.checked_sub(1).and_then(|at| self.script.get(at)).copied();
        self.until(delimiter.ok_or(NOT_UNDERSTOOD)?)
    }

    /// GNU sed ends a pattern at a delimiter in brackets too unless it is escaped; where the two readings differ, neither is taken.
    fn until(&mut self, delimiter: u8) -> Result<(), &'static str> {
        let mut in_brackets = false;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'[' if delimiter != b'[' => in_brackets = true,
                b']' => in_brackets = false,
                _ if byte == delimiter && in_brackets => return Err(NOT_UNDERSTOOD),
                _ if byte == delimiter => return Ok(()),
                _ => {}
            }
        }
        Err(NOT_UNDERSTOOD)
    }

    fn substitution(&mut self) -> Result<(), &'static str> {
        self.delimited()?;
        self.second_part()?;
        while let Some(flag) = self.peek() {
            match flag {
                b'g' | b'p' | b'i' | b'I' | b'm' | b'M' | b'0'..=b'9' => self.at += 1,
                b'e' => return Err(RUNS_COMMANDS),
                b'w' => {
                    self.at += 1;
                    return self.file(EffectKind::Write);
                }
                b' ' | b'\n' | b';' | b'}' | b'#' => return Ok(()),
                _ => return Err(NOT_UNDERSTOOD),
            }
        }
        Ok(())
    }

    /// A file's name reaches to the end of the line.
    fn file(&mut self, kind: EffectKind) -> Result<(), &'static str> {
        self.skip(|byte| byte == b' ' || byte == b'\t');
        let from = self.at;
        self.skip(|byte| byte != b'\n');
        let name = self.script.get(from..self.at).unwrap_or_default();
        if name.is_empty() {
            return Err(NOT_UNDERSTOOD);
        }
        self.files.push((kind, name.to_vec()));
        Ok(())
    }

    /// The text of `a`, `i`, `c` reaches to the end of the line; a backslash continues it.
    fn text(&mut self) -> Result<(), &'static str> {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => break,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_scripts_touch_no_files() {
        for script in [
            "1,80p",
            "10p",
            "$!N;P;D",
            "s/foo/bar/g; s/a\\/b/c/",
            "/^$/d",
            "s|/old|/new|g",
            "s/([a-z]+)_([0-9]+)/\\2-\\1/",
            "/a/,/b/{s/x/y/;p}",
            "1~2d",
            "y/abc/xyz/",
            "2q",
            "/x/I,+3d",
            ":a;N;$!ba;s/\\n/ /g",
            "# comment\np",
            "a text; e id",
            "\\,x,p",
            "s/x/[&]/",
            "",
            "0,/x/d",
            "/[0-9]/!d",
        ] {
            assert_eq!(read(script.as_bytes()), Ok(Vec::new()), "{script}");
        }
    }

    #[test]
    fn files_are_found() {
        let write = |name: &str| vec![(EffectKind::Write, name.as_bytes().to_vec())];
        for (script, files) in [
            ("w out.txt", write("out.txt")),
            ("/x/w out.txt", write("out.txt")),
            ("s/a/b/w /etc/x", write("/etc/x")),
            ("s/a/b/gw x;e id", write("x;e id")),
            ("r /etc/passwd", vec![(EffectKind::Read, b"/etc/passwd".to_vec())]),
        ] {
            assert_eq!(read(script.as_bytes()), Ok(files), "{script}");
        }
    }

    #[test]
    fn commands_and_riddles_are_refused() {
        for script in [
            "1e touch /tmp/pwned",
            "e",
            "s/test/touch \\/tmp\\/pwned/e",
            "s/a/b/ge",
            "/x/e id",
            "s/a",
            "s/[/]e/x/e/",
            "v",
            "w",
            "{e}",
            "1!e id",
            "s\nx\ny\ne",
            "p e",
        ] {
            assert!(read(script.as_bytes()).is_err(), "{script}");
        }
    }
}
