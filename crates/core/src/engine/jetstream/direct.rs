//! Several messages for one request, from any replica: batched Direct Gets.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::{Message, StatusCode};
use serde_json::json;

use super::api::Refusal;
use super::record::number_header;
use super::stream::BucketStream;
use crate::{Error, Result};

/// Bytes that one request asks for.
const BYTES: usize = 4 << 20;

/// How long to wait for the next message before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(4);

const END_OF_BATCH: u16 = 204;
const CONSUMER_LIMIT: u64 = 10_026;

/// What one request brought.
pub(super) struct Batch {
    /// Messages.
    pub(super) count: u64,
    /// Messages that follow the last of them; `None` if the server doesn't tell.
    pub(super) pending: Option<u64>,
}

impl BucketStream {
    /// The messages of the subjects `filter` from the sequence `next` on, `most` or fewer, up to the first that was lost
    /// on the way; `None` if no answer came at all. Moves `next` on.
    pub(super) async fn direct_batch(
        &self,
        filter: &str,
        next: &mut u64,
        most: u64,
        mut take: impl FnMut(Message),
    ) -> Result<Option<Batch>> {
        let api = &self.api;
        let subject = api.subject(&format!("DIRECT.GET.{}", self.stream));
        let request = json!({ "seq": *next, "next_by_subj": filter, "batch": most, "max_bytes": BYTES });
        let mut inbox = api.inbox().await?;
        let reply = inbox.reply(*next);
        api.publish(subject.clone().into(), reply, request.to_string().into()).await?;
        let (mut batch, mut before) = (Batch { count: 0, pending: None }, 0);
        loop {
            let Some((_, message)) = inbox.next(&subject, PATIENCE.min(api.idle_timeout())).await? else {
                return Ok((batch.count > 0).then_some(batch));
            };
            match message.status {
                None => {
                    let sequence = number_header(&message, "Nats-Sequence").unwrap_or(*next);
                    // A server that knows no batches answers with one message, and nothing follows.
                    let pending = number_header(&message, "Nats-Num-Pending");
                    if pending.is_some() && number_header(&message, "Nats-Last-Sequence") != Some(before) {
                        return Ok((batch.count > 0).then_some(batch));
                    }
                    before = sequence;
                    *next = sequence.saturating_add(1);
                    batch = Batch { count: batch.count + 1, pending };
                    take(message);
                    if pending.is_some() {
                        continue;
                    }
                }
                Some(StatusCode::NOT_FOUND) => {}
                Some(status) if status.as_u16() == END_OF_BATCH => {}
                Some(StatusCode::NO_RESPONDERS) => self.direct_get_is_gone().await?,
                Some(status) => return Err(self.refused(refused(status, &message))),
            }
            inbox.release();
            return Ok(Some(batch));
        }
    }

    /// Whether Direct Gets may take the place of a consumer: there is no right to make one, or there are too many.
    pub(super) fn may_read_directly(&self, refusal: &Refusal) -> bool {
        let no_consumer = matches!(
            refusal,
            Refusal::Failed(Error::PermissionDenied { .. }) | Refusal::Server { code: CONSUMER_LIMIT, .. }
        );
        let may = no_consumer && self.answers_direct.load(Ordering::Relaxed);
        if may {
            tracing::info!(bucket = %self.bucket, ?refusal, "no consumer can be made: Direct Gets take its place");
        }
        may
    }
}

/// The refusal that an answer without a message is.
pub(super) fn refused(status: StatusCode, message: &Message) -> Refusal {
    Refusal::Server {
        code: u64::from(status.as_u16()),
        text: message.description.clone().unwrap_or_else(|| "Direct Get refused".to_owned()),
    }
}
