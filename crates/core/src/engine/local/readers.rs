//! A few connections that only read, beside the writer's.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Transaction};
use tokio::sync::Semaphore;

use super::database::{self, BucketRow};
use super::failure::Failure;
use super::layout::BucketDir;
use super::lock::Lock;
use super::state::State;
use crate::protocol::BucketName;
use crate::{Error, Result};

/// How many reads of one bucket go on at a time.
const READERS: usize = 4;

/// The reading connections of a bucket, opened as they are needed.
#[derive(Debug)]
pub(super) struct Readers {
    dir: BucketDir,
    bucket: BucketName,
    id: [u8; 16],
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    state: Arc<State>,
}

impl Readers {
    pub(super) fn new(dir: &BucketDir, bucket: &BucketName, id: [u8; 16], state: Arc<State>) -> Self {
        let (idle, permits) = (Mutex::default(), Arc::new(Semaphore::new(READERS)));
        Self { dir: dir.clone(), bucket: bucket.clone(), id, idle, permits, state }
    }

    /// Reads in one transaction, on a thread where that may take its time. Fails if the bucket is deleted.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Transaction, &BucketRow) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let closed = || self.state.refusal();
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.read_blocking(read)
        });
        task.await.map_err(|error| Error::unavailable(error.to_string()))?
    }

    fn read_blocking<T>(
        &self,
        read: impl FnOnce(&Transaction, &BucketRow) -> Result<T, Failure>,
    ) -> Result<T> {
        let attempt = || {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => self.connect()?,
            };
            let tx = connection.transaction()?;
            let answer = BucketRow::read(&tx, &self.bucket).and_then(|row| read(&tx, &row));
            tx.finish()?;
            if !matches!(answer, Err(Failure::Sqlite(_))) && !self.permits.is_closed() {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            answer
        };
        attempt().map_err(|failure: Failure| failure.into_error(&self.dir, &self.bucket))
    }

    /// The path may lead to a newer bucket of the same name by now; that is not the one at hand.
    fn connect(&self) -> Result<Connection, Failure> {
        let connection = database::connect(&self.dir, &Lock::shared(&self.dir)?)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -4096)?;
        if BucketRow::read(&connection, &self.bucket)?.id != self.id {
            return Err(Error::BucketDeleted { bucket: self.bucket.to_string() }.into());
        }
        Ok(connection)
    }

    /// Refuses every later read, and waits for those that have begun: each is short.
    pub(super) async fn close(&self) {
        let all = u32::try_from(READERS).unwrap_or(u32::MAX);
        let _all = self.permits.acquire_many(all).await;
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
