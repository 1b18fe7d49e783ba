//! One event as one line of the log.
//!
//! `{"v":1,"seq":N,"prev":"HASH","time":"…","run":"…","event":"…", …}` and a newline; always in this order, so that a
//! writer finds sequence number and shape of the last line without parsing it.

use crate::json::{push_number, push_string};

use super::{
    Event, EventKind, Octets,
    chain::{Hash, VERSION},
    event::{By, Judgement, Recording, Reviewer, Subject},
    octets::push_hex,
    timestamp::format_time,
};

/// Appends the line of an event, newline included.
pub(super) fn push_line(out: &mut Vec<u8>, seq: u64, prev: &Hash, event: &Event) {
    let mut record = Object::open(out);
    record.number("v", VERSION);
    record.number("seq", seq);
    record.key("prev");
    record.out.push(b'"');
    push_hex(record.out, prev);
    record.out.push(b'"');
    record.string("time", &format_time(event.time));
    record.string("run", &event.run);
    record.string("event", event.kind.name());
    record.kind(&event.kind);
    record.close();
    out.push(b'\n');
}

/// A JSON object that is being written.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    fn close(self) {
        self.out.push(b'}');
    }

    /// Starts a member; names are our own and need no escape.
    fn key(&mut self, name: &str) {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        push_string(self.out, value);
    }

    fn number(&mut self, name: &str, value: impl Into<u64>) {
        self.key(name);
        push_number(self.out, value.into());
    }

    fn optional_string(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    fn strings(&mut self, name: &str, values: &[String]) {
        self.key(name);
        self.out.push(b'[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            push_string(self.out, value);
        }
        self.out.push(b']');
    }

    fn octets(&mut self, name: &str, value: &Octets) {
        self.key(name);
        push_octets(self.out, value);
    }

    fn octets_list(&mut self, name: &str, values: &[Octets]) {
        self.key(name);
        self.out.push(b'[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            push_octets(self.out, value);
        }
        self.out.push(b']');
    }

    fn object(&mut self, name: &str) -> Object<'_> {
        self.key(name);
        Object::open(self.out)
    }

    fn kind(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Request { request, subject, judgement } => {
                self.string("request", request);
                self.subject(subject);
                self.judgement(judgement);
            }
            EventKind::Accept { request, subject, judgement, by, recording } => {
                self.optional_string("request", request.as_deref());
                self.subject(subject);
                self.judgement(judgement);
                self.by(by);
                self.optional_string("recording", recording.as_deref());
            }
            EventKind::Reject { request, subject, judgement, by, cause, reason } => {
                self.optional_string("request", request.as_deref());
                self.subject(subject);
                self.judgement(judgement);
                self.by(by);
                self.string("cause", cause.name());
                self.optional_string("reason", reason.as_deref());
            }
            EventKind::Exit { code, signal, duration, output, recording } => {
                self.number("code", *code);
                if let Some(signal) = signal {
                    self.number("signal", *signal);
                }
                self.number("duration_ms", *duration);
                if let Some(output) = output {
                    self.number("output_bytes", *output);
                }
                if let Some(recording) = recording {
                    self.recording(recording);
                }
            }
            EventKind::Transfer { verb, paths, received, sent } => {
                self.string("verb", verb);
                self.octets_list("paths", paths);
                self.number("received_bytes", *received);
                self.number("sent_bytes", *sent);
            }
            EventKind::Error { message } => self.string("message", message),
            EventKind::Recovered { torn } => self.number("torn_bytes", *torn),
            EventKind::Other { .. } => {}
        }
    }

    fn subject(&mut self, subject: &Subject) {
        self.string("user", &subject.user);
        self.number("uid", subject.uid);
        self.string("host", &subject.host);
        self.optional_string("agent", subject.agent.as_deref());
        self.optional_string("session", subject.session.as_deref());
        self.octets("cwd", &subject.cwd);
        self.octets("command", &subject.command);
        self.string("digest", &subject.digest);
        if !subject.environment.is_empty() {
            self.strings("environment", &subject.environment);
        }
    }

    fn judgement(&mut self, judgement: &Judgement) {
        self.string("action", &judgement.action);
        self.string("tier", &judgement.tier);
        self.number("score", judgement.score);
        self.strings("rules", &judgement.rules);
    }

    fn by(&mut self, by: &By) {
        let mut object = self.object("by");
        match by {
            By::Policy => object.string("kind", "policy"),
            By::Gate => object.string("kind", "gate"),
            By::Within(run) => {
                object.string("kind", "within");
                object.string("run", run);
            }
            By::Reviewers(reviewers) => {
                object.string("kind", "reviewer");
                let (first, others) = reviewers.split_first().unzip();
                first.into_iter().for_each(|first| object.reviewer(first));
                object.others(others.unwrap_or_default());
            }
        }
        object.close();
    }

    fn reviewer(&mut self, reviewer: &Reviewer) {
        self.string("name", &reviewer.name);
        self.number("uid", reviewer.uid);
        self.string("channel", &reviewer.channel);
    }

    fn others(&mut self, others: &[Reviewer]) {
        if others.is_empty() {
            return;
        }
        self.key("others");
        self.out.push(b'[');
        for (index, other) in others.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            let mut object = Object::open(self.out);
            object.reviewer(other);
            object.close();
        }
        self.out.push(b']');
    }

    fn recording(&mut self, recording: &Recording) {
        let mut object = self.object("recording");
        object.string("file", &recording.file);
        object.string("sha256", &recording.sha256);
        object.number("bytes", recording.bytes);
        object.number("lost_bytes", recording.lost);
        object.close();
    }
}

fn push_octets(out: &mut Vec<u8>, value: &Octets) {
    if let Some(text) = value.as_str() {
        return push_string(out, text);
    }
    out.extend_from_slice(b"{\"hex\":\"");
    push_hex(out, value.as_bytes());
    out.extend_from_slice(b"\"}");
}
