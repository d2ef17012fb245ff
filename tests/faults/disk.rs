//! Power is cut: what the server's disk had not written yet is gone.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::TryStreamExt;
use jetblob::{Bucket, BucketConfig, CheckLevel, CheckOptions, Finding, FindingKind, GcOptions, ListOptions};
use tests::{Place, Server, ServerKind, bytes_of};

use crate::policy::files_below;
use crate::{bounded, holds};

const SIZE: u64 = 300_000;

/// The files of a bucket's messages, oldest first.
fn blocks(server: &Server, bucket: &str) -> Vec<PathBuf> {
    let mut blocks = files_below(server.dir(), "blk");
    let stream = format!("OBJ_{bucket}");
    blocks.retain(|path| path.iter().any(|part| part == stream.as_str()));
    let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<u64>().ok();
    blocks.sort_by_key(number);
    blocks
}

/// Takes so many bytes from the end of a file.
fn cut(file: &PathBuf, bytes: u64) {
    let file = File::options().write(true).open(file).expect("a block");
    let size = file.metadata().expect("its size").len();
    file.set_len(size.saturating_sub(bytes)).expect("a shorter block");
}

/// What a check of all bytes finds.
async fn findings(bucket: &Bucket) -> Vec<Finding> {
    let options = CheckOptions::default().with_level(CheckLevel::Data).with_grace(Duration::ZERO);
    bucket.check(options).expect("a check").try_collect().await.expect("findings")
}

/// Each of these objects is one of those that were acknowledged under its name, whole, or an error says that it isn't,
/// and a check tells of it. Answers with the names of those that are whole.
async fn nothing_is_wrong_unnoticed<'n>(bucket: &Bucket, names: &[(&'n str, &[&str])]) -> Vec<&'n str> {
    let found = findings(bucket).await;
    let is_damage = |finding: &&Finding| {
        matches!(finding.kind, FindingKind::DataMissing | FindingKind::Short | FindingKind::DigestMismatch)
    };
    let damaged: BTreeSet<_> =
        found.iter().filter(is_damage).filter_map(|finding| finding.name.as_deref()).collect();
    let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.expect("a list");
    let mut whole = Vec::new();
    for (name, acknowledged) in names {
        let is_listed = listed.iter().any(|info| info.name == *name);
        match bucket.get_bytes(name).await {
            Ok(bytes) => {
                assert!(
                    acknowledged.iter().any(|body| bytes == bytes_of(body, bytes.len() as u64)),
                    "{name}"
                );
                assert!(is_listed && !damaged.contains(name), "{name}: {found:?}");
                whole.push(*name);
            }
            Err(error) if error.code() == "not_found" => {
                assert!(!is_listed && !damaged.contains(name), "{name}: {found:?}");
            }
            Err(error) => {
                assert!(matches!(error.code(), "data_missing" | "digest_mismatch"), "{error}");
                assert!(
                    is_listed && damaged.contains(name),
                    "{name}: {error}, but the check finds {found:?}"
                );
            }
        }
    }
    whole
}

bounded! {
    /// The server is killed after it has acknowledged, and the end of its newest file is gone: a record, or a part of
    /// it, or of the chunks before it. What is lost is told as lost; what else is there is right.
    async fn row34_power_cut() {
        let mut server = Server::start(ServerKind::Newest);
        let place = Place::on(server.url()).await;
        // From the last byte of a record on, to more than two objects.
        let cuts = [1, 30, 500, 100_000, 250_000, 305_000, 500_000, 700_000, 1_100_000];
        let names: [(&str, &[&str]); 3] = [("first", &["first"]), ("twice", &["once", "twice"]), ("last", &["last"])];
        let mut buckets = Vec::new();
        for bytes in cuts {
            let bucket = place.bucket_with(BucketConfig::new(format!("cut-{bytes}"))).await;
            for (name, body) in [("first", "first"), ("twice", "once"), ("twice", "twice"), ("last", "last")] {
                bucket.put_bytes(name, bytes_of(body, SIZE)).await.unwrap();
            }
            buckets.push((bucket, bytes));
        }
        server.kill();
        for (bucket, bytes) in &buckets {
            cut(blocks(&server, bucket.name()).last().expect("a block"), *bytes);
        }
        server.start_again();
        for (bucket, bytes) in &buckets {
            let whole = nothing_is_wrong_unnoticed(bucket, &names).await;
            assert!(!whole.contains(&"last"), "{bytes} bytes less, and all is there");
            assert!(whole.contains(&"first") || *bytes > 1_000_000, "{bytes} bytes less, and nothing is there");
            // What is left of what is lost is found, and goes; all can be put again.
            let orphans = || async {
                findings(bucket).await.iter().filter(|finding| finding.kind == FindingKind::Orphan).count()
            };
            assert!(orphans().await > 0 || *bytes > 200_000, "{bytes} bytes less, and chunks without a record");
            bucket.gc(GcOptions::default().with_grace(Duration::ZERO)).await.unwrap();
            assert_eq!(orphans().await, 0);
            for (name, _) in names {
                bucket.put_bytes(name, bytes_of("new", SIZE)).await.unwrap();
                holds(bucket, name, &bytes_of("new", SIZE)).await;
            }
            assert_eq!(findings(bucket).await, []);
        }
    }

    /// The end of an older file is gone, and the newer ones are there: a record, but not all of its chunks.
    async fn row34_power_cut_in_an_older_file() {
        let mut server = Server::start(ServerKind::Newest);
        let place = Place::on(server.url()).await;
        let names: [(&str, &[&str]); 3] = [("before", &["before"]), ("large", &["large"]), ("after", &["after"])];
        let mut buckets = Vec::new();
        for bytes in [1, 200_000, 3_000_000] {
            let bucket = place.bucket_with(BucketConfig::new(format!("cut-{bytes}"))).await;
            for (name, size) in [("before", SIZE), ("large", 20 << 20), ("after", SIZE)] {
                bucket.put_bytes(name, bytes_of(name, size)).await.unwrap();
            }
            buckets.push((bucket, bytes));
        }
        server.kill();
        for (bucket, bytes) in &buckets {
            let blocks = blocks(&server, bucket.name());
            assert!(blocks.len() > 2, "{blocks:?}");
            cut(&blocks[1], *bytes);
        }
        server.start_again();
        for (bucket, _) in &buckets {
            let whole = nothing_is_wrong_unnoticed(bucket, &names).await;
            assert_eq!(whole, ["before", "after"]);
            let error = bucket.get_bytes("large").await.unwrap_err();
            assert_eq!(error.code(), "data_missing", "{error}");
            bucket.put_bytes("large", bytes_of("large", SIZE)).await.unwrap();
            assert_eq!(findings(bucket).await, []);
        }
    }
}
