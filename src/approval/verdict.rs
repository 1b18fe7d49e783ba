//! What a reviewer answers.

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It may run.
    Approve {
        /// Who said so, each of another account.
        by: Vec<Reviewer>,
        /// How far the word goes.
        extent: Extent,
    },
    /// It may not.
    Reject {
        /// Who said so.
        by: Reviewer,
        /// Why, in the reviewer's words.
        reason: Option<String>,
    },
    /// Nobody answered in time.
    Timeout,
    /// The question was taken back before an answer came: the caller went away, or a signal.
    Withdraw {
        /// The signal that took it back, if one did.
        signal: Option<u8>,
        /// Why.
        reason: String,
    },
    /// Nobody can be asked; says how to set an approver up.
    Unattended {
        /// What is missing and what to do.
        hint: String,
    },
}

/// How far an approval goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// This, once; what would run code from its standard input finds nothing there.
    Once,
    /// This once, with whatever the caller feeds to its standard input, unseen.
    WithInput,
    /// This, and the like of it for the tier's time.
    Whitelist,
}

/// Who answered, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Account name.
    pub name: String,
    /// Numeric identifier of the account.
    pub uid: u32,
    /// How the answer came: `terminal`, `socket`.
    pub channel: &'static str,
}
