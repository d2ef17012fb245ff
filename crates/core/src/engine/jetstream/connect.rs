//! From a URL and options to a connection.

use std::error::Error as _;
use std::fs::File;
use std::io;
use std::iter::successors;
use std::time::Duration;

use async_nats::{ConnectErrorKind, ConnectOptions, Event, ServerAddr, ServerError, rustls};
use percent_encoding::percent_decode_str;
use tokio::task::spawn_blocking;

use super::api::Api;
use super::credentials;
use super::denial::Denials;
use super::reconnect::Reconnects;
use crate::engine::StoreOptions;
use crate::{Error, Result};

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The shortest time between two questions whether the server is still there. After three without an answer the connection
/// is made anew: an answer may have to wait behind all that is under way on a slow link.
const SHORTEST_PING: Duration = Duration::from_secs(10);

/// The longest: what async-nats does by itself.
const LONGEST_PING: Duration = Duration::from_mins(1);

pub(super) async fn connect(url: &str, options: StoreOptions) -> Result<Api> {
    check_subjects(&options)?;
    let denials = Denials::new(options.inbox_prefix.as_deref());
    let servers = url.split(',').map(str::trim).filter(|server| !server.is_empty());
    let servers: Vec<ServerAddr> = servers
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|error: io::Error| invalid_url(url, &error.to_string()))?;
    if servers.iter().any(|server| server.host().is_empty()) || servers.is_empty() {
        return Err(invalid_url(url, "it names no server"));
    }
    let options = with_user_of_url(options, &servers);
    let servers = servers.into_iter().map(without_secret).collect::<io::Result<Vec<_>>>();
    let servers = servers.map_err(|error| invalid_url(url, &error.to_string()))?;
    let reconnects = Reconnects::default();
    let client = connect_options(&options, denials.clone(), reconnects.clone())
        .await?
        .connect(servers)
        .await
        .map_err(|error| refused(url, &error))?;
    Ok(Api::new(client, &options, denials, reconnects))
}

/// Refuses options that would make subjects of which the server knows nothing.
pub(super) fn check_subjects(options: &StoreOptions) -> Result<()> {
    let api_prefix = options.api_prefix.as_deref().map(|prefix| prefix.trim_end_matches('.'));
    check_subject("JetStream domain", options.domain.as_deref())?;
    check_subject("JetStream API prefix", api_prefix)?;
    check_subject("inbox prefix", options.inbox_prefix.as_deref())
}

/// What begins a subject must be one itself: the protocol would read a space in it as the end, a wildcard as many.
fn check_subject(argument: &'static str, text: Option<&str>) -> Result<()> {
    let is_token = |token: &str| {
        !token.is_empty()
            && !token.contains(|c: char| c.is_whitespace() || c.is_control() || "*>".contains(c))
    };
    match text {
        Some(text) if !text.split('.').all(is_token) => {
            let reason = format!("{text:?} is no subject: words between dots, without spaces and wildcards");
            Err(Error::InvalidArgument { argument, reason })
        }
        _ => Ok(()),
    }
}

/// The first user, password or token in the URLs, where the options give no credentials.
fn with_user_of_url(mut options: StoreOptions, servers: &[ServerAddr]) -> StoreOptions {
    let given = options.has_credentials();
    let Some(server) = servers.iter().find(|server| !given && server.has_user_pass()) else {
        return options;
    };
    let decoded = |part: Option<&str>| percent_decode_str(part?).decode_utf8().ok().map(String::from);
    match (decoded(server.username()), decoded(server.password())) {
        (Some(user), Some(password)) => options.user_and_password = Some((user, password)),
        (token, _) => options.token = token,
    }
    options
}

/// The address alone: async-nats tells `tracing` of it as it is.
fn without_secret(server: ServerAddr) -> io::Result<ServerAddr> {
    let mut url = server.into_inner();
    let cannot_be = |()| io::Error::other("it has no host");
    url.set_username("").map_err(cannot_be)?;
    url.set_password(None).map_err(cannot_be)?;
    ServerAddr::from_url(url)
}

async fn connect_options(
    options: &StoreOptions,
    denials: Denials,
    reconnects: Reconnects,
) -> Result<ConnectOptions> {
    let connect = match (&options.credentials, &options.credentials_file) {
        (None, Some(path)) => credentials::of_file(path, options).await?,
        _ => ConnectOptions::new(),
    };
    let mut connect = connect
        .connection_timeout(CONNECT_TIMEOUT.min(options.idle_timeout))
        .ping_interval((options.idle_timeout / 2).clamp(SHORTEST_PING, LONGEST_PING))
        .name(options.name.as_deref().unwrap_or("jetblob"))
        .event_callback(move |event| {
            reconnects.note(&event);
            if matches!(event, Event::Disconnected) {
                denials.forget();
            }
            if let Event::ServerError(ServerError::Other(text)) = &event {
                tracing::warn!(text, "the server refuses");
                denials.announce(text);
            }
            async {}
        });
    if let Some(text) = &options.credentials {
        // The parser's own words may repeat a secret.
        let reason = "it is not the text of a .creds file, a JWT and a seed";
        let invalid = |_| Error::InvalidArgument { argument: "credentials", reason: reason.to_owned() };
        connect = connect.credentials(text).map_err(invalid)?;
    }
    if let Some((user, password)) = &options.user_and_password {
        connect = connect.user_and_password(user.clone(), password.clone());
    }
    if let Some(token) = &options.token {
        connect = connect.token(token.clone());
    }
    if let Some(seed) = &options.nkey_seed {
        connect = connect.nkey(seed.clone());
    }
    let certificate = options.client_certificate.as_ref();
    for (what, path) in [
        ("root certificates", options.root_certificates.as_ref()),
        ("client certificate", certificate.map(|(certificate, _)| certificate)),
        ("client key", certificate.map(|(_, key)| key)),
    ] {
        // async-nats wouldn't say which file it is.
        let Some(path) = path.cloned() else { continue };
        let named = format!("{what} {}", path.display());
        let opened = spawn_blocking(move || File::open(path)).await.map_err(io::Error::other).flatten();
        opened.map_err(|error| Error::io(named, &error))?;
    }
    if let Some(path) = &options.root_certificates {
        connect = connect.add_root_certificates(path.clone());
    }
    if let Some((certificate, key)) = &options.client_certificate {
        connect = connect.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some(prefix) = &options.inbox_prefix {
        connect = connect.custom_inbox_prefix(prefix);
    }
    if options.tls_first {
        connect = connect.tls_first();
    }
    Ok(connect.require_tls(options.require_tls))
}

fn refused(url: &str, error: &async_nats::ConnectError) -> Error {
    let reason = error.to_string();
    match error.kind() {
        ConnectErrorKind::ServerParse => invalid_url(url, &reason),
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            Error::Unauthenticated { reason }
        }
        ConnectErrorKind::Tls => Error::Tls { reason },
        _ if is_tls(error) => Error::Tls { reason },
        _ => Error::unavailable(format!("no connection to {}: {reason}", without_user(url))),
    }
}

/// Whether the handshake failed: async-nats takes it for an I/O error, and only what is inside tells.
fn is_tls(error: &async_nats::ConnectError) -> bool {
    successors(error.source(), |cause| (*cause).source()).any(|cause| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        matches!(inner, Some(inner) if inner.is::<rustls::Error>())
    })
}

fn invalid_url(url: &str, reason: &str) -> Error {
    // The parser's own words may repeat a secret.
    let reason = if url.contains('@') { "it is not a list of server URLs" } else { reason };
    let reason = format!("{}: {reason}", without_user(url));
    Error::InvalidArgument { argument: "server URL", reason }
}

/// The URLs without user, password and token. A secret may hold any character: what stands before the last `@` goes.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_show() {
        assert_eq!(without_user("nats://admin:s3,cr:et@one:4222"), "nats://one:4222");
        assert_eq!(without_user("nats://a:s3cret@one, nats://t0ken@two:4222"), "nats://two:4222");
        assert_eq!(without_user("one:4222"), "one:4222");
        let error = invalid_url("nats://a:s3,cr:et@one", "cannot parse s3");
        assert!(!error.to_string().contains("s3"), "{error}");
        let options = StoreOptions {
            token: Some("s3cret".into()),
            credentials: Some("s3cret".into()),
            nkey_seed: Some("s3cret".into()),
            user_and_password: Some(("s3cret".into(), "s3cret".into())),
            ..StoreOptions::default()
        };
        assert!(!format!("{options:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn credentials_that_are_none_are_refused_without_their_text() {
        let options = StoreOptions { credentials: Some("s3cret".into()), ..StoreOptions::default() };
        let error = connect("nats://127.0.0.1:1", options).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { argument: "credentials", .. }), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }

    #[test]
    fn options_win_over_the_user_in_a_url() {
        let servers: Vec<ServerAddr> = vec!["nats://ann:s3cret@127.0.0.1".parse().unwrap()];
        let options = with_user_of_url(StoreOptions::default(), &servers);
        assert_eq!(options.user_and_password, Some(("ann".into(), "s3cret".into())));
        let options = StoreOptions { credentials: Some("text".into()), ..StoreOptions::default() };
        assert_eq!(with_user_of_url(options, &servers).user_and_password, None);
    }

    #[test]
    fn what_begins_a_subject_is_one() {
        for text in ["hub", "_INBOX.ann", "$JS.hub.API", "日本"] {
            assert!(check_subject("inbox prefix", Some(text)).is_ok(), "{text}");
        }
        for text in ["", ".", "a.", ".a", "a..b", "a b", "a\r\nPUB", "a.*", ">"] {
            assert!(check_subject("inbox prefix", Some(text)).is_err(), "{text:?}");
        }
    }
}
