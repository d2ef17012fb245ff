//! Records as they are committed.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::consumer::{Deliver, Delivered};
use super::pull::Pull;
use super::scan;
use super::stream::BucketStream;
use crate::Result;
use crate::engine::{Change, Start, check_revision};

/// The records that `start` says, the marker, and every later record.
pub(super) async fn changes(
    stream: Arc<BucketStream>,
    start: Start,
) -> Result<BoxStream<'static, Result<Change>>> {
    if let Start::After(revision) = start {
        check_revision(&stream.bucket, revision, stream.last_sequence().await?)?;
    }
    let (deliver, after) = match start {
        Start::Current => (Deliver::LastPerSubject, 0),
        Start::History => (Deliver::All, 0),
        Start::After(revision) => (Deliver::All, revision),
        Start::Now => (Deliver::New, 0),
    };
    let selection = scan::all_records(&stream, deliver);
    let opened = Pull::open_after(stream.clone(), selection, after).await;
    let pull = opened.map_err(|refusal| stream.refused(refusal))?;
    let until = if pull.counts() { u64::MAX } else { stream.last_sequence().await? };
    let changes = Changes { left: pull.pending(), until, ahead: None, stream, pull, caught_up: false };
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
    /// The last sequence that was there at the beginning, where the server doesn't count what is still to come.
    until: u64,
    /// A record that came after the beginning, before that was clear.
    ahead: Option<Delivered>,
    caught_up: bool,
}

impl Changes {
    async fn next(&mut self) -> Result<Change> {
        if self.left > 0
            && let Some(message) = self.pull.next().await?
        {
            self.left = (self.left - 1).min(message.pending);
            if message.sequence <= self.until {
                return Ok(self.record(&message));
            }
            self.ahead = Some(message);
        }
        self.left = 0;
        if !self.caught_up {
            self.caught_up = true;
            return Ok(Change::CaughtUp);
        }
        let message = match self.ahead.take() {
            Some(message) => message,
            None => self.pull.wait().await?,
        };
        Ok(self.record(&message))
    }

    fn record(&self, message: &Delivered) -> Change {
        Change::Record(scan::stored(&self.stream, message))
    }
}
