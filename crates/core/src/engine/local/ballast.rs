//! A file that takes up room until the disk is full: without room SQLite can neither open nor delete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use super::layout::{BucketDir, remove_file};

const BALLAST_BYTES: usize = 1 << 20;

/// The ballast of a bucket, shared by all who have it open.
#[derive(Debug)]
pub(super) struct Ballast(PathBuf);

impl Ballast {
    pub(super) fn new(dir: &BucketDir) -> Self {
        Self(dir.ballast())
    }

    /// Takes the room, unless it is taken or there is none.
    pub(super) fn fill(&self) -> bool {
        // A crash may have left less of it.
        if fs::metadata(&self.0).is_ok_and(|found| found.len() >= BALLAST_BYTES as u64) {
            return true;
        }
        let fill = || {
            let mut file = File::options().create(true).truncate(false).write(true).open(&self.0)?;
            file.write_all(&vec![0; BALLAST_BYTES])?;
            file.sync_all()
        };
        match fill() {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                let _ = remove_file(&self.0);
                false
            }
            _ => true,
        }
    }

    /// Gives the room back. Whether there was any.
    pub(super) fn release(&self) -> bool {
        fs::remove_file(&self.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_once_until_it_is_taken_again() {
        let dir = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(&BucketDir::new(dir.path()));
        assert!(ballast.fill() && ballast.fill());
        assert_eq!(ballast.0.metadata().unwrap().len(), BALLAST_BYTES as u64);
        assert!(ballast.release() && !ballast.release());
        assert!(ballast.fill() && ballast.release());
        File::create(&ballast.0).unwrap();
        assert!(ballast.fill());
        assert_eq!(ballast.0.metadata().unwrap().len(), BALLAST_BYTES as u64);
    }
}
