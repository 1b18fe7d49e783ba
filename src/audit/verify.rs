//! Whether a log is whole: pure, over the bytes of its lines.

use super::{EventKind, Record, chain::hash_line};

/// What a whole log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Number of records.
    pub records: u64,
    /// Number of torn tails that a writer closed.
    pub recovered: u64,
    /// SHA-256 of the last line: whoever keeps it elsewhere can tell later that nothing was cut off.
    pub head: [u8; 32],
}

/// Where and why a log is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Number of the line, from 1.
    pub line: u64,
    /// Why, in words.
    pub why: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for Broken {}

/// Checks a whole log, given as its lines without their newlines.
///
/// The chain has no key: it proves that nothing was changed, left out or swapped by accident or by someone who did not
/// write the rest anew. Cutting off the end leaves a whole log with another [`Summary::head`].
///
/// # Errors
/// The first line that is not a record, or is not the successor of the line before it.
pub fn verify<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Summary, Broken> {
    let mut verifier = Verifier::default();
    for line in lines {
        verifier.take(line)?;
    }
    verifier.finish()
}

/// Checks a log line by line.
#[derive(Debug, Default)]
pub struct Verifier {
    line: u64,
    seq: u64,
    prev: [u8; 32],
    recovered: u64,
    torn: Option<Torn>,
}

/// Lines that are no records: good only if the next record says that they were torn.
#[derive(Debug)]
struct Torn {
    line: u64,
    why: String,
    bytes: Vec<u8>,
}

impl Verifier {
    /// Takes the next line, without its newline; gives its record, or `None` where the line may be a torn one.
    ///
    /// # Errors
    /// See [`verify`].
    pub fn take(&mut self, line: &[u8]) -> Result<Option<Record>, Broken> {
        self.line += 1;
        let record = match Record::parse(line) {
            Ok(record) => record,
            Err(why) => {
                self.take_torn(line, why);
                return Ok(None);
            }
        };
        if let Some(torn) = self.torn.take() {
            self.check_recovery(&torn, &record)?;
        }
        self.check_order(&record)?;
        self.prev = hash_line(line);
        Ok(Some(record))
    }

    /// Says what the log holds.
    ///
    /// # Errors
    /// Where the last line is no record.
    pub fn finish(self) -> Result<Summary, Broken> {
        match self.torn {
            Some(torn) => Err(Broken { line: torn.line, why: torn.why }),
            None => Ok(Summary { records: self.seq, recovered: self.recovered, head: self.prev }),
        }
    }

    fn take_torn(&mut self, line: &[u8], why: String) {
        match &mut self.torn {
            None => self.torn = Some(Torn { line: self.line, why, bytes: line.to_vec() }),
            Some(torn) => {
                torn.bytes.push(b'\n');
                torn.bytes.extend_from_slice(line);
            }
        }
    }

    /// A torn block stands in the chain like a line.
    fn check_recovery(&mut self, torn: &Torn, record: &Record) -> Result<(), Broken> {
        let length = torn.bytes.len() as u64;
        if record.event.kind != (EventKind::Recovered { torn: length }) {
            return Err(Broken { line: torn.line, why: torn.why.clone() });
        }
        self.prev = hash_line(&torn.bytes);
        self.recovered += 1;
        Ok(())
    }

    fn check_order(&mut self, record: &Record) -> Result<(), Broken> {
        let broken = |why: String| Err(Broken { line: self.line, why });
        let expected = self.seq + 1;
        if record.seq != expected {
            return broken(format!(
                "it has number {}, and {expected} is due: lines are missing or swapped",
                record.seq
            ));
        }
        if record.prev != self.prev {
            return broken("it does not continue the line before it: one of the two was changed".to_owned());
        }
        self.seq = record.seq;
        Ok(())
    }
}
