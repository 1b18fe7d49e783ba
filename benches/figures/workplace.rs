//! A scratch home for the measured runs: own configuration, own state, a project with a git repository.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// Everything that a measured run needs.
pub(crate) struct Workplace {
    /// Removed when the bench ends.
    directory: tempfile::TempDir,
}

impl Workplace {
    /// Lays out home, state and a small git repository.
    pub(crate) fn new() -> Self {
        let place = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        std::fs::create_dir_all(place.project()).unwrap();
        std::fs::create_dir_all(place.path("config/gate")).unwrap();
        let git = |words: &[&str]| {
            let status =
                Command::new("git").current_dir(place.project()).args(words).stdout(Stdio::null()).status();
            assert!(status.expect("git is installed").success());
        };
        git(&["init", "-q"]);
        for number in 0..50 {
            std::fs::write(place.project().join(format!("file{number}.txt")), "text\n".repeat(20)).unwrap();
        }
        git(&["add", "-A"]);
        git(&["-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "first"]);
        place
    }

    /// A path in the scratch directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The working directory of every run.
    pub(crate) fn project(&self) -> PathBuf {
        self.path("project")
    }

    /// A command in the project with a small, fixed environment.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let (program, arguments) = words.split_first().expect("a program");
        let mut command = Command::new(if *program == "gate" { env!("CARGO_BIN_EXE_gate") } else { program });
        command
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.path("home"))
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::null());
        command
    }

    /// Writes the user's configuration.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.path("config/gate/gate.toml"), text).unwrap();
    }
}
