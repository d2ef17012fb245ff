//! A small object whose name is most likely free: its bytes and its record at once.

use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{AtOnce, Commit, Consistency, EngineBucket, Expiry, NewBlob, RecordWrite, Retired};
use crate::finish::Finish;
use crate::protocol::record::{PutBody, Record};
use crate::protocol::{Digest, Nuid, ObjectInfo};
use crate::put::{Plan, Put};
use crate::write::over;
use crate::{Bucket, Error, Result};

impl Bucket {
    /// Puts an object of one chunk at once, or else by what `staged` begins, which puts the same object step by step.
    pub(crate) async fn put_small<Staged>(
        &self,
        plan: &Plan<'_>,
        chunk: Bytes,
        staged: impl FnOnce() -> Staged,
    ) -> Result<ObjectInfo>
    where
        Staged: Future<Output = Result<ObjectInfo>>,
    {
        let (size, chunk_size, nuid) = (chunk.len() as u64, plan.chunk_size, Nuid::fresh());
        let body = PutBody { size, chunks: 1, chunk_size, digest: Digest::of(&chunk) };
        let blob = NewBlob { nuid: nuid.clone(), chunk_size, size_hint: Some(size), expires: plan.expires };
        let put = self.begun(plan, nuid, &body, None);
        let write = RecordWrite {
            expires: plan.expires.map(Expiry::By),
            ..over(&put.name, None, Some(put.record.clone()))
        };
        let (engine, under_way, leftover) = (self.engine.clone(), plan.under_way.clone(), put.nuid.clone());
        let at_once = async move {
            let stored = engine.store_at_once(blob, chunk, &write).await;
            drop(under_way);
            Ok(match stored? {
                AtOnce::Committed(revision) => Sent::Committed(revision),
                AtOnce::Refused => Sent::Refused(Leftover { engine, nuid: Some(leftover) }),
                AtOnce::InDoubt(unknown) => Sent::InDoubt(unknown),
            })
        };
        match Finish::new(&self.engine, at_once).await? {
            Sent::Committed(revision) => {
                if let Some(progress) = &plan.options.progress {
                    progress(size);
                }
                put.stored(revision)
            }
            Sent::Refused(leftover) => {
                let stored = staged().await;
                if let Err(Error::PermissionDenied { .. }) = stored {
                    // Who may not write has written nothing.
                    leftover.keep();
                }
                stored
            }
            Sent::InDoubt(unknown) => Box::pin(self.after_doubt(put, unknown, staged)).await,
        }
    }

    /// Learns whether the put took effect, or else makes it by `staged` where nothing stands under the name. What else stands
    /// there may have replaced it, or be what is left of a rename: only its own record tells. Nothing is removed, since a
    /// record that is on its way, or was moved, may name it.
    async fn after_doubt<Staged>(
        &self,
        put: Put,
        unknown: Error,
        staged: impl FnOnce() -> Staged,
    ) -> Result<ObjectInfo>
    where
        Staged: Future<Output = Result<ObjectInfo>>,
    {
        match self.stands(&put.name, &put.record).await {
            Ok(Found::Nothing) => {}
            Ok(Found::Ours(revision)) => return put.stored(revision),
            Ok(Found::Another) | Err(_) => return Err(unknown),
        }
        let stored = staged().await;
        if stored.is_ok() {
            return stored;
        }
        match self.stands(&put.name, &put.record).await {
            Ok(Found::Ours(revision)) => put.stored(revision),
            _ => Err(unknown),
        }
    }

    async fn stands(&self, name: &str, ours: &Record) -> Result<Found> {
        let stored = self.engine.last(name, Consistency::Leader).await?;
        Ok(stored.map_or(Found::Nothing, |stored| match stored.record {
            Ok(record) if record == *ours => Found::Ours(stored.revision),
            _ => Found::Another,
        }))
    }
}

/// What became of what was sent.
enum Sent {
    Committed(u64),
    Refused(Leftover),
    InDoubt(Error),
}

/// What may be stored of a blob that no record names, nor will. Dropping it removes it, in the background.
struct Leftover {
    engine: Arc<dyn EngineBucket>,
    nuid: Option<Nuid>,
}

impl Leftover {
    fn keep(mut self) {
        self.nuid = None;
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let Some(nuid) = self.nuid.take() else { return };
        let engine = self.engine.clone();
        let removal = Commit { retire: vec![Retired { nuid, aliases: Vec::new() }], ..Commit::default() };
        let removed = async move {
            if let Err(error) = engine.commit(&removal).await {
                tracing::warn!(bucket = %engine.name(), %error, "chunks of a put may be left");
            }
        };
        self.engine.in_background(Box::pin(removed));
    }
}

/// What stands under the name.
enum Found {
    Ours(u64),
    Another,
    Nothing,
}
