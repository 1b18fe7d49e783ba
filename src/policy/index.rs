//! The keys under which rules are found, so that a decision does not read the rules that cannot speak.

use super::{bytes::Hash, paths::Base};

/// The kind in the keys of rules for invocations without effects.
pub(super) const NOTHING: u8 = 15;

/// The pattern number of a rule that has no condition on the target.
pub(super) const NO_PATTERN: u32 = u32::MAX;

/// Command patterns whose first word is literal.
pub(super) fn program(name: &[u8]) -> Hash {
    Hash::new(b'c', 0).part(name)
}

/// Command patterns whose first two words are literal.
pub(super) fn subcommand(name: &[u8], word: &[u8]) -> Hash {
    Hash::new(b'd', 0).part(name).part(word)
}

/// Strict command patterns of a program whose second word is literal, for an invocation whose second word is not
/// known.
pub(super) fn strict_subcommands(name: &[u8]) -> Hash {
    Hash::new(b'e', 0).part(name)
}

/// Command patterns whose first word is a pattern.
pub(super) const fn any_program() -> Hash {
    Hash::new(b'a', 0)
}

/// Effect rules without a condition on the target.
pub(super) const fn any_target(kind: u8) -> Hash {
    Hash::new(b'k', kind)
}

/// Every strict rule with a condition on the target, for a target that is not known.
pub(super) const fn strict(kind: u8) -> Hash {
    Hash::new(b's', kind)
}

/// Path patterns by base; go on with the components of their literal prefix.
pub(super) fn path(kind: u8, base: Base) -> Hash {
    Hash::new(b'p', kind).part(&[base as u8])
}

/// Floating path patterns by the literal component behind their `**`.
pub(super) fn floating(kind: u8, component: &[u8]) -> Hash {
    Hash::new(b'f', kind).part(component)
}

/// Floating path patterns without a literal component behind their `**`.
pub(super) const fn floating_any(kind: u8) -> Hash {
    Hash::new(b'g', kind)
}

/// Every strict floating path pattern, for a target with wildcards.
pub(super) const fn floating_strict(kind: u8) -> Hash {
    Hash::new(b'h', kind)
}

/// Hosts and names that are literal.
pub(super) fn name(kind: u8, name: &[u8]) -> Hash {
    Hash::new(b'n', kind).part(name)
}

/// Hosts and names that are patterns.
pub(super) const fn any_name(kind: u8) -> Hash {
    Hash::new(b'm', kind)
}
