//! `gate`: an approval gate between AI agents and a shell.
pub mod exit;
pub mod facts;
pub mod policy;
pub mod syntax;
