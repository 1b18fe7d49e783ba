//! One line of the log as an event: strict, so that nothing stands in the log that readers pass over in silence.

use serde_json::{Map, Value};

use super::{
    Event, EventKind, Octets,
    chain::{Hash, VERSION},
    encode::push_line,
    event::{By, Cause, Judgement, Recording, Reviewer, Subject},
    octets::parse_hex,
    timestamp::parse_time,
};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number; the first line has 1.
    pub seq: u64,
    /// What it says.
    pub event: Event,
    pub(super) prev: Hash,
}

impl Record {
    /// Reads a line, without its newline.
    ///
    /// # Errors
    /// In words, where the line is not exactly what a gate of this version writes; events that only a later version
    /// knows are read as [`EventKind::Other`].
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(line).map_err(|error| format!("it is not JSON: {error}"))?;
        let Value::Object(map) = value else { return Err("it is not an object".to_owned()) };
        let mut members = Members(map);
        let version = members.number::<u64>("v")?;
        if version != u64::from(VERSION) {
            return Err(format!("it is of version {version}, and this gate reads version {VERSION}"));
        }
        let record = Self {
            seq: members.number("seq")?,
            prev: hash(&members.string("prev")?)?,
            event: members.event()?,
        };
        record.check_form(line)?;
        Ok(record)
    }

    /// Compares with the line as this record is written: that excludes duplicate and unknown members, and any second
    /// way of writing the same.
    fn check_form(&self, line: &[u8]) -> Result<(), String> {
        if matches!(self.event.kind, EventKind::Other { .. }) {
            return Ok(());
        }
        let mut written = Vec::with_capacity(line.len().saturating_add(1));
        push_line(&mut written, self.seq, &self.prev, &self.event);
        if written.strip_suffix(b"\n") == Some(line) {
            Ok(())
        } else {
            Err("it is not in the form that gate writes".to_owned())
        }
    }
}

fn hash(text: &str) -> Result<Hash, String> {
    parse_hex(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| "\"prev\" is not a SHA-256".to_owned())
}

/// The members of an object that have not been read yet.
struct Members(Map<String, Value>);

impl Members {
    fn event(&mut self) -> Result<Event, String> {
        let time = self.string("time")?;
        let time = parse_time(&time).ok_or_else(|| format!("\"time\" is no time: {time:?}"))?;
        let run = self.string("run")?;
        // Reserved: a later version signs records. The chain covers the signature's bytes.
        self.0.remove("sig");
        let name = self.string("event")?;
        Ok(Event { time, run, kind: self.kind(name)? })
    }

    fn kind(&mut self, name: String) -> Result<EventKind, String> {
        Ok(match name.as_str() {
            "request" => EventKind::Request {
                request: self.string("request")?,
                subject: Box::new(self.subject()?),
                judgement: self.judgement()?,
            },
            "accept" => EventKind::Accept {
                request: self.optional_string("request")?,
                subject: Box::new(self.subject()?),
                judgement: self.judgement()?,
                by: self.object("by")?.by()?,
                recording: self.optional_string("recording")?,
            },
            "reject" => EventKind::Reject {
                request: self.optional_string("request")?,
                subject: Box::new(self.subject()?),
                judgement: self.judgement()?,
                by: self.object("by")?.by()?,
                cause: self.cause()?,
                reason: self.optional_string("reason")?,
            },
            "exit" => EventKind::Exit {
                code: self.number("code")?,
                signal: self.optional_number("signal")?,
                duration: self.number("duration_ms")?,
                output: self.optional_number("output_bytes")?,
                recording: self.recording()?,
            },
            "transfer" => EventKind::Transfer {
                verb: self.string("verb")?,
                paths: self.octets_list("paths")?,
                received: self.number("received_bytes")?,
                sent: self.number("sent_bytes")?,
            },
            "error" => EventKind::Error { message: self.string("message")? },
            "recovered" => EventKind::Recovered { torn: self.number("torn_bytes")? },
            _ => EventKind::Other { name },
        })
    }

    fn subject(&mut self) -> Result<Subject, String> {
        Ok(Subject {
            user: self.string("user")?,
            uid: self.number("uid")?,
            host: self.string("host")?,
            agent: self.optional_string("agent")?,
            session: self.optional_string("session")?,
            cwd: self.octets("cwd")?,
            command: self.octets("command")?,
            digest: self.string("digest")?,
            environment: if self.0.contains_key("environment") {
                self.strings("environment")?
            } else {
                vec![]
            },
        })
    }

    fn judgement(&mut self) -> Result<Judgement, String> {
        Ok(Judgement {
            action: self.string("action")?,
            tier: self.string("tier")?,
            score: self.number("score")?,
            rules: self.strings("rules")?,
        })
    }

    fn by(&mut self) -> Result<By, String> {
        match self.string("kind")?.as_str() {
            "policy" => Ok(By::Policy),
            "gate" => Ok(By::Gate),
            "within" => Ok(By::Within(self.string("run")?)),
            "reviewer" => {
                let mut reviewers = vec![self.reviewer()?];
                if let Some(others) = self.0.remove("others") {
                    let Value::Array(others) = others else { return Err("\"others\" is no list".to_owned()) };
                    for other in others {
                        let Value::Object(other) = other else {
                            return Err("a reviewer is no object".to_owned());
                        };
                        reviewers.push(Self(other).reviewer()?);
                    }
                }
                Ok(By::Reviewers(reviewers))
            }
            other => Err(format!("\"by\" is of an unknown kind: {other:?}")),
        }
    }

    fn reviewer(&mut self) -> Result<Reviewer, String> {
        Ok(Reviewer {
            name: self.string("name")?,
            uid: self.number("uid")?,
            channel: self.string("channel")?,
        })
    }

    fn cause(&mut self) -> Result<Cause, String> {
        let name = self.string("cause")?;
        let known = Cause::ALL.into_iter().find(|cause| cause.name() == name);
        known.ok_or_else(|| format!("\"cause\" is unknown: {name:?}"))
    }

    fn recording(&mut self) -> Result<Option<Recording>, String> {
        if !self.0.contains_key("recording") {
            return Ok(None);
        }
        let mut members = self.object("recording")?;
        Ok(Some(Recording {
            file: members.string("file")?,
            sha256: members.string("sha256")?,
            bytes: members.number("bytes")?,
            lost: members.number("lost_bytes")?,
        }))
    }

    fn take(&mut self, name: &str) -> Result<Value, String> {
        self.0.remove(name).ok_or_else(|| format!("{name:?} is missing"))
    }

    fn string(&mut self, name: &str) -> Result<String, String> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(format!("{name:?} is not a string")),
        }
    }

    fn optional_string(&mut self, name: &str) -> Result<Option<String>, String> {
        if self.0.contains_key(name) { self.string(name).map(Some) } else { Ok(None) }
    }

    fn number<T: TryFrom<u64>>(&mut self, name: &str) -> Result<T, String> {
        let number = self.take(name)?.as_u64().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("{name:?} is not a number in range"))
    }

    fn optional_number<T: TryFrom<u64>>(&mut self, name: &str) -> Result<Option<T>, String> {
        if self.0.contains_key(name) { self.number(name).map(Some) } else { Ok(None) }
    }

    fn strings(&mut self, name: &str) -> Result<Vec<String>, String> {
        let wrong = || format!("{name:?} is not a list of strings");
        let Value::Array(values) = self.take(name)? else { return Err(wrong()) };
        values
            .into_iter()
            .map(|value| if let Value::String(text) = value { Ok(text) } else { Err(wrong()) })
            .collect()
    }

    fn object(&mut self, name: &str) -> Result<Self, String> {
        match self.take(name)? {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(format!("{name:?} is not an object")),
        }
    }

    fn octets_list(&mut self, name: &str) -> Result<Vec<Octets>, String> {
        let Value::Array(values) = self.take(name)? else { return Err(format!("{name:?} is not a list")) };
        values
            .into_iter()
            .map(|value| Self([(name.to_owned(), value)].into_iter().collect()).octets(name))
            .collect()
    }

    fn octets(&mut self, name: &str) -> Result<Octets, String> {
        if let Some(Value::String(_)) = self.0.get(name) {
            return self.string(name).map(Octets::new);
        }
        let hex = self.object(name)?.string("hex")?;
        parse_hex(&hex).map(Octets::new).ok_or_else(|| format!("{name:?} is not hexadecimal"))
    }
}
