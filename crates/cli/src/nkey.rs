//! The file in which an nkey is kept.

use std::fs;
use std::path::Path;

use crate::exit::Failure;

/// The seed in a file that may hold more: markers around it, the public key.
pub(crate) fn read_seed(path: &Path) -> Result<String, Failure> {
    let what = || format!("nkey file {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| Failure::io(what(), error))?;
    let seed = text.lines().map(str::trim).find(|line| line.starts_with("SU"));
    seed.map(str::to_owned).ok_or_else(|| Failure::Usage(format!("{}: there is no seed (SU…) in it", what())))
}
