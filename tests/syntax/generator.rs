//! Makes hostile texts: programs from a grammar that abounds in odd forms, and mutations of known trouble.
//!
//! Names `c1` to `c9` stand for commands and appear nowhere but in command position, so that a command that runs
//! under such a name was written there.

use super::forms::{
    ASSIGNMENTS, BLANKS, FILES, FRAGMENTS, HERE_LINES, Mild, NAMES, REDIRECTIONS, SEPARATORS, WORDS,
    needs_file,
};
use crate::support::random::Random;

/// A generated text.
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    /// Whether the grammar made it whole: then no value holds the name of a command.
    pub(super) pure: bool,
}

/// Returns one text: mostly from the grammar, else a mutated seed.
pub(super) fn text(random: &mut Random, mild: &Mild, seeds: &[Vec<u8>]) -> Text {
    let mut text = if random.one_in(3) && !seeds.is_empty() {
        let seed = seeds[random.below(seeds.len())].clone();
        Text { bytes: seed, pure: false }
    } else {
        let mut writer = Writer { random, mild, text: String::new(), pending: Vec::new(), budget: 40 };
        writer.program(0);
        Text { bytes: writer.text.into_bytes(), pure: true }
    };
    let mutations = if text.pure { [0, 0, 0, 1, 2][random.below(5)] } else { random.below(4) };
    for _ in 0..mutations {
        text.pure = false;
        mutate(random, &mut text.bytes, seeds);
    }
    text.bytes.retain(|&byte| byte != 0);
    text
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    match random.below(6) {
        0 => {
            let end = (at + 1 + random.below(3)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        1 if !bytes.is_empty() => {
            let end = (at + random.below(12)).min(bytes.len());
            let part = bytes[at.min(end)..end].to_vec();
            let place = random.below(bytes.len() + 1);
            bytes.splice(place..place, part);
        }
        2 if !seeds.is_empty() => {
            let seed = &seeds[random.below(seeds.len())];
            let from = random.below(seed.len() + 1);
            let to = (from + random.below(16)).min(seed.len());
            bytes.splice(at..at, seed[from..to].iter().copied());
        }
        _ => {
            let fragment = random.pick(FRAGMENTS).bytes();
            bytes.splice(at..at, fragment);
        }
    }
}

/// Writes a program.
struct Writer<'r> {
    random: &'r mut Random,
    mild: &'r Mild,
    text: String,
    /// Here-documents whose text must follow the next newline.
    pending: Vec<(String, String)>,
    budget: usize,
}

impl Writer<'_> {
    fn program(&mut self, depth: usize) {
        let commands = [1, 1, 1, 2, 2, 3][self.random.below(6)];
        for index in 0..commands {
            if index > 0 {
                self.separator();
            }
            self.command(depth);
        }
        if self.random.one_in(8) {
            self.separator();
        }
        if !self.pending.is_empty() && depth == 0 {
            self.newline();
        }
    }

    fn separator(&mut self) {
        let separator = if self.pending.is_empty() || self.random.one_in(3) {
            self.mild.pick(self.random, SEPARATORS)
        } else {
            "\n"
        };
        match separator.split_once('\n').filter(|_| !separator.contains('\\')) {
            Some((before, _)) => {
                self.text.push_str(before);
                self.newline();
            }
            None => self.text.push_str(separator),
        }
    }

    fn newline(&mut self) {
        self.text.push('\n');
        for (body, delimiter) in std::mem::take(&mut self.pending) {
            self.text.push_str(&body);
            self.text.push_str(&delimiter);
            self.text.push('\n');
        }
    }

    fn command(&mut self, depth: usize) {
        if self.budget == 0 || depth > 4 {
            self.text.push_str("c1");
            return;
        }
        self.budget -= 1;
        if self.random.one_in(12) {
            self.text.push_str(self.random.pick(&["! ", "time ", "time -p ", "!", "! ! ", "\\\n"]));
        }
        if self.random.one_in(4) { self.compound(depth) } else { self.simple(depth) }
    }

    fn simple(&mut self, depth: usize) {
        while self.random.one_in(8) {
            self.assignment(depth);
            self.blank();
        }
        while self.random.one_in(15) {
            self.redirection(depth);
            self.blank();
        }
        if self.random.one_in(30) {
            self.word(depth);
        } else {
            self.name();
        }
        for _ in 0..[0, 0, 1, 1, 2, 3][self.random.below(6)] {
            self.blank();
            if self.random.one_in(5) { self.redirection(depth) } else { self.word(depth) }
        }
    }

    fn name(&mut self) {
        let digit = char::from(b'1' + u8::try_from(self.random.below(9)).unwrap());
        let name = self.mild.pick(self.random, NAMES).replace('@', &digit.to_string());
        self.text.push_str(&name);
    }

    fn blank(&mut self) {
        let blank = self.mild.pick(self.random, BLANKS);
        self.text.push_str(blank);
    }

    fn assignment(&mut self, depth: usize) {
        let form = self.mild.pick(self.random, ASSIGNMENTS);
        self.text.push_str(form);
        if !form.ends_with([')', ' ']) && !self.random.one_in(4) {
            self.word(depth);
        }
    }

    fn word(&mut self, depth: usize) {
        if self.budget > 0 && self.random.one_in(6) {
            self.budget -= 1;
            self.substitution(depth);
            return;
        }
        let word = self.mild.pick(self.random, WORDS);
        self.text.push_str(word);
        if self.random.one_in(8) {
            let word = self.mild.pick(self.random, WORDS);
            self.text.push_str(word);
        }
    }

    /// Writes commands in a text of their own, which the caller wraps.
    fn apart(&mut self, depth: usize) -> String {
        let text = std::mem::take(&mut self.text);
        let pending = std::mem::take(&mut self.pending);
        self.program(depth + 1);
        if !self.pending.is_empty() {
            self.newline();
        }
        self.pending = pending;
        std::mem::replace(&mut self.text, text)
    }

    fn substitution(&mut self, depth: usize) {
        let inner = self.apart(depth);
        let backquoted = inner.replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$");
        let wrapped = match self.random.below(22) {
            0..=5 => format!("$({inner})"),
            6..=8 => format!("\"$({inner})\""),
            9 => format!("`{inner}`"),
            10 => format!("`{backquoted}`"),
            11 => format!("\"`{backquoted}`\""),
            12 => format!("\"`{}`\"", backquoted.replace('"', "\\\"")),
            13 => format!("<({inner})"),
            14 => format!(">({inner})"),
            15 => format!("${{x:-$({inner})}}"),
            16 => format!("\"${{x:-$({inner})}}\""),
            17 => format!("a$( {inner} )b"),
            18 => format!("$(($({inner})+1))"),
            19 => format!("$( ({inner}) )"),
            20 => format!("'$({inner})'"),
            _ => format!("${{x#$({inner})}}"),
        };
        self.text.push_str(&wrapped);
    }

    fn redirection(&mut self, depth: usize) {
        if self.random.one_in(4) {
            self.here_document(depth);
            return;
        }
        let form = self.mild.pick(self.random, REDIRECTIONS);
        self.text.push_str(form);
        if needs_file(form) {
            if self.random.one_in(12) {
                self.word(depth);
            } else {
                let file = self.mild.pick(self.random, FILES);
                self.text.push_str(file);
            }
        }
    }

    fn here_document(&mut self, depth: usize) {
        let operators = ["<<", "<<", "<<-", "<< ", "2<<", "<<\\\n"];
        let delimiters = [
            ("E", "E"),
            ("E", "E"),
            ("'E'", "E"),
            ("\"E\"", "E"),
            ("\\E", "E"),
            ("E\"F\"", "EF"),
            ("'E F'", "E F"),
            ("$x", "$x"),
            ("''", ""),
        ];
        let operator = self.random.pick(&operators);
        let (written, plain) = delimiters[self.random.below(delimiters.len())];
        self.text.push_str(operator);
        self.text.push_str(written);
        let mut body = String::new();
        for _ in 0..self.random.below(4) {
            body.push_str(self.mild.pick(self.random, HERE_LINES));
        }
        if depth < 3 && self.budget > 0 && self.random.one_in(4) {
            self.budget -= 1;
            let inner = self.apart(depth);
            body.push_str(&format!("$({inner})\n"));
        }
        let end = if operator.contains('-') && self.random.one_in(2) {
            format!("\t{plain}")
        } else {
            plain.to_owned()
        };
        self.pending.push((body, end));
    }

    fn compound(&mut self, depth: usize) {
        let first = self.apart(depth);
        let second = self.apart(depth);
        let blank = self.mild.pick(self.random, BLANKS);
        let end = self.random.pick(&[";", ";", ";", "\n", " ;", "&", "", " "]);
        let word = self.mild.pick(self.random, WORDS);
        let text = match self.random.below(24) {
            0 | 1 => format!("{{ {first}{end} }}"),
            2 | 3 => format!("({first})"),
            4 => format!("( {first}{end})"),
            5 => format!("if {first}{end} then {second}{end} fi"),
            6 => format!("if {first}; then{blank}{second}; else {first}; fi"),
            7 => format!("if {first}\nthen {second}\nelif {second}\nthen {first}\nfi"),
            8 => format!("while {first}{end} do {second}; break; done"),
            9 => format!("until {first}; do {second}; break{end} done"),
            10 => format!("for x in {word} b{end} do {first}{end} done"),
            11 => format!("for x in a; do {first}; done"),
            12 => format!("for x{end} do {first}; done"),
            13 => format!("for ((i=0; i<1; i++)){end} do {first}; done"),
            14 => format!("case {word} in a) {first};; *) {second};; esac"),
            15 => format!("case a in (a|b){blank}{first}{end} esac"),
            16 => format!("f() {{ {first}{end} }}; f"),
            17 => format!("f(){blank}({first}); f {word}"),
            18 => format!("function f {{ {first}; }}; f"),
            19 => format!("[[ {word} == {word} ]]"),
            20 => format!("[[ -n {word} && a =~ ^a ]] && {first}"),
            21 => format!("(({}))", self.random.pick(&["1", "x", "1+1", "x=1", "$x", "c1", " (1) ", "1) "])),
            22 => format!("( ({first}) )"),
            _ => format!("{first} | while read x; do {second}; done"),
        };
        self.text.push_str(&text);
        if self.random.one_in(4) {
            self.text.push(' ');
            self.redirection(depth);
        }
    }
}
