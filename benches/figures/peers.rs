//! Yardsticks that no program on the machine offers: a reader that drains a pty and throws everything away.

use std::{ffi::OsString, io::Read, time::Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// Runs a command on a pty and drains it with a 64 KiB buffer; prints nothing.
pub(crate) fn raw_pty(words: &[String]) {
    let pair =
        native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::from_argv(words.iter().map(OsString::from).collect());
    command.cwd(std::env::current_dir().unwrap());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut buffer = vec![0; 65536];
    while reader.read(&mut buffer).is_ok_and(|count| count > 0) {}
    child.wait().unwrap();
}

/// Drains a child's standard output pipe with a 64 KiB buffer; returns bytes and seconds.
pub(crate) fn drain(mut command: std::process::Command) -> (u64, f64) {
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut stream = child.stdout.take().unwrap();
    let mut buffer = vec![0; 65536];
    let mut total = 0;
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        total += count as u64;
    }
    assert!(child.wait().unwrap().success());
    (total, start.elapsed().as_secs_f64())
}
