//! Records as they are committed.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::consumer::{Deliver, Delivered};
use super::pull::Pull;
use super::scan;
use super::stream::BucketStream;
use crate::Result;
use crate::engine::{Change, Start};

/// The records that `start` says, the marker, and every later record.
pub(super) async fn changes(
    stream: Arc<BucketStream>,
    start: Start,
) -> Result<BoxStream<'static, Result<Change>>> {
    let (deliver, after) = match start {
        Start::Current => (Deliver::LastPerSubject, 0),
        Start::History => (Deliver::All, 0),
        Start::After(revision) => (Deliver::All, revision),
        Start::Now => (Deliver::New, 0),
    };
    let selection = scan::all_records(&stream, deliver);
    let opened = Pull::open_after(stream.clone(), selection, after).await;
    let pull = opened.map_err(|refusal| stream.refused(refusal))?;
    let changes = Changes { left: pull.pending(), stream, pull, caught_up: false };
    let changes = stream::try_unfold(changes, |mut changes| async move {
        let change = changes.next().await?;
        Ok(Some((change, changes)))
    });
    Ok(changes.boxed())
}

struct Changes {
    stream: Arc<BucketStream>,
    pull: Pull,
    /// Messages that were there at the beginning and are still to come.
    left: u64,
    caught_up: bool,
}

impl Changes {
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
