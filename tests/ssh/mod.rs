//! gate between a real OpenSSH server and an account: as login shell, as forced command, as both.

mod commands;
mod server;
mod transfers;
