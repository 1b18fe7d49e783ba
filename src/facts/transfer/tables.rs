//! The tables of `policies/transfers.toml`.

/// What an option of `rsync --server` takes, and what is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// No value.
    None,
    /// A value that names no file.
    Text,
    /// A part of a file's name.
    Name,
    /// No value; files of the tree are deleted.
    Delete,
    /// A path that is read.
    Read,
    /// A path that is written.
    Write,
}

mod built_in {
    use super::Value;

    include!(concat!(env!("OUT_DIR"), "/transfers.rs"));
}

pub(super) use built_in::{RSYNC_LETTERS, RSYNC_NUMBERS, SFTP_NONE, SFTP_TEXT};

/// The fixed places of a program; none for one that is no end of a copy.
pub(super) fn files(program: &str) -> &'static [&'static str] {
    look_up(&built_in::FILES, program).unwrap_or_default()
}

/// What a long option of `rsync --server` is, by its name with the dashes.
pub(super) fn rsync_option(name: &str) -> Option<Value> {
    look_up(&built_in::RSYNC_OPTIONS, name)
}

/// Why an option of rsync is refused, where that is known.
pub(super) fn rsync_refused(name: &str) -> Option<&'static str> {
    look_up(&built_in::RSYNC_REFUSED, name)
}

fn look_up<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let at = table.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    table.get(at).map(|(_, value)| *value)
}
