//! The lock that tells other processes that the uploads of this one are alive.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::layout::{BucketDir, Id, at, is_stale, remove_file};
use crate::Result;

/// A bucket that is open in this process. While it lives, nobody else removes its uploads.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Id,
    path: PathBuf,
    /// `None` once it was let go of, and where sessions hold no lock.
    lock: Mutex<Option<File>>,
}

/// Whether sessions hold no lock, nor have a file: Apple's phones kill an app that they freeze while it holds a lock in a
/// directory that it shares with others.
///
/// The age of an upload alone tells then whether it is alive. An app is the only process in its sandbox, so what it finds
/// when it starts is dead, and goes when it is old enough. Where an app shares a directory with its extensions, an upload
/// that was idle for so long may be removed by one of them: its commit looks for the file first, and refuses.
const BY_AGE: bool =
    cfg!(any(target_os = "ios", target_os = "tvos", target_os = "visionos", target_os = "watchos"));

impl Session {
    /// Begins a session. Its file gets its name only once it is locked: seen before, it would count as dead.
    pub(super) fn begin(dir: &BucketDir) -> Result<Self> {
        let id = Id::fresh();
        if BY_AGE {
            return Ok(Self { id, path: PathBuf::new(), lock: Mutex::default() });
        }
        let (new, path) = (dir.locks().join(format!(".new-{id}")), dir.locks().join(id.to_string()));
        let lock = || {
            let file = File::create_new(&new)?;
            file.try_lock()?;
            fs::rename(&new, &path)?;
            Ok(file)
        };
        let lock = lock().map_err(|error: io::Error| at(&new)(error))?;
        Ok(Self { id, path, lock: Mutex::new(Some(lock)) })
    }

    /// Ends the session, though somebody may still have it: nobody may commit an upload of it any more.
    pub(super) fn release(&self) {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        if lock.is_some() {
            let _ = remove_file(&self.path);
        }
    }

    /// Whether a process may still commit this upload of the session. When in doubt it may.
    pub(super) fn is_alive(dir: &BucketDir, session: Id, upload: &Path) -> bool {
        is_alive(&dir.locks().join(session.to_string()), upload, BY_AGE)
    }

    /// The files of sessions that ended without a word.
    pub(super) fn dead(dir: &BucketDir) -> Result<Vec<PathBuf>> {
        let locks = dir.locks();
        let mut dead = Vec::new();
        for entry in fs::read_dir(&locks).map_err(at(&locks))? {
            let entry = entry.map_err(at(&locks))?;
            let (name, path) = (entry.file_name(), entry.path());
            let named = name.to_str().and_then(Id::parse).is_some();
            if (named || is_stale(&path)) && !is_locked(&path) {
                dead.push(path);
            }
        }
        Ok(dead)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.release();
    }
}

fn is_alive(session: &Path, upload: &Path, by_age: bool) -> bool {
    if by_age { !is_stale(upload) } else { is_locked(session) }
}

fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => file.try_lock().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn without_locks_an_upload_is_alive_for_an_hour_after_its_last_byte() {
        let dir = tempfile::tempdir().unwrap();
        let (session, upload) = (dir.path().join("session"), dir.path().join("upload"));
        let file = File::create(&upload).unwrap();
        assert!(is_alive(&session, &upload, true));
        assert!(!is_alive(&session, &upload, false));
        file.set_modified(SystemTime::now() - Duration::from_secs(3601)).unwrap();
        assert!(!is_alive(&session, &upload, true));
    }
}
