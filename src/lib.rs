//! `gate`: an approval gate between AI agents and a shell.
pub mod exit;
pub mod syntax;
