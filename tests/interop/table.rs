//! The table of writers and readers.

use crate::fault::Fault;
use crate::play::{End, Pair};

/// How the scenarios of a cell ended.
#[derive(Default)]
struct Cell {
    passed: usize,
    named: usize,
    absent: usize,
    failed: usize,
}

impl Cell {
    fn of<'p>(pairs: impl Iterator<Item = &'p Pair<'p>>, faults: &[Fault]) -> Self {
        let mut cell = Self::default();
        for pair in pairs {
            match pair.end {
                End::Passed => cell.passed += 1,
                End::Absent(_) => cell.absent += 1,
                End::Failed(..) if faults.iter().any(|fault| fault.explains(pair)) => cell.named += 1,
                End::Failed(..) => cell.failed += 1,
            }
        }
        cell
    }

    fn text(&self) -> String {
        let mut text = self.passed.to_string();
        for (count, sign) in [(self.named, "n"), (self.absent, "a"), (self.failed, "F")] {
            if count > 0 {
                text = format!("{text} {count}{sign}");
            }
        }
        text
    }
}

fn distinct(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

/// Prints who reads how much of what whom wrote.
pub(crate) fn print(pairs: &[Pair<'_>], faults: &[Fault]) {
    let mut writers = distinct(pairs.iter().map(|pair| pair.writer));
    let readers = distinct(pairs.iter().map(|pair| pair.reader));
    // Those that write by hand come last.
    writers.sort_by_key(|writer| !readers.contains(writer));
    let mut rows = vec![vec!["writes \\ reads".to_owned()]];
    rows[0].extend(readers.iter().map(ToString::to_string));
    for writer in writers {
        let mut row = vec![writer.to_owned()];
        for reader in &readers {
            let of_cell = pairs.iter().filter(|pair| pair.writer == writer && pair.reader == *reader);
            row.push(Cell::of(of_cell, faults).text());
        }
        rows.push(row);
    }
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        println!("{}", cells.join("  ").trim_end());
    }
    println!("Scenarios that passed; n: a named fault, a: absent from a client, F: failed.");
}
