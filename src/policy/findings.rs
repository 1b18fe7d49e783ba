//! Reading a TOML document by hand, so that every finding knows where it stands.

use std::ops::Range;

use toml::{Spanned, de::DeTable, de::DeValue};

use crate::ui::Diagnostic;

/// A value of a document.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// A string with its place in the document.
pub(super) type Text = (String, Range<usize>);

/// What is wrong with one source, collected while it is read.
pub(super) struct Findings<'s> {
    origin: &'s str,
    text: &'s str,
    list: Vec<Diagnostic>,
    /// Offsets of line starts.
    lines: Vec<usize>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(origin: &'s str, text: &'s str) -> Self {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self { origin, text, list: Vec::new(), lines }
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let before = self.lines.partition_point(|start| *start <= offset);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    pub(super) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }

    pub(super) fn at(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.origin, self.text.as_bytes(), span, message)
    }

    pub(super) fn error(&mut self, span: Range<usize>, message: impl Into<String>) {
        let diagnostic = self.at(span, message);
        self.list.push(diagnostic);
    }

    /// Every key that is not one of `known`, as an error.
    pub(super) fn check_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            let written: &str = key.get_ref();
            if !known.contains(&written) {
                let found = self.at(key.span(), format!("unknown key `{written}`"));
                self.list.push(found.did_you_mean(written, known.iter().copied()));
            }
        }
    }

    /// The value of a key that has to be there; `place` is where its absence is shown.
    pub(super) fn required<'a, 't>(
        &mut self,
        table: &'a DeTable<'t>,
        key: &str,
        place: Range<usize>,
    ) -> Option<&'a Value<'t>> {
        let value = table.get(key);
        if value.is_none() {
            self.error(place, format!("the key `{key}` is missing"));
        }
        value
    }

    pub(super) fn table<'a, 't>(&mut self, value: &'a Value<'t>, what: &str) -> Option<&'a DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(value, &format!("{what} is a table"));
        }
        table
    }

    /// Every table of an array of tables.
    pub(super) fn tables<'a, 't>(
        &mut self,
        value: Option<&'a Value<'t>>,
        what: &str,
    ) -> Vec<(&'a DeTable<'t>, Range<usize>)> {
        let Some(value) = value else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(value, &format!("write `[[{what}]]`"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for entry in array.iter() {
            tables.extend(self.table(entry, what).map(|table| (table, entry.span())));
        }
        tables
    }

    pub(super) fn string(&mut self, value: &Value<'_>) -> Option<Text> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(value, "a string is wanted");
        }
        text.map(|text| (text.to_owned(), value.span()))
    }

    /// A string or an array of strings.
    pub(super) fn strings(&mut self, value: Option<&Value<'_>>) -> Vec<Text> {
        let Some(value) = value else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            return self.string(value).into_iter().collect();
        };
        if array.iter().next().is_none() {
            self.error(value.span(), "the list is empty");
        }
        array.iter().filter_map(|entry| self.string(entry)).collect()
    }

    pub(super) fn boolean(&mut self, value: Option<&Value<'_>>) -> Option<bool> {
        let value = value?;
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.wrong(value, "`true` or `false` is wanted");
        }
        boolean
    }

    /// A whole number in a range.
    pub(super) fn number(&mut self, value: Option<&Value<'_>>, range: Range<u8>) -> Option<u8> {
        let value = value?;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u8::from_str_radix(number.as_str(), number.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let last = range.end.saturating_sub(1);
            self.error(value.span(), format!("a number from {} to {last} is wanted", range.start));
        }
        number
    }

    /// A whole number from 1 on.
    pub(super) fn count(&mut self, value: Option<&Value<'_>>) -> Option<u32> {
        let value = value?;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let number = number.filter(|number| *number > 0);
        if number.is_none() {
            self.error(value.span(), "a whole number from 1 on is wanted");
        }
        number
    }

    /// A duration such as `5m`, in seconds.
    pub(super) fn duration(&mut self, value: Option<&Value<'_>>) -> Option<u32> {
        let (text, span) = self.string(value?)?;
        let seconds = seconds(&text);
        if seconds.is_none() {
            self.error(
                span,
                "a duration is a number and one of `s`, `m`, `h`, `d`, `w`, at most `520w`: `5m`, `7d`",
            );
        }
        seconds
    }

    /// One of some names.
    pub(super) fn one_of<T: Copy>(&mut self, text: &Text, what: &str, known: &[(&str, T)]) -> Option<T> {
        let (written, span) = text;
        let found = known.iter().find(|(name, _)| name == written).map(|(_, value)| *value);
        if found.is_none() {
            let diagnostic = self.at(span.clone(), format!("unknown {what} `{written}`"));
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let near = diagnostic.clone().did_you_mean(written, names.iter().copied());
            let all = format!("one of {}", names.join(", "));
            self.list.push(if near.suggestion.is_some() { near } else { diagnostic.suggest(all) });
        }
        found
    }

    fn wrong(&mut self, value: &Value<'_>, wanted: &str) {
        self.error(value.span(), format!("{wanted}, not {}", value.get_ref().type_str()));
    }
}

pub(super) fn seconds(text: &str) -> Option<u32> {
    const LONGEST: u32 = 520 * 7 * 86_400;
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = digits.parse().ok().filter(|_| plain)?;
    number.checked_mul(unit).filter(|seconds| (1..=LONGEST).contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("7d", Some(604_800)),
            ("1w", Some(604_800)),
            ("0s", None),
            ("", None),
            ("m", None),
            ("+5m", None),
            ("5", None),
            ("5 m", None),
            ("1d12h", None),
            ("521w", None),
            ("99999999999w", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
