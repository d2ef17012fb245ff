//! The chunks of a blob.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_nats::StatusCode;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use super::api::Refusal;
use super::bucket::BucketStream;
use super::pull::{Pull, Selection};
use super::record::number_header;
use crate::protocol::{Nuid, ObjectInfo, limits};
use crate::{Error, Result};

/// Bytes that one request brings. Two are under way at a time.
const REQUEST_BYTES: usize = 4 << 20;

/// Up to this size a blob is read by Direct Get, which leaves nothing to clean up; beyond it a consumer is faster.
const DIRECT_UP_TO: u64 = 1 << 20;
const DIRECT_CHUNKS: u64 = 64;

/// The chunks of a blob, from the byte `offset` on.
pub(super) fn chunks(
    stream: Arc<BucketStream>,
    info: &ObjectInfo,
    nuid: &Nuid,
    offset: u64,
) -> BoxStream<'static, Result<Bytes>> {
    let blob = Blob {
        stream,
        subject: String::new(),
        info: info.clone(),
        received: 0,
    }
    .of(nuid);
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
        let direct = Source::Direct {
            chunks: VecDeque::new(),
            next: 1,
        };
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
                | Refusal::Server {
                    code: CONSUMER_LIMIT, ..
                },
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
        let chunk = match source {
            Source::Pull(pull) => pull.next().await?.map(|message| message.payload),
            Source::Direct { chunks, next } => {
                if chunks.is_empty() {
                    (*chunks, *next) = self.direct_get(*next).await?;
                }
                chunks.pop_front()
            }
        };
        let chunk = chunk.ok_or_else(|| self.missing())?;
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

    /// The chunks at and after a sequence, as many as one request brings; none if there are none.
    async fn direct_get(&self, from: u64) -> Result<(VecDeque<Bytes>, u64)> {
        if self.info.chunks == 1 && from == 1 {
            return self.direct_get_one().await;
        }
        let api = &self.stream.api;
        let subject = api.subject(&format!("DIRECT.GET.{}", self.stream.stream));
        let request = json!({
            "seq": from,
            "next_by_subj": self.subject,
            "batch": DIRECT_CHUNKS,
            "max_bytes": REQUEST_BYTES,
        });
        let mut inbox = api.inboxes().take().await?;
        let sent =
            api.client()
                .publish_with_reply(subject.clone(), inbox.reply(from), request.to_string().into());
        sent.await
            .map_err(|error| Error::unavailable(error.to_string()))?;
        let (mut chunks, mut next) = (VecDeque::new(), from);
        loop {
            let (_, message) = inbox.expect(api, &subject).await?;
            match message.status {
                None => {
                    next = number_header(&message, "Nats-Sequence").unwrap_or(next) + 1;
                    // A server that knows no batches answers with one message, and nothing follows.
                    let alone = number_header(&message, "Nats-Num-Pending").is_none();
                    chunks.push_back(message.payload);
                    if !alone {
                        continue;
                    }
                }
                Some(StatusCode::NO_RESPONDERS) => return Err(self.no_direct_get().await),
                // The end of the batch, or nothing there.
                Some(_) => {}
            }
            inbox.release();
            return Ok((chunks, next));
        }
    }

    /// The only chunk of a blob, in one message.
    async fn direct_get_one(&self) -> Result<(VecDeque<Bytes>, u64)> {
        let api = &self.stream.api;
        let subject = api.subject(&format!("DIRECT.GET.{}", self.stream.stream));
        let request = json!({ "seq": 1, "next_by_subj": self.subject });
        match api.request(&subject, request.to_string().into()).await {
            Ok(message) if message.status.is_none() => {
                let next = number_header(&message, "Nats-Sequence").unwrap_or(0) + 1;
                Ok((VecDeque::from([message.payload]), next))
            }
            Ok(_) => Ok((VecDeque::new(), 1)),
            Err(Refusal::NoResponders { .. }) => Err(self.no_direct_get().await),
            Err(refusal) => Err(self.stream.refused(refusal)),
        }
    }

    /// Nobody answers: the bucket is gone, or only for now.
    async fn no_direct_get(&self) -> Error {
        match self.stream.direct_get_is_gone().await {
            Ok(()) => Error::unavailable("no server answers for the bucket now"),
            Err(error) => error,
        }
    }
}

const CONSUMER_LIMIT: u64 = 10_026;
