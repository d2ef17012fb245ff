//! The next message of a stream, or the last one, asked for by itself.

use std::time::SystemTime;

use async_nats::{HeaderValue, Message};
use serde_json::{Value, json};

use super::api::Refusal;
use super::consumer::Delivered;
use super::record::{number_header, time_header};
use super::stream::BucketStream;
use crate::{Error, Result};

impl BucketStream {
    /// The first message of the subjects `filter` from `sequence` on. As the leader has it, or as a replica has it where
    /// the leader may not be asked.
    pub(super) async fn first_from(&self, filter: &str, sequence: u64) -> Result<Option<Delivered>> {
        self.one(json!({ "seq": sequence, "next_by_subj": filter })).await
    }

    /// The last message of a subject, likewise.
    pub(super) async fn last_of(&self, subject: &str) -> Result<Option<Delivered>> {
        self.one(json!({ "last_by_subj": subject })).await
    }

    async fn one(&self, request: Value) -> Result<Option<Delivered>> {
        match self.leader_get(&request).await {
            Ok(None) => Ok(None),
            Ok(Some(message)) => Ok(Some(Delivered {
                headers: Some(message.headers()),
                subject: message.subject.into(),
                payload: message.payload,
                sequence: message.sequence,
                time: message.time,
            })),
            Err(Refusal::Failed(denied @ Error::PermissionDenied { .. })) => {
                let found = self.first_direct(&request.to_string()).await;
                found.map_err(|_| self.refused(Refusal::Failed(denied)))
            }
            Err(refusal) => Err(self.refused(refusal)),
        }
    }

    async fn first_direct(&self, request: &str) -> Result<Option<Delivered>, Refusal> {
        let subject = self.api.subject(&format!("DIRECT.GET.{}", self.stream));
        let message = self.api.request(&subject, request.to_owned().into()).await?;
        // A message has no status; that there is none has one.
        if message.status.is_some() {
            return Ok(None);
        }
        Ok(Some(of_direct_get(message)))
    }
}

/// What a Direct Get brought, as a consumer would have.
pub(super) fn of_direct_get(message: Message) -> Delivered {
    let subject = message.headers.as_ref().and_then(|headers| headers.get("Nats-Subject"));
    Delivered {
        subject: subject.map_or("", HeaderValue::as_str).into(),
        sequence: number_header(&message, "Nats-Sequence").unwrap_or(0),
        time: time_header(&message).unwrap_or(SystemTime::UNIX_EPOCH),
        headers: message.headers,
        payload: message.payload,
    }
}
