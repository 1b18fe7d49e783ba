//! `gate`: an approval gate between AI agents and a shell.
pub mod approval;
pub mod audit;
pub mod exec;
pub mod exit;
pub mod facts;
pub mod policy;
pub mod syntax;
