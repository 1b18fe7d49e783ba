//! Sessions: commands that arrive one after the other for one shell.

mod piped;
mod talk;
