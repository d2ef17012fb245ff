//! Records as they are committed.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::consumer::Delivered;
use super::horizon::Horizon;
use super::newest;
use super::pull::Pull;
use super::scan;
use super::selection::Deliver;
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
    let of_all = async |deliver, after| {
        Pull::open_after(stream.clone(), scan::all_records(&stream, deliver), after).await
    };
    let opened = match start {
        Start::Current => newest::open(&stream).await,
        Start::History => of_all(Deliver::All, 0).await,
        Start::After(revision) => of_all(Deliver::All, revision).await,
        Start::Now => of_all(Deliver::New, 0).await,
    };
    let pull = opened.map_err(|refusal| stream.refused(refusal))?;
    let horizon = Horizon::of(&pull, stream).await?;
    // A replica that lags may have nothing yet: that there is nothing only the leader knows.
    let phase = if start == Start::Now { Phase::Marker } else { Phase::State };
    let changes = Changes { pull, horizon, phase, ahead: None };
    let changes = stream::try_unfold(changes, |mut changes| async move {
        let change = changes.next().await?;
        Ok(Some((change, changes)))
    });
    Ok(changes.boxed())
}

struct Changes {
    pull: Pull,
    horizon: Horizon,
    phase: Phase,
    /// A record that came after the state.
    ahead: Option<Delivered>,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// What was there at the beginning comes.
    State,
    /// The marker comes.
    Marker,
    /// What is written comes.
    Writes,
}

impl Changes {
    async fn next(&mut self) -> Result<Change> {
        if self.phase == Phase::State {
            if let Some(message) = self.pull.next_or_end().await? {
                if !self.horizon.is_beyond(&message).await? {
                    return Ok(self.record(message));
                }
                self.ahead = Some(message);
            }
            self.phase = Phase::Marker;
        }
        if self.phase == Phase::Marker {
            self.phase = Phase::Writes;
            return Ok(Change::CaughtUp);
        }
        let message = match self.ahead.take() {
            Some(message) => message,
            None => self.pull.wait().await?,
        };
        Ok(self.record(message))
    }

    fn record(&self, message: Delivered) -> Change {
        Change::Record(scan::stored(self.horizon.stream(), message))
    }
}
