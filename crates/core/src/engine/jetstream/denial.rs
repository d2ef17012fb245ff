//! What the server denies: told apart from the request that it answers, and matched to it here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::sleep;

use crate::Error;

/// Subjects that the server denies, as it tells of them: apart from the request that they answer.
#[derive(Debug, Clone)]
pub(super) struct Denials {
    told: broadcast::Sender<Arc<str>>,
    /// What the subjects of replies begin with: whoever may not hear them waits in vain for any answer.
    inbox_prefix: Arc<str>,
    /// Replies that may not be heard, since nothing was answered: the server tells of it once, not with every request.
    unheard: Arc<Mutex<Option<Arc<str>>>>,
}

/// How long to wait for an answer that most likely may not be heard. The subject may also have been the caller's own.
const GRACE: Duration = Duration::from_secs(1);

impl Denials {
    pub(super) fn new(inbox_prefix: Option<&str>) -> Self {
        let inbox_prefix = inbox_prefix.unwrap_or("_INBOX").into();
        Self { told: broadcast::Sender::new(64), inbox_prefix, unheard: Arc::default() }
    }

    /// Takes the text of a server's `-ERR`.
    pub(super) fn announce(&self, text: &str) {
        if let Some(inbox) = denied_inbox(text, &self.inbox_prefix) {
            *self.unheard.lock().unwrap_or_else(PoisonError::into_inner) = Some(inbox.into());
        }
        let _ = self.told.send(text.into());
    }

    /// An answer came, or the connection is another one by now.
    pub(super) fn forget(&self) {
        *self.unheard.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn watch(&self) -> DenialWatch {
        DenialWatch { told: self.told.subscribe(), denials: self.clone() }
    }
}

/// Waits for the denial of one subject.
#[derive(Debug)]
pub(super) struct DenialWatch {
    told: broadcast::Receiver<Arc<str>>,
    denials: Denials,
}

impl DenialWatch {
    /// Ends when publishing to `subject`, or hearing replies, is denied; else never.
    pub(super) async fn of(&mut self, subject: &str) -> Error {
        let unheard = self.denials.unheard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        loop {
            let told = tokio::select! {
                told = self.told.recv() => told,
                () = sleep(GRACE), if unheard.is_some() => {
                    return denied(unheard.as_deref().unwrap_or_default());
                }
            };
            match told {
                Ok(text) => {
                    if let Some(subject) = denied_subject(&text, subject, &self.denials.inbox_prefix) {
                        return denied(subject);
                    }
                }
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    }
}

fn denied(subject: &str) -> Error {
    Error::PermissionDenied { during: Box::default(), subject: subject.to_owned() }
}

/// The subject that this text denies, if that is why a request to `subject` gets no answer.
fn denied_subject<'t>(text: &'t str, subject: &str, inbox_prefix: &str) -> Option<&'t str> {
    denied_inbox(text, inbox_prefix).or_else(|| {
        let is_violation = text.to_ascii_lowercase().contains("permissions violation for publish");
        text.split('"').nth(1).filter(|denied| is_violation && is_same_subject(denied, subject))
    })
}

/// Whether a server denies this subject when it says that: one in the domain itself takes the domain out first.
fn is_same_subject(denied: &str, subject: &str) -> bool {
    let of_api =
        |subject: &'_ str| subject.strip_prefix("$JS.")?.split_once("API.").map(|(_, call)| call.to_owned());
    denied == subject || denied.starts_with("$JS.API.") && of_api(denied) == of_api(subject)
}

/// The subject of replies that this text denies.
fn denied_inbox<'t>(text: &'t str, inbox_prefix: &str) -> Option<&'t str> {
    let is_violation = text.to_ascii_lowercase().contains("permissions violation for subscription");
    text.split('"').nth(1).filter(|denied| is_violation && denied.starts_with(inbox_prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_is_matched_to_its_subject() {
        let info = "$JS.API.STREAM.INFO.OBJ_b";
        let publish = r#"Permissions Violation for Publish to "$JS.API.STREAM.INFO.OBJ_b""#;
        assert_eq!(denied_subject(publish, info, "_INBOX"), Some(info));
        assert_eq!(denied_subject(publish, "$JS.API.STREAM.INFO.OBJ_c", "_INBOX"), None);
        let mapped = "$JS.hub.API.STREAM.INFO.OBJ_b";
        assert_eq!(denied_subject(publish, mapped, "_INBOX"), Some(info));
        let replies = r#"Permissions Violation for Subscription to "_INBOX.x.*""#;
        assert_eq!(denied_subject(replies, info, "_INBOX"), Some("_INBOX.x.*"));
        let other = r#"Permissions Violation for Subscription to "orders.>""#;
        assert_eq!(denied_subject(other, info, "_INBOX"), None, "the caller's own affair");
    }
}
