//! Records as they are committed, by this process or another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};

use super::database::revision;
use super::readers::Readers;
use super::scan;
use crate::Result;
use crate::engine::{Change, Start, StoredRecord};

/// How often another process's commits are looked for. A look is one read of an index.
const LOOK: Duration = Duration::from_millis(50);

/// The records that `start` says, the marker, and every later record.
pub(super) async fn changes(
    readers: Arc<Readers>,
    start: Start,
) -> Result<BoxStream<'static, Result<Change>>> {
    let last = readers.read(|_, row| Ok(revision(row.last_seq))).await?;
    let after = match start {
        // Of what was written over, nothing is left.
        Start::Current | Start::History => 0,
        Start::After(revision) => revision,
        Start::Now => last,
    };
    let changes = Changes { readers, after, page: VecDeque::new(), last, looked: false, caught_up: false };
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
    looked: bool,
    caught_up: bool,
}

impl Changes {
    async fn next(&mut self) -> Result<Change> {
        loop {
            let newer = self.page.front().is_none_or(|record| record.revision > self.last);
            if self.looked && !self.caught_up && newer {
                self.caught_up = true;
                return Ok(Change::CaughtUp);
            }
            if let Some(record) = self.page.pop_front() {
                self.after = record.revision;
                return Ok(Change::Record(record));
            }
            if self.looked && self.caught_up {
                tokio::time::sleep(LOOK).await;
            }
            let after = self.after;
            let page = self.readers.read(move |tx, row| scan::after(tx, row.alive(), after));
            self.page = page.await?.into();
            self.looked = true;
        }
    }
}
