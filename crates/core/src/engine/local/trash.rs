//! Removal of the files that no blob has any more.
//!
//! The row in `trash` outlives its file until the directory is synced: after a power cut the file may be back, and
//! only the row still knows of it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::failure::Failure;
use super::layout::{BucketDir, Id, sync_dir};

const BATCH: usize = 64;
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Files between the commit that gave them up and the end of their rows.
#[derive(Debug)]
pub(super) struct Trash {
    dir: BucketDir,
    files: Vec<Id>,
    unlinked: Vec<Id>,
    touched: HashSet<PathBuf>,
    since: Option<Instant>,
}

impl Trash {
    pub(super) fn new(dir: &BucketDir) -> Self {
        let dir = dir.clone();
        Self { dir, files: Vec::new(), unlinked: Vec::new(), touched: HashSet::new(), since: None }
    }

    /// Takes over all that the table holds: what a crash left, and what others are at work on, who don't mind.
    pub(super) fn load(&mut self, connection: &Connection) -> Result<(), Failure> {
        let mut query = connection.prepare("SELECT file FROM trash")?;
        for file in query.query_map([], |row| row.get(0).map(Id))? {
            self.files.push(file?);
        }
        Ok(())
    }

    /// Takes files whose rows a commit put into the table.
    pub(super) fn add(&mut self, files: Vec<Id>) {
        self.files.extend(files);
    }

    /// Whether files wait in such number that even a busy writer should see to them.
    pub(super) fn is_large(&self) -> bool {
        self.files.len() >= BATCH
    }

    /// Removes the files. One that can't be removed keeps its row, for the next opening.
    pub(super) fn unlink(&mut self) {
        for file in self.files.drain(..) {
            match self.dir.with_file(file, |path| fs::remove_file(path)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(dir = %self.dir.path().display(), %file, %error, "could not remove a file");
                    continue;
                }
            }
            self.touched.extend([self.dir.shard(file), self.dir.tmp()]);
            self.unlinked.push(file);
            self.since.get_or_insert_with(Instant::now);
        }
    }

    /// When the rows of removed files should go.
    pub(super) fn due(&self) -> Option<Instant> {
        let since = self.since?;
        Some(if self.unlinked.len() >= BATCH { since } else { since + MAX_DELAY })
    }

    /// Makes the removals durable, and says whose rows may go now.
    pub(super) fn sync(&mut self) -> Vec<Id> {
        self.since = None;
        let unlinked = std::mem::take(&mut self.unlinked);
        for dir in self.touched.drain() {
            match sync_dir(&dir) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(dir = %dir.display(), %error, "could not sync a directory");
                    return Vec::new();
                }
                _ => {}
            }
        }
        unlinked
    }
}

/// Removes the rows of files whose removal is durable.
pub(super) fn forget(connection: &Connection, files: &[Id]) -> Result<(), Failure> {
    let mut delete = connection.prepare_cached("DELETE FROM trash WHERE file = ?1")?;
    for file in files {
        delete.execute(params![file.0])?;
    }
    Ok(())
}
