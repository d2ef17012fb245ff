//! The `jetblob` command. `jetblob --help` is its documentation.

use std::process::ExitCode;
use std::time::Duration;

use crate::args::Cli;
use crate::exit::Failure;

mod args;
mod commands;
mod connection;
mod context;
mod escape;
mod exit;
mod home;
mod interrupt;
mod json;
mod nkey;
mod output;
mod path;
mod pipe;
mod progress;
mod size;
mod store;

/// Two threads beside the main one: one for the connection, one to spare.
const THREADS: usize = 2;

/// How long the process waits for what is left to do on a local disk.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return exit::of_grammar(&error),
    };
    let json = cli.global.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(json);
            failure.exit_code().into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the runtime", error))?;
    let outcome = runtime.block_on(commands::run(cli));
    // Files that were begun are removed on threads of the runtime. A disk that hangs must not keep the process.
    runtime.shutdown_timeout(PATIENCE);
    outcome
}
