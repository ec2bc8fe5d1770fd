//! The `caretaker` command.

use std::process::ExitCode;

use clap::Parser;
use cli::command::{Command, run};

/// Caretaker: snapshots failed instances, keeps house at night, answers alarms.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(Arguments::parse().command)
}
