//! Settings, policy and whitelist compiled into one file that is used where it lies.
//!
//! It is believed only if nobody but its owner could have written it and every file that it was made from, the absent
//! ones included, is still the same to the kernel. Anything else about it means: compile again.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    policy::SourceIdentity,
    sys::{files, map::Mapped},
};

use super::{
    Settings,
    encoding::{self, Reader, Writer},
};

/// What a cache file of this very build begins with: another one has another built-in policy, or reads it differently.
const MAGIC: &[u8] = concat!("gateset1", env!("GATE_BUILD")).as_bytes();
/// Where the policy begins is a multiple of this.
const ALIGNMENT: usize = 8;

/// What a cache file holds.
pub(super) struct Cached {
    pub(super) settings: Settings,
    pub(super) blobs: Blobs,
}

/// The compiled policy and whitelist.
#[derive(Debug)]
pub(super) struct Blobs {
    bytes: Bytes,
    policy: std::ops::Range<usize>,
    whitelist: std::ops::Range<usize>,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mapped),
    Owned(Vec<u8>),
}

impl Blobs {
    pub(super) fn policy(&self) -> &[u8] {
        self.all().get(self.policy.clone()).unwrap_or_default()
    }

    pub(super) fn whitelist(&self) -> &[u8] {
        self.all().get(self.whitelist.clone()).unwrap_or_default()
    }

    fn all(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(mapped) => mapped,
            Bytes::Owned(owned) => owned,
        }
    }
}

/// Who must own a cache file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CacheOwner {
    /// Root: then its directory must be root's as well.
    Root,
    /// This account.
    Account(u32),
}

/// The cache file's name: another set of places is another file.
pub(super) fn file_name(places: &[PathBuf]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for place in places {
        for byte in place.as_os_str().as_encoded_bytes().iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("compiled-{hash:016x}")
}

/// Opens a cache file, unless it is missing, damaged, not to be believed, or out of date.
pub(super) fn open(path: &Path, owner: CacheOwner, places: &[PathBuf]) -> Option<Cached> {
    let (file, length) = open_believed(path, owner)?;
    let mapped = Mapped::new(&file, length).ok()?;
    let (settings, sources, policy, whitelist) = read(&mapped)?;
    let named =
        |(source, place): (&SourceIdentity, &PathBuf)| source.path == place.as_os_str().as_encoded_bytes();
    let same_places = sources.len() >= places.len() && sources.iter().zip(places).all(named);
    (same_places && sources.iter().all(is_current))
        .then(|| Cached { settings, blobs: Blobs { bytes: Bytes::Mapped(mapped), policy, whitelist } })
}

fn open_believed(path: &Path, owner: CacheOwner) -> Option<(File, usize)> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let metadata = file.metadata().ok()?;
    let believed = match owner {
        CacheOwner::Root => {
            metadata.uid() == 0
                && metadata.mode() & 0o022 == 0
                && files::Trust::Root.check(path.parent()?).is_ok()
        }
        CacheOwner::Account(uid) => metadata.uid() == uid && metadata.mode() & 0o077 == 0,
    };
    (believed && metadata.is_file()).then_some((file, usize::try_from(metadata.len()).ok()?))
}

fn is_current(source: &SourceIdentity) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    let path = Path::new(std::ffi::OsStr::from_bytes(&source.path));
    files::identity(path).is_ok_and(|now| now == *source)
}

type Parts = (Settings, Vec<SourceIdentity>, std::ops::Range<usize>, std::ops::Range<usize>);

fn read(bytes: &[u8]) -> Option<Parts> {
    let mut from = Reader(bytes.strip_prefix(MAGIC)?);
    let count = from.number()?;
    let mut sources = Vec::new();
    for _ in 0..count {
        sources.push(SourceIdentity {
            path: from.bytes()?.to_vec(),
            device: from.number()?,
            inode: from.number()?,
            size: from.number()?,
            mtime_ns: from.signed()?,
            ctime_ns: from.signed()?,
        });
    }
    let settings = encoding::decode(from.bytes()?)?;
    let policy = blob(&mut from, bytes)?;
    let whitelist = blob(&mut from, bytes)?;
    from.0.is_empty().then_some((settings, sources, policy, whitelist))
}

/// Where the next blob, with the padding in front of it, lies in `bytes`.
fn blob(from: &mut Reader<'_>, bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    from.bytes()?;
    let blob = from.bytes()?;
    let end = bytes.len() - from.0.len();
    Some(end - blob.len()..end)
}

/// Compiled settings, policy and whitelist as one text of bytes.
pub(super) fn make(
    settings: &Settings,
    sources: &[SourceIdentity],
    policy: &[u8],
    whitelist: &[u8],
) -> Option<(Vec<u8>, Blobs)> {
    let mut to = Writer(MAGIC.to_vec());
    to.number(sources.len() as u64);
    for source in sources {
        to.bytes(&source.path);
        to.number(source.device);
        to.number(source.inode);
        to.number(source.size);
        to.signed(source.mtime_ns);
        to.signed(source.ctime_ns);
    }
    to.bytes(&encoding::encode(settings));
    for blob in [policy, whitelist] {
        // Two lengths stand between here and the blob, each of eight bytes.
        let padding = to.0.len().wrapping_neg() % ALIGNMENT;
        to.bytes([0; ALIGNMENT].get(..padding).unwrap_or_default());
        to.bytes(blob);
    }
    let bytes = to.0;
    let (_, _, policy, whitelist) = read(&bytes)?;
    Some((bytes.clone(), Blobs { bytes: Bytes::Owned(bytes), policy, whitelist }))
}

/// Keeps compiled bytes for the next run.
pub(super) fn store(path: &Path, bytes: &[u8], owner: CacheOwner) -> io::Result<()> {
    match owner {
        CacheOwner::Root => files::replace(path, bytes, 0o644),
        CacheOwner::Account(_) => files::replace(path, bytes, 0o600),
    }
}
