//! Certificates: right, wrong, missing, and others than before.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetblob::{Bucket, BucketConfig, Error, Store, StoreOptions};
use tempfile::TempDir;
use tests::{Authority, Certified, Server, ServerKind, bytes_of};

use crate::{bounded, holds, rest, until};

const LARGE: u64 = 64 << 20;

const HOST: &str = "127.0.0.1";

/// Two authorities, and the files of certificates.
struct Files {
    authority: Authority,
    other: Authority,
    dir: TempDir,
}

impl Files {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self { authority: Authority::new("the authority"), other: Authority::new("another authority"), dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file of certificates that are trusted.
    fn root(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).expect("a file");
        self.path(name)
    }

    fn right_root(&self) -> PathBuf {
        self.root("root.pem", &self.authority.root())
    }
}

/// What a server's configuration says of its certificate, and more of TLS.
fn tls(certified: &Certified, more: &str) -> String {
    let Certified { certificate, key } = certified;
    format!("tls {{ cert_file: \"{}\", key_file: \"{}\", {more} }}", certificate.display(), key.display())
}

/// The configuration of a server with this certificate.
fn config(certified: &Certified, more: &str) -> String {
    format!("jetstream {{ store_dir: \"$DIR/js\" }}\n{}\n", tls(certified, more))
}

/// The same of one that takes WebSockets too.
fn with_websockets(certified: &Certified) -> String {
    let tls = tls(certified, "");
    format!("{}websocket {{ listen: \"127.0.0.1:-1\", {tls} }}\n", config(certified, ""))
}

fn server(config: &str) -> Server {
    Server::with_config(ServerKind::Newest, config)
}

/// Verifies clients by this authority.
fn verifying(root: &Path) -> String {
    format!("ca_file: \"{}\", verify: true", root.display())
}

async fn open(url: &str, with: impl FnOnce(&mut StoreOptions)) -> Result<Store, Error> {
    let mut options = StoreOptions::default();
    options.idle_timeout = Duration::from_secs(10);
    with(&mut options);
    Store::open_with(url, options).await
}

async fn works(store: &Store) -> Bucket {
    let bucket = store.create_or_update_bucket(BucketConfig::new("b")).await.expect("a bucket");
    bucket.put_bytes("a", bytes_of("a", 300_000)).await.expect("an object");
    holds(&bucket, "a", &bytes_of("a", 300_000)).await;
    bucket
}

/// It can't be opened, and says why at once.
async fn is_refused(url: &str, why: &str, with: impl FnOnce(&mut StoreOptions)) {
    let start = Instant::now();
    let error = open(url, with).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "tls", "{why}: {error}");
    assert!(!error.is_retryable(), "{why}");
    assert!(error.to_string().contains(why), "{why}: {error}");
    assert!(start.elapsed() < Duration::from_secs(3), "{why}: after {:?}", start.elapsed());
}

bounded! {
    /// Who trusts the right authority gets in, in each way that TLS can begin; and with a certificate where one is asked
    /// for.
    async fn row55_the_right_certificates() {
        let files = Files::new();
        let root = files.right_root();
        let certified = files.authority.certify(HOST, &files.path("server"));
        let plain = server(&with_websockets(&certified));
        // The server asks for it, or the URL does.
        let asked = plain.url().replace("tls://", "nats://");
        for url in [plain.url(), &asked, &plain.websocket_url()] {
            works(&open(url, |options| options.root_certificates = Some(root.clone())).await.unwrap()).await;
        }

        let first = server(&config(&certified, "handshake_first: true"));
        let store = open(first.url(), |options| {
            options.root_certificates = Some(root.clone());
            options.tls_first = true;
        });
        works(&store.await.unwrap()).await;

        let client = files.authority.certify("client.example", &files.path("client"));
        let asking = server(&config(&certified, &verifying(&root)));
        let store = open(asking.url(), |options| {
            options.root_certificates = Some(root.clone());
            options.client_certificate = Some((client.certificate, client.key));
        });
        works(&store.await.unwrap()).await;
    }

    /// Whatever is wrong with a certificate, or the way to ask for it: that is said at once, and tried once.
    async fn row55_wrong_certificates() {
        let files = Files::new();
        let root = files.right_root();
        let trusting = |options: &mut StoreOptions| options.root_certificates = Some(root.clone());
        let other_root = files.root("other.pem", &files.other.root());
        let certified = files.authority.certify(HOST, &files.path("server"));

        let sound = server(&with_websockets(&certified));
        let distrusting = |options: &mut StoreOptions| options.root_certificates = Some(other_root.clone());
        is_refused(sound.url(), "UnknownIssuer", distrusting).await;
        is_refused(&sound.websocket_url(), "UnknownIssuer", distrusting).await;
        is_refused(sound.url(), "UnknownIssuer", |_| {}).await;
        is_refused(sound.url(), "corrupt", |options| {
            trusting(options);
            options.tls_first = true;
        })
        .await;

        // A server that waits for TLS says nothing: what it waits for can't be known.
        let first = server(&config(&certified, "handshake_first: true"));
        let start = Instant::now();
        let error = open(&first.url().replace("tls://", "nats://"), trusting).await.map(drop).unwrap_err();
        assert_eq!(error.code(), "unavailable", "{error}");
        assert!(start.elapsed() < Duration::from_secs(8), "after {:?}", start.elapsed());

        let expired = files.authority.certify_expired(HOST, &files.path("expired"));
        let expired = server(&config(&expired, ""));
        is_refused(expired.url(), "certificate expired", trusting).await;
        let elsewhere = files.authority.certify("elsewhere.example", &files.path("elsewhere"));
        let elsewhere = server(&config(&elsewhere, ""));
        is_refused(elsewhere.url(), "elsewhere.example", trusting).await;

        let asking = server(&config(&certified, &verifying(&root)));
        is_refused(asking.url(), "CertificateRequired", trusting).await;
        let stranger = files.other.certify("client.example", &files.path("stranger"));
        is_refused(asking.url(), "UnknownCA", |options| {
            trusting(options);
            options.client_certificate = Some((stranger.certificate, stranger.key));
        })
        .await;

        for (server, attempts) in [(&sound, 4), (&expired, 1), (&elsewhere, 1), (&asking, 2)] {
            let told = || server.log().matches(" TLS handshake error").count();
            until("the server has told of each attempt", || told() >= attempts).await;
            assert_eq!(told(), attempts, "{}", server.log());
        }
    }

    /// The server gets another certificate under who is connected: transfers go on, and so does all after a reconnect, by
    /// the certificates that are trusted then.
    async fn row55_a_certificate_is_rotated() {
        let files = Files::new();
        let root = files.right_root();
        let dir = files.path("server");
        let certified = files.authority.certify(HOST, &dir);
        let mut server = server(&config(&certified, ""));
        let store = open(server.url(), |options| options.root_certificates = Some(root.clone())).await.unwrap();
        let bucket = works(&store).await;
        let whole = bytes_of("large", LARGE);
        bucket.put_bytes("large", whole.clone()).await.unwrap();
        let mut object = bucket.get("large").await.unwrap();
        let first = object.next().await.unwrap().unwrap();

        files.other.certify(HOST, &dir);
        server.reload(&config(&certified, ""));
        until("the server has another certificate", || server.log().contains("Reloaded server configuration")).await;
        is_refused(server.url(), "UnknownIssuer", |options| options.root_certificates = Some(root.clone())).await;
        assert!(rest(object).await.unwrap() == whole[first.len()..]);
        works(&store).await;

        files.root("root.pem", &(files.authority.root() + &files.other.root()));
        let mut object = bucket.get("large").await.unwrap();
        let first = object.next().await.unwrap().unwrap();
        server.restart();
        assert!(rest(object).await.unwrap() == whole[first.len()..]);
        bucket.put_bytes("large", whole.clone()).await.unwrap();
        holds(&bucket, "large", &whole).await;
    }
}
