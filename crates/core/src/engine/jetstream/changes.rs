//! Records as they are committed.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::pull::{Delivered, Pull};
use super::scan;
use super::stream::BucketStream;
use crate::Result;
use crate::engine::Change;

/// The records after a revision, the marker, and every later record.
pub(super) fn changes(stream: Arc<BucketStream>, after: u64) -> BoxStream<'static, Result<Change>> {
    stream::try_unfold(Err(stream), move |changes| async move {
        let mut changes = match changes {
            Ok(changes) => changes,
            Err(stream) => Changes::begin(stream, after).await?,
        };
        let change = changes.next().await?;
        Ok(Some((change, Ok(changes))))
    })
    .boxed()
}

struct Changes {
    stream: Arc<BucketStream>,
    pull: Pull,
    /// Messages that were there at the beginning and are still to come.
    left: u64,
    caught_up: bool,
}

impl Changes {
    async fn begin(stream: Arc<BucketStream>, after: u64) -> Result<Self> {
        let mut selection = scan::all_records(&stream);
        selection.last_per_subject = after == 0;
        let opened = Pull::open_after(stream.clone(), selection, after).await;
        let pull = opened.map_err(|refusal| stream.refused(refusal))?;
        let left = pull.pending();
        Ok(Self { stream, pull, left, caught_up: false })
    }

    async fn next(&mut self) -> Result<Change> {
        if self.left > 0
            && let Some(message) = self.pull.next().await?
        {
            self.left = (self.left - 1).min(message.pending);
            return Ok(self.record(&message));
        }
        self.left = 0;
        if !self.caught_up {
            self.caught_up = true;
            return Ok(Change::CaughtUp);
        }
        let message = self.pull.wait().await?;
        Ok(self.record(&message))
    }

    fn record(&self, message: &Delivered) -> Change {
        Change::Record(scan::stored(&self.stream, message))
    }
}
