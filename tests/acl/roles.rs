//! Each role does all that it may, with exactly the printed permissions.

use std::time::Duration;

use futures_util::TryStreamExt;
use jetblob::{
    Bucket, BucketConfig, CheckLevel, CheckOptions, Consistency, GcOptions, GetOptions, InfoOptions,
    ListOptions, Nuid, ObjectMeta, PutOptions, Store, WatchEvent, WatchOptions,
};
use tests::{Place, Server, ServerKind};

use crate::{acl, assert_denied, assert_nothing_was_denied, body, open, server};

/// One chunk, a few, and enough for a consumer or a batch.
const SIZES: [usize; 4] = [0, 10, 500_000, 3 << 20];

/// Everything that reads.
async fn read(bucket: &Bucket, root: &Bucket) {
    for size in SIZES {
        let name = format!("size {size}");
        root.put_bytes(name.as_str(), body(size)).await.unwrap();
        assert_eq!(bucket.get_bytes(&name).await.unwrap(), body(size));
        assert_eq!(bucket.info(&name).await.unwrap().size, size as u64);
    }
    for size in [500_000, 3 << 20] {
        let middle = GetOptions::default().with_range(300_000..400_000);
        let object = bucket.get_with(&format!("size {size}"), middle).await.unwrap();
        assert_eq!(object.into_bytes().await.unwrap(), body(size)[300_000..400_000]);
    }
    let target = root.info("size 10").await.unwrap();
    root.add_link("link", &target).await.unwrap();
    assert_eq!(bucket.get_bytes("link").await.unwrap(), body(10));
    root.put_string("gone", "").await.unwrap();
    root.delete("gone").await.unwrap();
    assert_eq!(bucket.info("gone").await.unwrap_err().code(), "not_found");
    assert_eq!(bucket.get("never").await.unwrap_err().code(), "not_found");
    let look = InfoOptions::default().with_deleted().with_consistency(Consistency::Leader);
    assert!(bucket.info_with("gone", look).await.unwrap().deleted);
    let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
    assert_eq!(listed.len(), SIZES.len() + 1);
    assert_eq!(bucket.status().await.unwrap().bucket, "b");
    let check = CheckOptions::default().with_level(CheckLevel::Data);
    let findings: Vec<_> = bucket.check(check).unwrap().try_collect().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    watch(bucket, root).await;
}

async fn watch(bucket: &Bucket, root: &Bucket) {
    let last = bucket.info("link").await.unwrap().revision;
    for options in
        [WatchOptions::default(), WatchOptions::default().with_history(), WatchOptions::default().after(last)]
    {
        let mut watch = bucket.watch_with(options).await.unwrap();
        while watch.next().await.unwrap() != Some(WatchEvent::CaughtUp) {}
        root.put_string("news", "").await.unwrap();
        let Some(WatchEvent::Object(info)) = watch.next().await.unwrap() else { panic!("it was written") };
        assert_eq!(info.name, "news");
        root.purge("news").await.unwrap();
    }
}

/// Everything that writes.
async fn write(bucket: &Bucket, expires: bool) {
    for size in SIZES {
        for _ in 0..2 {
            let put = bucket.put_bytes("mine", body(size)).await.unwrap();
            assert_eq!(put.size, size as u64);
        }
    }
    let mut upload = bucket.upload("uploaded");
    upload.write("x").await.unwrap();
    upload.abort().await;
    let mut upload = bucket.upload("uploaded");
    upload.write(body(3 << 20)).await.unwrap();
    upload.finish().await.unwrap();
    let absent = PutOptions::default().if_absent();
    assert_eq!(bucket.put_with("mine", "x", absent.clone()).await.unwrap_err().code(), "conflict");
    bucket.put_with("once", "x", absent.clone()).await.unwrap();
    if expires {
        let brief = absent.expires_after(Duration::from_mins(5));
        bucket.put_with("brief", "x", brief).await.unwrap();
        bucket.update_meta("brief", ObjectMeta::from("brief")).await.unwrap();
    }
    let info = bucket.rename("once", "renamed").await.unwrap();
    bucket.add_link("pointer", &info).await.unwrap();
    bucket.add_bucket_link("bucket", bucket).await.unwrap();
    bucket.update_meta("renamed", ObjectMeta { description: "d".into(), ..info.into() }).await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(1), bucket.put_bytes("mine", body(50 << 20)));
    drop(given_up.await);
    bucket.delete("renamed").await.unwrap();
    bucket.purge("renamed").await.unwrap();
    assert_eq!(bucket.delete("never").await.unwrap_err().code(), "not_found");
}

/// What a put left that was cut off is removed.
async fn collect(server: &Server, bucket: &Bucket) {
    let nuid = Nuid::fresh();
    let raw = root(server).await;
    for _ in 0..2 {
        raw.request(format!("$O.b.C.{nuid}"), body(1000)).await.unwrap();
    }
    let at_once = GcOptions::default().with_grace(Duration::ZERO);
    let report = bucket.gc(at_once).await.unwrap();
    assert_eq!(report.removed.iter().map(|orphan| &orphan.nuid).collect::<Vec<_>>(), [&nuid]);
}

/// Another bucket of the account is closed, whatever is tried.
async fn other_bucket_is_closed(store: &Store) {
    assert_denied("open", "$JS.API.STREAM.INFO.OBJ_c", store.bucket("c")).await;
    assert_denied("create", "$JS.API.STREAM.CREATE.OBJ_c", store.create_bucket(BucketConfig::new("c"))).await;
    assert_denied("delete", "$JS.API.STREAM.DELETE.OBJ_c", store.delete_bucket("c")).await;
    assert_denied("names", "$JS.API.STREAM.NAMES", store.bucket_names().try_collect::<Vec<_>>()).await;
    assert_denied("list", "$JS.API.STREAM.LIST", store.buckets().try_collect::<Vec<_>>()).await;
}

async fn writes_are_refused(bucket: &Bucket, root: &Bucket) {
    let info = root.put_string("theirs", "x").await.unwrap();
    for size in SIZES {
        let subject = if size == 0 { "$O.b.M." } else { "$O.b.C." };
        assert_denied("put", subject, bucket.put_bytes("theirs", body(size))).await;
    }
    let mut upload = bucket.upload("theirs");
    upload.write("x").await.unwrap();
    assert_denied("upload", "$O.b.C.", upload.finish()).await;
    assert_denied("delete", "$O.b.M.", bucket.delete("theirs")).await;
    assert_denied("purge", "$O.b.M.", bucket.purge("theirs")).await;
    assert_denied("rename", "$O.b.M.", bucket.rename("theirs", "mine")).await;
    let meta = ObjectMeta { description: "mine".into(), ..info.clone().into() };
    assert_denied("update", "$O.b.M.", bucket.update_meta("theirs", meta)).await;
    assert_denied("link", "$O.b.M.", bucket.add_link("mine", &info)).await;
    assert_eq!(root.info("theirs").await.unwrap().revision, info.revision);
}

async fn bucket_is_kept(store: &Store, bucket: &Bucket) {
    assert_denied("seal", "$JS.API.STREAM.UPDATE.OBJ_b", bucket.seal()).await;
    assert_denied("edit", "$JS.API.STREAM.UPDATE.OBJ_b", store.update_bucket(BucketConfig::new("b"))).await;
    assert_denied("create", "$JS.API.STREAM.CREATE.OBJ_b", store.create_bucket(BucketConfig::new("b"))).await;
    assert_denied("delete", "$JS.API.STREAM.DELETE.OBJ_b", store.delete_bucket("b")).await;
}

/// The bucket of root, and that of the user; the bucket `c` is there too.
async fn buckets(server: &Server, config: BucketConfig) -> (Bucket, Store) {
    let store = open(server, "root", None).await;
    store.create_bucket(BucketConfig { plain: config.plain, ..BucketConfig::new("c") }).await.unwrap();
    (store.create_bucket(config).await.unwrap(), open(server, "some", None).await)
}

async fn root(server: &Server) -> async_nats::Client {
    let root = async_nats::ConnectOptions::with_user_and_password("root".into(), "p".into());
    root.connect(server.url()).await.unwrap()
}

async fn no_consumer_is_left(server: &Server) {
    let raw = root(server).await;
    tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let names = raw.request("$JS.API.CONSUMER.NAMES.OBJ_b", "".into()).await.unwrap();
            let names: serde_json::Value = serde_json::from_slice(&names.payload).unwrap();
            if names["total"] == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the role may delete its consumers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_reads_everything_and_writes_nothing() {
    let server = server(ServerKind::Newest, &acl("reader", &[]));
    let (root, store) = buckets(&server, BucketConfig::new("b")).await;
    let bucket = store.bucket("b").await.unwrap();
    read(&bucket, &root).await;
    no_consumer_is_left(&server).await;
    assert_nothing_was_denied(&server);
    writes_are_refused(&bucket, &root).await;
    bucket_is_kept(&store, &bucket).await;
    other_bucket_is_closed(&store).await;
}

/// Who may write every chunk, but the record of one name alone, leaves no chunk of another name behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_record_leaves_no_chunk() {
    let writer = acl("writer", &[]);
    let of_free = writer.replace("$O.b.M.>", "$O.b.M.ZnJlZQ==");
    assert_ne!(writer, of_free);
    let server = server(ServerKind::Newest, &of_free);
    let (root, store) = buckets(&server, BucketConfig::new("b")).await;
    let bucket = store.bucket("b").await.unwrap();
    bucket.put_string("free", "").await.unwrap();
    for size in [10, 10, 500_000, 10] {
        assert_denied("put", "$O.b.M.", bucket.put_bytes("other", body(size))).await;
    }
    let report = root.gc(GcOptions::default().with_grace(Duration::ZERO)).await.unwrap();
    assert_eq!(report.removed, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_writes_everything_and_leaves_the_bucket_as_it_is() {
    let server = server(ServerKind::Newest, &acl("writer", &[]));
    let (root, store) = buckets(&server, BucketConfig::new("b")).await;
    let bucket = store.bucket("b").await.unwrap();
    read(&bucket, &root).await;
    write(&bucket, true).await;
    collect(&server, &bucket).await;
    store.close().await;
    assert_nothing_was_denied(&server);
    let store = open(&server, "some", None).await;
    let bucket = store.bucket("b").await.unwrap();
    bucket_is_kept(&store, &bucket).await;
    other_bucket_is_closed(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_of_a_plain_bucket_needs_to_purge() {
    let server = server(ServerKind::Newest, &acl("writer", &["--purge"]));
    let plain = BucketConfig { plain: true, ..BucketConfig::new("b") };
    let (root, store) = buckets(&server, plain).await;
    let bucket = store.bucket("b").await.unwrap();
    read(&bucket, &root).await;
    write(&bucket, false).await;
    collect(&server, &bucket).await;
    store.close().await;
    assert_nothing_was_denied(&server);
    other_bucket_is_closed(&open(&server, "some", None).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_also_makes_changes_seals_and_deletes_the_bucket() {
    let server = server(ServerKind::Newest, &acl("admin", &[]));
    let root = open(&server, "root", None).await;
    root.create_bucket(BucketConfig::new("c")).await.unwrap();
    let store = open(&server, "some", None).await;
    for plain in [false, true] {
        let config = BucketConfig { plain, ..BucketConfig::new("b") };
        let bucket = store.create_bucket(config.clone()).await.unwrap();
        read(&bucket, &root.bucket("b").await.unwrap()).await;
        write(&bucket, !plain).await;
        collect(&server, &bucket).await;
        let config = BucketConfig { max_bytes: Some(1 << 30), ..config };
        assert_eq!(store.create_bucket(config.clone()).await.unwrap_err().code(), "bucket_exists");
        store.create_or_update_bucket(config).await.unwrap();
        store.bucket("b").await.unwrap().seal().await.unwrap();
        store.delete_bucket("b").await.unwrap();
        assert_eq!(store.bucket("b").await.unwrap_err().code(), "bucket_not_found");
    }
    assert_nothing_was_denied(&server);
    other_bucket_is_closed(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_buckets_is_asked_for_by_itself() {
    let server = server(ServerKind::Newest, &acl("reader", &["--list-buckets"]));
    let (_, store) = buckets(&server, BucketConfig::new("b")).await;
    let mut names: Vec<String> = store.bucket_names().try_collect().await.unwrap();
    names.sort();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(store.buckets().try_collect::<Vec<_>>().await.unwrap().len(), 2);
    assert_nothing_was_denied(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_and_an_inbox_of_its_own_do_as_well() {
    let json = acl("reader", &["--json", "--inbox-prefix", "_INBOX_some"]);
    let permissions = json.trim().trim_start_matches('{').trim_end_matches('}');
    let server = server(ServerKind::Newest, &format!("{permissions}}}}}"));
    let (root, _) = buckets(&server, BucketConfig::new("b")).await;
    let store = open(&server, "some", Some("_INBOX_some")).await;
    read(&store.bucket("b").await.unwrap(), &root).await;
    assert_nothing_was_denied(&server);
    let common = open(&server, "some", None).await;
    assert_denied("open", "_INBOX.", common.bucket("b")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_in_the_subjects() {
    let permissions = acl("writer", &["--domain", "hub"]);
    let server = Server::with_config(
        ServerKind::Newest,
        &format!(
            r#"
            jetstream {{ store_dir: "$DIR/js", domain: hub }}
            authorization {{ users: [
                {{ user: root, password: p }}
                {{ user: some, password: p, {permissions} }}
            ] }}"#
        ),
    );
    let root = open(&server, "root", None).await.create_bucket(BucketConfig::new("b")).await.unwrap();
    let mut options = jetblob::StoreOptions::default();
    options.user_and_password = Some(("some".into(), "p".into()));
    options.domain = Some("hub".into());
    let store = Store::open_with(server.url(), options).await.unwrap();
    let bucket = store.bucket("b").await.unwrap();
    read(&bucket, &root).await;
    write(&bucket, true).await;
    collect(&server, &bucket).await;
    store.close().await;
    assert_nothing_was_denied(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_server_asks_for_no_more() {
    if std::env::var_os("JETBLOB_SKIP_OLDEST").is_some() {
        return;
    }
    let server = server(ServerKind::Oldest, &acl("writer", &["--purge"]));
    let (root, store) = buckets(&server, BucketConfig::new("b")).await;
    let bucket = store.bucket("b").await.unwrap();
    read(&bucket, &root).await;
    write(&bucket, false).await;
    collect(&server, &bucket).await;
    store.close().await;
    assert_nothing_was_denied(&server);
    let place = Place::on(&server.url().replace("://", "://root:p@")).await;
    place.holds_only(&root, &["size 10", "size 500000", "size 3145728", "mine", "uploaded"]).await;
}
