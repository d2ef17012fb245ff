//! The end of a consumer at the server.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::api::{Api, Refusal, pause, read_answer};

/// Deletes a consumer at the server when it is dropped.
#[derive(Debug)]
pub(super) struct Deletion {
    pub(super) api: Arc<Api>,
    /// What asks for it; `None` when there is nothing to delete.
    pub(super) subject: Option<String>,
    /// Whether the server has told that the consumer is there. Until then it may come to be after its deletion was asked for.
    pub(super) is_made: bool,
}

impl Drop for Deletion {
    fn drop(&mut self) {
        let Some(subject) = self.subject.take() else { return };
        let (api, is_made) = (self.api.clone(), self.is_made);
        self.api.in_background(async move {
            if is_made {
                let _ = api.client().publish(subject, super::NOTHING).await;
            } else {
                let _ = timeout(STILL_MADE, delete_what_is_being_made(&api, &subject)).await;
            }
        });
    }
}

/// How long the server may take to make a consumer that nobody waits for any more.
const STILL_MADE: Duration = Duration::from_secs(5);

/// Asks until the consumer was there to be deleted.
async fn delete_what_is_being_made(api: &Api, subject: &str) {
    loop {
        match api.attempt(subject, Bytes::new(), None).await {
            Ok(answer) if read_answer(&answer.payload).is_ok() => return,
            // Not there yet, or nobody there to answer.
            Ok(_) | Err(Refusal::NoResponders { .. } | Refusal::Silence(_)) => pause().await,
            Err(_) => return,
        }
    }
}
