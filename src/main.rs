//! The process edge: words in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(gate::cli::main(std::env::args_os().collect()))
}
