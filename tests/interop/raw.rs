//! What the runner does at the server itself: buckets, records and chunks as they are, and mirrors.

use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use async_nats::jetstream::{self, Context};
use bytes::Bytes;
use jetblob::BucketName;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A connection of the runner's own. What goes wrong here is the runner's fault, and a panic.
pub(crate) struct Raw {
    runtime: Runtime,
    context: Context,
}

impl Raw {
    pub(crate) fn connect(url: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let connect = async { async_nats::connect(url).await.map(jetstream::new) };
        let context = runtime.block_on(connect).expect("a connection");
        Self { runtime, context }
    }

    fn api(&self, call: &str, request: &Value) -> Value {
        let answer = self.runtime.block_on(self.context.request(call.to_owned(), request));
        let answer: Value = answer.expect("an answer");
        assert!(answer["error"].is_null(), "{call} {request}: {answer}");
        answer
    }

    /// A bucket as nats.go and nats.net create it.
    pub(crate) fn bucket(&self, bucket: &str) {
        let config = json!({
            "name": format!("OBJ_{bucket}"), "subjects": [format!("$O.{bucket}.C.>"), format!("$O.{bucket}.M.>")],
            "storage": "file", "retention": "limits", "discard": "new", "max_bytes": -1, "num_replicas": 1,
            "allow_rollup_hdrs": true, "allow_direct": true,
        });
        self.api(&format!("STREAM.CREATE.OBJ_{bucket}"), &config);
    }

    /// A mirror of a bucket, with all that the bucket has now: on the bucket's subjects, or on those of its own name.
    pub(crate) fn mirror(&self, bucket: &str, mirror: &str, own_subjects: bool) {
        let mut config = json!({
            "name": format!("OBJ_{mirror}"), "storage": "file", "retention": "limits", "discard": "new",
            "mirror": { "name": format!("OBJ_{bucket}") }, "allow_direct": true, "mirror_direct": false,
        });
        if own_subjects {
            let transform = json!({ "src": format!("$O.{bucket}.>"), "dest": format!("$O.{mirror}.>") });
            config["mirror"]["subject_transforms"] = json!([transform]);
        }
        self.api(&format!("STREAM.CREATE.OBJ_{mirror}"), &config);
        let wanted = self.messages(bucket);
        wait(|| self.messages(mirror) == wanted, "a mirror that has followed");
    }

    /// How many messages a bucket's stream has.
    fn messages(&self, bucket: &str) -> u64 {
        let info = self.api(&format!("STREAM.INFO.OBJ_{bucket}"), &json!({}));
        info["state"]["messages"].as_u64().expect("a number of messages")
    }

    /// Waits until everything in a bucket has expired.
    pub(crate) fn wait_for_expiry(&self, bucket: &str) {
        wait(|| self.messages(bucket) == 0, "a bucket that has expired");
    }

    fn publish(&self, subject: String, headers: HeaderMap, payload: Bytes) {
        let published = async { self.context.publish_with_headers(subject, headers, payload).await?.await };
        self.runtime.block_on(published).expect("a message that is stored");
    }

    /// Stores the chunks of a blob.
    pub(crate) fn chunks(&self, bucket: &str, nuid: &str, chunks: &[&[u8]]) {
        for chunk in chunks {
            let subject = format!("$O.{bucket}.C.{nuid}");
            self.publish(subject, HeaderMap::new(), Bytes::copy_from_slice(chunk));
        }
    }

    /// Stores a record where nats.go looks for it, over the one that was there.
    pub(crate) fn record(&self, bucket: &str, name: &str, record: &Value) {
        let subject = BucketName::parse(bucket).expect("a bucket's name").record_subject(name);
        self.record_on(subject, record);
    }

    /// Stores a record on this subject, over the one that was there.
    pub(crate) fn record_on(&self, subject: String, record: &Value) {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        self.publish(subject, headers, record.to_string().into());
    }

    /// Stores a record beside the one that was there.
    pub(crate) fn record_beside(&self, bucket: &str, name: &str, record: &Value) {
        let subject = BucketName::parse(bucket).expect("a bucket's name").record_subject(name);
        self.publish(subject, HeaderMap::new(), record.to_string().into());
    }
}

fn wait(until: impl Fn() -> bool, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !until() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
