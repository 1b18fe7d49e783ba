//! Packets of the SFTP protocol, version 3, with OpenSSH's extensions: draft-ietf-secsh-filexfer-02 and OpenSSH's `PROTOCOL`.

use std::io;

/// The longest packet that OpenSSH's server takes.
const LONGEST: usize = 256 * 1024;

/// Cuts a stream into packets.
#[derive(Debug, Default)]
pub(super) struct Framer {
    pending: Vec<u8>,
}

impl Framer {
    /// Takes the next bytes of the stream and gives every packet that is whole now, its length in front included.
    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        self.pending.extend_from_slice(bytes);
        let mut packets = Vec::new();
        let mut at = 0;
        while let Some(length) =
            self.pending.get(at..).and_then(<[u8]>::first_chunk).map(|four| u32::from_be_bytes(*four))
        {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length == 0 || length > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "what passes is not SFTP"));
            }
            let Some(packet) = self.pending.get(at..at.saturating_add(4).saturating_add(length)) else {
                break;
            };
            packets.push(packet.to_vec());
            at = at.saturating_add(packet.len());
        }
        self.pending.drain(..at);
        Ok(packets)
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// A greeting: it has no number and names no file.
    Hello,
    /// Something that names no file, or names one only to spell its path.
    Harmless,
    /// A file is opened.
    Open { path: Vec<u8>, read: bool, write: bool },
    /// A directory is opened.
    List(Vec<u8>),
    /// What is known of a file is told.
    Look(Vec<u8>),
    /// A handle is read from.
    Read(Vec<u8>),
    /// This many bytes are written to a handle.
    Write(Vec<u8>, u64),
    /// Rights, times or size of a handle's file change.
    Set(Vec<u8>),
    /// A handle is closed.
    Close(Vec<u8>),
    /// Files change: the verb, and what is deleted, written, read.
    Change { verb: &'static str, deletes: Vec<Vec<u8>>, writes: Vec<Vec<u8>>, reads: Vec<Vec<u8>> },
    /// Something that gate does not know.
    Unknown,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A handle.
    Handle(Vec<u8>),
    /// This many bytes of a file.
    Data(u64),
    /// Whether it was done.
    Status { done: bool },
    /// Anything else.
    Other,
}

/// The fields of a packet that have not been read yet.
struct Fields<'p>(&'p [u8]);

impl Fields<'_> {
    fn number(&mut self) -> Option<u32> {
        let (four, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*four))
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    fn string(&mut self) -> Option<Vec<u8>> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text.to_vec())
    }

    /// The server takes no path with a NUL, nor does anybody else.
    fn path(&mut self) -> Option<Vec<u8>> {
        self.string().filter(|path| !path.contains(&0))
    }
}

/// A client's packet: its number, and what it asks for.
pub(super) fn ask(packet: &[u8]) -> (u32, Ask) {
    const INIT: u8 = 1;
    let mut fields = Fields(packet.get(5..).unwrap_or_default());
    let kind = packet.get(4).copied().unwrap_or(0);
    if kind == INIT {
        return (0, Ask::Hello);
    }
    let number = fields.number().unwrap_or(0);
    (number, asked(kind, &mut fields).unwrap_or(Ask::Unknown))
}

fn asked(kind: u8, fields: &mut Fields<'_>) -> Option<Ask> {
    Some(match kind {
        3 => open(fields)?,
        4 => Ask::Close(fields.string()?),
        5 => Ask::Read(fields.string()?),
        6 => {
            let handle = fields.string()?;
            fields.skip(8)?;
            Ask::Write(handle, fields.number()?.into())
        }
        7 | 17 | 19 => Ask::Look(fields.path()?),
        // The file behind a handle was judged when it was opened.
        8 | 12 => Ask::Harmless,
        9 => change("set", &[], &[fields.path()?], &[]),
        10 => Ask::Set(fields.string()?),
        11 => Ask::List(fields.path()?),
        13 => change("delete", &[fields.path()?], &[], &[]),
        14 => change("mkdir", &[], &[fields.path()?], &[]),
        15 => change("rmdir", &[fields.path()?], &[], &[]),
        // Spells a path, and tells nothing of it.
        16 => fields.path().map(|_| Ask::Harmless)?,
        18 => moved(fields)?,
        20 => link(fields)?,
        200 => extended(fields)?,
        _ => return None,
    })
}

fn change(verb: &'static str, deletes: &[Vec<u8>], writes: &[Vec<u8>], reads: &[Vec<u8>]) -> Ask {
    Ask::Change { verb, deletes: deletes.to_vec(), writes: writes.to_vec(), reads: reads.to_vec() }
}

fn open(fields: &mut Fields<'_>) -> Option<Ask> {
    const READ: u32 = 1;
    let (path, flags) = (fields.path()?, fields.number()?);
    // Without any flag the server opens for reading, and every other flag changes something.
    let (read, write) = (flags & READ != 0 || flags == 0, flags & !READ != 0);
    Some(Ask::Open { path, read, write })
}

fn moved(fields: &mut Fields<'_>) -> Option<Ask> {
    let (old, new) = (fields.path()?, fields.path()?);
    Some(change("rename", &[old], &[new], &[]))
}

/// OpenSSH's server has target and link the other way round than the draft; both are judged as the link.
fn link(fields: &mut Fields<'_>) -> Option<Ask> {
    let (target, link) = (fields.path()?, fields.path()?);
    let _ = target;
    Some(change("symlink", &[], &[link], &[]))
}

fn extended(fields: &mut Fields<'_>) -> Option<Ask> {
    let name = fields.string()?;
    Some(match name.as_slice() {
        b"posix-rename@openssh.com" => moved(fields)?,
        // Whoever has a second name of a file has its content, whatever is said of the first one.
        b"hardlink@openssh.com" => {
            let (old, new) = (fields.path()?, fields.path()?);
            change("hardlink", &[], &[old.clone(), new], &[old])
        }
        b"lsetstat@openssh.com" => change("set", &[], &[fields.path()?], &[]),
        b"statvfs@openssh.com" => Ask::Look(fields.path()?),
        b"expand-path@openssh.com" => fields.path().map(|_| Ask::Harmless)?,
        b"fstatvfs@openssh.com"
        | b"fsync@openssh.com"
        | b"limits@openssh.com"
        | b"copy-data"
        | b"home-directory"
        | b"users-groups-by-id@openssh.com" => Ask::Harmless,
        _ => return None,
    })
}

/// A server's packet: the number that it answers, and what.
pub(super) fn answer(packet: &[u8]) -> (u32, Answer) {
    let mut fields = Fields(packet.get(5..).unwrap_or_default());
    let kind = packet.get(4).copied().unwrap_or(0);
    let number = if kind == 2 { None } else { fields.number() };
    let answer = match kind {
        101 => fields.number().map(|code| Answer::Status { done: code == 0 }),
        102 => fields.string().map(Answer::Handle),
        103 => fields.number().map(|length| Answer::Data(length.into())),
        _ => None,
    };
    (number.unwrap_or(0), answer.unwrap_or(Answer::Other))
}

/// Why the server's place is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// It is not permitted.
    Denied,
    /// It is not known.
    Unsupported,
}

/// The answer that something is not done.
pub(super) fn refusal(number: u32, no: No, message: &str) -> Vec<u8> {
    let code: u32 = match no {
        No::Denied => 3,
        No::Unsupported => 8,
    };
    let text = |text: &str| [&u32::try_from(text.len()).unwrap_or(0).to_be_bytes(), text.as_bytes()].concat();
    let body = [&[101][..], &number.to_be_bytes(), &code.to_be_bytes(), &text(message), &text("en")].concat();
    [&u32::try_from(body.len()).unwrap_or(0).to_be_bytes(), body.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = [&[kind][..], &parts.concat()].concat();
        [&u32::try_from(body.len()).unwrap().to_be_bytes(), body.as_slice()].concat()
    }

    fn string(text: &str) -> Vec<u8> {
        [&u32::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
    }

    const SEVEN: [u8; 4] = [0, 0, 0, 7];

    fn asks(kind: u8, parts: &[&[u8]]) -> Ask {
        let parts = [&[&SEVEN[..]], parts].concat();
        let (number, ask) = ask(&packet(kind, &parts));
        assert_eq!(number, 7);
        ask
    }

    fn flags(flags: u32) -> Ask {
        asks(3, &[&string("/a"), &flags.to_be_bytes(), &[0; 4]])
    }

    #[test]
    fn what_a_client_asks_for_is_known_by_its_paths() {
        let open = |read, write| Ask::Open { path: b"/a".to_vec(), read, write };
        assert_eq!((flags(1), flags(2), flags(3)), (open(true, false), open(false, true), open(true, true)));
        assert_eq!((flags(0), flags(1 | 8)), (open(true, false), open(true, true)));
        assert_eq!(asks(13, &[&string("/a")]), change("delete", &[b"/a".to_vec()], &[], &[]));
        assert_eq!(
            asks(18, &[&string("a"), &string("b")]),
            change("rename", &[b"a".to_vec()], &[b"b".to_vec()], &[])
        );
        assert_eq!(
            asks(20, &[&string("to"), &string("link")]),
            change("symlink", &[], &[b"link".to_vec()], &[])
        );
        assert_eq!(
            asks(200, &[&string("hardlink@openssh.com"), &string("a"), &string("b")]),
            change("hardlink", &[], &[b"a".to_vec(), b"b".to_vec()], &[b"a".to_vec()])
        );
        assert_eq!(asks(6, &[&string("h"), &[0; 8], &[0, 0, 1, 0]]), Ask::Write(b"h".to_vec(), 256));
    }

    #[test]
    fn what_is_not_known_or_not_whole_is_unknown() {
        for ask in [
            asks(99, &[]),
            asks(21, &[&string("a")]),
            asks(3, &[&string("a")]),
            asks(13, &[&[0, 0, 0, 9], b"short"]),
            asks(13, &[&string("a\0b")]),
            asks(200, &[&string("new@example.org"), &string("/a")]),
            asks(200, &[]),
        ] {
            assert_eq!(ask, Ask::Unknown);
        }
        assert_eq!(ask(&[0, 0, 0, 1, 13]).1, Ask::Unknown);
        assert_eq!(ask(&[]).1, Ask::Unknown);
    }

    #[test]
    fn a_stream_is_cut_wherever_it_was_torn() {
        let stream = [packet(1, &[&[0, 0, 0, 3]]), packet(13, &[&SEVEN, &string("/a")])].concat();
        for size in 1..stream.len() {
            let mut framer = Framer::default();
            let packets: Vec<_> = stream.chunks(size).flat_map(|piece| framer.take(piece).unwrap()).collect();
            assert_eq!(packets.concat(), stream, "{size}");
            assert_eq!(packets.len(), 2);
        }
    }

    #[test]
    fn a_stream_that_is_no_sftp_ends() {
        for start in [[0, 0, 0, 0, 1], [0, 4, 0, 1, 1], *b"SSH-2"] {
            assert!(Framer::default().take(&start).is_err());
        }
    }

    #[test]
    fn a_refusal_is_a_status_that_the_framer_takes() {
        let refusal = refusal(7, No::Denied, "no");
        assert_eq!(Framer::default().take(&refusal).unwrap(), std::slice::from_ref(&refusal));
        assert_eq!(answer(&refusal), (7, Answer::Status { done: false }));
    }

    proptest::proptest! {
        #[test]
        fn no_packet_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let _ = (ask(&bytes), answer(&bytes), Framer::default().take(&bytes));
        }
    }
}
