//! The one thread that writes to a bucket: all changes that wait share a transaction, and so an fsync.
//!
//! It also moves and removes files after their commit, and wakes up for nothing else than work that is due.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::ballast::Ballast;
use super::change::{Applied, Change};
use super::database::{self, BucketRow};
use super::failure::Failure;
use super::layout::BucketDir;
use super::lock::Lock;
use super::payload::{Doomed, Payload};
use super::session::Session;
use super::sweep::Sweeper;
use super::trash::Trash;
use crate::protocol::BucketName;
use crate::{Error, Result};

/// How many changes share a transaction at most.
const GROUP: usize = 256;

/// Where the answer to a change goes.
pub(super) type Answer = oneshot::Sender<Result<Vec<u64>>>;

/// Work for the writer, done in the order in which it was sent.
#[derive(Debug)]
pub(super) enum Job {
    Change(Change, Answer),
    /// Removes an upload that nobody wants any more.
    Remove(Doomed),
    /// Answers when all that was sent before is done.
    Barrier(oneshot::Sender<()>),
    /// Ends the thread.
    Close(oneshot::Sender<()>),
}

/// The state of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    dir: BucketDir,
    bucket: BucketName,
    id: [u8; 16],
    connection: Connection,
    /// Whether the disk failed under the connection, so that it may not be used for another transaction.
    is_suspect: bool,
    jobs: Receiver<Job>,
    trash: Trash,
    sweeper: Sweeper,
    ballast: Ballast,
    bell: Option<File>,
    _session: Arc<Session>,
}

impl Writer {
    pub(super) fn new(
        dir: &BucketDir,
        bucket: &BucketName,
        connection: Connection,
        jobs: Receiver<Job>,
        session: Arc<Session>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            sweeper: Sweeper::new(bucket, &connection)?,
            trash: Trash::new(dir),
            ballast: Ballast::new(dir),
            bell: File::options().write(true).open(dir.bell()).ok(),
            id: BucketRow::read(&connection, bucket)?.id,
            dir: dir.clone(),
            bucket: bucket.clone(),
            connection,
            is_suspect: false,
            jobs,
            _session: session,
        })
    }

    /// Works until it is closed, or until all who could send work are gone.
    pub(super) fn run(mut self) {
        let closed = loop {
            match self.next() {
                Ok(Some(Job::Close(closed))) => break Some(closed),
                Ok(Some(job)) => {
                    if let Some(closed) = self.work(job) {
                        break Some(closed);
                    }
                }
                Ok(None) => {}
                Err(Disconnected) => break None,
            }
            self.upkeep();
        };
        self.end();
        if let Some(closed) = closed {
            let _ = closed.send(());
        }
    }

    /// The next job, or `None` when something else is due.
    fn next(&mut self) -> Result<Option<Job>, Disconnected> {
        match self.jobs.try_recv() {
            Ok(job) => return Ok(Some(job)),
            Err(TryRecvError::Disconnected) => return Err(Disconnected),
            Err(TryRecvError::Empty) => self.trash.unlink(),
        }
        let due = [self.trash.due(), self.sweeper.due()].into_iter().flatten().min();
        let Some(due) = due else {
            return self.jobs.recv().map(Some).map_err(|_| Disconnected);
        };
        match self.jobs.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(job) => Ok(Some(job)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Disconnected),
        }
    }

    /// Does a job, and with a change all others that wait. Answers with the end, if it stood among them.
    fn work(&mut self, first: Job) -> Option<oneshot::Sender<()>> {
        let mut changes = Vec::new();
        let mut job = Some(first);
        while let Some(Job::Change(change, answer)) = job {
            changes.push((change, answer));
            job = if changes.len() < GROUP { self.jobs.try_recv().ok() } else { None };
        }
        if !changes.is_empty() {
            self.commit(changes);
        }
        match job? {
            Job::Remove(doomed) => {
                drop(doomed);
                None
            }
            Job::Change(..) => None,
            Job::Barrier(done) => {
                self.trash.unlink();
                let _ = done.send(());
                None
            }
            Job::Close(closed) => Some(closed),
        }
    }

    /// Commits the changes, answers, and only then moves files: a reader finds them where they are.
    fn commit(&mut self, changes: Vec<(Change, Answer)>) {
        let (changes, answers): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        let results = self.transact(&changes);
        let mut uploads = Vec::new();
        for ((change, answer), result) in changes.into_iter().zip(answers).zip(results) {
            let result = result.map(|applied| {
                self.trash.add(applied.trashed);
                self.sweeper.note(applied.expires);
                if let Some((_, Payload::File { upload, .. })) = change.staged() {
                    upload.keep();
                    uploads.push(Arc::clone(upload));
                }
                applied.revisions
            });
            let _ = answer.send(result);
        }
        self.ring();
        for upload in uploads {
            match self.dir.settle(upload.path(), upload.file()) {
                // Somebody retired it already.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(path = %upload.path().display(), %error, "could not move a file");
                }
                Ok(()) => {}
            }
        }
    }

    /// Does the changes in one transaction; each is done or refused by itself, but all fail with the transaction.
    ///
    /// What the ballast keeps free is for changes that put nothing: they alone can make room again.
    fn transact(&mut self, changes: &[Change]) -> Vec<Result<Applied>> {
        let puts_nothing = |change: &&Change| change.staged().is_none();
        let mut may_put = self.ballast.fill();
        let mut done = self.attempt(changes.iter().filter(|change| may_put || puts_nothing(change)));
        let is_full = matches!(&done, Err((failure, _)) if failure.is_full());
        if is_full && changes.iter().any(|change| puts_nothing(&change)) && self.ballast.release() {
            may_put = false;
            done = self.attempt(changes.iter().filter(puts_nothing));
        }
        let mut results = match done {
            Ok(results) => results.into_iter(),
            Err((failure, at_commit)) => return self.fail(failure, at_commit, changes),
        };
        let no_room =
            || Error::io(self.dir.database().display().to_string(), &io::ErrorKind::StorageFull.into());
        let result = |change| {
            let attempted = may_put || puts_nothing(&change);
            attempted.then(|| results.next()).flatten().unwrap_or_else(|| Err(no_room()))
        };
        changes.iter().map(result).collect()
    }

    fn attempt<'c>(
        &mut self,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<Vec<Result<Applied>>, (Failure, AtCommit)> {
        let before = |failure| (failure, AtCommit(false));
        self.reconnect().map_err(before)?;
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let mut tx = begun.map_err(|error| before(error.into()))?;
        let mut results = Vec::new();
        for change in changes {
            let savepoint = tx.savepoint().map_err(|error| before(error.into()))?;
            match change.apply(&savepoint, &self.bucket) {
                Ok(applied) => {
                    savepoint.commit().map_err(|error| before(error.into()))?;
                    results.push(Ok(applied));
                }
                Err(Failure::Refused(error)) => results.push(Err(error)),
                Err(failure) => return Err(before(failure)),
            }
        }
        tx.commit().map_err(|error| (error.into(), AtCommit(true)))?;
        Ok(results)
    }

    /// Answers for a transaction that failed. If its commit failed for other reasons than a lack of room or of a turn,
    /// it may yet be found after a crash: then nothing that it names is removed, and the connection is not trusted any further.
    fn fail(&mut self, failure: Failure, at_commit: AtCommit, changes: &[Change]) -> Vec<Result<Applied>> {
        let unknown = at_commit.0 && !failure.is_full() && !failure.is_busy();
        self.is_suspect |= unknown || failure.is_io();
        let error = failure.into_error(&self.dir, &self.bucket);
        let answer = |change: &Change| {
            if !unknown {
                return Err(error.clone());
            }
            if let Some((_, Payload::File { upload, .. })) = change.staged() {
                upload.keep();
            }
            Err(change.unknown())
        };
        changes.iter().map(answer).collect()
    }

    /// Opens the database again if that must be.
    fn reconnect(&mut self) -> Result<(), Failure> {
        if !self.is_suspect {
            return Ok(());
        }
        let connection = database::connect(&self.dir, &Lock::shared(&self.dir)?)?;
        // The path may lead to a newer bucket of the same name by now.
        if BucketRow::read(&connection, &self.bucket)?.id != self.id {
            let bucket = self.bucket.to_string();
            return Err(Error::BucketDeleted { bucket }.into());
        }
        self.connection = connection;
        self.is_suspect = false;
        Ok(())
    }

    /// Does what is due besides the jobs.
    fn upkeep(&mut self) {
        let now = Instant::now();
        if self.trash.is_large() {
            self.trash.unlink();
        }
        if self.trash.due().is_some_and(|due| due <= now) {
            self.clear_trash();
        }
        if self.sweeper.due().is_some_and(|due| due <= now) {
            let swept = self.transact(&[Change::Sweep]).pop().unwrap_or_else(|| Ok(Applied::default()));
            let more = swept.as_ref().map(|applied| applied.more).map_err(Clone::clone);
            self.trash.add(swept.map(|applied| applied.trashed).unwrap_or_default());
            self.sweeper.swept(more, &self.connection);
        }
    }

    fn clear_trash(&mut self) {
        let removed = self.trash.sync();
        if removed.is_empty() {
            return;
        }
        for result in self.transact(&[Change::ForgetTrash(removed)]) {
            match result {
                // The trash went with the bucket.
                Ok(_) | Err(Error::BucketDeleted { .. }) => {}
                Err(error) => {
                    tracing::warn!(dir = %self.dir.path().display(), %error, "could not clear the trash");
                }
            }
        }
        self.ballast.fill();
    }

    /// Tells other processes that something changed.
    fn ring(&mut self) {
        if let Some(bell) = &mut self.bell {
            let _ = bell.rewind().and_then(|()| bell.write_all(b"1"));
        }
    }

    /// Lets go of everything; only then may a waiter learn that the bucket is closed.
    fn end(mut self) {
        while let Ok(job) = self.jobs.try_recv() {
            let _ = self.work(job);
        }
        self.trash.unlink();
        self.clear_trash();
        if let Err(failure) = self.give_back() {
            tracing::debug!(dir = %self.dir.path().display(), ?failure, "left the checkpoint to the next opening");
        }
    }

    /// Makes the database and its log as small as can be, if nobody else is at it.
    fn give_back(&mut self) -> Result<(), Failure> {
        self.reconnect()?;
        self.connection.busy_timeout(Duration::ZERO)?;
        {
            // Each step frees one page.
            let mut vacuum = self.connection.prepare("PRAGMA incremental_vacuum")?;
            let mut freed = vacuum.query([])?;
            while freed.next()?.is_some() {}
        }
        self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }
}

/// Whether a transaction failed when it was to be committed, and not before.
#[derive(Debug, Clone, Copy)]
struct AtCommit(bool);

/// Nobody is left who could send work.
#[derive(Debug)]
struct Disconnected;
