//! gate between a real OpenSSH server and an account: as login shell, as forced command, as both.

mod ansible;
mod commands;
mod doctor;
mod escapes;
mod server;
mod transfers;
