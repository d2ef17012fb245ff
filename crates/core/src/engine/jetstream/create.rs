//! Creating a stream, whatever a deleted one of its name left.
//!
//! A server removes the files of a stream in the background. A stream of the same name that is created meanwhile may
//! stumble over them, or find them and begin with the messages of the old one (both seen with nats-server 2.15.1).

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::api::{self, Api, Refusal};
use crate::protocol::config::STREAM_FEATURES;
use crate::protocol::{BucketConfig, BucketName};

/// How often, and how long apart, a creation that stumbles is tried again. The files are gone in milliseconds.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// Creates the stream of a bucket, empty.
pub(super) async fn create(api: &Api, bucket: &BucketName, config: &BucketConfig) -> Result<Value, Refusal> {
    let created = with_features(api, bucket, config).await?;
    if let Some(sequence) = first_own_sequence(&created) {
        let purge = format!("STREAM.PURGE.{}", bucket.stream());
        api.call(&purge, &json!({ "seq": sequence })).await?;
    }
    Ok(created)
}

/// A server that doesn't know a feature of jetblob's is asked without any.
async fn with_features(api: &Api, bucket: &BucketName, config: &BucketConfig) -> Result<Value, Refusal> {
    let plain = config.to_stream_config(bucket);
    if !config.plain {
        let mut featured = plain.clone();
        featured.extend(STREAM_FEATURES.map(|feature| (feature.to_owned(), json!(true))));
        match request(api, bucket, featured).await {
            // A server that checks strictly refuses fields that it doesn't know yet.
            Err(Refusal::Server { code: api::INVALID_JSON | api::INVALID_CONFIG, .. }) => {}
            answered => return answered,
        }
    }
    request(api, bucket, plain).await
}

async fn request(api: &Api, bucket: &BucketName, config: Map<String, Value>) -> Result<Value, Refusal> {
    let subject = format!("STREAM.CREATE.{}", bucket.stream());
    let config = Value::Object(config);
    for _ in 1..ATTEMPTS {
        match api.call(&subject, &config).await {
            Err(Refusal::Server { code: api::STORE_NOT_CREATED, .. }) => sleep(PAUSE).await,
            answered => return answered,
        }
    }
    api.call(&subject, &config).await
}

/// The sequence at which the messages of the new stream begin, if there are older ones.
fn first_own_sequence(created: &Value) -> Option<u64> {
    let state = &created["state"];
    let is_new = created["did_create"].as_bool().unwrap_or(false);
    let is_empty = state["messages"].as_u64().unwrap_or(0) == 0;
    if !is_new || is_empty || time(&state["last_ts"])? >= time(&created["created"])? {
        return None;
    }
    Some(state["last_seq"].as_u64()? + 1)
}

fn time(told: &Value) -> Option<SystemTime> {
    humantime::parse_rfc3339(told.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(messages: u64, last_ts: &str) -> Value {
        json!({
            "did_create": true,
            "created": "2026-05-01T10:00:00.5Z",
            "state": { "messages": messages, "last_seq": 7, "last_ts": last_ts },
        })
    }

    #[test]
    fn messages_from_before_the_stream_are_not_its_own() {
        assert_eq!(first_own_sequence(&answer(4, "2026-05-01T10:00:00.498288298Z")), Some(8));
    }

    #[test]
    fn an_empty_stream_has_nothing_to_purge() {
        assert_eq!(first_own_sequence(&answer(0, "0001-01-01T00:00:00Z")), None);
        assert_eq!(first_own_sequence(&answer(0, "2026-05-01T10:00:00.498288298Z")), None);
    }

    #[test]
    fn what_another_client_has_written_meanwhile_stays() {
        assert_eq!(first_own_sequence(&answer(1, "2026-05-01T10:00:00.6Z")), None);
    }

    #[test]
    fn a_stream_that_was_there_stays_as_it_is() {
        let mut existing = answer(4, "2026-05-01T10:00:00.498288298Z");
        existing["did_create"] = json!(false);
        assert_eq!(first_own_sequence(&existing), None);
    }
}
