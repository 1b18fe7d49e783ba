//! Running what is permitted.

mod channels;
mod shells;
mod signals;
mod status;
mod terminals;
