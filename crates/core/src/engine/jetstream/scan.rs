//! All records, all blobs.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde_json::json;

use super::bucket::BucketStream;
use super::pull::{Pull, Selection};
use super::record::is_shadowed;
use crate::Result;
use crate::engine::StoredRecord;
use crate::protocol::Nuid;
use crate::protocol::info::Record;

/// Records in one request: a record is seldom larger than a few hundred bytes.
const BATCH: usize = 1000;
const REQUEST_BYTES: usize = 4 << 20;

/// The current record of every name.
pub(super) fn records(stream: Arc<BucketStream>) -> BoxStream<'static, Result<StoredRecord>> {
    stream::try_unfold(Scan::Ahead(stream), |mut scan| async move {
        loop {
            let Some(stored) = scan.next().await? else {
                return Ok(None);
            };
            let Scan::Under(pull, _) = &scan else {
                return Ok(None);
            };
            if !is_shadowed(pull.bucket_stream(), &stored).await? {
                return Ok(Some((stored, scan)));
            }
        }
    })
    .boxed()
}

enum Scan {
    Ahead(Arc<BucketStream>),
    /// The consumer, and whether its last message was handed out.
    Under(Box<Pull>, bool),
}

impl Scan {
    async fn next(&mut self) -> Result<Option<StoredRecord>> {
        if let Self::Ahead(stream) = self {
            let selection = Selection {
                filter: stream.bucket.all_records(),
                last_per_subject: true,
                batch: BATCH,
                max_bytes: REQUEST_BYTES.max(stream.api.client().max_payload() + 64 * 1024),
            };
            let opened = Pull::open(stream.clone(), selection).await;
            let pull = opened.map_err(|refusal| stream.refused(refusal))?;
            let empty = pull.pending() == 0;
            *self = Self::Under(Box::new(pull), empty);
        }
        let Self::Under(pull, over) = self else {
            return Ok(None);
        };
        if *over {
            return Ok(None);
        }
        let Some(message) = pull.next().await? else {
            return Ok(None);
        };
        *over = message.pending == 0;
        let key = pull
            .bucket_stream()
            .bucket
            .key_of_record_subject(&message.subject)
            .unwrap_or_default();
        Ok(Some(StoredRecord {
            key: key.to_owned(),
            record: Record::parse(&message.payload),
            revision: message.sequence,
            mtime: message.time,
        }))
    }
}

/// The ids of all blobs, page by page.
pub(super) fn blobs(stream: Arc<BucketStream>) -> BoxStream<'static, Result<Nuid>> {
    stream::try_unfold(
        (stream, VecDeque::new(), Some(0)),
        |(stream, mut found, mut next)| async move {
            loop {
                if let Some(nuid) = found.pop_front() {
                    return Ok(Some((nuid, (stream, found, next))));
                }
                let Some(offset) = next else { return Ok(None) };
                let filter = stream.bucket.all_chunks();
                let info = stream
                    .stream_info(&json!({ "subjects_filter": filter, "offset": offset }))
                    .await?;
                let subjects = info["state"]["subjects"].as_object().cloned().unwrap_or_default();
                let total = info["total"].as_u64().unwrap_or(0);
                let seen = offset + subjects.len() as u64;
                next = (!subjects.is_empty() && seen < total).then_some(seen);
                let prefix = filter.trim_end_matches('>');
                found = subjects
                    .keys()
                    .filter_map(|subject| Nuid::parse(subject.strip_prefix(prefix)?).ok())
                    .collect();
            }
        },
    )
    .boxed()
}
