//! What data is: where it comes from, and whether it is local.

use crate::facts::analysis::base_name;
use crate::facts::{Effect, EffectKind, Facts, Invocation, Program, Target};

/// What data is, as far as running or sending it is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holding {
    /// Its strangest origin, with the invocation that it comes from.
    pub(super) code: Option<(Origin, usize)>,
    /// The invocation that reads something local into it.
    pub(super) local: Option<usize>,
}

/// Where data comes from; ordered by how little is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Printed,
    Read,
    Decoded,
    Fetched,
}

impl Holding {
    pub(super) fn join(&mut self, other: Self) {
        self.code = match (self.code, other.code) {
            (Some((ours, _)), Some((theirs, _))) if theirs > ours => other.code,
            (None, code) => code,
            (code, _) => code,
        };
        self.local = self.local.or(other.local);
    }

    /// What an invocation prints, before what it is given.
    pub(super) fn of(invocation: &Invocation, at: usize) -> Self {
        let fetches = invocation
            .effects
            .iter()
            .any(|effect| effect.kind == EffectKind::Network && matches!(effect.target, Target::Host { .. }));
        let reads = invocation.effects.iter().any(reads_content) && !shows_only_names(invocation);
        let origin = match name(invocation) {
            _ if fetches => Origin::Fetched,
            Some(name) if DECODERS.contains(&name) => Origin::Decoded,
            _ if reads => Origin::Read,
            Some(_) => Origin::Printed,
            None => return Self { code: None, local: reads.then_some(at) },
        };
        Self { code: Some((origin, at)), local: reads.then_some(at) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.code.is_none() && self.local.is_none()
    }
}

/// Whether an effect reads what a file, the environment or a store of secrets holds.
pub(super) fn reads_content(effect: &Effect) -> bool {
    effect.kind == EffectKind::Read && !matches!(effect.target, Target::Nothing)
}

/// `git rev-parse HEAD` and the like read the repository and print a name.
fn shows_only_names(invocation: &Invocation) -> bool {
    const SUBCOMMANDS: [&[u8]; 5] = [b"rev-parse", b"branch", b"describe", b"symbolic-ref", b"rev-list"];
    let sub = invocation.words.get(1).and_then(|word| word.value.as_deref()).unwrap_or_default();
    name(invocation) == Some("git") && SUBCOMMANDS.contains(&sub)
}

pub(super) fn name(invocation: &Invocation) -> Option<&str> {
    match &invocation.program {
        Program::Builtin(name) | Program::Function(name) | Program::File { name, .. } => Some(name),
        Program::Elsewhere(name) => Some(base_name(name)),
        Program::Nothing | Program::Unknown => None,
    }
}

/// Data in words, by where it comes from.
pub(super) fn wording((origin, at): (Origin, usize), facts: &Facts) -> String {
    let verb = match origin {
        Origin::Printed => "prints",
        Origin::Read => "reads",
        Origin::Decoded => "decodes",
        Origin::Fetched => "fetches",
    };
    match facts.invocations.get(at).and_then(name) {
        Some(name) => format!("what `{name}` {verb}"),
        None => format!("what this line {verb}"),
    }
}

/// Programs that turn data into other data, so that nobody sees what it says.
const DECODERS: [&str; 24] = [
    "age",
    "base32",
    "base64",
    "basenc",
    "brotli",
    "bunzip2",
    "bzcat",
    "gpg",
    "gunzip",
    "gzip",
    "lz4",
    "openssl",
    "rev",
    "tr",
    "uncompress",
    "unxz",
    "unzip",
    "unzstd",
    "uudecode",
    "xxd",
    "xz",
    "xzcat",
    "zcat",
    "zstd",
];
