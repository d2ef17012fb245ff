//! The `jetblob` command. `jetblob --help` is its documentation.

fn main() -> std::process::ExitCode {
    jetblob_cli::run(std::env::args_os()).into()
}
