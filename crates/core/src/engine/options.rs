//! How to reach a store.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How to reach and use a NATS account. The defaults suit a server without credentials; a local store needs none of it.
///
/// ```
/// let mut options = jetblob::StoreOptions::default();
/// options.domain = Some("hub".into());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct StoreOptions {
    /// A `.creds` file (JWT and seed), read when the store is opened, and anew for each connection: it may be renewed
    /// meanwhile.
    pub credentials_file: Option<PathBuf>,
    /// The text of a `.creds` file, for who keeps it elsewhere; wins over `credentials_file`.
    pub credentials: Option<String>,
    /// User and password.
    pub user_and_password: Option<(String, String)>,
    /// A token.
    pub token: Option<String>,
    /// The seed of an nkey (`SU…`).
    pub nkey_seed: Option<String>,
    /// A file of root certificates in PEM, instead of the system's.
    pub root_certificates: Option<PathBuf>,
    /// The client's own certificate and key, files in PEM.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Refuse a connection that isn't encrypted.
    pub require_tls: bool,
    /// Start TLS before the server says anything.
    pub tls_first: bool,
    /// The JetStream domain.
    pub domain: Option<String>,
    /// The JetStream API prefix; wins over `domain`.
    pub api_prefix: Option<String>,
    /// What the subjects of replies begin with; `_INBOX` if not given.
    pub inbox_prefix: Option<String>,
    /// The name that the server shows for this connection.
    pub name: Option<String>,
    /// How long any step may go without progress. 30 seconds if not given.
    pub idle_timeout: Duration,
}

impl StoreOptions {
    /// Whether there are credentials of any kind.
    #[cfg(feature = "jetstream")]
    pub(crate) fn has_credentials(&self) -> bool {
        self.credentials_file.is_some()
            || self.credentials.is_some()
            || self.user_and_password.is_some()
            || self.token.is_some()
            || self.nkey_seed.is_some()
    }
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            credentials_file: None,
            credentials: None,
            user_and_password: None,
            token: None,
            nkey_seed: None,
            root_certificates: None,
            client_certificate: None,
            require_tls: false,
            tls_first: false,
            domain: None,
            api_prefix: None,
            inbox_prefix: None,
            name: None,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// Shows no secret.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("domain", &self.domain)
            .field("api_prefix", &self.api_prefix)
            .field("inbox_prefix", &self.inbox_prefix)
            .field("name", &self.name)
            .field("idle_timeout", &self.idle_timeout)
            .finish_non_exhaustive()
    }
}
