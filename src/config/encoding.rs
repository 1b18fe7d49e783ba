//! Settings as bytes, for the compiled cache: fixed order, lengths in front, no self-description.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    policy::{Shipped, Tier},
    record,
};

use super::{Approver, Audit, EnvironmentClasses, PolicySource, Record, RecordFrom, Settings, TerminalUse};

/// Appends values to bytes.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn path(&mut self, path: &Path) {
        self.bytes(path.as_os_str().as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.bytes(text.as_bytes()));
    }

    fn optional<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Takes values from bytes; `None` where they are damaged.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn eight(&mut self) -> Option<[u8; 8]> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.eight().map(u64::from_le_bytes)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.eight().map(i64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn path(&mut self) -> Option<PathBuf> {
        Some(PathBuf::from(OsStr::from_bytes(self.bytes()?)))
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // Every element takes eight bytes at least, so a damaged count cannot make us allocate.
        if count > self.0.len() as u64 / 8 {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }

    #[expect(clippy::option_option, reason = "damaged, absent and present are three things")]
    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { Some(Some(read(self)?)) } else { Some(None) }
    }
}

/// Writes settings so that [`decode`] reads the same again.
pub(super) fn encode(settings: &Settings) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(u64::from(settings.enforce));
    to.path(&settings.shell);
    to.path(&settings.sh);
    to.number(settings.policy.len() as u64);
    for source in &settings.policy {
        match source {
            PolicySource::Shipped(shipped) => to.bytes(shipped.name().as_bytes()),
            PolicySource::File(path) => to.path(path),
        }
    }
    to.optional(settings.timeout.as_ref(), |to, timeout| to.number(timeout.as_secs()));
    to.optional(settings.agent.as_ref(), |to, agent| to.bytes(agent.as_bytes()));
    to.path(&settings.state);
    to.optional(settings.catalog.as_ref(), |to, catalog| to.path(catalog));
    to.number(settings.approver.terminal as u64);
    to.number(u64::from(settings.approver.socket));
    to.texts(&settings.approver.reviewers);
    to.optional(settings.approver.keep_alive.as_ref(), |to, interval| to.number(interval.as_secs()));
    encode_record(&mut to, &settings.record);
    to.number(tier_number(settings.audit.durable));
    to.texts(&settings.environment.strip);
    to.texts(&settings.environment.show);
    to.texts(&settings.environment.pass);
    to.0
}

fn encode_record(to: &mut Writer, record: &Record) {
    to.number(match record.mode {
        RecordFrom::Nothing => 9,
        RecordFrom::Tier(tier) => tier_number(tier),
    });
    to.number(u64::from(record.format == record::Format::V3));
    to.number(u64::from(record.input == record::Input::Keep));
    to.number(record.max_size);
    to.optional(record.strict.as_ref(), |to, tier| to.number(tier_number(*tier)));
    to.texts(&record.redact);
}

/// Reads what [`encode`] wrote; `None` where it is damaged or of another version.
pub(super) fn decode(bytes: &[u8]) -> Option<Settings> {
    let mut from = Reader(bytes);
    let settings = Settings {
        enforce: from.flag()?,
        shell: from.path()?,
        sh: from.path()?,
        policy: from.many(|from| {
            Some(match from.path()? {
                path if path.is_absolute() => PolicySource::File(path),
                name => PolicySource::Shipped(Shipped::of_name(name.to_str()?)?),
            })
        })?,
        timeout: from.optional(|from| from.number().map(Duration::from_secs))?,
        agent: from.optional(Reader::text)?,
        state: from.path()?,
        catalog: from.optional(Reader::path)?,
        approver: Approver {
            terminal: terminal(from.number()?)?,
            socket: from.flag()?,
            reviewers: from.many(Reader::text)?,
            keep_alive: from.optional(|from| from.number().map(Duration::from_secs))?,
        },
        record: decode_record(&mut from)?,
        audit: Audit { durable: tier(from.number()?)? },
        environment: EnvironmentClasses {
            strip: from.many(Reader::text)?,
            show: from.many(Reader::text)?,
            pass: from.many(Reader::text)?,
        },
    };
    from.0.is_empty().then_some(settings)
}

fn decode_record(from: &mut Reader<'_>) -> Option<Record> {
    Some(Record {
        mode: match from.number()? {
            9 => RecordFrom::Nothing,
            number => RecordFrom::Tier(tier(number)?),
        },
        format: if from.flag()? { record::Format::V3 } else { record::Format::V2 },
        input: if from.flag()? { record::Input::Keep } else { record::Input::Skip },
        max_size: from.number()?,
        strict: from.optional(|from| tier(from.number()?))?,
        redact: from.many(Reader::text)?,
    })
}

const fn tier_number(tier: Tier) -> u64 {
    match tier {
        Tier::Low => 0,
        Tier::Medium => 1,
        Tier::High => 2,
        Tier::Deny => 3,
    }
}

const fn tier(number: u64) -> Option<Tier> {
    match number {
        0 => Some(Tier::Low),
        1 => Some(Tier::Medium),
        2 => Some(Tier::High),
        3 => Some(Tier::Deny),
        _ => None,
    }
}

const fn terminal(number: u64) -> Option<TerminalUse> {
    match number {
        0 => Some(TerminalUse::Auto),
        1 => Some(TerminalUse::Always),
        2 => Some(TerminalUse::Never),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Settings {
        let mut settings = Settings::built_in("/state/\u{fc}".into(), Some("/catalog".into()));
        settings.enforce = true;
        settings.policy.push(PolicySource::File("/p.toml".into()));
        settings.timeout = Some(Duration::from_secs(7));
        settings.agent = Some("codex".to_owned());
        settings.approver.terminal = TerminalUse::Never;
        settings.approver.reviewers = vec!["a".to_owned(), String::new()];
        settings.approver.keep_alive = Some(Duration::from_secs(60));
        settings.record.mode = RecordFrom::Nothing;
        settings.record.format = record::Format::V3;
        settings.record.input = record::Input::Keep;
        settings.record.strict = None;
        settings.record.redact = vec!["x+".to_owned()];
        settings.audit.durable = Tier::High;
        settings.environment.pass = vec!["P".to_owned()];
        settings
    }

    #[test]
    fn settings_survive_the_cache() {
        for settings in [full(), Settings::built_in("/s".into(), None)] {
            assert_eq!(decode(&encode(&settings)), Some(settings));
        }
    }

    #[test]
    fn damaged_bytes_are_never_settings() {
        let bytes = encode(&full());
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(decode(&[bytes.as_slice(), &[0]].concat()), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_bytes_nothing_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = decode(&bytes);
        }
    }
}
