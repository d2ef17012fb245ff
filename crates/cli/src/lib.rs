//! The `jetblob` command as one function, for programs that bring it along: `jetblob --help` is its documentation.

use std::ffi::OsString;
use std::time::Duration;

use clap::Parser;

use crate::args::Cli;
use crate::exit::Failure;

mod args;
mod commands;
mod escape;
mod exit;
mod interrupt;
mod json;
mod log;
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

/// Runs the command, and answers with its exit code. The first argument is the name that the command goes by.
///
/// It is for a process that ends with it, and whose standard input and output it may have: what waits there, when a
/// signal ends the command, goes on waiting on a thread of its own. While a store is open, SIGINT and SIGTERM end the
/// command, and from then on no longer the process; handlers that the process had before are called too. SIGPIPE should
/// be ignored, as in programs of Rust and Python. It blocks: what runs in an async runtime can't call it.
///
/// ```
/// assert_eq!(jetblob_cli::run(["jetblob", "--version"].map(Into::into)), 0);
/// assert_eq!(jetblob_cli::run(["jetblob", "no-such-command"].map(Into::into)), 2);
/// ```
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<_> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return exit::of_grammar(error, &args),
    };
    let json = cli.global.json;
    match log::begin(json).and_then(|()| execute(cli)) {
        Ok(()) => exit::DONE,
        Err(failure) => {
            failure.report(json);
            failure.exit_code()
        }
    }
}

/// The file that `jetblob get` writes for this path, in the current directory, if it is the path of an object.
#[cfg(fuzzing)]
pub fn file_of_path(path: &str) -> Option<std::path::PathBuf> {
    path.parse::<path::ObjectPath>().ok()?.file().ok()
}

fn execute(cli: Cli) -> Result<(), Failure> {
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
