//! The table in `tests/README.md`: every behaviour has a test that exists, or a reason why it has none.

use std::collections::BTreeMap;

use crate::{source, sources};

const BEHAVIOURS: u32 = 106;

/// A row of the table.
struct Row {
    /// The tests that it names, each a file and a function.
    tests: Vec<(String, String)>,
    /// What it says beside them.
    reason: String,
}

fn table() -> BTreeMap<u32, Row> {
    let mut table = BTreeMap::new();
    for line in source("tests/README.md").lines() {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, what, tests] = cells[..] else { continue };
        let Ok(number) = number.parse() else { continue };
        assert!(!what.is_empty(), "{number}");
        // What is between backticks comes at every second place.
        let parts: Vec<_> = tests.split('`').collect();
        let named = parts.iter().skip(1).step_by(2).filter_map(|test| test.split_once("::"));
        let row = Row {
            tests: named.map(|(file, function)| (file.to_owned(), function.to_owned())).collect(),
            reason: parts.iter().step_by(2).map(|part| part.trim_matches([',', ';', ' '])).collect(),
        };
        assert!(table.insert(number, row).is_none(), "{number} is there twice");
    }
    table
}

/// The number in the name of a test, `b24_…`.
fn number(function: &str) -> Option<u32> {
    let (number, _) = function.strip_prefix('b')?.split_once('_')?;
    number.parse().ok()
}

/// The functions of a source file.
fn functions(source: &str) -> Vec<&str> {
    let after = source.split("fn ").skip(1);
    after.filter_map(|text| text.split_once('(')).map(|(name, _)| name).collect()
}

#[test]
fn every_behaviour_has_a_test_or_a_reason() {
    let table = table();
    assert_eq!(table.keys().copied().collect::<Vec<_>>(), (1..=BEHAVIOURS).collect::<Vec<_>>());
    for (number, row) in &table {
        assert!(!row.tests.is_empty() || row.reason.len() > 10, "{number} has neither a test nor a reason");
        for (file, function) in &row.tests {
            assert!(
                functions(&source(file)).contains(&function.as_str()),
                "{number}: no {function} in {file}"
            );
        }
    }
}

#[test]
fn every_numbered_test_is_in_the_table() {
    let table = table();
    for file in sources("tests/conformance") {
        let source = source(&file);
        for function in functions(&source) {
            let Some(number) = number(function) else { continue };
            let row = table.get(&number).unwrap_or_else(|| panic!("{file}: there is no behaviour {number}"));
            let named = row.tests.contains(&(file.clone(), function.to_owned()));
            assert!(named, "the table doesn't name {file}::{function} under {number}");
        }
    }
}
