//! The `jetblob` command.

use std::path::Path;
use std::process::Command;

/// The command, as it was built beside the tests.
pub fn jetblob() -> Command {
    let tests = std::env::current_exe().expect("the path of the tests");
    let built = tests.parent().and_then(Path::parent).expect("a target directory").join("jetblob");
    assert!(built.exists(), "there is no {}: `cargo build -p jetblob-cli` makes it", built.display());
    Command::new(built)
}

/// The command where no file may grow beyond so many bytes, in steps of 512: writing more is an error.
pub fn jetblob_within(bytes: u64) -> Command {
    let mut shell = Command::new("/bin/sh");
    // Else a signal would end it.
    shell.args(["-c", r#"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#, "sh", &(bytes / 512).to_string()]);
    shell.arg(jetblob().get_program());
    shell
}
