//! The process edge: words in, exit status out.

use std::process::ExitCode;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: gate::sys::allocator::Allocator = gate::sys::allocator::Allocator::new();

fn main() -> ExitCode {
    ExitCode::from(gate::cli::main(std::env::args_os().collect()))
}
