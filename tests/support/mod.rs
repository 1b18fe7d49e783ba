//! What tests share.

pub(crate) mod gated;
pub(crate) mod house;
pub(crate) mod permits;
pub(crate) mod random;
pub(crate) mod terminal;
