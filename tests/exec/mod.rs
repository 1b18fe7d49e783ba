//! Running what is permitted.

mod status;
