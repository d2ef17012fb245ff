//! Where a state ends that changes while it is read.

use std::sync::Arc;

use super::consumer::Delivered;
use super::pull::Pull;
use super::stream::BucketStream;
use crate::Result;

/// How often the end is put off. Each time less was written meanwhile, as less was read.
const POSTPONEMENTS: u32 = 64;

/// Where the state ends that a pull began to read. A record of it that is rewritten before it is read moves to the end of the
/// stream: so what was written while it was read belongs to it too, until nothing is left; or until as good as nothing can
/// be, under a fire of writes that never pauses.
#[derive(Debug)]
pub(super) struct Horizon {
    stream: Arc<BucketStream>,
    /// Messages of the state, as the server counted them, that have not come.
    counted: u64,
    /// The last sequence of the state, once it is known.
    until: Option<u64>,
    postponements: u32,
}

impl Horizon {
    /// The horizon of what this pull is about to bring.
    pub(super) async fn of(pull: &Pull, stream: Arc<BucketStream>) -> Result<Self> {
        let until = if pull.counts() { None } else { Some(stream.last_sequence().await?) };
        Ok(Self { stream, counted: pull.pending(), until, postponements: 0 })
    }

    pub(super) fn stream(&self) -> &Arc<BucketStream> {
        &self.stream
    }

    /// Whether the next message that came is no part of the state any more.
    pub(super) async fn is_beyond(&mut self, message: &Delivered) -> Result<bool> {
        if self.until.is_some_and(|until| message.sequence > until) {
            if self.postponements == POSTPONEMENTS {
                return Ok(true);
            }
            self.postponements += 1;
            self.until = Some(self.stream.last_sequence().await?);
        }
        self.counted = self.counted.saturating_sub(1);
        if self.counted == 0 && self.until.is_none() {
            self.until = Some(message.sequence);
        }
        Ok(false)
    }
}
