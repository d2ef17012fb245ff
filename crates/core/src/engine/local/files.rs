//! The payload files that a bucket has open, each of which may be closed under whoever reads or writes it.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The open files of a bucket; `None` once they are closed for good.
#[derive(Debug)]
pub(super) struct Files(Mutex<Option<Vec<Weak<OpenFile>>>>);

/// A file, until it is closed.
#[derive(Debug)]
pub(super) struct OpenFile(Mutex<Option<File>>);

impl Files {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Vec::new()))))
    }

    /// Takes a file that is opened now; `None` when the bucket is closed.
    pub(super) fn open(&self, open: impl FnOnce() -> io::Result<File>) -> io::Result<Option<Arc<OpenFile>>> {
        let mut files = lock(&self.0);
        let Some(files) = &mut *files else { return Ok(None) };
        let file = Arc::new(OpenFile(Mutex::new(Some(open()?))));
        if files.len() == files.capacity() {
            files.retain(|file| file.strong_count() > 0);
        }
        files.push(Arc::downgrade(&file));
        Ok(Some(file))
    }

    /// Closes them all, each after what is being done to it, and opens no more.
    pub(super) fn close(&self) {
        let files = lock(&self.0).take();
        for file in files.iter().flatten().filter_map(Weak::upgrade) {
            lock(&file.0).take();
        }
    }
}

impl OpenFile {
    /// Does something to the file; `None` when it is closed.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut File) -> T) -> Option<T> {
        lock(&self.0).as_mut().map(act)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
