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
