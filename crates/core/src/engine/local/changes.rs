//! Records as they are committed, by this process or another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};

use super::database::BucketRow;
use super::readers::Readers;
use super::scan;
use crate::Result;
use crate::engine::{Change, StoredRecord};

/// How often another process's commits are looked for. A look is one read of an index.
const LOOK: Duration = Duration::from_millis(50);

/// The records after a revision, the marker, and every later record.
pub(super) fn changes(
    readers: Arc<Readers>,
    alive_since: impl Fn(&BucketRow) -> i64 + Copy + Send + 'static,
    after: u64,
) -> BoxStream<'static, Result<Change>> {
    let changes = Changes { readers, alive_since, after, page: VecDeque::new(), caught_up: false };
    stream::try_unfold(changes, |mut changes| async move {
        let change = changes.next().await?;
        Ok(Some((change, changes)))
    })
    .boxed()
}

struct Changes<F> {
    readers: Arc<Readers>,
    alive_since: F,
    after: u64,
    page: VecDeque<StoredRecord>,
    caught_up: bool,
}

impl<F: Fn(&BucketRow) -> i64 + Copy + Send + 'static> Changes<F> {
    async fn next(&mut self) -> Result<Change> {
        loop {
            if let Some(record) = self.page.pop_front() {
                self.after = record.revision;
                return Ok(Change::Record(record));
            }
            let (after, alive_since) = (self.after, self.alive_since);
            let page = self.readers.read(move |tx, row| scan::after(tx, alive_since(row), after));
            self.page = page.await?.into();
            if self.page.is_empty() {
                if !self.caught_up {
                    self.caught_up = true;
                    return Ok(Change::CaughtUp);
                }
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}
