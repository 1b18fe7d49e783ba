//! A session of sftp: everything that the client asks for is judged by its path, like any other read or write.
//!
//! What the policy denies is answered with "permission denied" in the server's place, and never reaches the server. What
//! it would ask for passes where a person approved the session, and nowhere else: one approval, not one a file.

use std::{collections::HashMap, io, path::PathBuf};

use crate::{
    approval::{Ground, Permit, Request},
    audit::Octets,
    exec::{Guard, Traffic},
    facts::{CommandLine, EffectKind, Facts},
    policy::Action,
    sys::talk::say,
    ui::Printable,
};

use super::super::{Here, ledger::Ledger, refused::Refused};
use super::packet::{self, Answer, Ask, Framer, No};

/// Questions that the server has not answered yet, and files that are open: no client has more.
const MOST: usize = 4096;

/// The guard of a session.
pub(super) struct Session<'r> {
    here: &'r Here,
    pub(super) ledger: &'r mut Ledger,
    request: &'r Request,
    is_approved: bool,
    from_client: Framer,
    from_server: Framer,
    pending: HashMap<u32, Pending>,
    files: HashMap<Vec<u8>, File>,
}

/// What a question will be answered by.
enum Pending {
    /// A handle of this file.
    Open(File),
    /// Bytes of the handle's file.
    Read(Vec<u8>),
    /// Anything.
    Other,
    /// That it was done.
    Done(&'static str, Vec<PathBuf>),
}

/// An open file or directory.
#[derive(Clone)]
struct File {
    path: PathBuf,
    is_directory: bool,
    traffic: Traffic,
}

/// Whether something is passed on.
type Judged = io::Result<Result<(), (No, String)>>;
/// The same, with what its answer will mean.
type Pended = io::Result<Result<Pending, (No, String)>>;

impl<'r> Session<'r> {
    pub(super) fn new(here: &'r Here, ledger: &'r mut Ledger, request: &'r Request, permit: &Permit) -> Self {
        Self {
            here,
            ledger,
            request,
            is_approved: !matches!(permit.ground(), Ground::Policy),
            from_client: Framer::default(),
            from_server: Framer::default(),
            pending: HashMap::new(),
            files: HashMap::new(),
        }
    }

    /// Judges a packet, and notes what its answer will mean.
    fn judge(&mut self, number: u32, ask: Ask) -> Judged {
        if ask == Ask::Hello {
            return Ok(Ok(()));
        }
        let pending = match ask {
            Ask::Hello | Ask::Harmless => Ok(Pending::Other),
            Ask::Unknown => Err((No::Unsupported, "gate does not know this request".to_owned())),
            Ask::Open { path, read, write } => self.open(&path, read, write)?,
            Ask::List(path) => {
                let allowed = self.allowed([(EffectKind::List, path.as_slice())])?;
                allowed.map(|()| Pending::Open(self.file(&path, true)))
            }
            Ask::Look(path) => self.allowed([(EffectKind::List, path.as_slice())])?.map(|()| Pending::Other),
            Ask::Read(handle) => Ok(Pending::Read(handle)),
            Ask::Write(handle, count) => {
                if let Some(file) = self.files.get_mut(&handle) {
                    file.traffic.received = file.traffic.received.saturating_add(count);
                }
                Ok(Pending::Other)
            }
            Ask::Set(handle) => self.set(&handle)?.map(|()| Pending::Other),
            Ask::Close(handle) => {
                self.close(&handle);
                Ok(Pending::Other)
            }
            Ask::Change { verb, deletes, writes, reads } => self.change(verb, &deletes, &writes, &reads)?,
        };
        match pending {
            Err(no) => Ok(Err(no)),
            Ok(pending) => self.expect(number, pending).map(Ok),
        }
    }

    /// A number stands for one question at a time, or nobody could say what an answer is about.
    fn expect(&mut self, number: u32, pending: Pending) -> io::Result<()> {
        let before = self.pending.insert(number, pending);
        if before.is_some() || self.pending.len() > MOST || self.files.len() > MOST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client asks too much at once"));
        }
        Ok(())
    }

    fn open(&mut self, path: &[u8], read: bool, write: bool) -> Pended {
        let kinds = [(EffectKind::Read, read), (EffectKind::Write, write)];
        let kinds = kinds.into_iter().filter(|(_, wanted)| *wanted);
        let allowed = self.allowed(kinds.map(|(kind, _)| (kind, path)))?;
        Ok(allowed.map(|()| Pending::Open(self.file(path, false))))
    }

    fn change(
        &mut self,
        verb: &'static str,
        deletes: &[Vec<u8>],
        writes: &[Vec<u8>],
        reads: &[Vec<u8>],
    ) -> Pended {
        let kinds = [(EffectKind::Delete, deletes), (EffectKind::Write, writes), (EffectKind::Read, reads)];
        let each = |(kind, paths): (EffectKind, &'_ [Vec<u8>])| -> Vec<(EffectKind, Vec<u8>)> {
            paths.iter().map(|path| (kind, path.clone())).collect()
        };
        let deeds: Vec<_> = kinds.into_iter().flat_map(each).collect();
        let allowed = self.allowed(deeds.iter().map(|(kind, path)| (*kind, path.as_slice())))?;
        let paths = || deletes.iter().chain(writes).map(|path| self.here.resolved(path)).collect();
        Ok(allowed.map(|()| Pending::Done(verb, paths())))
    }

    /// Rights, times and size of an open file are written, whatever it was opened for.
    fn set(&mut self, handle: &[u8]) -> Judged {
        use std::os::unix::ffi::OsStrExt as _;
        match self.files.get(handle).map(|file| file.path.clone()) {
            Some(path) => self.allowed([(EffectKind::Write, path.as_os_str().as_bytes())]),
            None => Ok(Err((No::Denied, "gate knows no such handle".to_owned()))),
        }
    }

    /// Asks the policy; what is not allowed is told and written down.
    fn allowed<'p>(&mut self, deeds: impl IntoIterator<Item = (EffectKind, &'p [u8])>) -> Judged {
        for (kind, path) in deeds {
            let facts = Facts::of_sftp(kind, path, self.here.world());
            let decision = self.here.judge_facts(&facts).map_err(io::Error::other)?;
            let may = match decision.action {
                Action::Allow => true,
                Action::Ask => self.is_approved,
                Action::Deny => false,
            };
            if !may {
                let why = decision.reasons.first().map_or_else(String::new, |reason| reason.text.clone());
                let words = vec![b"sftp".to_vec(), kind.name().as_bytes().to_vec(), path.to_vec()];
                let request = Request {
                    command_line: CommandLine::Argv(words),
                    facts,
                    decision,
                    ..self.request.clone()
                };
                self.ledger.reject(&request, &Refused::ByPolicy).map_err(io::Error::other)?;
                let told = format!("denied: sftp {} {}: {why}", kind.name(), Printable::line(path));
                say(Printable::line(told.as_bytes()).as_str());
                return Ok(Err((No::Denied, format!("denied by gate: {why}"))));
            }
        }
        Ok(Ok(()))
    }

    fn file(&self, path: &[u8], is_directory: bool) -> File {
        File { path: self.here.resolved(path), is_directory, traffic: Traffic::default() }
    }

    fn answered(&mut self, number: u32, answer: Answer) {
        match (self.pending.remove(&number), answer) {
            (Some(Pending::Open(file)), Answer::Handle(handle)) => {
                self.files.insert(handle, file);
            }
            (Some(Pending::Read(handle)), Answer::Data(count)) => {
                if let Some(file) = self.files.get_mut(&handle) {
                    file.traffic.sent = file.traffic.sent.saturating_add(count);
                }
            }
            (Some(Pending::Done(verb, paths)), Answer::Status { done: true }) if verb != "set" => {
                self.log(verb, &paths, Traffic::default());
            }
            _ => {}
        }
    }

    fn close(&mut self, handle: &[u8]) {
        let Some(file) = self.files.remove(handle).filter(|file| !file.is_directory) else { return };
        let verb = if file.traffic.received > 0 { "put" } else { "get" };
        self.log(verb, &[file.path], file.traffic);
    }

    fn log(&mut self, verb: &str, paths: &[PathBuf], traffic: Traffic) {
        let paths = paths.iter().map(|path| Octets::new(path.as_os_str().as_encoded_bytes())).collect();
        self.ledger.transferred(verb, paths, traffic);
    }

    /// Files that nobody closed were copied as far as they were.
    pub(super) fn end(&mut self) {
        let open: Vec<Vec<u8>> = self.files.keys().cloned().collect();
        open.iter().for_each(|handle| self.close(handle));
    }
}

impl Guard for Session<'_> {
    fn inward(&mut self, bytes: &[u8], on: &mut Vec<u8>, back: &mut Vec<u8>) -> io::Result<()> {
        for packet in self.from_client.take(bytes)? {
            let (number, ask) = packet::ask(&packet);
            match self.judge(number, ask)? {
                Ok(()) => on.extend_from_slice(&packet),
                Err((no, message)) => back.extend_from_slice(&packet::refusal(number, no, &message)),
            }
        }
        Ok(())
    }

    /// Whole packets only, so that gate's own answers stand between them.
    fn outward(&mut self, bytes: &[u8], back: &mut Vec<u8>) -> io::Result<()> {
        for packet in self.from_server.take(bytes)? {
            let (number, answer) = packet::answer(&packet);
            self.answered(number, answer);
            back.extend_from_slice(&packet);
        }
        Ok(())
    }
}
