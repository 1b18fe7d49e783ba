//! gate as a shell: how it is called, and what a shell within a shell costs its people.

mod forms;
mod keep_alive;
mod nested;
mod open_ended;
mod sessions;

use std::{
    os::unix::fs::{DirBuilderExt as _, symlink},
    path::PathBuf,
    process::Command,
};

use crate::support::house::House;

/// A link to gate under a shell's name, where gate keeps such links.
pub(super) fn link(house: &House, name: &str) -> PathBuf {
    let directory = house.state().join("shells");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory).unwrap();
    let link = directory.join(name);
    let _ = symlink(env!("CARGO_BIN_EXE_gate"), &link);
    link
}

/// gate, called by this path and name, ready to start in the project.
pub(super) fn called(house: &House, path: &std::path::Path, name: &str, words: &[&str]) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(path);
    command.arg0(name).args(words);
    house.settle(command)
}
