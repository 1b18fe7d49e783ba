//! The audit log's side of a run: what is written when.

use anyhow::{Context as _, Result};

use crate::{
    approval::{self, Binding, Ground, Permit, Request},
    audit::{self, By, Durability, Event, EventKind, Judgement, Log, Octets, Recording, Subject},
    exec::{self, Ended},
    policy::Tier,
    record,
    sys::{self, talk::say},
};

use super::{Here, refused::Refused};

/// Writes one run's events.
pub(super) struct Ledger {
    log: Log,
    run: String,
    durable_from: Tier,
    started: u64,
    /// What is cut out of command lines besides the secrets that gate knows.
    redact: Vec<String>,
}

impl Ledger {
    /// Opens the log before anything is decided: where it cannot be written, nothing runs.
    pub(super) fn open(here: &Here) -> Result<Self> {
        let settings = here.settings();
        let log = Log::open(&settings.state).context("nothing was run: the audit log cannot be written")?;
        let run = sys::ids::run_id().context("nothing was run: /dev/urandom cannot be read")?;
        Ok(Self {
            log,
            run,
            durable_from: settings.audit.durable,
            started: 0,
            redact: settings.record.redact.clone(),
        })
    }

    /// The run's identifier.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// A human is asked.
    pub(super) fn request(&mut self, request: &Request) -> Result<()> {
        let kind = EventKind::Request {
            request: request.id.as_str().to_owned(),
            subject: self.subject(request, &request.binding())?,
            judgement: judgement(request),
        };
        self.append(kind, Durability::Written)
    }

    /// It may run: on the disk before it starts, where a human said so or the tier asks for it (I5).
    pub(super) fn accept(
        &mut self,
        request: &Request,
        permit: &Permit,
        recording: Option<&str>,
    ) -> Result<()> {
        let (by, asked) = match permit.ground() {
            Ground::Policy => (By::Policy, false),
            Ground::Reviewers(by) => (By::Reviewers(by.iter().map(reviewer).collect()), true),
            Ground::Within(run) => (By::Within(run.clone()), false),
        };
        let kind = EventKind::Accept {
            request: asked.then(|| request.id.as_str().to_owned()),
            subject: self.subject(request, permit.binding())?,
            judgement: judgement(request),
            by,
            recording: recording.map(str::to_owned),
        };
        let durability = if asked || permit.tier() >= self.durable_from {
            Durability::Synced
        } else {
            Durability::Written
        };
        self.started = sys::clock::now_millis();
        self.append(kind, durability)
    }

    /// It does not run.
    pub(super) fn reject(&mut self, request: &Request, refused: &Refused) -> Result<()> {
        let (by, cause, reason) = refused.for_the_log(request);
        let reason = reason.map(|reason| self.cut(reason.as_bytes())).transpose()?;
        let reason = reason.map(|reason| String::from_utf8_lossy(&reason).into_owned());
        let kind = EventKind::Reject {
            request: (by != By::Policy).then(|| request.id.as_str().to_owned()),
            subject: self.subject(request, &request.binding())?,
            judgement: judgement(request),
            by,
            cause,
            reason,
        };
        self.append(kind, Durability::Written)
    }

    /// The run ended, or gate failed while it went on. The command's status stands whatever the log says of it (E4).
    pub(super) fn end(
        &mut self,
        ended: Result<Ended, exec::Failure>,
        recording: Option<std::io::Result<record::Outcome>>,
    ) -> Result<Ended> {
        let duration = sys::clock::now_millis().saturating_sub(self.started);
        let recording = recording.and_then(|recording| match recording {
            Ok(outcome) => Some(outcome),
            Err(error) => {
                say(&format!("the recording is incomplete: {error}"));
                None
            }
        });
        match ended {
            Ok(ended) => {
                let written = self.append(exit(ended, duration, recording), Durability::Written);
                if let Err(error) = written {
                    say(&format!("the command ended, but the audit log could not be written: {error:#}"));
                }
                Ok(ended)
            }
            Err(failure) => {
                let message = failure.to_string();
                self.append(EventKind::Error { message }, Durability::Written)?;
                Err(failure.into())
            }
        }
    }

    /// Files were copied. The command ran already, so its status stands whatever the log says of it (E4).
    pub(super) fn transferred(&mut self, verb: &str, paths: Vec<Octets>, traffic: exec::Traffic) {
        let exec::Traffic { received, sent } = traffic;
        let kind = EventKind::Transfer { verb: verb.to_owned(), paths, received, sent };
        if let Err(error) = self.append(kind, Durability::Written) {
            say(&format!("files were copied, but the audit log could not be written: {error:#}"));
        }
    }

    /// The digest is computed over the whole environment and the true bytes, so whoever has it hands it over.
    fn subject(&self, request: &Request, binding: &Binding) -> Result<Box<Subject>> {
        let caller = &request.caller;
        let names = request.environment.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned());
        Ok(Box::new(Subject {
            user: caller.user.clone(),
            uid: caller.uid,
            host: caller.host.clone(),
            agent: caller.agent.clone(),
            session: request
                .session
                .as_ref()
                .map(|session| session.id.clone())
                .or_else(|| caller.session.clone()),
            cwd: Octets::new(std::os::unix::ffi::OsStrExt::as_bytes(caller.cwd.as_os_str())),
            command: Octets::new(self.cut(&request.command_line.text())?),
            digest: binding.hex(),
            environment: names.collect(),
        }))
    }

    fn cut(&self, text: &[u8]) -> Result<Vec<u8>> {
        record::cut_secrets(text, &self.redact).context("secrets cannot be cut out of the command line")
    }

    fn append(&mut self, kind: EventKind, durability: Durability) -> Result<()> {
        let event = Event { time: sys::clock::now_millis(), run: self.run.clone(), kind };
        self.log.append(&event, durability).context("the audit log cannot be written")
    }
}

/// A reviewer as the log names one.
pub(super) fn reviewer(by: &approval::Reviewer) -> audit::Reviewer {
    audit::Reviewer { name: by.name.clone(), uid: by.uid, channel: by.channel.to_owned() }
}

fn exit(ended: Ended, duration: u64, recording: Option<record::Outcome>) -> EventKind {
    let signal = match ended {
        Ended::Signalled { signal, .. } => Some(signal),
        Ended::Exited(_) | Ended::NotFound | Ended::NotExecutable => None,
    };
    EventKind::Exit {
        code: ended.exit().code(),
        signal,
        duration,
        output: recording.as_ref().and_then(|recording| recording.output),
        recording: recording.map(|recording| Recording {
            sha256: recording.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            file: recording.file,
            bytes: recording.bytes,
            lost: recording.lost,
        }),
    }
}

fn judgement(request: &Request) -> Judgement {
    let decision = &request.decision;
    Judgement {
        action: decision.action.name().to_owned(),
        tier: decision.tier.name().to_owned(),
        score: decision.score,
        rules: decision.rules().into_iter().map(str::to_owned).collect(),
    }
}
