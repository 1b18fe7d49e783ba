//! Running what is permitted.

mod channels;
mod status;
