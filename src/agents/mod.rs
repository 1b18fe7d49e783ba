//! Agents' own settings: how each is made to run its commands through gate.
//!
//! Recipes are data (`policies/agents/recipes.toml`); [`merge`] puts settings into a file without losing anything of it,
//! [`setup`] writes them and takes them back.

pub mod difference;
pub mod merge;
pub mod recipe;
pub mod setup;
