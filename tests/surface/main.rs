//! The tables that people, and the other languages, rely on are true: of behaviours and their tests.

use std::fs;
use std::path::Path;

mod behaviours;

/// The text of a file of the checkout.
fn source(path: impl AsRef<Path>) -> String {
    let path = tests::root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder of the checkout, by their paths in it.
fn sources(folder: &str) -> Vec<String> {
    let files = fs::read_dir(tests::root().join(folder)).expect("a folder").flatten();
    let names = files.map(|file| file.path()).filter(|path| path.extension() == Some("rs".as_ref()));
    let names = names.filter_map(|path| path.file_name()?.to_str().map(str::to_owned));
    let mut paths: Vec<_> = names.map(|name| format!("{folder}/{name}")).collect();
    paths.sort();
    paths
}
