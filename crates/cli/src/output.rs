//! Standard output: JSON lines, tables and fields for people.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::time::SystemTime;

use crate::exit::Failure;
use crate::{json, size};

/// Prints a line at once: text, or a JSON object.
pub(crate) fn line(text: impl Display) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

/// Prints a text that is made of lines already.
pub(crate) fn text(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

/// Prints rows in columns. The first of a row is aligned to the right, the last is not padded.
pub(crate) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> Result<(), Failure> {
    write_table(&mut BufWriter::new(io::stdout().lock()), rows).map_err(Failure::Stdout)
}

/// Prints names and values, one pair a line.
pub(crate) fn fields(fields: &[(&str, String)]) -> Result<(), Failure> {
    write_fields(&mut BufWriter::new(io::stdout().lock()), fields).map_err(Failure::Stdout)
}

/// A size, exact or for people.
pub(crate) fn bytes(bytes: u64, exact: bool) -> String {
    if exact { bytes.to_string() } else { size::human(bytes) }
}

/// A time for people, in UTC.
pub(crate) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(json::sane(time)).to_string()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn write_table<const COLUMNS: usize>(out: &mut impl Write, rows: &[[String; COLUMNS]]) -> io::Result<()> {
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0));
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let padding = " ".repeat(widths[column] - width(cell));
            let cell = cell.as_str();
            line.extend(if column == 0 { ["", &padding, cell] } else { ["  ", cell, &padding] });
        }
        writeln!(out, "{}", line.trim_end_matches(' '))?;
    }
    out.flush()
}

fn write_fields(out: &mut impl Write, fields: &[(&str, String)]) -> io::Result<()> {
    let widest = fields.iter().map(|(field, _)| width(field)).max().unwrap_or(0);
    for (field, value) in fields {
        writeln!(out, "{field:widest$}  {value}")?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1 B".into(), "日本".into(), "x".into()], ["10 KiB".into(), "a".into(), String::new()]];
        assert_eq!(written(|out| write_table(out, &rows)), "   1 B  日本  x\n10 KiB  a\n");
    }

    #[test]
    fn fields_are_aligned() {
        let fields = [("name", "x".to_owned()), ("description", "y".to_owned())];
        assert_eq!(written(|out| write_fields(out, &fields)), "name         x\ndescription  y\n");
    }
}
