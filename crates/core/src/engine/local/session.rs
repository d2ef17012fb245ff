//! The lock that tells other processes that the uploads of this one are alive.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::layout::{BucketDir, Id, at, is_stale, remove_file};
use crate::Result;

/// A bucket that is open in this process. While it lives, nobody else removes its uploads.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Id,
    path: PathBuf,
    _lock: File,
}

impl Session {
    /// Begins a session. Its file gets its name only once it is locked: seen before, it would count as dead.
    pub(super) fn begin(dir: &BucketDir) -> Result<Self> {
        let id = Id::fresh();
        let (new, path) = (dir.locks().join(format!(".new-{id}")), dir.locks().join(id.to_string()));
        let lock = || {
            let file = File::create_new(&new)?;
            file.try_lock()?;
            fs::rename(&new, &path)?;
            Ok(file)
        };
        let lock = lock().map_err(|error: io::Error| at(&new)(error))?;
        Ok(Self { id, path, _lock: lock })
    }

    /// Whether a process has this session. When in doubt it has.
    pub(super) fn is_alive(dir: &BucketDir, session: Id) -> bool {
        is_locked(&dir.locks().join(session.to_string()))
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
        let _ = remove_file(&self.path);
    }
}

fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => file.try_lock().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}
