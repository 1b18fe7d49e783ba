//! What tests share.

pub(crate) mod permits;
