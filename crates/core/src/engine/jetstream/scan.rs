//! All records.

use std::collections::{HashMap, HashSet, hash_map};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::consumer::Delivered;
use super::expiry;
use super::horizon::Horizon;
use super::newest;
use super::pull::Pull;
use super::record::is_shadowed;
use super::selection::{Deliver, Selection};
use super::stream::BucketStream;
use super::successor::of_direct_get;
use crate::Result;
use crate::engine::StoredRecord;
use crate::protocol::key::RecordKey;

/// Records in one request: a record is seldom larger than a few hundred bytes.
const BATCH: usize = 4000;
const REQUEST_BYTES: usize = 4 << 20;

/// Records that come fast are handed over together, so many at most.
const HANDED_OVER: usize = 64;

/// The current record of every name, each once. A record that is rewritten meanwhile is told as it was or as it is.
pub(super) fn records(stream: Arc<BucketStream>) -> BoxStream<'static, Result<StoredRecord>> {
    let batches = stream::try_unfold(Err(stream), |scan| async move {
        let mut scan = match scan {
            Ok(scan) => scan,
            Err(stream) => Scan::begin(stream).await?,
        };
        let batch = scan.next_batch().await?;
        Ok((!batch.is_empty()).then(|| (stream::iter(batch).map(Ok), Ok(scan))))
    });
    batches.try_flatten().boxed()
}

enum Scan {
    Pulled(Box<Pulled>),
    /// The newest of each name that Direct Gets brought.
    Direct(Arc<BucketStream>, hash_map::IntoValues<String, Delivered>),
}

/// What a consumer brings.
struct Pulled {
    pull: Pull,
    horizon: Horizon,
    /// Hashes of the keys told so far: a rewritten record comes again, at the end.
    told: HashSet<u64>,
    hasher: RandomState,
    /// What comes after the records that were handed over.
    end: Option<Result<End>>,
}

/// There are no more.
struct End;

impl Scan {
    async fn begin(stream: Arc<BucketStream>) -> Result<Self> {
        let pull = match newest::open(&stream).await {
            Ok(pull) => pull,
            Err(refusal) if stream.may_read_directly(&refusal) => {
                let read = read_directly(&stream).await?;
                return Ok(Self::Direct(stream, read.into_values()));
            }
            Err(refusal) => return Err(stream.refused(refusal)),
        };
        let horizon = Horizon::of(&pull, stream).await?;
        let (told, hasher) = (HashSet::new(), RandomState::new());
        Ok(Self::Pulled(Box::new(Pulled { pull, horizon, told, hasher, end: None })))
    }

    /// The next records; none at the end.
    async fn next_batch(&mut self) -> Result<Vec<StoredRecord>> {
        let (stream, messages) = match self {
            Self::Pulled(pulled) => return pulled.next_batch().await,
            Self::Direct(stream, messages) => (stream, messages),
        };
        for message in messages {
            let stored = stored(stream, message);
            if !is_shadowed(stream, &stored).await? {
                return Ok(vec![stored]);
            }
        }
        Ok(Vec::new())
    }
}

impl Pulled {
    /// Those that have come; waits for the first. What they end with comes after them.
    async fn next_batch(&mut self) -> Result<Vec<StoredRecord>> {
        let mut batch = Vec::new();
        if self.end.is_none() {
            self.end = self.gather(&mut batch).await.transpose();
        }
        match self.end.take() {
            Some(end) if batch.is_empty() => end.map(|End| batch),
            end => {
                self.end = end;
                Ok(batch)
            }
        }
    }

    async fn gather(&mut self, batch: &mut Vec<StoredRecord>) -> Result<Option<End>> {
        while batch.len() < HANDED_OVER {
            let message = match self.pull.ready() {
                None if !batch.is_empty() => break,
                None => self.pull.next_or_end().await?,
                ready => ready,
            };
            let Some(message) = message else { return Ok(Some(End)) };
            if self.horizon.is_beyond(&message).await? {
                return Ok(Some(End));
            }
            let stored = stored(self.horizon.stream(), message);
            if self.told.insert(self.hasher.hash_one(&stored.key))
                && !is_shadowed(self.horizon.stream(), &stored).await?
            {
                batch.push(stored);
            }
        }
        Ok(None)
    }
}

/// The newest record under each subject, read from the first one on, up to where the leader has no more.
async fn read_directly(stream: &BucketStream) -> Result<HashMap<String, Delivered>> {
    let filter = stream.subjects.all_records();
    let (mut newest, mut next) = (HashMap::new(), 1);
    let mut keep = |message: Delivered| newest.insert(message.subject.to_string(), message);
    let mut deadline = Instant::now() + stream.api.idle_timeout();
    loop {
        let take = |message| drop(keep(of_direct_get(message)));
        match stream.direct_batch(&filter, &mut next, BATCH as u64, take).await? {
            None if Instant::now() >= deadline => return Err(stream.api.silence("records of the bucket")),
            None => continue,
            Some(batch) if batch.count > 0 => {}
            Some(_) => match stream.first_from(&filter, next).await? {
                None => return Ok(newest),
                Some(message) => {
                    next = message.sequence.saturating_add(1);
                    keep(message);
                }
            },
        }
        deadline = Instant::now() + stream.api.idle_timeout();
    }
}

/// Records of all names.
pub(super) fn all_records(stream: &BucketStream, deliver: Deliver) -> Selection {
    Selection {
        deliver,
        max_bytes: REQUEST_BYTES.max(stream.api.client().max_payload() + 64 * 1024),
        ..Selection::all(stream.subjects.all_records(), BATCH)
    }
}

/// The record that a message holds.
pub(super) fn stored(stream: &BucketStream, message: Delivered) -> StoredRecord {
    let key = stream.subjects.key_of_record_subject(&message.subject).unwrap_or_default();
    StoredRecord {
        expires: message.headers.as_ref().and_then(|headers| expiry::of(headers, message.time)),
        ..StoredRecord::new(RecordKey::parse(key), message.payload, message.sequence, message.time)
    }
}
