//! Words of an invocation → options with values, and operands, as the program itself would tell them apart.

use std::borrow::Cow;

use crate::syntax::Span;

use super::catalog::{Entry, Kind, OptionEntry, Reach, Style, look_up};
use super::item::{Content, Item};

/// The words behind a program's name, told apart.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    /// Options and operands in the order in which they stand.
    pub(super) parts: Vec<Part<'a>>,
    /// What could not be told.
    pub(super) doubts: Vec<Doubt>,
    /// A word that could be an option that reads files.
    pub(super) unseen_read: Option<Span>,
    /// A pattern that matches names in the working directory, which could be options that do this at worst.
    pub(super) matched: Option<(Reach, Span)>,
    /// How many words were read; fewer than all where a subcommand follows.
    pub(super) read: usize,
}

/// An option or an operand.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// An option with the words that are its values.
    Option(&'static OptionEntry, Vec<Item<'a>>, Span),
    /// An operand.
    Operand(Item<'a>),
}

/// Something that could not be told, and where.
#[derive(Debug)]
pub(super) struct Doubt {
    pub(super) why: Cow<'static, str>,
    pub(super) span: Span,
}

/// Tells `items` apart as the innermost entry of `scope` reads them; its outer entries follow, innermost first.
pub(super) fn parse<'a>(items: &[Item<'a>], scope: &[&'static Entry]) -> Parsed<'a> {
    let Some(entry) = scope.first().copied() else { return Parsed::default() };
    let mut reader = Reader { items, at: 0, scope, entry, parsed: Parsed::default() };
    match entry.style {
        Style::Words => reader.rest_is_operands(),
        Style::Find => reader.find(),
        Style::Pairs => reader.pairs(),
        Style::Tar => {
            reader.old_cluster();
            reader.options();
        }
        Style::Gnu | Style::Exact | Style::SingleDash => reader.options(),
    }
    reader.parsed.read = reader.at;
    reader.parsed
}

struct Reader<'r, 'a> {
    items: &'r [Item<'a>],
    at: usize,
    scope: &'r [&'static Entry],
    entry: &'static Entry,
    parsed: Parsed<'a>,
}

impl<'r, 'a> Reader<'r, 'a> {
    fn next(&mut self) -> Option<&'r Item<'a>> {
        let item = self.items.get(self.at)?;
        self.at += 1;
        Some(item)
    }

    fn operand(&mut self, item: &Item<'a>) {
        self.parsed.parts.push(Part::Operand(item.clone()));
    }

    fn rest_is_operands(&mut self) {
        while let Some(item) = self.next() {
            self.operand(item);
        }
    }

    fn doubt(&mut self, why: impl Into<Cow<'static, str>>, span: Span) {
        self.parsed.doubts.push(Doubt { why: why.into(), span });
    }

    /// Reads options and operands until the words end or a subcommand begins.
    fn options(&mut self) {
        while let Some(item) = self.next() {
            if item.bytes() == Some(b"--") {
                // Listed where it says what the words behind it are (`git checkout -- x`).
                if let Some(option) = look_up(self.entry.options, "--") {
                    self.parsed.parts.push(Part::Option(option, Vec::new(), item.span));
                }
                return self.rest_is_operands();
            }
            if self.is_option(item) {
                self.option(item);
                if matches!(self.parsed.parts.last(), Some(Part::Option(option, ..)) if option.ends_options) {
                    return self.rest_is_operands();
                }
            } else if !self.entry.subs.is_empty() {
                self.at -= 1;
                return;
            } else if self.entry.options_first {
                self.operand(item);
                return self.rest_is_operands();
            } else {
                self.operand(item);
            }
        }
    }

    /// Whether a word is read as an option; a word that only could be one leaves a doubt where that matters.
    fn is_option(&mut self, item: &Item<'a>) -> bool {
        if let Some(bytes) = item.bytes() {
            return bytes.len() > 1 && bytes.first() == Some(&b'-') || self.is_plus_option(bytes);
        }
        if !item.content.may_be_option() {
            return false;
        }
        if item.content.prefix().len() > 1 && (item.is_one_word() || is_option_with_glob(&item.content)) {
            return true;
        }
        let reach = self.scope.iter().map(|entry| entry.reach).max().unwrap_or(Reach::Anything);
        match reach {
            Reach::Nothing => {}
            _ if matches!(item.content, Content::Glob(_)) => self.parsed.matched = Some((reach, item.span)),
            Reach::Read => self.parsed.unseen_read = Some(item.span),
            Reach::Anything => self.doubt("a word that only the shell knows could be an option", item.span),
        }
        false
    }

    fn is_plus_option(&self, bytes: &[u8]) -> bool {
        self.entry.plus && bytes.len() > 1 && bytes.first() == Some(&b'+')
    }

    fn option(&mut self, item: &Item<'a>) {
        let prefix = item.content.prefix().into_owned();
        if self.is_plus_option(&prefix) || self.is_number(item) {
            return;
        }
        let whole = item.text().filter(|text| text.len() > 2 && !text.starts_with("--"));
        if let Some(option) = whole.and_then(|text| look_up(self.entry.options, text)) {
            self.with_value(option, None, item.span);
        } else if self.entry.style == Style::SingleDash {
            self.single_dash(item, &prefix);
        } else if prefix.starts_with(b"--") {
            self.long(item, &prefix);
        } else {
            self.cluster(item, &prefix);
        }
    }

    fn is_number(&self, item: &Item<'a>) -> bool {
        let digits = item.bytes().and_then(|bytes| bytes.get(1..));
        self.entry.numbers && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    }

    /// `--name`, `--name=value`, `--name value`.
    fn long(&mut self, item: &Item<'a>, prefix: &[u8]) {
        let equals = prefix.iter().position(|byte| *byte == b'=');
        let name = prefix.get(..equals.unwrap_or(prefix.len())).unwrap_or_default();
        if equals.is_none() && item.bytes().is_none() {
            return self.doubt("an option whose name only the shell knows", item.span);
        }
        let Some(option) = self.long_option(name, item.span) else {
            return self.unlisted(name, item.span);
        };
        let attached = equals.map(|at| item.behind(at + 1));
        self.with_value(option, attached, item.span);
    }

    fn long_option(&mut self, name: &[u8], span: Span) -> Option<&'static OptionEntry> {
        let name = std::str::from_utf8(name).ok()?;
        if let Some(option) = self.listed(name) {
            return Some(option);
        }
        let abbreviates = matches!(self.entry.style, Style::Gnu | Style::Tar) && name.len() > 2;
        let option = if abbreviates { abbreviated(self.entry, name) } else { None }?;
        if !self.entry.complete {
            self.doubt(format!("`{name}` abbreviates an option, perhaps `{}`", option.names), span);
        }
        Some(option)
    }

    fn listed(&self, name: &str) -> Option<&'static OptionEntry> {
        let outer = self.scope.iter().skip(1).filter(|entry| entry.inherited);
        look_up(self.entry.options, name)
            .or_else(|| outer.clone().find_map(|entry| look_up(entry.options, name)))
    }

    fn unlisted(&mut self, name: &[u8], span: Span) {
        self.doubt(format!("option `{}` is not in the catalog", String::from_utf8_lossy(name)), span);
    }

    /// `-abc`, `-ovalue`, `-o value`.
    fn cluster(&mut self, item: &Item<'a>, prefix: &[u8]) {
        let mut at = 1;
        while let Some(&letter) = prefix.get(at) {
            let name = [b'-', letter];
            let option = std::str::from_utf8(&name).ok().and_then(|name| self.listed(name));
            let Some(option) = option else { return self.unlisted(&name, item.span) };
            at += 1;
            if option.values.is_empty() {
                self.parsed.parts.push(Part::Option(option, Vec::new(), item.span));
                continue;
            }
            let has_rest = at < prefix.len() || item.bytes().is_none();
            let equals = self.entry.style == Style::Exact && prefix.get(at) == Some(&b'=');
            let attached = has_rest.then(|| item.behind(at + usize::from(equals)));
            return self.with_value(option, attached, item.span);
        }
        if item.bytes().is_none() {
            self.doubt("options that only the shell knows", item.span);
        }
    }

    /// `-name`, `--name`, `-name=value`, `-name value`.
    fn single_dash(&mut self, item: &Item<'a>, prefix: &[u8]) {
        let equals = prefix.iter().position(|byte| *byte == b'=');
        if equals.is_none() && item.bytes().is_none() {
            return self.doubt("an option whose name only the shell knows", item.span);
        }
        let name = prefix.get(..equals.unwrap_or(prefix.len())).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(name) else { return self.unlisted(name, item.span) };
        let other = text.strip_prefix("--").map_or_else(|| format!("-{text}"), |bare| format!("-{bare}"));
        match self.listed(text).or_else(|| self.listed(&other)) {
            Some(option) => self.with_value(option, equals.map(|at| item.behind(at + 1)), item.span),
            None => match self.letter_with_value(prefix) {
                Some(option) => self.with_value(option, Some(item.behind(2)), item.span),
                None => self.unlisted(name, item.span),
            },
        }
    }

    /// `-Iinclude`, `-DNAME=1`: compilers take the value of a letter in the same word.
    fn letter_with_value(&self, prefix: &[u8]) -> Option<&'static OptionEntry> {
        let name = std::str::from_utf8(prefix.get(..2)?).ok()?;
        self.listed(name).filter(|option| option.values.len() == 1 && !option.optional)
    }

    /// Takes the option's values: the attached one, or the words that follow.
    fn with_value(&mut self, option: &'static OptionEntry, attached: Option<Item<'static>>, span: Span) {
        let mut values = Vec::new();
        match attached {
            Some(_) if option.values.is_empty() => {
                return self.doubt(format!("option `{}` takes no value", option.names), span);
            }
            Some(value) => values.push(value),
            None if option.optional => {}
            None if option.values == [Kind::CommandUntil] => {
                return self.until_terminator(option, span);
            }
            None => {
                for _ in option.values {
                    match self.next() {
                        Some(value) => values.push(self.single(value)),
                        None => self.doubt(format!("option `{}` lacks its value", option.names), span),
                    }
                }
            }
        }
        self.parsed.parts.push(Part::Option(option, values, span));
    }

    /// A value that may be no word, or several, shifts every word behind it; one that looks like an option is one to
    /// whoever reads the words otherwise.
    fn single(&mut self, value: &Item<'a>) -> Item<'a> {
        let dashes = value.bytes().is_some_and(|bytes| bytes.len() > 2 && bytes.starts_with(b"--"));
        if dashes && matches!(self.entry.style, Style::Gnu | Style::Exact | Style::Tar) {
            self.doubt("an option's value that looks like an option", value.span);
        }
        if !value.is_one_word() && self.entry.reach == Reach::Anything {
            self.doubt("an option's value could be several words or none", value.span);
        }
        value.clone()
    }

    fn until_terminator(&mut self, option: &'static OptionEntry, span: Span) {
        let mut words = Vec::new();
        while let Some(item) = self.next() {
            let plus = item.bytes() == Some(b"+");
            let previous: Option<&[u8]> = words.last().and_then(Item::bytes);
            if item.bytes() == Some(b";") || plus && previous == Some(b"{}") {
                self.parsed.parts.push(Part::Option(option, words, span));
                return;
            }
            if !item.is_one_word() {
                self.doubt("a word that only the shell knows could end the command", item.span);
            }
            words.push(item.clone());
        }
        self.doubt("the command that is to be run has no end", span);
        self.parsed.parts.push(Part::Option(option, words, span));
    }

    /// `tar xzf FILE`: letters without a dash, whose values follow in order.
    fn old_cluster(&mut self) {
        let Some(first) = self.items.first() else { return };
        let Some(letters) = first.bytes() else { return };
        if letters.first() == Some(&b'-') || letters.is_empty() {
            return;
        }
        self.at = 1;
        for &letter in letters {
            let name = [b'-', letter];
            match std::str::from_utf8(&name).ok().and_then(|name| self.listed(name)) {
                Some(option) if option.optional => {
                    self.parsed.parts.push(Part::Option(option, Vec::new(), first.span));
                }
                Some(option) => self.with_value(option, None, first.span),
                None => self.unlisted(&name, first.span),
            }
        }
    }

    /// `name=value` words.
    fn pairs(&mut self) {
        while let Some(item) = self.next() {
            let prefix = item.content.prefix().into_owned();
            let equals = prefix.iter().position(|byte| *byte == b'=');
            let name = prefix.get(..equals.unwrap_or(prefix.len())).unwrap_or_default();
            let option = std::str::from_utf8(name).ok().and_then(|name| self.listed(name));
            match option {
                Some(option) if equals.is_some() || item.bytes().is_some() => {
                    self.with_value(option, equals.map(|at| item.behind(at + 1)), item.span);
                }
                _ if item.bytes().is_some() => self.unlisted(name, item.span),
                _ => self.doubt("a word that only the shell knows", item.span),
            }
        }
    }

    /// Paths, then an expression.
    fn find(&mut self) {
        let mut in_expression = false;
        while let Some(item) = self.next() {
            let Some(bytes) = item.bytes() else {
                if in_expression || item.content.may_be_option() {
                    self.doubt("a word that only the shell knows could be part of the expression", item.span);
                }
                self.operand(item);
                continue;
            };
            let starts = matches!(bytes.first(), Some(b'-')) && bytes.len() > 1
                || matches!(bytes, b"(" | b")" | b"!" | b",");
            if !starts && !in_expression {
                self.operand(item);
                continue;
            }
            in_expression = in_expression
                || !matches!(bytes, b"-H" | b"-L" | b"-P" | b"-D" | b"--") && !bytes.starts_with(b"-O");
            if bytes == b"--" {
                continue;
            }
            match std::str::from_utf8(bytes).ok().and_then(|name| self.listed(name)) {
                Some(option) => self.with_value(option, None, item.span),
                None => self.unlisted(bytes, item.span),
            }
        }
    }
}

/// `--include=*.rs`: whatever matches is the same option with another value.
fn is_option_with_glob(content: &Content<'_>) -> bool {
    let prefix = content.prefix();
    matches!(content, Content::Glob(_)) && prefix.starts_with(b"--") && prefix.contains(&b'=')
}

/// The one option that a long name abbreviates.
fn abbreviated(entry: &'static Entry, name: &str) -> Option<&'static OptionEntry> {
    let from = entry.options.partition_point(|(known, _)| *known < name);
    let mut matching = entry.options.iter().skip(from).take_while(|(known, _)| known.starts_with(name));
    let (_, option) = matching.next()?;
    matching.all(|(_, other)| other.names == option.names).then_some(*option)
}

/// Which slots an operand may stand in: `left` and `right` are the fewest and most words before and behind it.
pub(super) fn possible_slots(
    slots: &[super::catalog::Slot],
    left: (usize, Option<usize>),
    right: (usize, Option<usize>),
) -> Vec<Option<Kind>> {
    let repeated = slots.iter().position(|slot| slot.repeated);
    let heads = repeated.unwrap_or(slots.len());
    let tails = repeated.map_or(0, |at| slots.len() - at - 1);
    let mut kinds = Vec::new();
    let mut add = |kind: Option<Kind>| {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    };
    let last_head = left.1.unwrap_or(usize::MAX).min(heads.saturating_sub(1));
    for at in left.0..=last_head {
        if at < heads {
            add(slots.get(at).map(|slot| slot.kind));
        }
    }
    let may_be_behind_heads = left.1.is_none_or(|most| most >= heads);
    if !may_be_behind_heads {
        return kinds;
    }
    let last_tail = right.1.unwrap_or(usize::MAX).min(tails.saturating_sub(1));
    for from_end in right.0..=last_tail {
        if from_end < tails {
            add(slots.get(slots.len() - 1 - from_end).map(|slot| slot.kind));
        }
    }
    if right.1.is_none_or(|most| most >= tails) {
        add(repeated.and_then(|at| slots.get(at)).map(|slot| slot.kind));
    }
    kinds
}

/// Whether a word may be one of these, as far as is known.
pub(super) fn may_match(content: &Content<'_>, pattern: &str) -> bool {
    match content {
        Content::Known(bytes) => super::catalog::glob_matches(pattern.as_bytes(), bytes),
        Content::OneOf(contents) => contents.iter().any(|content| may_match(content, pattern)),
        other => {
            let literal: Vec<u8> = pattern.bytes().take_while(|byte| !matches!(byte, b'*' | b'?')).collect();
            let prefix = other.prefix();
            literal.iter().zip(prefix.iter()).all(|(a, b)| a == b)
        }
    }
}
