//! Records as they are committed, by this process or another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};

use super::database::revision;
use super::handle::Handle;
use super::scan;
use crate::Result;
use crate::engine::{Change, Start, StoredRecord, check_revision};

/// How often another process's commits are looked for. A look is one read of an index.
const LOOK: Duration = Duration::from_millis(50);

/// The records that `start` says, the marker, and every later record. While the store is suspended, it waits.
pub(super) async fn changes(handle: Arc<Handle>, start: Start) -> Result<BoxStream<'static, Result<Change>>> {
    let open = handle.open().await?;
    let bucket = open.name.clone();
    let last = open.readers.read(|_, row| Ok(revision(row.last_seq))).await?;
    drop(open);
    if let Start::After(after) = start {
        check_revision(&bucket, after, last)?;
    }
    let after = match start {
        // Of what was written over, nothing is left.
        Start::Current | Start::History => 0,
        Start::After(revision) => revision,
        Start::Now => last,
    };
    let page = Page { records: VecDeque::new(), was_empty: false, is_last: start == Start::Now };
    let changes = Changes { handle, after, page, caught_up: false };
    let changes = stream::try_unfold(changes, |mut changes| async move {
        let change = changes.next().await?;
        Ok(Some((change, changes)))
    });
    Ok(changes.boxed())
}

struct Changes {
    handle: Arc<Handle>,
    after: u64,
    page: Page,
    caught_up: bool,
}

/// What a look at the database found.
struct Page {
    records: VecDeque<StoredRecord>,
    was_empty: bool,
    /// Whether nothing followed when it was read. All that was there at the beginning has come by then: what was rewritten
    /// meanwhile moved behind what was not.
    is_last: bool,
}

impl Changes {
    async fn next(&mut self) -> Result<Change> {
        loop {
            if let Some(record) = self.page.records.pop_front() {
                self.after = record.revision;
                return Ok(Change::Record(record));
            }
            if self.page.is_last && !self.caught_up {
                self.caught_up = true;
                return Ok(Change::CaughtUp);
            }
            if self.page.was_empty && self.caught_up {
                tokio::time::sleep(LOOK).await;
            }
            let after = self.after;
            let page = self.handle.read_on(move |_, tx, row| scan::after(tx, row.alive(), after));
            let (records, follow) = page.await?;
            self.page = Page { was_empty: records.is_empty(), is_last: !follow, records };
        }
    }
}
