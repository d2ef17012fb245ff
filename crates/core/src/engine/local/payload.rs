//! A blob that is whole and durable, but that no commit named yet.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use bytes::Bytes;

use super::layout::{BucketDir, Id, remove_file};
use super::session::Session;
use super::writer::Job;

/// The bytes of a staged blob.
#[derive(Debug, Clone)]
pub(super) enum Payload {
    /// Few enough for a row.
    Inline(Bytes),
    /// In a file of their own.
    File { upload: Arc<Upload>, size: u64 },
}

impl Payload {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Inline(data) => data.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

/// A file in `tmp/`. Whoever drops it last removes it, unless it was kept.
#[derive(Debug)]
pub(super) struct Upload {
    file: Id,
    path: PathBuf,
    kept: AtomicBool,
    jobs: mpsc::Sender<Job>,
    _session: Arc<Session>,
}

impl Upload {
    pub(super) fn new(dir: &BucketDir, session: Arc<Session>, jobs: mpsc::Sender<Job>) -> Self {
        let file = Id::fresh();
        let path = dir.upload(session.id, file);
        Self { file, path, kept: AtomicBool::new(false), jobs, _session: session }
    }

    pub(super) fn file(&self) -> Id {
        self.file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the file be: a commit named it, or may have.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Acquire) {
            // Removing a large file takes a while: that is the writer's work, as long as there is one.
            let _ = self.jobs.send(Job::Remove(Doomed(std::mem::take(&mut self.path))));
        }
    }
}

/// A file that goes when this is dropped: by the writer, or where the writer is gone already.
#[derive(Debug)]
pub(super) struct Doomed(PathBuf);

impl Drop for Doomed {
    fn drop(&mut self) {
        if let Err(error) = remove_file(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "could not remove an upload");
        }
    }
}
