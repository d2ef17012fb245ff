//! All blobs, how large one is, and the removal of one that no record names.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};

use super::api::{self, Refusal};
use super::consumer::Delivered;
use super::expiry;
use super::pull::Pull;
use super::selection::{Deliver, Selection};
use super::stream::BucketStream;
use crate::engine::{BlobSize, StoredBlob};
use crate::protocol::Nuid;
use crate::{Error, Result};

/// Headers in one request.
const BATCH: usize = 1000;

/// All blobs: how many chunks each has the server counts, and the rest is told by the last chunk's headers.
pub(super) fn blobs(stream: Arc<BucketStream>) -> BoxStream<'static, Result<StoredBlob>> {
    stream::try_unfold(Err(stream), |listing| async move {
        let mut listing = match listing {
            Ok(listing) => listing,
            Err(stream) => Listing::begin(stream).await?,
        };
        Ok(listing.next().await?.map(|blob| (blob, Ok(listing))))
    })
    .boxed()
}

struct Listing {
    stream: Arc<BucketStream>,
    pull: Pull,
    /// Those that are counted and not told yet.
    chunks: HashMap<Nuid, u64>,
    now: SystemTime,
    /// What comes later was not there when it began.
    until: u64,
    prefix: String,
}

impl Listing {
    async fn begin(stream: Arc<BucketStream>) -> Result<Self> {
        let filter = stream.subjects.all_chunks();
        let prefix = filter.trim_end_matches('>').to_owned();
        let (chunks, told, until) = count(&stream, &filter).await?;
        let selection = Selection {
            deliver: Deliver::LastPerSubject,
            headers_only: true,
            ..Selection::all(filter, BATCH)
        };
        let pull = Pull::open(stream.clone(), selection).await;
        let pull = pull.map_err(|refusal| stream.refused(refusal))?;
        // An old server tells its time only with what it makes.
        let now = told.or_else(|| pull.opened());
        let now = now.ok_or_else(|| Error::unavailable("the server doesn't tell its time"))?;
        Ok(Self { stream, pull, chunks, now, until, prefix })
    }

    async fn next(&mut self) -> Result<Option<StoredBlob>> {
        while let Some(message) = self.pull.next_or_end().await?.filter(|next| next.sequence <= self.until) {
            if let Some(blob) = self.blob(&message) {
                return Ok(Some(blob));
            }
        }
        // An old server passes some over while others are removed.
        while let Some(nuid) = self.chunks.keys().next().cloned() {
            let last = self.stream.last_of(&self.stream.subjects.chunk_subject(&nuid)).await?;
            let told = last.filter(|last| last.sequence <= self.until).and_then(|last| self.blob(&last));
            self.chunks.remove(&nuid);
            if told.is_some() {
                return Ok(told);
            }
        }
        Ok(None)
    }

    /// The blob that this is the last chunk of.
    fn blob(&mut self, last: &Delivered) -> Option<StoredBlob> {
        let nuid = Nuid::parse(last.subject.strip_prefix(&self.prefix)?).ok()?;
        let chunks = self.chunks.remove(&nuid).unwrap_or(0);
        (!is_tombstone(last)).then(|| StoredBlob {
            chunks,
            last_chunk: size_of(last),
            age: self.now.duration_since(last.time).unwrap_or(Duration::ZERO),
            version: last.sequence,
            nuid,
        })
    }
}

/// The number of chunks of each blob, the time by the server's clock, and the last sequence, before any of it was counted.
async fn count(stream: &BucketStream, filter: &str) -> Result<(HashMap<Nuid, u64>, Option<SystemTime>, u64)> {
    let before = stream.stream_info(&Value::Null).await?;
    let now = before["ts"].as_str().and_then(|now| humantime::parse_rfc3339(now).ok());
    let until = before["state"]["last_seq"].as_u64().unwrap_or(0);
    let prefix = filter.trim_end_matches('>');
    let (mut chunks, mut offset) = (HashMap::new(), 0);
    loop {
        let request = json!({ "subjects_filter": filter, "offset": offset });
        let info = stream.stream_info(&request).await?;
        let Some(subjects) = info["state"]["subjects"].as_object().filter(|page| !page.is_empty()) else {
            return Ok((chunks, now, until));
        };
        offset += subjects.len() as u64;
        chunks.extend(subjects.iter().filter_map(|(subject, count)| {
            Some((Nuid::parse(subject.strip_prefix(prefix)?).ok()?, count.as_u64()?))
        }));
        if offset >= info["total"].as_u64().unwrap_or(0) {
            return Ok((chunks, now, until));
        }
    }
}

/// How much of a blob there is, by the headers of its chunks.
pub(super) async fn size(stream: &Arc<BucketStream>, nuid: &Nuid) -> Result<Option<BlobSize>> {
    let selection =
        Selection { headers_only: true, ..Selection::all(stream.subjects.chunk_subject(nuid), BATCH) };
    let pull = Pull::open(stream.clone(), selection).await;
    let mut pull = pull.map_err(|refusal| stream.refused(refusal))?;
    let (mut chunks, mut bytes) = (0, 0);
    while let Some(message) = pull.next_or_end().await? {
        if !is_tombstone(&message) {
            chunks += 1;
            bytes += size_of(&message);
        }
    }
    Ok((chunks > 0).then_some(BlobSize { chunks: Some(chunks), bytes }))
}

/// Removes a blob, unless anything was written to it since it was told: by a tombstone over the last chunk that was told,
/// which the server stores over that alone; or by a look and a purge, where it takes no tombstone.
pub(super) async fn remove(stream: &BucketStream, blob: &StoredBlob) -> Result<bool, Refusal> {
    let subject = stream.subjects.chunk_subject(&blob.nuid);
    if stream.takes_ttl.load(Ordering::Relaxed) {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        headers.insert("Nats-Expected-Last-Subject-Sequence", blob.version.to_string());
        expiry::insert(&mut headers, Duration::from_secs(1));
        let answer = stream.api.attempt(&subject, super::NOTHING, Some(headers)).await;
        match answer.and_then(|message| api::read_answer(&message.payload)) {
            Ok(_) => return Ok(true),
            Err(Refusal::Server {
                code: api::WRONG_LAST_SEQUENCE | api::WRONG_LAST_SEQUENCE_UNTOLD, ..
            }) => return Ok(false),
            Err(Refusal::Server { code: api::TTL_DISABLED, .. }) => {
                stream.takes_ttl.store(false, Ordering::Relaxed);
            }
            Err(_) => {}
        }
    }
    let last = stream.leader_get(&json!({ "last_by_subj": subject })).await?;
    if last.is_none_or(|last| last.sequence != blob.version) {
        return Ok(false);
    }
    let purge = stream.api.subject(&format!("STREAM.PURGE.{}", stream.stream));
    let request = json!({ "filter": subject, "seq": blob.version + 1 }).to_string();
    let answer = stream.api.attempt(&purge, request.into(), None).await?;
    Ok(api::read_answer(&answer.payload)?["purged"].as_u64() != Some(0))
}

/// What takes the place of a blob that is removed, for a second.
fn is_tombstone(message: &Delivered) -> bool {
    let rolls_up = message.headers.as_ref().is_some_and(|headers| headers.get("Nats-Rollup").is_some());
    rolls_up && size_of(message) == 0
}

/// Bytes of a chunk, whether it came with them or not.
fn size_of(message: &Delivered) -> u64 {
    let told = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Size"));
    told.and_then(|size| size.as_str().parse().ok()).unwrap_or(message.payload.len() as u64)
}
