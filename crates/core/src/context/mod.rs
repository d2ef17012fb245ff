//! The contexts of the `nats` command: named files, each with a server and how to reach it. And which store is meant
//! where none is named, of which they are a part.
//!
//! [`Store::open_context`](crate::Store::open_context) and [`Store::open_default`](crate::Store::open_default) open
//! stores by them; a command line of one's own uses [`Choice`]. No error repeats a secret.

use self::environment::Environment;
use self::file::{Fields, Origin};
use crate::{Result, StoreOptions};

mod choice;
mod connection;
mod credentials;
mod environment;
mod file;
mod nkey;
mod open;
mod reference;

pub use choice::Choice;

/// Where a context without a URL leads, as for the `nats` command.
const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

/// A context.
struct Context {
    origin: Origin,
    url: Option<String>,
    user: Option<String>,
    password: Option<String>,
    token: Option<String>,
    creds: Option<String>,
    nkey: Option<String>,
    user_jwt: Option<String>,
    user_seed: Option<String>,
    cert: Option<String>,
    key: Option<String>,
    ca: Option<String>,
    tls_first: bool,
    domain: Option<String>,
    api_prefix: Option<String>,
    inbox_prefix: Option<String>,
}

impl Context {
    /// The context of this name.
    fn named(environment: &Environment, name: &str) -> Result<Self> {
        Self::read(file::named(environment, name)?)
    }

    /// The context that the `nats` command has selected, if there is one.
    fn selected(environment: &Environment) -> Result<Option<Self>> {
        file::selected(environment)?.map(Self::read).transpose()
    }

    fn read(fields: Fields) -> Result<Self> {
        Ok(Self {
            url: fields.text("url")?,
            user: fields.text("user")?,
            password: fields.text("password")?,
            token: fields.text("token")?,
            creds: fields.text("creds")?,
            nkey: fields.text("nkey")?,
            user_jwt: fields.text("user_jwt")?,
            user_seed: fields.text("user_seed")?,
            cert: fields.text("cert")?,
            key: fields.text("key")?,
            ca: fields.text("ca")?,
            tls_first: fields.flag("tls_first")?,
            domain: fields.text("jetstream_domain")?,
            api_prefix: fields.text("jetstream_api_prefix")?,
            inbox_prefix: fields.text("inbox_prefix")?,
            origin: fields.origin,
        })
    }

    /// The servers.
    fn url(&self) -> Result<String> {
        let url = self.url.as_deref().unwrap_or(DEFAULT_URL);
        servers(url).map_err(|reason| self.origin.refuse(&format!("url {reason}")))
    }

    /// Adds what the context says of the connection, but for the credentials, where nothing is given yet.
    fn complete(&self, environment: &Environment, options: &mut StoreOptions) -> Result<()> {
        if options.root_certificates.is_none() {
            options.root_certificates = self.origin.path(environment, "ca", self.ca.as_deref())?;
        }
        if options.client_certificate.is_none() {
            let certificate = self.origin.path(environment, "cert", self.cert.as_deref())?;
            let key = self.origin.path(environment, "key", self.key.as_deref())?;
            if certificate.is_some() != key.is_some() {
                return Err(self.origin.refuse("cert and key are one thing, and one of them is missing"));
            }
            options.client_certificate = certificate.zip(key);
        }
        options.tls_first |= self.tls_first;
        if options.domain.is_none() && options.api_prefix.is_none() {
            options.domain.clone_from(&self.domain);
            // As for the `nats` command the domain wins.
            options.api_prefix = self.api_prefix.clone().filter(|_| self.domain.is_none());
        }
        if options.inbox_prefix.is_none() {
            options.inbox_prefix.clone_from(&self.inbox_prefix);
        }
        Ok(())
    }
}

/// Whether the file of a context can be honoured, as far as other files don't matter.
#[cfg(fuzzing)]
pub fn check(text: &[u8]) -> Result<()> {
    let origin = Origin { name: "x".to_owned(), file: "x.json".into(), selected: false };
    let context = Fields::parse(origin, text).and_then(Context::read)?;
    context.url()?;
    context.complete(&Environment::new(|_| None, None), &mut StoreOptions::default())
}

/// A list of servers as a URL that can't be taken for a directory; or what it must be.
fn servers(url: &str) -> Result<String, &'static str> {
    let url = url.trim();
    let first = url.split(',').next().unwrap_or_default();
    match first.split_once("://") {
        None if !first.contains('/') => Ok(format!("nats://{url}")),
        Some(("nats" | "tls" | "ws" | "wss", _)) => Ok(url.to_owned()),
        // Not a word of it: what looks like a scheme may be a secret.
        _ => Err("must be nats://, tls://, ws:// or wss:// and a server"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    pub(super) fn parse(text: &str) -> Result<Context> {
        let origin = Origin { name: "x".to_owned(), file: "/c/x.json".into(), selected: false };
        Fields::parse(origin, text.as_bytes()).and_then(Context::read)
    }

    fn nowhere() -> Environment {
        Environment::new(|_| None, None)
    }

    #[track_caller]
    fn options_of(text: &str) -> StoreOptions {
        let (mut options, context) = (StoreOptions::default(), parse(text).unwrap());
        context.authenticate(&nowhere(), &mut options, None).unwrap();
        context.complete(&nowhere(), &mut options).unwrap();
        options
    }

    /// The context is refused, sooner or later, with these words, and without its secrets.
    #[track_caller]
    fn refused(text: &str, words: &[&str]) {
        let mut options = StoreOptions::default();
        let refused = parse(text).and_then(|context| {
            context.url()?;
            context.authenticate(&nowhere(), &mut options, None)?;
            context.complete(&nowhere(), &mut options)
        });
        let Err(error @ Error::InvalidArgument { .. }) = refused else { panic!("{text} is taken") };
        let message = error.to_string();
        for word in words.iter().chain(&["\"x\"", "/c/x.json"]) {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        assert!(!message.contains("s3cret"), "{message}");
    }

    #[test]
    fn every_field_may_be_missing_null_or_empty() {
        let nothing = format!("{:?}", StoreOptions::default());
        let fields = [
            "url",
            "socks_proxy",
            "token",
            "user",
            "password",
            "creds",
            "nkey",
            "cert",
            "key",
            "ca",
            "nsc",
            "jetstream_domain",
            "jetstream_api_prefix",
            "inbox_prefix",
            "user_jwt",
            "user_seed",
            "tls_first",
            "windows_cert_store",
            "windows_cert_match_by",
            "windows_cert_match",
            "windows_ca_certs_match",
        ];
        for value in ["null", "\"\""] {
            let fields = fields.map(|field| format!("{field:?}: {value}")).join(",");
            for text in ["{}".to_owned(), format!("{{{fields}}}")] {
                assert_eq!(parse(&text).unwrap().url().unwrap(), DEFAULT_URL);
                let options = options_of(&text);
                assert_eq!(format!("{options:?}"), nothing);
                assert!(options.user_and_password.is_none() && options.token.is_none());
                assert!(options.credentials_file.is_none() && options.credentials.is_none());
                assert!(options.root_certificates.is_none() && options.client_certificate.is_none());
                assert!(!options.tls_first);
            }
        }
    }

    #[test]
    fn every_field_counts_but_for_words_and_colours() {
        let options = options_of(
            r#"{"description": "d", "color_scheme": 7, "jetstream_event_prefix": {}, "future": [1],
                "user": "ann", "password": "s3cret", "token": "t", "cert": "/c", "key": "file:///k", "ca": "rel/ca",
                "tls_first": true, "jetstream_api_prefix": "js.api", "inbox_prefix": "_INBOX.ann"}"#,
        );
        assert_eq!(options.user_and_password, Some(("ann".to_owned(), "s3cret".to_owned())));
        assert_eq!(options.token.as_deref(), Some("t"));
        assert_eq!(options.client_certificate, Some(("/c".into(), "/k".into())));
        assert_eq!(options.root_certificates, Some("rel/ca".into()));
        assert!(options.tls_first);
        assert_eq!(options.api_prefix.as_deref(), Some("js.api"));
        assert_eq!(options.inbox_prefix.as_deref(), Some("_INBOX.ann"));

        let creds = options_of(r#"{"creds": "/a b.creds"}"#).credentials_file;
        assert_eq!(creds, Some("/a b.creds".into()));
        let credentials =
            options_of(r#"{"user_jwt": "e.j.w", "user_seed": "SUSEED\n"}"#).credentials.unwrap();
        assert!(credentials.contains("-----\ne.j.w\n-----") && credentials.contains("-----\nSUSEED\n-----"));
    }

    #[test]
    fn what_is_given_elsewhere_wins() {
        let context = r#"{"jetstream_domain": "hub", "jetstream_api_prefix": "p", "inbox_prefix": "i", "ca": "/ca",
            "cert": "/c", "key": "/k", "user": "ann", "password": "theirs"}"#;
        let context = parse(context).unwrap();
        let mut options = StoreOptions {
            domain: Some("leaf".to_owned()),
            inbox_prefix: Some("mine".to_owned()),
            root_certificates: Some("/mine".into()),
            client_certificate: Some(("/my/c".into(), "/my/k".into())),
            ..StoreOptions::default()
        };
        context.complete(&nowhere(), &mut options).unwrap();
        assert_eq!((options.domain.as_deref(), options.api_prefix.as_deref()), (Some("leaf"), None));
        assert_eq!(options.inbox_prefix.as_deref(), Some("mine"));
        assert_eq!(options.root_certificates, Some("/mine".into()));
        assert_eq!(options.client_certificate, Some(("/my/c".into(), "/my/k".into())));
        context.authenticate(&nowhere(), &mut options, Some("mine".to_owned())).unwrap();
        assert_eq!(options.user_and_password, Some(("ann".to_owned(), "mine".to_owned())));

        let mut options = StoreOptions::default();
        context.complete(&nowhere(), &mut options).unwrap();
        assert_eq!((options.domain.as_deref(), options.api_prefix.as_deref()), (Some("hub"), None));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for (text, words) in [
            ("", &["JSON"][..]),
            ("[]", &["object"]),
            (r#"{"token": "s3cret"#, &["JSON"]),
            (r#"{"user": 5}"#, &["user must be a string"]),
            (r#"{"token": ["s3cret"]}"#, &["token must be a string"]),
            (r#"{"tls_first": "s3cret"}"#, &["tls_first must be true or false"]),
            (r#"{"socks_proxy": "socks://s3cret"}"#, &["socks_proxy", "no proxy"]),
            (r#"{"nsc": "nsc://o/a/u"}"#, &["nsc", "creds"]),
            (r#"{"windows_cert_store": "user"}"#, &["windows_cert_store", "cert and key"]),
            (r#"{"windows_ca_certs_match": ["x"]}"#, &["windows_ca_certs_match", "ca"]),
            (r#"{"url": "http://ann:s3cret@h"}"#, &["url", "nats://"]),
            (r#"{"url": "file:///tmp"}"#, &["url", "nats://"]),
            (r#"{"url": "/tmp"}"#, &["url", "nats://"]),
            (r#"{"creds": "op://s3cret"}"#, &["creds", "`op:`", "$NATS_CREDS"]),
            (r#"{"nkey": "env://s3cret"}"#, &["nkey", "`env:`", "$NATS_NKEY"]),
            (r#"{"ca": "DATA:s3cret"}"#, &["ca", "`data:`", "$NATS_CA"]),
            (r#"{"token": "op://s3cret"}"#, &["token", "`op:`", "$NATS_TOKEN"]),
            (r#"{"user": "u", "password": "data:s3cret"}"#, &["password", "`data:`", "$NATS_PASSWORD"]),
            (r#"{"user_jwt": "env://s3cret", "user_seed": "SU"}"#, &["user_jwt", "`env:`", "$NATS_CREDS"]),
            (r#"{"user_jwt": "s3cret"}"#, &["user_jwt", "user_seed"]),
            (r#"{"user_seed": "s3cret"}"#, &["user_jwt", "user_seed"]),
            (r#"{"user": "s3cret", "creds": "/f"}"#, &["user", "creds"]),
            (r#"{"cert": "/c"}"#, &["cert", "key"]),
            (r#"{"creds": "$JETBLOB_NO_SUCH_VARIABLE/f"}"#, &["creds", "$JETBLOB_NO_SUCH_VARIABLE"]),
        ] {
            refused(text, words);
        }
    }

    #[test]
    fn a_secret_may_look_like_a_reference() {
        let options = options_of(r#"{"user": "op", "password": "a:b", "token": "http://x"}"#);
        assert_eq!(options.user_and_password, Some(("op".to_owned(), "a:b".to_owned())));
        assert_eq!(options.token.as_deref(), Some("http://x"));
    }

    #[test]
    fn a_list_of_servers_is_never_a_directory() {
        assert_eq!(servers("localhost:4222").unwrap(), "nats://localhost:4222");
        assert_eq!(servers(" a,nats://b ").unwrap(), "nats://a,nats://b");
        assert_eq!(servers("wss://h/path").unwrap(), "wss://h/path");
        for url in ["/tmp", "./h", "file:/tmp", "http://h", "s3cret://h"] {
            assert!(!servers(url).unwrap_err().contains("s3cret"));
        }
    }
}
