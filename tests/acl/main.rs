//! What `jetblob acl` prints is enough for a role on a real server, and no more; and what is denied is said at once.

mod denied;
mod roles;

use std::process::Output;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jetblob::{Error, Store, StoreOptions};
use tests::{Server, ServerKind, bytes_of, jetblob};

/// What `acl` prints for a role in the bucket `b`, with more arguments.
fn acl(role: &str, more: &[&str]) -> String {
    let Output { status, stdout, stderr } =
        jetblob().args(["acl", "--bucket", "b", "--role", role]).args(more).output().expect("the command");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("UTF-8")
}

/// A server with the user `root`, who may do everything, and the user `some` with these permissions.
fn server(kind: ServerKind, permissions: &str) -> Server {
    Server::with_config(
        kind,
        &format!(
            r#"
            jetstream {{ store_dir: "$DIR/js" }}
            authorization {{ users: [
                {{ user: root, password: p }}
                {{ user: some, password: p, {permissions} }}
            ] }}"#
        ),
    )
}

async fn open(server: &Server, user: &str, inbox_prefix: Option<&str>) -> Store {
    let mut options = StoreOptions::default();
    options.user_and_password = Some((user.to_owned(), "p".to_owned()));
    options.inbox_prefix = inbox_prefix.map(str::to_owned);
    Store::open_with(server.url(), options).await.expect("a connection")
}

/// Bytes of this size, always the same.
fn body(size: usize) -> Bytes {
    bytes_of("body", size as u64)
}

/// Nothing that was published or subscribed to was denied: no right was missing that something else stood in for.
fn assert_nothing_was_denied(server: &Server) {
    let log = std::fs::read_to_string(server.dir().join("log")).expect("the server's log");
    let denied: Vec<_> = log.lines().filter(|line| line.contains("Violation")).collect();
    assert!(denied.is_empty(), "{denied:#?}");
}

/// The call is refused at once, and the error names this subject.
async fn assert_denied<T: std::fmt::Debug>(
    what: &str,
    subject: &str,
    call: impl Future<Output = Result<T, Error>>,
) {
    let start = Instant::now();
    let error = call.await.expect_err(what);
    let Error::PermissionDenied { subject: denied, .. } = &error else { panic!("{what}: {error}") };
    assert!(denied.starts_with(subject), "{what}: {denied}");
    assert!(error.to_string().contains(subject), "{error}");
    assert!(!error.is_retryable());
    assert!(start.elapsed() < Duration::from_secs(3), "{what}: after {:?}", start.elapsed());
}
