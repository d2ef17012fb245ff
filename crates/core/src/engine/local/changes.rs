//! Records as they are committed, by this process or another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};

use super::database::revision;
use super::readers::Readers;
use super::scan;
use crate::Result;
use crate::engine::{Change, Start, StoredRecord, check_revision};

/// How often another process's commits are looked for. A look is one read of an index.
const LOOK: Duration = Duration::from_millis(50);

/// The records that `start` says, the marker, and every later record.
pub(super) async fn changes(
    readers: Arc<Readers>,
    start: Start,
) -> Result<BoxStream<'static, Result<Change>>> {
    let bucket = readers.bucket().clone();
    let last = readers.read(|_, row| Ok(revision(row.last_seq))).await?;
    if let Start::After(after) = start {
        check_revision(&bucket, after, last)?;
    }
    let after = match start {
        // Of what was written over, nothing is left.
        Start::Current | Start::History => 0,
        Start::After(revision) => revision,
        Start::Now => last,
    };
    let changes = Changes { readers, after, page: VecDeque::new(), last, exhausted: false, caught_up: false };
    let changes = stream::try_unfold(changes, |mut changes| async move {
        let change = changes.next().await?;
        Ok(Some((change, changes)))
    });
    Ok(changes.boxed())
}

struct Changes {
    readers: Arc<Readers>,
    after: u64,
    page: VecDeque<StoredRecord>,
    /// The last revision when the caller began.
    last: u64,
    /// Whether the last look found nothing more.
    exhausted: bool,
    caught_up: bool,
}

impl Changes {
    async fn next(&mut self) -> Result<Change> {
        loop {
            let all_told = match self.page.front() {
                Some(record) => record.revision > self.last,
                None => self.exhausted || self.after >= self.last,
            };
            if !self.caught_up && all_told {
                self.caught_up = true;
                return Ok(Change::CaughtUp);
            }
            if let Some(record) = self.page.pop_front() {
                self.after = record.revision;
                return Ok(Change::Record(record));
            }
            if self.exhausted && self.caught_up {
                tokio::time::sleep(LOOK).await;
            }
            let after = self.after;
            let page = self.readers.read(move |tx, row| scan::after(tx, row.alive(), after));
            self.page = page.await?.into();
            self.exhausted = self.page.is_empty();
        }
    }
}
