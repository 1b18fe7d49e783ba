//! What the caller reads where a command was let run and there was nothing to start.

use std::{fs::File, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path};

use crate::{
    approval::{Permit, Start},
    exec::Ended,
    sys::talk::say,
    ui::Printable,
};

/// Says why nothing was started, where that is so; a command that ran has said itself what it had to say.
pub(super) fn tell(permit: &Permit, ended: Ended) {
    let (file, name) = match &permit.plan().start {
        Start::Line { .. } => return,
        Start::Missing { name, .. } => (None, name),
        Start::Program { file, argv } | Start::Shell { file, argv } => {
            (Some(file), argv.first().unwrap_or(NAMELESS))
        }
    };
    let name = Printable::line(name);
    match (ended, file) {
        (Ended::NotFound, Some(file)) if file.exists() => {
            say(&format!("{name} cannot be executed: the program that is to interpret it is not there"));
        }
        (Ended::NotFound, _) => say(&format!("{name}: there is no such program")),
        (Ended::NotExecutable, Some(file)) => {
            let (why, hint) = unfit(file, &name);
            say(&format!("{name} cannot be executed: {why}"));
            say(&format!("hint: nothing ran; {hint}"));
        }
        (Ended::NotExecutable, None) => say(&format!("{name} cannot be executed")),
        (Ended::Exited(_) | Ended::Signalled { .. }, _) => {}
    }
}

const NAMELESS: &Vec<u8> = &Vec::new();

/// Why the kernel would not execute a file, and what can be done. A shell would run a text without `#!` by itself; what
/// was decided is this file and no shell (I2).
fn unfit(file: &Path, name: &Printable) -> (&'static str, String) {
    let Ok(metadata) = file.metadata() else {
        return ("it cannot be looked at", "see who may read it".to_owned());
    };
    if metadata.is_dir() {
        return ("it is a directory", "name a program in it".to_owned());
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        let hint = format!("make it executable (chmod +x {name}), or name its interpreter in front of it");
        return ("it is not marked as executable", hint);
    }
    if is_text_without_interpreter(file) {
        let hint = format!("give it a first line such as `#!/bin/sh`, or run it by `gate -c {name}`");
        return ("it has no `#!` line that names its interpreter", hint);
    }
    ("the kernel refuses it", "see whether it is for this machine, and who may execute it".to_owned())
}

fn is_text_without_interpreter(file: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(file).and_then(|file| file.take(256).read_to_end(&mut beginning));
    read.is_ok() && !beginning.starts_with(b"#!") && !beginning.contains(&0)
}
