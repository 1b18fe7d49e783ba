//! The audit log when disks fill up and processes die.

pub(crate) mod faults;
mod secrets;
