//! How large an understood text may be.

/// Bytes of source.
pub(super) const SOURCE: usize = 128 * 1024;
/// Commands in one script.
pub(super) const COMMANDS: usize = 4096;
/// Nesting of compound commands, substitutions, expansions and parentheses, all together.
pub(super) const DEPTH: u8 = 48;
/// Words that one word with braces may become.
pub(super) const BRACE_WORDS: usize = 64;
/// Bytes that the braces of one script may write, so that a short text makes no huge list.
pub(super) const BRACE_BYTES: usize = 64 * 1024;
