//! Making a change visible, and retiring what it replaced.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::moving;
use super::settle::{ATOMIC_DISABLED, Message, Pending};
use super::stream::BucketStream;
use crate::engine::{Commit, Retired};
use crate::{Error, Result};

/// Several records go in one atomic batch; a rename goes step by step where the stream takes none.
pub(super) async fn commit(stream: &Arc<BucketStream>, commit: &Commit) -> Result<Vec<u64>> {
    stream.check_writable()?;
    let revisions = store(stream, commit).await?;
    for (write, revision) in commit.writes.iter().zip(&revisions) {
        stream.committed.note(&write.name, *revision);
    }
    for retired in &commit.retire {
        retire(stream, retired).await;
    }
    Ok(revisions)
}

async fn store(stream: &Arc<BucketStream>, commit: &Commit) -> Result<Vec<u64>> {
    let staged = commit.staged.as_ref();
    if let [new, old] = &commit.writes[..]
        && old.record.is_none()
        && !stream.takes_atomic.load(Ordering::Relaxed)
    {
        return moving::step_by_step(stream, new, old).await;
    }
    let messages: Vec<_> = commit.writes.iter().map(|write| Message::new(stream, write)).collect();
    match (Pending { stream, staged, messages: &messages }).settle().await {
        // The feature was taken away since the stream was opened.
        Err(Error::Server { code: ATOMIC_DISABLED, .. })
            if stream.takes_atomic.swap(false, Ordering::Relaxed) =>
        {
            tracing::info!(bucket = %stream.bucket, "the stream takes no atomic batches any more: a rename goes in steps");
            Box::pin(store(stream, commit)).await
        }
        settled => settled.map(|first| (first..).take(messages.len()).collect()),
    }
}

/// Removes a blob, unless a record that may share it does: that is left by a rename that was cut off.
pub(super) async fn retire(stream: &BucketStream, Retired { nuid, aliases }: &Retired) {
    for alias in aliases {
        match moving::names(stream, alias, nuid).await {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => {
                tracing::warn!(bucket = %stream.bucket, %nuid, %error, "a blob is left that may have another name");
                return;
            }
        }
    }
    if let Err(refusal) = stream.retire(nuid).await {
        let error = stream.refused(refusal);
        tracing::warn!(bucket = %stream.bucket, %nuid, %error, "a replaced blob is left");
    }
}
