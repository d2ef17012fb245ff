//! The file in which an nkey is kept.

use std::fs;
use std::path::Path;

use crate::{Error, Result};

/// The seed in a file that may hold more: markers around it, the public key.
pub(super) fn read_seed(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)
        .map_err(|error| Error::io(format!("nkey file {}", path.display()), &error))?;
    let seed = text.lines().map(str::trim).find(|line| line.starts_with("SU"));
    seed.map(str::to_owned).ok_or_else(|| {
        let reason = format!("{}: there is no seed (SU…) in it", path.display());
        Error::InvalidArgument { argument: "nkey file", reason }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_found_among_other_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "-----BEGIN USER NKEY SEED-----\n  SUSEED\r\n------END…\nUPUBLIC\n").unwrap();
        assert_eq!(read_seed(file.path()).unwrap(), "SUSEED");
        fs::write(&file, "s3cret").unwrap();
        let error = read_seed(file.path()).unwrap_err();
        assert_eq!(error.code(), "invalid_argument");
        let text = error.to_string();
        assert!(text.contains(file.path().to_str().unwrap()) && !text.contains("s3cret"), "{text}");
        fs::write(&file, b"\xff").unwrap();
        assert_eq!(read_seed(file.path()).unwrap_err().code(), "io");
    }
}
