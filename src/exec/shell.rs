//! How a text is given to a shell so that nothing but the text decides what runs.

use std::path::PathBuf;

use crate::{approval::Start, syntax::Dialect};

/// Makes the start of a shell that runs `text`: no startup files, and a text or parameter that begins with a dash is
/// no option. `options` are the shell's own (`-e`, `-o`, `pipefail`), as words; `parameters` are `$0` and up.
#[must_use]
pub fn shell(
    dialect: Dialect,
    file: PathBuf,
    options: &[Vec<u8>],
    text: &[u8],
    parameters: &[Vec<u8>],
) -> Start {
    let (name, quiet): (&[u8], &[&[u8]]) = match dialect {
        Dialect::Bash => (b"bash", &[b"--noprofile", b"--norc"]),
        Dialect::Sh => (b"sh", &[]),
    };
    let mut argv = vec![name.to_vec()];
    argv.extend(quiet.iter().map(|word| word.to_vec()));
    argv.extend(options.iter().cloned());
    argv.extend([b"-c".to_vec(), b"--".to_vec(), text.to_vec()]);
    argv.extend(parameters.iter().cloned());
    Start::Shell { file, argv }
}
