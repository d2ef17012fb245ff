//! A small object whose name is most likely free: its bytes and its record at once.

use bytes::Bytes;

use crate::engine::{AtOnce, Consistency};
use crate::finish::Finish;
use crate::protocol::record::{PutBody, Record};
use crate::protocol::{Digest, Nuid, ObjectInfo};
use crate::put::Plan;
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
        let size = chunk.len() as u64;
        let body = PutBody { size, chunks: 1, chunk_size: plan.chunk_size, digest: Digest::of(&chunk) };
        let put = self.begun(plan, Nuid::fresh(), &body, None);
        let write = over(&put.name, None, Some(put.record.clone()));
        let (engine, nuid, under_way) = (self.engine.clone(), put.nuid.clone(), plan.under_way.clone());
        let at_once = async move {
            let stored = engine.store_at_once(&nuid, chunk, &write).await;
            drop(under_way);
            stored
        };
        let revision = match Finish::new(&self.engine, at_once).await? {
            AtOnce::Committed(revision) => revision,
            AtOnce::Refused => return staged().await,
            AtOnce::InDoubt(unknown) => {
                let (name, record) = (put.name.clone(), put.record.clone());
                match Box::pin(self.after_doubt(&name, &record, unknown, staged)).await? {
                    Settled::Ours(revision) => revision,
                    Settled::Staged(info) => return Ok(*info),
                }
            }
        };
        if let Some(progress) = &plan.options.progress {
            progress(size);
        }
        put.stored(revision)
    }

    /// Learns whether the put took effect, or else makes it by `staged` where nothing stands under the name. What else stands
    /// there may have replaced it, or be what is left of a rename: only its own record tells. Nothing is removed, since a
    /// record that is on its way, or was moved, may name it.
    async fn after_doubt<Staged>(
        &self,
        name: &str,
        record: &Record,
        unknown: Error,
        staged: impl FnOnce() -> Staged,
    ) -> Result<Settled>
    where
        Staged: Future<Output = Result<ObjectInfo>>,
    {
        match self.stands(name, record).await {
            Ok(Found::Nothing) => {}
            Ok(Found::Ours(revision)) => return Ok(Settled::Ours(revision)),
            Err(gone @ Error::BucketDeleted { .. }) => return Err(gone),
            Ok(Found::Another) | Err(_) => return Err(unknown),
        }
        match staged().await {
            Ok(info) => Ok(Settled::Staged(Box::new(info))),
            Err(gone @ Error::BucketDeleted { .. }) => Err(gone),
            Err(_) => match self.stands(name, record).await {
                Ok(Found::Ours(revision)) => Ok(Settled::Ours(revision)),
                _ => Err(unknown),
            },
        }
    }

    async fn stands(&self, name: &str, ours: &Record) -> Result<Found> {
        let stored = self.engine.last(name, Consistency::Leader).await?;
        Ok(stored.map_or(Found::Nothing, |stored| match stored.record() {
            Ok(record) if record == ours => Found::Ours(stored.revision),
            _ => Found::Another,
        }))
    }
}

/// How a doubt ended.
enum Settled {
    /// What was sent at once is stored, at this revision.
    Ours(u64),
    /// The object was put step by step.
    Staged(Box<ObjectInfo>),
}

/// What stands under the name.
enum Found {
    Ours(u64),
    Another,
    Nothing,
}
