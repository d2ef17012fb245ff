//! A rename where the stream takes no atomic batch.
//!
//! 1. The old record says to which name it is moving. 2. The new record is written, and says from which name it came.
//! 3. A marker takes the place of the old record. A crash in between leaves two names for one blob, never none; and
//!    whoever replaces one of them sees under which other name the blob may be needed. To finish it the same steps are done
//!    again: each of two that finish it in opposite directions writes the name that the other would remove.

use std::sync::Arc;

use futures_util::StreamExt;

use super::changes::changes;
use super::commit;
use super::settle::{Message, Pending};
use super::stream::BucketStream;
use crate::engine::{Change, Consistency, Expiry, RecordWrite, Retired, Start};
use crate::protocol::Nuid;
use crate::protocol::record::Record;
use crate::{Error, Result};

/// Writes `new`, and removes `old`. Answers with their revisions.
pub(super) async fn step_by_step(
    stream: &Arc<BucketStream>,
    new: &RecordWrite,
    old: &RecordWrite,
) -> Result<Vec<u64>> {
    let record = new.record.as_ref().filter(|record| !record.is_link());
    let nuid = record.and_then(Record::nuid);
    let is_there = async {
        match &nuid {
            Some(nuid) => names(stream, &new.name, nuid).await,
            None => Ok(false),
        }
    };
    let (moving, was_there) = futures_util::try_join!(announce(stream, new, old), is_there)?;
    let old = RecordWrite { expected: write(stream, &moving).await?, ..old.clone() };
    let came = new.record.as_ref().map(|record| record.moved_from(&old.name));
    let new = RecordWrite { record: came, ..new.clone() };
    let written = write(stream, &new).await?;
    let removed = match write(stream, &old).await {
        // Whether the rest took effect or not, the new name did: that is what can be looked at later.
        Err(Error::Unknown { .. }) => return Err(Message::new(stream, &new).unknown(None)),
        // Somebody was faster with the old name, and may have relied on the new one if it was there before.
        Err(error) => {
            if !was_there {
                take_back(stream, &new, written).await?;
            }
            Err(error)
        }
        Ok(removed) => Ok(vec![written, removed]),
    };
    // Who replaced one of the names meanwhile left the blob to the other.
    if let Some(nuid) = nuid
        && let Err(error) = retire_unless_named(stream, &new.name, &nuid).await
    {
        tracing::warn!(bucket = %stream.bucket, %nuid, %error, "the blob of a rename may be left");
    }
    removed
}

/// The old record, as it says where it is moving to.
async fn announce(stream: &BucketStream, new: &RecordWrite, old: &RecordWrite) -> Result<RecordWrite> {
    let stored = stream.last(&old.name, Consistency::Leader).await?;
    let stored = stored.filter(|stored| stored.revision == old.expected);
    let (Some(expires), Some(record)) = (
        stored.as_ref().map(|stored| stored.expires),
        stored.as_ref().and_then(|stored| stored.record().as_ref().ok()),
    ) else {
        let (bucket, name) = (stream.bucket.to_string(), old.name.clone());
        return Err(Error::Conflict { bucket, name, expected: old.expected });
    };
    let record = Some(record.moving_to(&new.name));
    Ok(RecordWrite { record, expires: expires.map(Expiry::At), ..old.clone() })
}

async fn write(stream: &BucketStream, write: &RecordWrite) -> Result<u64> {
    let messages = [Message::new(stream, write)];
    Pending { stream, staged: None, messages: &messages }.settle().await
}

/// Removes the new name again, unless somebody has replaced it.
async fn take_back(stream: &BucketStream, new: &RecordWrite, written: u64) -> Result<()> {
    let removal = RecordWrite { expected: written, record: None, expires: None, ..new.clone() };
    match write(stream, &removal).await {
        Ok(_) | Err(Error::Conflict { .. }) => Ok(()),
        Err(error) => {
            tracing::warn!(bucket = %stream.bucket, %error, "half of a rename is left");
            Err(Message::new(stream, new).unknown(None))
        }
    }
}

/// Retires a blob that no record names any more: most likely the one under `name` does. Else all of them are looked at.
async fn retire_unless_named(stream: &Arc<BucketStream>, name: &str, nuid: &Nuid) -> Result<()> {
    if !names(stream, name, nuid).await? && !is_named_anywhere(stream, nuid).await? {
        commit::retire(stream, &Retired { nuid: nuid.clone(), aliases: Vec::new() }).await;
    }
    Ok(())
}

/// Whether any record names this blob. What is written meanwhile counts too, and a name that was told is told again once it is
/// written: so the blob is seen although it moves on, since it takes a new name before the old one goes.
async fn is_named_anywhere(stream: &Arc<BucketStream>, nuid: &Nuid) -> Result<bool> {
    let mut changes = changes(stream.clone(), Start::Current).await?;
    while let Some(change) = changes.next().await {
        match change? {
            Change::Record(stored) if stored.record().as_ref().is_ok_and(|record| is_named(record, nuid)) => {
                return Ok(true);
            }
            Change::Record(_) => {}
            Change::CaughtUp => return Ok(false),
        }
    }
    Err(Error::unavailable("the records ended before all of them had come"))
}

/// Whether the record under a name, if there is one, keeps this blob alive.
pub(super) async fn names(stream: &BucketStream, name: &str, nuid: &Nuid) -> Result<bool> {
    let stored = stream.last(name, Consistency::Leader).await?;
    Ok(stored.is_some_and(|stored| stored.record().as_ref().is_ok_and(|record| is_named(record, nuid))))
}

fn is_named(record: &Record, nuid: &Nuid) -> bool {
    !record.is_deleted() && record.nuid().as_ref() == Some(nuid)
}
