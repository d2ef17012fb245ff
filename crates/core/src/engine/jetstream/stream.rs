//! One stream that holds a bucket, and what was learned of it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::api::{self, Api, Refusal};
use super::at_once;
use super::committed::Committed;
use super::expiry;
use super::newest::State;
use crate::protocol::config::{chunk_hazards, is_on, mirrored_bucket, subjects_of_mirror};
use crate::protocol::{BucketName, Nuid};
use crate::{Error, Result};

/// Bytes that a put has under way, for a bucket of which nothing is known yet.
const START_WINDOW: usize = 8 << 20;
/// The most bytes under way. The server refuses messages when 128 MiB wait for one stream.
const MAX_WINDOW: usize = 32 << 20;
/// The fewest that it may have under way where they are stored quickly, and the server was never overwhelmed.
const QUICK_WINDOW: usize = 20 << 20;
/// The fewest, and the step by which the window grows.
const MIN_WINDOW: usize = 1 << 20;

/// For how long a state may well be that of the stream still.
const FRESH: Duration = Duration::from_millis(100);

/// A stream that holds a bucket, and what was learned of it.
#[derive(Debug)]
pub(super) struct BucketStream {
    pub(super) api: Arc<Api>,
    pub(super) bucket: BucketName,
    pub(super) stream: String,
    /// The bucket whose subjects the stream holds: another one, if it is a mirror of that without subjects of its own.
    pub(super) subjects: BucketName,
    /// The bucket that it is a mirror of.
    origin: Option<BucketName>,
    /// When the stream was created, as the server tells it: a later stream of the same name is another bucket.
    created: String,
    /// Whether the stream takes atomic batches. Another client's update may take it away.
    pub(super) takes_atomic: AtomicBool,
    /// Whether the stream takes fast-ingest batches. Likewise.
    pub(super) takes_batches: AtomicBool,
    /// Whether the stream takes a TTL per message. Likewise.
    pub(super) takes_ttl: AtomicBool,
    /// Whether replicas answer Direct Gets. Likewise.
    pub(super) answers_direct: AtomicBool,
    /// Whether a small object can go at once, see `at_once`.
    pub(super) stores_at_once: bool,
    /// How often the connection had been made anew when the stream was opened.
    reconnects: u64,
    /// Whether the last name that was looked at before a put was free, so that most likely the next one is.
    pub(super) names_are_free: AtomicBool,
    /// Subjects that the stream had when it was last asked: a hint.
    pub(super) subject_count: AtomicU64,
    /// The state in which it was opened, and when, for the first list.
    opened: Mutex<Option<(Instant, State)>>,
    /// Whether each name may have one record, and the server can show it. Likewise.
    pub(super) may_have_one_each: AtomicBool,
    /// What this handle committed, for reads that must not be older.
    pub(super) committed: Committed,
    /// Bytes that a put may have under way.
    window: AtomicUsize,
    /// Whether the server ever had too much under way.
    was_overwhelmed: AtomicBool,
    max_msg_size: Option<usize>,
    /// Settings by which the server would drop chunks that it acknowledged.
    hazards: String,
}

impl BucketStream {
    /// The stream that an answer of the server describes.
    pub(super) fn new(api: Arc<Api>, bucket: BucketName, answer: &Value) -> Self {
        let config = &super::config_of(answer);
        let max_msg_size = config.get("max_msg_size").and_then(Value::as_u64).filter(|&size| size > 0);
        Self {
            stream: bucket.stream(),
            subjects: subjects_of_mirror(config).unwrap_or_else(|| bucket.clone()),
            origin: mirrored_bucket(config),
            bucket,
            created: created(answer),
            takes_atomic: AtomicBool::new(is_on(config, "allow_atomic")),
            takes_batches: AtomicBool::new(is_on(config, "allow_batched")),
            takes_ttl: AtomicBool::new(is_on(config, "allow_msg_ttl")),
            answers_direct: AtomicBool::new(is_on(config, "allow_direct")),
            stores_at_once: at_once::is_known_to(answer),
            reconnects: api.reconnect_count(),
            names_are_free: AtomicBool::new(false),
            subject_count: AtomicU64::new(answer["state"]["num_subjects"].as_u64().unwrap_or(0)),
            opened: Mutex::new(State::of(answer).map(|state| (Instant::now(), state))),
            may_have_one_each: AtomicBool::new(true),
            committed: Committed::default(),
            window: AtomicUsize::new(START_WINDOW),
            was_overwhelmed: AtomicBool::new(false),
            hazards: chunk_hazards(config).join(", "),
            max_msg_size: max_msg_size.and_then(|size| size.try_into().ok()),
            api,
        }
    }

    /// The state in which it was opened, if it may well be the same, and nobody has asked before.
    pub(super) fn fresh_state(&self) -> Option<State> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (at, state) = opened?;
        (at.elapsed() < FRESH && self.committed.is_empty()).then_some(state)
    }

    /// Whether the connection is still that over which the stream was opened.
    pub(super) fn is_as_opened(&self) -> bool {
        self.reconnects == self.api.reconnect_count()
    }

    /// The largest message that the server and the stream take, in bytes.
    pub(super) fn max_message(&self) -> usize {
        self.api.client().max_payload().min(self.max_msg_size.unwrap_or(usize::MAX))
    }

    /// Refuses to write where what is written would be lost, or would go elsewhere.
    pub(super) fn check_writable(&self) -> Result<()> {
        let reason = if let Some(origin) = &self.origin {
            format!("it is a mirror of the bucket {origin:?}, and only that can be written")
        } else if self.hazards.is_empty() {
            return Ok(());
        } else {
            format!("its stream would drop chunks: {}", self.hazards)
        };
        Err(Error::InvalidConfig { bucket: self.bucket.to_string(), reason })
    }

    /// Fails with `BucketDeleted` if the stream is gone, or is another one by now.
    pub(super) async fn check_same(&self) -> Result<()> {
        let now = created(&self.stream_info(&Value::Null).await?);
        if now == self.created {
            return Ok(());
        }
        Err(Error::BucketDeleted { bucket: self.bucket.to_string() })
    }

    /// The error for a refusal by this stream.
    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        refusal.in_bucket(self.bucket.as_str())
    }

    /// The error for a refusal by this stream. Where nobody answers, a look tells whether the bucket is gone.
    pub(super) async fn why_refused(&self, refusal: Refusal) -> Error {
        if matches!(refusal, Refusal::NoResponders { .. } | Refusal::Silence(_))
            && let Err(gone @ Error::BucketDeleted { .. }) = self.stream_info(&Value::Null).await
        {
            return gone;
        }
        self.refused(refusal)
    }

    /// The stream as the server describes it, with the state of subjects that `filter` names.
    pub(super) async fn stream_info(&self, request: &Value) -> Result<Value> {
        let answer = self.api.call(&format!("STREAM.INFO.{}", self.stream), request).await;
        answer.map_err(|refusal| self.refused(refusal))
    }

    /// The last sequence that the stream came to.
    pub(super) async fn last_sequence(&self) -> Result<u64> {
        Ok(self.stream_info(&Value::Null).await?["state"]["last_seq"].as_u64().unwrap_or(0))
    }

    /// Bytes that a put may have under way now.
    pub(super) fn window(&self) -> usize {
        self.window.load(Ordering::Relaxed)
    }

    /// The same where they are stored quickly.
    pub(super) fn quick_window(&self) -> usize {
        let window = self.window();
        if self.was_overwhelmed.load(Ordering::Relaxed) { window } else { window.max(QUICK_WINDOW) }
    }

    /// The server was overwhelmed by a blob with this much under way: the next put sends half of it ahead.
    pub(super) fn narrow_window(&self, overwhelming: usize) {
        let window = (overwhelming / 2).max(MIN_WINDOW);
        tracing::info!(bucket = %self.bucket, window, "the server is overwhelmed: less is sent ahead");
        self.window.fetch_min(window, Ordering::Relaxed);
        self.was_overwhelmed.store(true, Ordering::Relaxed);
    }

    /// A whole blob went through: the next put may send more ahead.
    pub(super) fn widen_window(&self) {
        self.window.store((self.window() + MIN_WINDOW).min(MAX_WINDOW), Ordering::Relaxed);
    }

    /// Removes a blob's chunks: by a tombstone that takes their place and expires, which needs no right to purge; or
    /// by a purge, where the stream has no TTL per message, or no room for the tombstone.
    pub(super) async fn retire(&self, nuid: &Nuid) -> Result<(), Refusal> {
        let subject = self.subjects.chunk_subject(nuid);
        if self.takes_ttl.load(Ordering::Relaxed) {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Rollup", "sub");
            expiry::insert(&mut headers, Duration::from_secs(1));
            let answer = self.api.attempt(&subject, super::NOTHING, Some(headers)).await;
            match answer.and_then(|message| api::read_ack(&message.payload)) {
                Ok(_) => return Ok(()),
                Err(Refusal::Server { code: api::TTL_DISABLED, .. }) => {
                    tracing::info!(bucket = %self.bucket, "the stream takes no TTL any more: blobs are purged");
                    self.takes_ttl.store(false, Ordering::Relaxed);
                }
                Err(_) => {}
            }
        }
        let purge = self.api.subject(&format!("STREAM.PURGE.{}", self.stream));
        let request = serde_json::json!({ "filter": subject }).to_string();
        let answer = self.api.attempt(&purge, request.into(), None).await?;
        api::read_answer(&answer.payload).map(drop)
    }
}

fn created(answer: &Value) -> String {
    answer["created"].as_str().unwrap_or_default().to_owned()
}
