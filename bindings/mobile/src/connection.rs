//! How to reach a store.

use crate::seconds::Seconds;

/// How to reach and use a NATS account. The defaults suit a server without credentials; a local store needs none of it.
#[derive(Clone, uniffi::Record)]
#[allow(missing_debug_implementations, reason = "it holds secrets")]
pub struct StoreOptions {
    /// The path of a `.creds` file (JWT and seed), read when the store is opened, and anew for each connection.
    #[uniffi(default = None)]
    pub credentials_file: Option<String>,
    /// The text of a `.creds` file, for who keeps it elsewhere; wins over the file.
    #[uniffi(default = None)]
    pub credentials: Option<String>,
    /// User and password.
    #[uniffi(default = None)]
    pub user_and_password: Option<UserAndPassword>,
    /// A token.
    #[uniffi(default = None)]
    pub token: Option<String>,
    /// The seed of an nkey (`SU…`).
    #[uniffi(default = None)]
    pub nkey_seed: Option<String>,
    /// The path of a file of root certificates in PEM, instead of the system's.
    #[uniffi(default = None)]
    pub root_certificates: Option<String>,
    /// The client's own certificate and key.
    #[uniffi(default = None)]
    pub client_certificate: Option<ClientCertificate>,
    /// Refuse a connection that isn't encrypted.
    #[uniffi(default = false)]
    pub require_tls: bool,
    /// Start TLS before the server says anything.
    #[uniffi(default = false)]
    pub tls_first: bool,
    /// The JetStream domain.
    #[uniffi(default = None)]
    pub domain: Option<String>,
    /// The JetStream API prefix; wins over the domain.
    #[uniffi(default = None)]
    pub api_prefix: Option<String>,
    /// What the subjects of replies begin with; `_INBOX` if not given.
    #[uniffi(default = None)]
    pub inbox_prefix: Option<String>,
    /// The name that the server shows for this connection.
    #[uniffi(default = None)]
    pub name: Option<String>,
    /// How long any step may go without progress; 30 seconds if not given.
    #[uniffi(default = None)]
    pub idle_timeout: Option<Seconds>,
}

/// Who connects, and their password.
#[derive(Clone, uniffi::Record)]
#[allow(missing_debug_implementations, reason = "it holds secrets")]
pub struct UserAndPassword {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// The client's own certificate and key, as paths of files in PEM.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ClientCertificate {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl TryFrom<StoreOptions> for jetblob::StoreOptions {
    type Error = jetblob::Error;

    fn try_from(given: StoreOptions) -> jetblob::Result<Self> {
        let mut options = Self::default();
        options.credentials_file = given.credentials_file.map(Into::into);
        options.credentials = given.credentials;
        options.user_and_password = given.user_and_password.map(|given| (given.user, given.password));
        options.token = given.token;
        options.nkey_seed = given.nkey_seed;
        options.root_certificates = given.root_certificates.map(Into::into);
        options.client_certificate =
            given.client_certificate.map(|given| (given.certificate.into(), given.key.into()));
        options.require_tls = given.require_tls;
        options.tls_first = given.tls_first;
        options.domain = given.domain;
        options.api_prefix = given.api_prefix;
        options.inbox_prefix = given.inbox_prefix;
        options.name = given.name;
        if let Some(idle_timeout) = given.idle_timeout {
            options.idle_timeout = idle_timeout.of("idle_timeout")?;
        }
        Ok(options)
    }
}
