//! Running what is permitted.

mod channels;
mod status;
mod terminals;
