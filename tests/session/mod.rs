//! Sessions: commands that arrive one after the other for one shell.

mod differential;
mod piped;
mod talk;
mod terminal;
