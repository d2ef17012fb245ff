//! How to reach a store.

use jetblob::StoreOptions;
use napi::Result;
use napi_derive::napi;

use crate::number::span;

/// The options of a store; one that is left out is not given.
#[napi(object, object_to_js = false)]
pub(crate) struct Connection {
    pub credentials_file: Option<String>,
    pub credentials: Option<String>,
    pub user_and_password: Option<(String, String)>,
    pub token: Option<String>,
    pub nkey_seed: Option<String>,
    pub root_certificates: Option<String>,
    pub client_certificate: Option<(String, String)>,
    pub require_tls: Option<bool>,
    pub tls_first: Option<bool>,
    pub domain: Option<String>,
    pub api_prefix: Option<String>,
    pub inbox_prefix: Option<String>,
    pub name: Option<String>,
    pub idle_timeout: Option<f64>,
}

impl Connection {
    pub(crate) fn into_options(self) -> Result<StoreOptions> {
        let mut options = StoreOptions::default();
        options.credentials_file = self.credentials_file.map(Into::into);
        options.credentials = self.credentials;
        options.user_and_password = self.user_and_password;
        options.token = self.token;
        options.nkey_seed = self.nkey_seed;
        options.root_certificates = self.root_certificates.map(Into::into);
        options.client_certificate =
            self.client_certificate.map(|(certificate, key)| (certificate.into(), key.into()));
        options.require_tls = self.require_tls.unwrap_or_default();
        options.tls_first = self.tls_first.unwrap_or_default();
        options.domain = self.domain;
        options.api_prefix = self.api_prefix;
        options.inbox_prefix = self.inbox_prefix;
        options.name = self.name;
        if let Some(seconds) = self.idle_timeout {
            options.idle_timeout = span(seconds)?;
        }
        Ok(options)
    }
}
