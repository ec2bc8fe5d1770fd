//! The `caretaker` command.

use std::env;
use std::io;
use std::process::ExitCode;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::command::run(env::args_os(), &mut io::stdout(), &mut io::stderr()).into()
}
