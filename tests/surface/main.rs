//! The tables that people, and the other languages, rely on are true: of behaviours and their tests, of the interface,
//! and of errors.

use std::fs;
use std::path::Path;

use serde_json::Value;

mod behaviours;
mod errors;
mod interface;

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

fn vectors(file: &str) -> Value {
    serde_json::from_str(&source(Path::new("tests/vectors").join(file))).expect("JSON")
}

fn rows<'v>(vectors: &'v Value, field: &str) -> &'v Vec<Value> {
    let rows = vectors[field].as_array().expect("a list");
    assert!(!rows.is_empty(), "{field}");
    rows
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The texts of a list; none where there is no list.
fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}
