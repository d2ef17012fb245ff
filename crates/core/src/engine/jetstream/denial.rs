//! What the server denies: told apart from the request that it answers, and matched to it here.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::Error;

/// Subjects that the server denies, as it tells of them: apart from the request that they answer.
#[derive(Debug, Clone)]
pub(super) struct Denials {
    told: broadcast::Sender<Arc<str>>,
    /// What the subjects of replies begin with: whoever may not hear them waits in vain for any answer.
    inbox_prefix: Arc<str>,
}

impl Denials {
    pub(super) fn new(inbox_prefix: Option<&str>) -> Self {
        Self { told: broadcast::Sender::new(64), inbox_prefix: inbox_prefix.unwrap_or("_INBOX").into() }
    }

    /// Takes the text of a server's `-ERR`.
    pub(super) fn announce(&self, text: &str) {
        let _ = self.told.send(text.into());
    }

    pub(super) fn watch(&self) -> DenialWatch {
        DenialWatch { told: self.told.subscribe(), inbox_prefix: self.inbox_prefix.clone() }
    }
}

/// Waits for the denial of one subject.
#[derive(Debug)]
pub(super) struct DenialWatch {
    told: broadcast::Receiver<Arc<str>>,
    inbox_prefix: Arc<str>,
}

impl DenialWatch {
    /// Ends when publishing to `subject`, or hearing replies, is denied; else never.
    pub(super) async fn of(&mut self, subject: &str) -> Error {
        loop {
            match self.told.recv().await {
                Ok(text) => {
                    if let Some(denied) = denied_subject(&text, subject, &self.inbox_prefix) {
                        return Error::PermissionDenied {
                            during: Box::default(),
                            subject: denied.to_owned(),
                        };
                    }
                }
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    }
}

/// The subject that this text denies, if that is why a request to `subject` gets no answer.
fn denied_subject<'t>(text: &'t str, subject: &str, inbox_prefix: &str) -> Option<&'t str> {
    let denied = text.split('"').nth(1)?;
    let violation = text.to_ascii_lowercase();
    let concerns = if violation.contains("permissions violation for subscription") {
        denied.starts_with(inbox_prefix)
    } else {
        violation.contains("permissions violation") && denied == subject
    };
    concerns.then_some(denied)
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
        let replies = r#"Permissions Violation for Subscription to "_INBOX.x.*""#;
        assert_eq!(denied_subject(replies, info, "_INBOX"), Some("_INBOX.x.*"));
        let other = r#"Permissions Violation for Subscription to "orders.>""#;
        assert_eq!(denied_subject(other, info, "_INBOX"), None, "the caller's own affair");
    }
}
