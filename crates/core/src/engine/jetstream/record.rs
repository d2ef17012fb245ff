//! Looking one record up.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use async_nats::{HeaderMap, HeaderName, HeaderValue, Message, StatusCode};
use bytes::Bytes;
use data_encoding::BASE64;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::NOTHING;
use super::api::Refusal;
use super::expiry;
use super::stream::BucketStream;
use crate::engine::{Consistency, StoredRecord};
use crate::protocol::key::{RecordKey, legacy_record_keys, record_key};
use crate::protocol::record::Record;
use crate::{Error, Result};

const MESSAGE_NOT_FOUND: u64 = 10_037;

impl BucketStream {
    /// The record under `name`, under whichever key a client wrote it.
    pub(super) async fn last(&self, name: &str, consistency: Consistency) -> Result<Option<StoredRecord>> {
        let usual = self.last_of_key(name, record_key(name), consistency).await?;
        if usual.is_some() {
            return Ok(usual);
        }
        let legacy = legacy_record_keys(name).into_iter();
        let found = try_join_all(legacy.map(|key| self.last_of_key(name, key, consistency))).await?;
        Ok(found.into_iter().flatten().next())
    }

    /// The same, with all keys looked at together: one round trip for a name that is free.
    pub(super) async fn last_before_put(&self, name: &str) -> Result<Option<StoredRecord>> {
        let found = self.last_of_all_keys(name).await?;
        self.names_are_free.store(found.is_none(), Ordering::Relaxed);
        Ok(found)
    }

    async fn last_of_all_keys(&self, name: &str) -> Result<Option<StoredRecord>> {
        let usual = record_key(name);
        let legacy = legacy_record_keys(name);
        if !self.answers_direct.load(Ordering::Relaxed) {
            return self.last(name, Consistency::ReadYourWrites).await;
        }
        let keys = [usual].into_iter().chain(legacy);
        match try_join_all(keys.map(async |key| self.direct_last(&key).await)).await {
            Ok(found) => {
                let record = found.into_iter().flatten().next();
                if self.committed.allows(name, record.as_ref()) {
                    return Ok(record);
                }
            }
            Err(Refusal::NoResponders { .. }) => self.direct_get_is_gone().await?,
            Err(refusal) => return Err(self.refused(refusal)),
        }
        self.last(name, Consistency::Leader).await
    }

    async fn last_of_key(
        &self,
        name: &str,
        key: String,
        consistency: Consistency,
    ) -> Result<Option<StoredRecord>> {
        if consistency == Consistency::ReadYourWrites && self.answers_direct.load(Ordering::Relaxed) {
            match self.direct_last(&key).await {
                Ok(record) if self.committed.allows(name, record.as_ref()) => return Ok(record),
                Ok(_) => {}
                Err(Refusal::NoResponders { .. }) => self.direct_get_is_gone().await?,
                Err(refusal) => return Err(self.refused(refusal)),
            }
        }
        self.leader_last(&key).await.map_err(|refusal| self.refused(refusal))
    }

    /// Nobody answers Direct Gets: the stream is gone, has no leader now, or was told not to by an update.
    pub(super) async fn direct_get_is_gone(&self) -> Result<()> {
        let info = self.stream_info(&Value::Null).await?;
        if info["config"]["allow_direct"].as_bool() != Some(true) {
            tracing::info!(bucket = %self.bucket, "the stream takes no Direct Gets any more: its leader is asked");
            self.answers_direct.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// From any replica. The subject is in the request's own subject, so that a permission can name it.
    async fn direct_last(&self, key: &str) -> Result<Option<StoredRecord>, Refusal> {
        let record = self.subjects.record_subject_of_key(key);
        let subject = self.api.subject(&format!("DIRECT.GET.{}.{record}", self.stream));
        let message = match self.api.attempt(&subject, NOTHING, None).await {
            // An old server doesn't say that the stream is gone.
            Err(Refusal::Silence(_)) => {
                self.stream_info(&Value::Null).await.map_err(Refusal::Failed)?;
                self.api.request(&subject, NOTHING).await?
            }
            answered => answered?,
        };
        match message.status {
            None => {
                let mtime = time_header(&message).unwrap_or(SystemTime::UNIX_EPOCH);
                let expires = message.headers.as_ref().and_then(|headers| expiry::of(headers, mtime));
                let revision = number_header(&message, "Nats-Sequence").unwrap_or(0);
                Ok(Some(StoredRecord {
                    expires,
                    ..StoredRecord::new(RecordKey::parse(key), message.payload, revision, mtime)
                }))
            }
            Some(StatusCode::NOT_FOUND) => Ok(None),
            Some(status) => Err(Refusal::Server {
                code: u64::from(status.as_u16()),
                text: message.description.unwrap_or_else(|| "Direct Get refused".to_owned()),
            }),
        }
    }

    /// From the leader: as fresh as can be.
    async fn leader_last(&self, key: &str) -> Result<Option<StoredRecord>, Refusal> {
        let request = json!({ "last_by_subj": self.subjects.record_subject_of_key(key) });
        let message = self.leader_get(&request).await?;
        Ok(message.map(|message| StoredRecord {
            expires: expiry::of(&message, message.time),
            ..StoredRecord::new(RecordKey::parse(key), message.payload, message.sequence, message.time)
        }))
    }

    /// A message of the stream, from the leader; `None` if there is none.
    pub(super) async fn leader_get(&self, request: &Value) -> Result<Option<LeaderMessage>, Refusal> {
        let answer = match self.api.call(&format!("STREAM.MSG.GET.{}", self.stream), request).await {
            Err(Refusal::Server { code: MESSAGE_NOT_FOUND, .. }) => return Ok(None),
            answered => answered?,
        };
        let message = &answer["message"];
        let decode = |field: &str| {
            let decoded = BASE64.decode(message[field].as_str().unwrap_or_default().as_bytes());
            let not_base64 = "the server's answer holds a message that is not base64";
            decoded.map_err(|_| Refusal::Failed(Error::unavailable(not_base64)))
        };
        let (payload, headers) = (decode("data")?, decode("hdrs")?);
        let time = message["time"].as_str().and_then(|time| humantime::parse_rfc3339(time).ok());
        Ok(Some(LeaderMessage {
            subject: message["subject"].as_str().unwrap_or_default().to_owned(),
            payload: payload.into(),
            headers,
            sequence: message["seq"].as_u64().unwrap_or(0),
            time: time.unwrap_or(SystemTime::UNIX_EPOCH),
        }))
    }
}

impl LeaderMessage {
    /// Its headers; what is none is left out.
    pub(super) fn headers(&self) -> HeaderMap {
        let lines = self.headers.split(|&byte| byte == b'\n');
        let fields = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
        let valid = fields.filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, value.trim().parse::<HeaderValue>().ok()?))
        });
        let mut headers = HeaderMap::new();
        valid.for_each(|(name, value)| headers.append(name, value));
        headers
    }

    /// A header of it, as it is on the wire.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.split(|&byte| byte == b'\n');
        let mut fields = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// A message as the leader tells it.
pub(super) struct LeaderMessage {
    pub(super) subject: String,
    pub(super) payload: Bytes,
    headers: Vec<u8>,
    pub(super) sequence: u64,
    pub(super) time: SystemTime,
}

/// Whether a record that a scan met is hidden by one under the name's usual key. Old clients wrote other keys.
pub(super) async fn is_shadowed(stream: &BucketStream, stored: &StoredRecord) -> Result<bool> {
    if stored.key.is_plain() {
        return Ok(false);
    }
    let Some(name) = stored.record().as_ref().ok().and_then(Record::name) else {
        return Ok(false);
    };
    if stored.key == RecordKey::of(name) || !stored.key.is_of(name) {
        return Ok(false);
    }
    Ok(stream.last_of_key(name, record_key(name), Consistency::ReadYourWrites).await?.is_some())
}

pub(super) fn number_header(message: &Message, name: &str) -> Option<u64> {
    message.headers.as_ref()?.get(name)?.as_str().parse().ok()
}

pub(super) fn time_header(message: &Message) -> Option<SystemTime> {
    humantime::parse_rfc3339(message.headers.as_ref()?.get("Nats-Time-Stamp")?.as_str()).ok()
}

/// The time of a message, from nanoseconds since 1970.
pub(super) fn time_of_nanos(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}
