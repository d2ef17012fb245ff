//! A small object under a name that is free, in one round trip: its chunk, and right behind it its record.
//!
//! The server stores the record only if nothing stands under the name, and if the message that it stored just before is
//! the chunk: `Nats-Expected-Last-Msg-Id` names it. So no record becomes visible without its chunk, and the
//! acknowledgement of the record is that of both. The chunk in turn is stored only if no older client's record stands
//! under the name's other key.
//!
//! Servers of a cluster check that where each of them stores, by what each remembers of the last message: there it isn't
//! used, also for one replica, which may get company, nor any more after a reconnect, which may lead to another server. Nor is it before server 2.12.5, the first that tells of level 3:
//! some versions before 2.12.4 take a chunk for stored that an account had no room for.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_nats::header::{
    NATS_EXPECTED_LAST_MESSAGE_ID, NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID,
};
use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::Value;
use tracing::Span;

use super::api::{self, Refusal};
use super::commit;
use super::settle::{self, Message, Pending};
use super::stream::BucketStream;
use crate::Result;
use crate::engine::{AtOnce, RecordWrite, Retired};
use crate::protocol::Nuid;
use crate::protocol::key::legacy_record_keys;

/// The subject that the expected sequence is of, where it is another than the message's own.
const EXPECTED_LAST_SUBJECT: &str = "Nats-Expected-Last-Subject-Sequence-Subject";

/// The level of features, as a server tells of it, from which on it is used.
const LEVEL: u32 = 3;

/// The largest chunk, in bytes: what is sent in vain where the name is taken, and holds up its own record on a slow link.
const LARGEST: u64 = 64 << 10;

/// Bytes that the headers of the chunk may have.
const CHUNK_HEADERS: usize = 2 << 10;

/// Whether the server that told this of a stream lets a chunk and its record go at once.
pub(super) fn is_known_to(answer: &Value) -> bool {
    let level = answer["config"]["metadata"]["_nats.level"].as_str().and_then(|level| level.parse().ok());
    let is_in_cluster = answer["cluster"]["name"].as_str().is_some_and(|name| !name.is_empty());
    level.is_some_and(|level: u32| level >= LEVEL) && !is_in_cluster
}

/// Whether one round trip is worth an attempt. Without a connection it would leave a doubt, where nothing was sent yet.
pub(super) fn is_likely(stream: &BucketStream, name: &str, size: u64) -> bool {
    stream.stores_at_once
        && stream.names_are_free.load(Ordering::Relaxed)
        && size <= LARGEST.min(stream.max_message().saturating_sub(CHUNK_HEADERS) as u64)
        && legacy_record_keys(name).len() <= 1
        && stream.is_as_opened()
        && stream.api.is_connected()
}

/// Sends both, and waits for the one answer.
pub(super) async fn store(
    stream: &Arc<BucketStream>,
    nuid: &Nuid,
    chunk: Bytes,
    write: &RecordWrite,
) -> Result<AtOnce> {
    stream.check_writable()?;
    Span::current().record("path", "at_once");
    let api = &stream.api;
    let chunk_subject = stream.subjects.chunk_subject(nuid);
    let (mut denials, mut reconnects) = (api.denials(), api.reconnects());
    let messages = [Message::new(stream, write)];
    let [record] = &messages;
    let mut headers = record.headers(stream).await?;
    headers.insert(NATS_EXPECTED_LAST_MESSAGE_ID, nuid.as_str());
    api.publish_alone(chunk_subject.as_str().into(), chunk_headers(stream, nuid, &write.name), chunk).await?;
    // The chunk is on its way before it, at the pace of the link; and a doubt takes time too.
    let patience = api.idle_timeout() / 2;
    let answer = tokio::select! {
        answer = api.attempt_within(patience, record.subject(), record.payload(), Some(headers)) => answer,
        // What was sent over the connection before is not answered any more.
        Ok(()) = reconnects.changed() => Err(Refusal::Silence(api.silence("an answer to a commit"))),
    };
    let refusal = match answer.and_then(|answer| settle::read_revision(&answer.payload, 1)) {
        Ok(revision) => {
            stream.committed.note(&write.name, revision);
            return Ok(AtOnce::Committed(revision));
        }
        Err(refusal) => refusal,
    };
    let pending = Pending { stream, staged: Some(nuid), messages: &messages };
    if pending.may_have_landed(&refusal) {
        return Ok(AtOnce::InDoubt(record.unknown(Some(nuid))));
    }
    if let Refusal::Server { code: api::WRONG_LAST_SEQUENCE, .. } = refusal {
        stream.names_are_free.store(false, Ordering::Relaxed);
    }
    if denials.of(&chunk_subject).now_or_never().is_none() {
        commit::retire(stream, &Retired { nuid: nuid.clone(), aliases: Vec::new() }).await;
    }
    Ok(AtOnce::Refused)
}

fn chunk_headers(stream: &BucketStream, nuid: &Nuid, name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, nuid.as_str());
    if let Some(key) = legacy_record_keys(name).first() {
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(0));
        headers.insert(EXPECTED_LAST_SUBJECT, stream.subjects.record_subject_of_key(key));
    }
    headers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lone_server_of_these_days_knows_it() {
        let stream = |level: &str, cluster: Value| json!({ "config": { "metadata": { "_nats.level": level } }, "cluster": cluster });
        assert!(is_known_to(&stream("3", json!({ "leader": "NABC" }))));
        assert!(!is_known_to(&stream("2", json!({ "leader": "NABC" }))));
        assert!(!is_known_to(&stream("5", json!({ "name": "east", "leader": "s1" }))));
        assert!(!is_known_to(&json!({ "config": {} })));
    }
}
