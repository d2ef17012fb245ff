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
    let changes =
        Changes { readers, alive_since, after, page: VecDeque::new(), until: None, caught_up: false };
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
    /// The last revision when the caller began.
    until: Option<u64>,
    caught_up: bool,
}

impl<F: Fn(&BucketRow) -> i64 + Copy + Send + 'static> Changes<F> {
    async fn next(&mut self) -> Result<Change> {
        loop {
            let newer = self.page.front().is_some_and(|record| Some(record.revision) > self.until);
            if self.until.is_some() && !self.caught_up && (newer || self.page.is_empty()) {
                self.caught_up = true;
                return Ok(Change::CaughtUp);
            }
            if let Some(record) = self.page.pop_front() {
                self.after = record.revision;
                return Ok(Change::Record(record));
            }
            let (after, alive_since) = (self.after, self.alive_since);
            let page = self.readers.read(move |tx, row| {
                let until = scan::last_revision(tx)?;
                Ok((scan::after(tx, alive_since(row), after)?, until))
            });
            let (page, until) = page.await?;
            self.page = page.into();
            self.until.get_or_insert(until);
            if self.page.is_empty() && self.caught_up {
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}
