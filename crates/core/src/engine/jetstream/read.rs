//! The chunks of a blob.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::{Message, StatusCode};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;
use tokio::time::Instant;

use super::api::Refusal;
use super::pull::{Pull, Selection};
use super::record::number_header;
use super::stream::BucketStream;
use crate::protocol::{Nuid, ObjectInfo, limits};
use crate::{Error, Result};

/// Bytes that one request brings. Three are under way at a time.
const REQUEST_BYTES: usize = 8 << 20;

/// Up to this size a blob is read by Direct Get, which leaves nothing to clean up; beyond it a consumer is faster.
const DIRECT_UP_TO: u64 = 1 << 20;
const DIRECT_CHUNKS: u64 = 64;
const DIRECT_BYTES: usize = 4 << 20;

/// How long to wait for the next chunk of a Direct Get before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(4);

/// The chunks of a blob, from the byte `offset` on.
pub(super) fn chunks(
    stream: Arc<BucketStream>,
    info: &ObjectInfo,
    nuid: &Nuid,
    offset: u64,
) -> BoxStream<'static, Result<Bytes>> {
    let blob = Blob { stream, subject: String::new(), info: info.clone(), received: 0 }.of(nuid);
    let chunks = stream::try_unfold((blob, None), |(mut blob, source)| async move {
        if blob.received >= blob.info.size {
            return Ok(None);
        }
        let mut source = match source {
            Some(source) => source,
            None => blob.source().await?,
        };
        let chunk = blob.next(&mut source).await?;
        Ok(Some((chunk, (blob, Some(source)))))
    });
    from_offset(chunks.boxed(), offset)
}

/// Leaves out the bytes before `offset`.
fn from_offset(chunks: BoxStream<'static, Result<Bytes>>, offset: u64) -> BoxStream<'static, Result<Bytes>> {
    if offset == 0 {
        return chunks;
    }
    let mut left_out = offset;
    chunks
        .try_filter_map(move |mut chunk| {
            let before = usize::try_from(left_out).map_or(chunk.len(), |left| left.min(chunk.len()));
            left_out -= before as u64;
            let rest = chunk.split_off(before);
            async move { Ok((!rest.is_empty()).then_some(rest)) }
        })
        .boxed()
}

struct Blob {
    stream: Arc<BucketStream>,
    subject: String,
    info: ObjectInfo,
    received: u64,
}

enum Source {
    /// A pull consumer.
    Pull(Box<Pull>),
    /// Direct Gets: the chunks of the last one, and the sequence at which the next one begins.
    Direct { chunks: VecDeque<Bytes>, next: u64 },
}

impl Blob {
    fn of(mut self, nuid: &Nuid) -> Self {
        self.subject = self.stream.bucket.chunk_subject(nuid);
        self
    }

    async fn source(&self) -> Result<Source> {
        let direct = Source::Direct { chunks: VecDeque::new(), next: 1 };
        let answers_direct = self.stream.answers_direct.load(Ordering::Relaxed);
        let small = self.info.size <= DIRECT_UP_TO && self.info.chunks <= DIRECT_CHUNKS;
        if small && answers_direct {
            return Ok(direct);
        }
        match Pull::open(self.stream.clone(), self.selection()).await {
            Ok(pull) => Ok(Source::Pull(Box::new(pull))),
            // No right to make a consumer, or too many of them.
            Err(
                Refusal::Failed(Error::PermissionDenied { .. })
                | Refusal::Server { code: CONSUMER_LIMIT, .. },
            ) if answers_direct => Ok(direct),
            Err(refusal) => Err(self.stream.refused(refusal)),
        }
    }

    fn selection(&self) -> Selection {
        let chunk_size = self.info.chunk_size.and_then(|size| usize::try_from(size).ok());
        let chunk_size = chunk_size.unwrap_or(limits::DEFAULT_CHUNK_SIZE).max(1024);
        let largest = self.stream.api.client().max_payload() + 64 * 1024;
        Selection {
            filter: self.subject.clone(),
            last_per_subject: false,
            batch: (REQUEST_BYTES / chunk_size).max(1),
            max_bytes: REQUEST_BYTES.max(largest),
        }
    }

    async fn next(&mut self, source: &mut Source) -> Result<Bytes> {
        let chunk = loop {
            match source {
                Source::Pull(pull) => match pull.next().await? {
                    Some(message) => break message.payload,
                    // The replica that the consumer reads from may lag.
                    None => {
                        *source =
                            Source::Direct { chunks: VecDeque::new(), next: pull.last().saturating_add(1) }
                    }
                },
                Source::Direct { chunks, next } => {
                    if chunks.is_empty() {
                        *chunks = self.direct_get(next).await?;
                    }
                    match chunks.pop_front() {
                        Some(chunk) => break chunk,
                        None => break self.leader_get(next).await?.ok_or_else(|| self.missing())?,
                    }
                }
            }
        };
        self.received += chunk.len() as u64;
        Ok(chunk)
    }

    fn missing(&self) -> Error {
        Error::DataMissing {
            bucket: self.info.bucket.clone(),
            name: self.info.name.clone(),
            size: self.info.size,
            received: self.received,
        }
    }

    /// The chunks at and after `next`, as many as one request brings; none if this replica has none. Moves `next` on.
    async fn direct_get(&self, next: &mut u64) -> Result<VecDeque<Bytes>> {
        if !self.stream.answers_direct.load(Ordering::Relaxed) {
            return Ok(VecDeque::new());
        }
        if self.info.chunks == 1 && *next == 1 {
            return self.direct_get_one(next).await;
        }
        let deadline = Instant::now() + self.stream.api.idle_timeout();
        loop {
            match self.direct_get_batch(next).await? {
                Some(chunks) => return Ok(chunks),
                None if Instant::now() >= deadline => {
                    return Err(self.stream.api.silence("chunks of the object"));
                }
                None => {}
            }
        }
    }

    /// One batched request: its chunks up to the first that was lost on the way; `None` if no answer came at all.
    async fn direct_get_batch(&self, next: &mut u64) -> Result<Option<VecDeque<Bytes>>> {
        let api = &self.stream.api;
        let subject = api.subject(&format!("DIRECT.GET.{}", self.stream.stream));
        let request = json!({
            "seq": *next,
            "next_by_subj": self.subject,
            "batch": DIRECT_CHUNKS,
            "max_bytes": DIRECT_BYTES,
        });
        let mut inbox = api.inboxes().take().await?;
        let reply = inbox.reply(*next);
        api.publish(subject.clone().into(), reply, request.to_string().into()).await?;
        let (mut chunks, mut before) = (VecDeque::new(), 0);
        loop {
            let Some((_, message)) = inbox.next(&subject, PATIENCE.min(api.idle_timeout())).await? else {
                return Ok((!chunks.is_empty()).then_some(chunks));
            };
            match message.status {
                None => {
                    let sequence = number_header(&message, "Nats-Sequence").unwrap_or(*next);
                    // A server that knows no batches answers with one message, and nothing follows.
                    let alone = number_header(&message, "Nats-Num-Pending").is_none();
                    if !alone && number_header(&message, "Nats-Last-Sequence") != Some(before) {
                        return Ok((!chunks.is_empty()).then_some(chunks));
                    }
                    before = sequence;
                    *next = sequence.saturating_add(1);
                    chunks.push_back(message.payload);
                    if !alone {
                        continue;
                    }
                }
                Some(StatusCode::NOT_FOUND) => {}
                Some(status) if status.as_u16() == END_OF_BATCH => {}
                Some(StatusCode::NO_RESPONDERS) => self.stream.direct_get_is_gone().await?,
                Some(status) => return Err(self.stream.refused(refused(status, &message))),
            }
            inbox.release();
            return Ok(Some(chunks));
        }
    }

    /// The only chunk of a blob, in one message.
    async fn direct_get_one(&self, next: &mut u64) -> Result<VecDeque<Bytes>> {
        let api = &self.stream.api;
        let subject = api.subject(&format!("DIRECT.GET.{}", self.stream.stream));
        let request = json!({ "seq": *next, "next_by_subj": self.subject });
        match api.request(&subject, request.to_string().into()).await {
            Ok(message) => match message.status {
                None => {
                    *next = number_header(&message, "Nats-Sequence").unwrap_or(0).saturating_add(1);
                    Ok(VecDeque::from([message.payload]))
                }
                Some(StatusCode::NOT_FOUND) => Ok(VecDeque::new()),
                Some(status) => Err(self.stream.refused(refused(status, &message))),
            },
            Err(Refusal::NoResponders { .. }) => {
                self.stream.direct_get_is_gone().await?;
                Ok(VecDeque::new())
            }
            Err(refusal) => Err(self.stream.refused(refusal)),
        }
    }

    /// The next chunk from the leader, which has every chunk that was acknowledged.
    async fn leader_get(&self, next: &mut u64) -> Result<Option<Bytes>> {
        let request = json!({ "seq": *next, "next_by_subj": self.subject });
        let Some(message) =
            self.stream.leader_get(&request).await.map_err(|refusal| self.stream.refused(refusal))?
        else {
            return Ok(None);
        };
        *next = message.sequence.saturating_add(1);
        Ok(Some(message.payload))
    }
}

fn refused(status: StatusCode, message: &Message) -> Refusal {
    Refusal::Server {
        code: u64::from(status.as_u16()),
        text: message.description.clone().unwrap_or_else(|| "Direct Get refused".to_owned()),
    }
}

const END_OF_BATCH: u16 = 204;

const CONSUMER_LIMIT: u64 = 10_026;
