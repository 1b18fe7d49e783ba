//! `gate ssh`: what sshd starts for an account, as `ForceCommand` or as `command=` of a key.
//!
//! The client's command line arrives in `SSH_ORIGINAL_COMMAND` and takes the way of every other text, transfers by
//! their grammar included. Without one it is a login, and a session begins.

mod own;

use std::os::unix::ffi::OsStringExt;

use anyhow::Result;

use crate::{
    facts::CommandLine,
    pipeline::{self, Outcome},
    syntax::Dialect,
};

use super::{Form, Opening, Wishes};

pub use own::start_of_gate_ssh;

/// Does what the client asked for.
///
/// # Errors
/// Whatever keeps gate from deciding, asking or writing down: then nothing was started (I9).
pub fn enter(wishes: Wishes) -> Result<Outcome> {
    match std::env::var_os("SSH_ORIGINAL_COMMAND").map(OsStringExt::into_vec) {
        Some(text) if !text.trim_ascii().is_empty() => pipeline::gate(&wishes.run(CommandLine::Shell {
            text,
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        })),
        _ => {
            let opening = Opening {
                dialect: Dialect::Bash,
                options: Vec::new(),
                parameters: Vec::new(),
                interactive: false,
            };
            super::be(Form::Session(opening), wishes)
        }
    }
}
