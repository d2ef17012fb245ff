//! The lock that keeps a bucket's directory under its name while its database is being opened.
//!
//! SQLite opens the parts of a database by their paths, one after the other. Were the bucket deleted and created anew
//! between two of them, it would join the old one's pages with the new one's log.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::database::BUSY_TIMEOUT;
use super::layout::{BucketDir, at};
use crate::{Error, Result};

/// How long others may hold the lock. They do so for the time of a few file operations, or until they lose patience
/// with a database.
const PATIENCE: Duration = BUSY_TIMEOUT.saturating_mul(3);
const PAUSE: Duration = Duration::from_millis(2);

/// The lock of a store, held.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the file holds the lock until it is closed")] File);

impl Lock {
    /// Lets nobody else create, delete or open a bucket in this store.
    pub(super) fn exclusive(root: &Path) -> Result<Self> {
        acquire(root, File::try_lock)
    }

    /// Lets nobody create or delete a bucket in the store of this bucket.
    pub(super) fn shared(bucket: &BucketDir) -> Result<Self> {
        acquire(bucket.path().parent().unwrap_or(bucket.path()), File::try_lock_shared)
    }
}

fn acquire(root: &Path, try_lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Lock> {
    let path = root.join("LOCK");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
    let since = Instant::now();
    loop {
        match try_lock(&file) {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
            Err(TryLockError::WouldBlock) if since.elapsed() > PATIENCE => {
                return Err(Error::timeout(format!("the lock {}", path.display()), PATIENCE));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
}
