//! Commands that are stopped half-way.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::sandbox::{Outcome, Sandbox, files_below, noise};

#[test]
fn an_interrupted_put_leaves_the_old_object_and_nothing_else() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"old");
    let before = large_files(&sandbox);
    let bytes = noise(8 << 20);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = sandbox.command(&["put", "-", "b/n"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // More than can wait in pipes and buffers: once it is written, the put is under way.
        stdin.write_all(&bytes).unwrap();
        let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (code, ""));
        drop(stdin);
    }
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "old");
    assert_eq!(large_files(&sandbox), before);
}

/// The files of the store that may hold a blob.
fn large_files(sandbox: &Sandbox) -> Vec<PathBuf> {
    let mut files = files_below(&sandbox.store());
    files.retain(|path| fs::metadata(path).unwrap().len() > 100_000);
    files
}

#[test]
fn a_reader_that_goes_away_ends_it_without_a_word() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", &noise(4 << 20));
    let mut child = sandbox.command(&["cat", "b/n"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!((outcome.code, outcome.stderr.as_str()), (141, ""));
}

#[test]
fn a_cat_that_nobody_reads_can_be_interrupted() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", &noise(4 << 20));
    let mut child = sandbox.command(&["cat", "b/n"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
