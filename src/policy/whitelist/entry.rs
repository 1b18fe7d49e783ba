//! One entry.

/// One approval that outlives its command: while it lives, a medium part that it covers runs without a human.
///
/// It never covers what is opaque, high or denied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhitelistEntry {
    /// Identifier, unique in its file.
    pub id: String,
    /// The words of the invocation, the program's name first, escaped, in which holes may stand; none for redirections
    /// and assignments that belong to no program.
    pub words: Vec<String>,
    /// The wrappers in front, outermost first.
    pub via: Vec<String>,
    /// The effects that it covers, named by kind and target; `None` covers whatever exactly these words do.
    pub effects: Option<Vec<String>>,
    /// The machine that it holds on; `None` holds on all.
    pub host: Option<String>,
    /// The working directory in which it holds; `/**` behind it holds for those below as well, `None` everywhere.
    pub cwd: Option<String>,
    /// The agent that it holds for; `None` holds for all.
    pub agent: Option<String>,
    /// Who approved it.
    pub by: String,
    /// When, in seconds since the epoch.
    pub approved: u64,
    /// Seconds since the epoch from which on it is dead.
    pub expires: u64,
    /// The requests that it came from.
    pub requests: Vec<String>,
    /// Who gave it a longer life, when.
    pub renewed: Option<(u64, String)>,
    /// Who ended it before its time.
    pub revoked: Option<Revocation>,
}

/// Why an entry ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When, in seconds since the epoch.
    pub at: u64,
    /// Who said so.
    pub by: String,
    /// Why.
    pub why: Option<String>,
}

impl WhitelistEntry {
    /// Whether it covers more than one row of words.
    #[must_use]
    pub fn has_holes(&self) -> bool {
        !self.words.iter().all(|word| super::template::is_literal(word))
    }

    /// Whether it counts at a time, in seconds since the epoch.
    #[must_use]
    pub const fn is_alive(&self, now: u64) -> bool {
        self.revoked.is_none() && self.expires > now
    }
}
