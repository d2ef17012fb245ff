//! The table of faults: every row has a test that exists, or a reason why it has none.

use std::collections::BTreeMap;
use std::fs;

const ROWS: u32 = 68;

/// What the table says of each row: its fault, and its tests or the reason.
fn rows() -> BTreeMap<u32, (&'static str, &'static str)> {
    let lines = include_str!("matrix.tsv").lines().skip(1);
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            let [number, what, tests] = cells[..] else { panic!("three cells, not {line:?}") };
            (number.parse().expect("a number"), (what, tests))
        })
        .collect()
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    let rows = rows();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=ROWS).collect::<Vec<_>>());
    for (number, (what, tests)) in rows {
        assert!(!what.is_empty(), "{number}");
        let named: Vec<_> = tests.split([' ', ',', ';']).filter_map(|word| word.split_once("::")).collect();
        assert!(
            !named.is_empty() || tests.starts_with("not here: "),
            "{number} has neither a test nor a reason"
        );
        for (file, function) in named {
            let source = fs::read_to_string(tests::root().join(file));
            let source = source.unwrap_or_else(|error| panic!("{number}: {file}: {error}"));
            assert!(source.contains(&format!("fn {function}(")), "{number}: no {function} in {file}");
        }
    }
}

#[test]
fn every_numbered_test_is_in_its_row() {
    let rows = rows();
    for file in fs::read_dir(tests::root().join("tests/faults")).expect("the folder").flatten() {
        let file = file.file_name().into_string().expect("UTF-8");
        let Ok(source) = fs::read_to_string(tests::root().join("tests/faults").join(&file)) else { continue };
        for function in
            source.split(" fn row").skip(1).filter_map(|text| text.split_once('(')).map(|(name, _)| name)
        {
            let Some(number) = function.get(..2).and_then(|number| number.parse().ok()) else { continue };
            let named = format!("tests/faults/{file}::row{function}");
            let tests = rows.get(&number).unwrap_or_else(|| panic!("no row {number}")).1;
            assert!(tests.split(' ').any(|test| test == named), "row {number} doesn't name {named}");
        }
    }
}
