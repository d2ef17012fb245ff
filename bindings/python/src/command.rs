//! The `jetblob` command, in this process.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command, and gives its exit code. Ctrl-C is the command's own, so the interpreter must not handle it.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| jetblob_cli::run(args))
}
