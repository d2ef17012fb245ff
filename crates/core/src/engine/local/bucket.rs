//! A bucket that is open.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::background::{Background, Running};
use super::ballast::Ballast;
use super::change::Change;
use super::database::{self, BucketRow};
use super::failure::Failure;
use super::files::Files;
use super::layout::BucketDir;
use super::lock::Lock;
use super::payload::{Payload, Upload};
use super::readers::Readers;
use super::recover::recover;
use super::session::Session;
use super::stage::Written;
use super::state::State;
use super::writer::{Job, Writer};
use crate::protocol::{BucketConfig, BucketName, Nuid};
use crate::{Error, Result};

/// A bucket that this process has open. Its writer ends when nobody uses it any more.
#[derive(Debug)]
pub(super) struct OpenBucket {
    pub(super) dir: BucketDir,
    pub(super) name: BucketName,
    pub(super) readers: Arc<Readers>,
    pub(super) files: Arc<Files>,
    /// Before `jobs`: the writer, whose thread is waited for, must be the last to have it.
    session: Arc<Session>,
    jobs: mpsc::Sender<Job>,
    /// The blobs of running puts; those with a payload may be committed.
    staged: Mutex<HashMap<Nuid, Option<Payload>>>,
    background: Arc<Background>,
    is_open: AtomicBool,
    state: Arc<State>,
    /// What tells it from another bucket of its name.
    pub(super) id: [u8; 16],
}

impl OpenBucket {
    /// Opens an existing bucket, after the recovery of what crashes left in it. Takes its time.
    pub(super) fn open(
        dir: &BucketDir,
        bucket: &BucketName,
        background: &Arc<Background>,
        state: &Arc<State>,
    ) -> Result<Self> {
        let running = background.begin_thread();
        let opened = match Self::connect(dir, bucket, true) {
            Err(failure) if failure.is_at_opening() => {
                Ballast::new(dir).release();
                Self::connect(dir, bucket, false)
            }
            opened => opened,
        };
        let opened =
            opened.and_then(|connected| Self::begin(dir, bucket, connected, background, running, state));
        opened.map_err(|failure| failure.into_error(dir, bucket))
    }

    /// Opens the database and begins a session, while the directory can't change; then recovers. If that is not
    /// `strict`, a failure to recover is left to the next opening: what is not recovered takes up space, no more.
    fn connect(dir: &BucketDir, bucket: &BucketName, strict: bool) -> Result<Connected, Failure> {
        let lock = Lock::shared(dir)?;
        let connection = database::connect(dir, &lock)?;
        let row = BucketRow::read(&connection, bucket)?;
        let session = Arc::new(Session::begin(dir)?);
        drop(lock);
        match recover(&connection, dir, bucket) {
            Err(failure) if failure.is_fatal() || strict && failure.is_at_opening() => return Err(failure),
            Err(failure) => {
                tracing::warn!(dir = %dir.path().display(), ?failure, "left the recovery to the next opening");
            }
            Ok(()) => {}
        }
        Ok(Connected { connection, row, session })
    }

    fn begin(
        dir: &BucketDir,
        bucket: &BucketName,
        Connected { connection, row, session }: Connected,
        background: &Arc<Background>,
        running: Running,
        state: &Arc<State>,
    ) -> Result<Self, Failure> {
        Ballast::new(dir).fill();
        let (jobs, received) = mpsc::channel();
        let writer = Writer::new(dir, bucket, connection, received, Arc::clone(&session))?;
        let thread = thread::Builder::new().name(format!("jetblob-{bucket}")).spawn(move || {
            writer.run();
            drop(running);
        });
        thread.map_err(|error| Error::io("a thread", &error))?;
        let readers = Arc::new(Readers::new(dir, bucket, row.id, Arc::clone(state)));
        Ok(Self {
            dir: dir.clone(),
            name: bucket.clone(),
            readers,
            files: Files::new(),
            session,
            jobs,
            staged: Mutex::default(),
            background: Arc::clone(background),
            is_open: AtomicBool::new(true),
            state: Arc::clone(state),
            id: row.id,
        })
    }

    /// The blobs of running puts.
    pub(super) fn staged(&self) -> MutexGuard<'_, HashMap<Nuid, Option<Payload>>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names a file for an upload.
    pub(super) fn upload(&self) -> Result<Upload> {
        self.check_open()?;
        Ok(Upload::new(&self.dir, Arc::clone(&self.session), self.jobs.clone()))
    }

    /// Why an upload could not be written.
    pub(super) fn upload_error(&self, path: &Path, error: &io::Error) -> Error {
        if error.kind() == io::ErrorKind::NotFound && !self.dir.path().exists() {
            return Error::BucketDeleted { bucket: self.name.to_string() };
        }
        Error::io(path.display().to_string(), error)
    }

    /// Takes over the last batch of an upload that was dropped, so that closing waits for it. Its file goes with it.
    pub(super) fn leave(&self, writing: JoinHandle<Written>) {
        self.background.spawn(async move { drop(writing.await) });
    }

    /// Waits until the writer has done all that was sent before.
    pub(super) async fn barrier(&self) {
        let (done, wait) = oneshot::channel();
        if self.jobs.send(Job::Barrier(done)).is_ok() {
            let _ = wait.await;
        }
    }

    /// Fails if the bucket is deleted.
    pub(super) async fn check_exists(&self) -> Result<()> {
        self.readers.read(|_, _| Ok(())).await
    }

    /// Ends all work on the bucket, and waits for what is under way.
    pub(super) async fn close(&self) {
        self.is_open.store(false, Ordering::Release);
        self.background.finish_tasks().await;
        self.suspend().await;
    }

    /// Lets go of all files, for good. Commits that were begun are brought to their end; a put that comes to its commit
    /// later fails, and so may its upload be removed by others.
    pub(super) async fn suspend(&self) {
        self.is_open.store(false, Ordering::Release);
        self.readers.close().await;
        let files = Arc::clone(&self.files);
        let _ = tokio::task::spawn_blocking(move || files.close()).await;
        let (closed, wait) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).is_ok() {
            let _ = wait.await;
        }
        self.session.release();
    }

    /// Whether it is neither closed nor suspended.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    fn check_open(&self) -> Result<()> {
        if self.is_open() { Ok(()) } else { Err(self.refusal()) }
    }

    /// Why it isn't open any more.
    pub(super) fn refusal(&self) -> Error {
        self.state.refusal()
    }

    /// Gives the bucket this configuration.
    pub(super) async fn configure(&self, config: BucketConfig) -> Result<()> {
        self.change(Change::Configure(config)).await.map(drop)
    }

    pub(super) async fn change(&self, change: Change) -> Result<Vec<u64>> {
        self.check_open()?;
        let (answer, wait) = oneshot::channel();
        self.jobs.send(Job::Change(change, answer)).map_err(|_| self.refusal())?;
        wait.await.map_err(|_| self.refusal())?
    }
}

/// A bucket whose database is open, but whose writer doesn't run yet.
#[derive(Debug)]
struct Connected {
    connection: Connection,
    row: BucketRow,
    session: Arc<Session>,
}
