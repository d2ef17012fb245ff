//! Objects whose bytes are not what they should be.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::sandbox::{Sandbox, files_below, noise};

const SIZE: usize = 3_000_000;

/// A store with one object, and the file that holds its bytes.
fn sandbox_with_blob() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", &noise(SIZE));
    let size = |path: &PathBuf| fs::metadata(path).unwrap().len();
    let blob = files_below(&sandbox.store()).into_iter().find(|path| size(path) == SIZE as u64).unwrap();
    (sandbox, blob)
}

fn check(sandbox: &Sandbox) {
    sandbox.run(&["get", "b/n", "out"]).failed(8, "object \"n\" in bucket \"b\" is damaged");
    assert_eq!(sandbox.files(), [] as [&str; 0]);
    sandbox.write("out", b"old");
    sandbox.run(&["get", "b/n", "out"]).failed(8, "is damaged");
    assert_eq!((sandbox.files(), sandbox.read("out")), (vec!["out".to_owned()], b"old".to_vec()));
    sandbox.run(&["cat", "b/n"]).failed(8, "is damaged");
}

#[test]
fn an_overwritten_byte_is_noticed() {
    let (sandbox, blob) = sandbox_with_blob();
    let mut file = File::options().write(true).open(blob).unwrap();
    file.seek(SeekFrom::Start(SIZE as u64 - 7)).unwrap();
    file.write_all(b"!").unwrap();
    check(&sandbox);
    let anyway = sandbox.run(&["cat", "--ignore-digest", "b/n"]).succeeded().stdout;
    assert_eq!((anyway.len(), anyway[SIZE - 7]), (SIZE, b'!'));
}

#[test]
fn missing_bytes_are_noticed() {
    let (sandbox, blob) = sandbox_with_blob();
    File::options().write(true).open(&blob).unwrap().set_len(SIZE as u64 / 2).unwrap();
    check(&sandbox);
}

#[test]
fn a_missing_blob_is_noticed() {
    let (sandbox, blob) = sandbox_with_blob();
    fs::remove_file(&blob).unwrap();
    check(&sandbox);
}
