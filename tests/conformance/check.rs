//! Examining a bucket: each finding, and that what is well is none.

use std::time::{Duration, Instant};

use jetblob::{
    BucketConfig, CheckLevel, CheckOptions, CheckReport, Finding, FindingKind, ObjectMeta, Subset,
};
use serde_json::{Value, json};
use tests::{Place, unique};

use crate::damage::{self, ask, orphan, rewrite};
use crate::{Bucket, body, on_a_server, on_every_engine};

const CHUNK: usize = 128 << 10;

/// All that a check finds, and what it has seen.
pub(crate) async fn checked(bucket: &Bucket, options: CheckOptions) -> (Vec<Finding>, CheckReport) {
    let mut check = bucket.check(options).unwrap();
    let mut findings = Vec::new();
    while let Some(finding) = check.next().await.unwrap() {
        findings.push(finding);
    }
    findings.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    assert_eq!(check.report().findings, findings.len() as u64);
    (findings, check.report())
}

fn at(level: CheckLevel) -> CheckOptions {
    CheckOptions::default().with_level(level)
}

async fn is_clean(bucket: &Bucket) -> CheckReport {
    let (findings, report) = checked(bucket, at(CheckLevel::Data)).await;
    assert_eq!(findings, []);
    report
}

/// The one thing that a check of the structure finds.
async fn only_finding(bucket: &Bucket) -> Finding {
    let (mut findings, _) = checked(bucket, CheckOptions::default()).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

/// An object of several chunks, beside others that are well.
async fn among_others(place: &Place) -> (Bucket, jetblob::ObjectInfo) {
    let bucket = place.bucket().await;
    bucket.put_bytes("well", body(200_000)).await.unwrap();
    bucket.put_bytes("small", body(10)).await.unwrap();
    let info = bucket.put_bytes("bad", body(300_000)).await.unwrap();
    (bucket, info)
}

on_every_engine! {
    /// Whatever a bucket may hold that is well is no finding, at no level.
    async fn nothing_is_found_where_nothing_is_wrong(place: Place) {
        let other = place.bucket().await;
        let target = other.put_bytes("target", body(10)).await.unwrap();
        for config in [
            BucketConfig::new(unique("well")),
            BucketConfig { plain: true, ..BucketConfig::new(unique("well")) },
            BucketConfig {
                ttl: Some(Duration::from_hours(1)), compression: true, max_bytes: Some(100 << 20),
                ..BucketConfig::new(unique("well"))
            },
        ] {
            let bucket = place.bucket_with(config).await;
            assert_eq!(is_clean(&bucket).await, CheckReport::default());
            let sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 300_000, 5 << 20];
            for size in sizes {
                bucket.put_bytes(format!("o{size}"), body(size)).await.unwrap();
            }
            let small_chunks = ObjectMeta { chunk_size: Some(1000), ..ObjectMeta::from("chunks") };
            let info = bucket.put_bytes(small_chunks, body(10_001)).await.unwrap();
            bucket.rename("o1", "renamed/日本").await.unwrap();
            bucket.update_meta("o300000", ObjectMeta::from("o300000")).await.unwrap();
            bucket.put_bytes("gone", body(300_000)).await.unwrap();
            bucket.delete("gone").await.unwrap();
            bucket.add_link("here", &info).await.unwrap();
            bucket.add_link("elsewhere", &target).await.unwrap();
            bucket.add_bucket_link("bucket", &other).await.unwrap();
            if crate::lets_expire(&bucket).await {
                bucket.delete("expires").await.unwrap();
            }
            let report = is_clean(&bucket).await;
            let bytes = sizes.iter().sum::<usize>() as u64 + 10_001;
            assert_eq!((report.objects, report.bytes, report.links), (8, bytes, 3), "{report:?}");
            assert_eq!((report.read_objects, report.read_bytes), (8, bytes), "{report:?}");
            assert_eq!((report.under_way, report.undigested, report.expired), (0, 0, 0), "{report:?}");
            bucket.seal().await.unwrap();
            assert_eq!(is_clean(&bucket).await.bytes, bytes);
        }
    }

    /// All bytes of an object are gone, or some chunks of it.
    async fn missing_data(place: Place) {
        let (bucket, info) = among_others(&place).await;
        rewrite(&place, &bucket, &info, &[]).await;
        let finding = only_finding(&bucket).await;
        assert_eq!((finding.kind, finding.name.as_deref()), (FindingKind::DataMissing, Some("bad")));
        assert_eq!((finding.size, finding.found, &finding.nuid), (Some(300_000), Some(0), &info.nuid));
        if place.directory().is_none() {
            let bytes = body(300_000);
            rewrite(&place, &bucket, &info, &[&bytes[..CHUNK], &bytes[2 * CHUNK..]]).await;
            let finding = only_finding(&bucket).await;
            let found = 300_000 - CHUNK as u64;
            assert_eq!((finding.kind, finding.found), (FindingKind::DataMissing, Some(found)));
        }
        bucket.delete("bad").await.unwrap();
        is_clean(&bucket).await;
    }

    /// An object has fewer bytes than it should, or more.
    async fn wrong_sizes(place: Place) {
        let (bucket, info) = among_others(&place).await;
        let bytes = body(300_000);
        rewrite(&place, &bucket, &info, &[&bytes[..CHUNK], &bytes[CHUNK..2 * CHUNK], b"short"]).await;
        let finding = only_finding(&bucket).await;
        let found = 2 * CHUNK as u64 + 5;
        assert_eq!((finding.kind, finding.found, finding.size), (FindingKind::Short, Some(found), Some(300_000)));
        assert_eq!(finding.name.as_deref(), Some("bad"));

        let (bucket, info) = among_others(&place).await;
        rewrite(&place, &bucket, &info, &[&bytes[..CHUNK], &bytes[CHUNK..2 * CHUNK], &bytes[..CHUNK]]).await;
        let finding = only_finding(&bucket).await;
        assert_eq!((finding.kind, finding.found), (FindingKind::Long, Some(3 * CHUNK as u64)));
    }

    /// Other bytes of the same size are found by reading them, and not before; once, whatever the parts.
    async fn other_bytes(place: Place) {
        let (bucket, info) = among_others(&place).await;
        let mut bytes = body(300_000).to_vec();
        bytes[299_999] ^= 1;
        rewrite(&place, &bucket, &info, &bytes.chunks(CHUNK).collect::<Vec<_>>()).await;
        assert_eq!(checked(&bucket, CheckOptions::default()).await.0, []);
        let (findings, report) = checked(&bucket, at(CheckLevel::Data)).await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].kind, findings[0].name.as_deref()), (FindingKind::DigestMismatch, Some("bad")));
        assert_eq!(report.read_objects, 3);

        let (mut found, mut read) = (0, 0);
        for part in 1..=3 {
            let options = CheckOptions::default().with_subset(Subset::Part { part, of: 3 }).with_seed(7);
            let first = checked(&bucket, options.clone()).await;
            assert_eq!(checked(&bucket, options).await, first, "the same part is the same");
            found += first.0.len();
            read += first.1.read_objects;
        }
        assert_eq!((found, read), (1, 3));
        let all = CheckOptions::default().with_subset(Subset::Bytes(1 << 40));
        assert_eq!(checked(&bucket, all).await.1.read_objects, 3);
        let contradiction = at(CheckLevel::Data).with_subset(Subset::Bytes(0));
        assert_eq!(bucket.check(contradiction).unwrap_err().code(), "invalid_argument");
        let contradiction = CheckOptions::default().with_subset(Subset::Bytes(1)).with_level(CheckLevel::Structure);
        assert_eq!(bucket.check(contradiction).unwrap_err().code(), "invalid_argument");
    }

    /// Records that make no sense are told of, each by its name, and the others are examined all the same.
    async fn invalid_records(place: Place) {
        let (bucket, info) = among_others(&place).await;
        for (name, record) in [
            ("x1", json!({ "name": "x1", "nuid": "abc", "size": "ten" })),
            ("x2", json!({ "name": "x2", "nuid": ">", "size": 5, "chunks": 1 })),
            ("x3", json!({ "name": "other", "nuid": "abc" })),
        ] {
            place.plant(&bucket, name, &record).await;
        }
        rewrite(&place, &bucket, &info, &[]).await;
        let (findings, report) = checked(&bucket, at(CheckLevel::Data)).await;
        let told: Vec<_> =
            findings.iter().map(|finding| (finding.kind, finding.name.as_deref().unwrap())).collect();
        let bad = FindingKind::InvalidRecord;
        assert_eq!(told, [(bad, "x1"), (bad, "x2"), (bad, "x3"), (FindingKind::DataMissing, "bad")]);
        assert!(findings[0].reason.contains("size"), "{findings:?}");
        assert_eq!((report.objects, report.read_objects), (3, 2));
    }

    /// Bytes that no object has: an orphan after the grace, and a put under way before it.
    async fn orphans(place: Place) {
        let (bucket, _) = among_others(&place).await;
        let large = orphan(&place, &bucket, 300_000).await;
        let small = orphan(&place, &bucket, 7).await;
        let (findings, report) = checked(&bucket, CheckOptions::default()).await;
        assert_eq!((findings, report.under_way, report.blobs), (vec![], 2, 5));
        let (mut findings, report) = checked(&bucket, CheckOptions::default().with_grace(Duration::ZERO)).await;
        assert_eq!(report.under_way, 0);
        findings.sort_by_key(|finding| finding.found);
        let told: Vec<_> = findings.iter().map(|finding| (finding.kind, finding.found, &finding.nuid)).collect();
        let orphan = FindingKind::Orphan;
        assert_eq!(told, [(orphan, Some(7), &Some(small)), (orphan, Some(300_000), &Some(large))]);
        assert!(findings.iter().all(|finding| finding.age.unwrap() < Duration::from_mins(1)), "{findings:?}");
        assert!(findings.iter().all(|finding| finding.name.is_none()));
    }

    /// Two objects that share their bytes are told of, both of them.
    async fn shared_bytes(place: Place) {
        let (bucket, info) = among_others(&place).await;
        place.plant(&bucket, "alias", &json!({
            "name": "alias", "nuid": info.nuid.as_ref().unwrap().as_str(), "size": 300_000, "chunks": 3,
            "digest": info.digest.unwrap().to_string(), "options": { "max_chunk_size": CHUNK },
        })).await;
        let (findings, report) = checked(&bucket, at(CheckLevel::Data)).await;
        let told: Vec<_> = findings.iter().map(|finding| (finding.kind, finding.name.as_deref().unwrap())).collect();
        assert_eq!(told, [(FindingKind::SharedBlob, "alias"), (FindingKind::SharedBlob, "bad")]);
        assert!(findings[0].reason.contains("\"bad\"") && findings[1].reason.contains("\"alias\""));
        assert_eq!(report.objects, 4);
    }

    /// Links that lead to nothing, or around.
    async fn links(place: Place) {
        let (bucket, info) = among_others(&place).await;
        let lost = place.bucket().await;
        let elsewhere = lost.put_bytes("x", body(10)).await.unwrap();
        bucket.add_link("well-linked", &info).await.unwrap();
        bucket.add_link("to-elsewhere", &elsewhere).await.unwrap();
        bucket.add_bucket_link("to-lost", &lost).await.unwrap();
        let gone = bucket.put_bytes("gone", body(10)).await.unwrap();
        bucket.add_link("to-gone", &gone).await.unwrap();
        let mut never = gone;
        never.name = "never".into();
        bucket.add_link("to-never", &never).await.unwrap();
        for (name, target) in [("round", "about"), ("about", "round"), ("chain", "well-linked")] {
            let link = json!({ "link": { "bucket": bucket.name(), "name": target } });
            place.plant(&bucket, name, &json!({ "name": name, "nuid": "abc", "options": link })).await;
        }
        bucket.delete("gone").await.unwrap();
        place.store.delete_bucket(lost.name()).await.unwrap();
        let (findings, report) = checked(&bucket, CheckOptions::default()).await;
        let told: Vec<_> = findings.iter().map(|finding| (finding.kind, finding.name.as_deref().unwrap())).collect();
        let (dangling, round) = (FindingKind::DanglingLink, FindingKind::LinkLoop);
        assert_eq!(told, [
            (dangling, "to-elsewhere"), (dangling, "to-gone"), (dangling, "to-lost"), (dangling, "to-never"),
            (round, "about"), (round, "round"),
        ]);
        assert_eq!(report.links, 8);
        assert!(findings[0].reason.contains(lost.name()), "{:?}", findings[0]);
        assert_eq!(place.store.bucket(lost.name()).await.unwrap_err().code(), "bucket_not_found", "nothing is made");
    }

    /// What is written, renamed, replaced and deleted meanwhile is no finding.
    async fn beside_writers(place: Place) {
        let bucket = place.bucket().await;
        for number in 0..20 {
            bucket.put_bytes(format!("o{number}"), body(200_000 + number)).await.unwrap();
        }
        let writer = place.store.bucket(bucket.name()).await.unwrap();
        let writing = tokio::spawn(async move {
            for round in 0_usize.. {
                let name = format!("o{}", round % 20);
                match round % 4 {
                    0 => drop(writer.put_bytes(name, body(150_000 + round)).await.unwrap()),
                    1 => drop(writer.rename(&name, &format!("r{round}")).await),
                    2 => drop(writer.delete(&name).await),
                    _ => drop(writer.put_bytes(name, body(round % 3)).await.unwrap()),
                }
            }
        });
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            for level in [CheckLevel::Structure, CheckLevel::Data] {
                assert_eq!(checked(&bucket, at(level)).await.0, []);
            }
        }
        assert!(!writing.is_finished());
        writing.abort();
    }

    /// A bucket that is deleted meanwhile, or was before, is an error and no finding.
    async fn a_deleted_bucket(place: Place) {
        let (bucket, _) = among_others(&place).await;
        place.store.delete_bucket(bucket.name()).await.unwrap();
        let error = bucket.check(CheckOptions::default()).unwrap().next().await.unwrap_err();
        assert_eq!(error.code(), "bucket_deleted", "{error}");
    }
}

/// Changes the configuration of a bucket's stream, as anyone with the right may.
async fn reconfigure(place: &Place, bucket: &Bucket, field: &str, value: Value) {
    let info = ask(place, &format!("INFO.OBJ_{}", bucket.name()), Value::Null).await;
    let mut config = info["config"].clone();
    config[field] = value;
    ask(place, &format!("UPDATE.OBJ_{}", bucket.name()), config).await;
}

on_a_server! {
    /// Settings by which a server loses what it acknowledged are told of, by the cheapest check too.
    async fn settings() {
        let place = Place::jetstream().await;
        for (field, value, named) in [
            ("discard", json!("old"), "discard"),
            ("max_msgs", json!(1_000_000), "max_msgs"),
            ("max_msgs_per_subject", json!(1000), "max_msgs_per_subject"),
            ("no_ack", json!(true), "no_ack"),
        ] {
            let bucket = place.bucket_with(BucketConfig { plain: true, ..BucketConfig::new(unique("set")) }).await;
            bucket.put_bytes("a", body(10)).await.unwrap();
            reconfigure(&place, &bucket, field, value).await;
            for level in [CheckLevel::Settings, CheckLevel::Structure] {
                let (findings, report) = checked(&bucket, at(level)).await;
                assert_eq!(findings.len(), 1, "{field}: {findings:?}");
                assert_eq!(findings[0].kind, FindingKind::Settings);
                assert!(findings[0].reason.contains(named), "{findings:?}");
                assert_eq!(report.objects, u64::from(level == CheckLevel::Structure));
            }
        }
    }

    /// A mirror is as well as its origin is, on its origin's subjects or on its own.
    async fn mirrors() {
        let place = Place::jetstream().await;
        for own_subjects in [false, true] {
            let (origin, info) = among_others(&place).await;
            origin.add_link("l", &info).await.unwrap();
            let name = format!("{}-mirror", origin.name());
            let mut config = json!({
                "name": format!("OBJ_{name}"), "storage": "file", "allow_direct": true,
                "mirror": { "name": format!("OBJ_{}", origin.name()) },
            });
            if own_subjects {
                let transform = json!({ "src": format!("$O.{}.>", origin.name()), "dest": format!("$O.{name}.>") });
                config["mirror"]["subject_transforms"] = json!([transform]);
            }
            ask(&place, &format!("CREATE.OBJ_{name}"), config).await;
            let mirror = place.store.bucket(&name).await.unwrap();
            let deadline = Instant::now() + Duration::from_secs(20);
            while mirror.info("l").await.is_err() {
                assert!(Instant::now() < deadline, "the mirror does not follow");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let report = is_clean(&mirror).await;
            assert_eq!((report.objects, report.links, report.read_objects), (3, 1, 3));
            let error = mirror.gc(jetblob::GcOptions::default().with_grace(Duration::ZERO)).await;
            assert_eq!(error.unwrap().removed, [], "there is nothing to remove");
            let orphan = orphan(&place, &origin, 10).await;
            while checked(&mirror, CheckOptions::default()).await.1.under_way == 0 {
                assert!(Instant::now() < deadline, "the mirror does not follow");
            }
            let error = mirror.gc(jetblob::GcOptions::default().with_grace(Duration::ZERO)).await.unwrap_err();
            assert_eq!(error.code(), "invalid_config", "{error}");
            let holds = origin.gc(jetblob::GcOptions::default().with_grace(Duration::ZERO)).await.unwrap();
            assert_eq!(holds.removed.iter().map(|orphan| &orphan.nuid).collect::<Vec<_>>(), [&orphan]);
        }
    }

    /// In a bucket with a ttl a record that outlives its bytes has expired, and is no finding.
    async fn expired() {
        let place = Place::jetstream().await;
        let config = BucketConfig { ttl: Some(Duration::from_secs(3)), ..BucketConfig::new(unique("ttl")) };
        let bucket = place.bucket_with(config).await;
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        rewrite(&place, &bucket, &info, &[]).await;
        bucket.put_bytes("b", body(10)).await.unwrap();
        let (findings, report) = checked(&bucket, at(CheckLevel::Data)).await;
        assert_eq!((findings, report.objects, report.expired), (vec![], 2, 1));
    }

    /// Objects of other clients: chunks of any size, one of no bytes at the end, no digest, a record without a chunk size.
    async fn objects_of_others() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        for (name, chunks, options) in [
            ("odd", &[&b"one"[..], b"and another"][..], json!({ "max_chunk_size": 131_072 })),
            ("tail", &[b"12345678", b""], json!({ "max_chunk_size": 8 })),
            ("bare", &[b"x", b"yz"], Value::Null),
        ] {
            let (size, nuid) = (chunks.concat().len(), format!("{name}0"));
            for chunk in chunks {
                damage::publish(&place, &format!("$O.{}.C.{nuid}", bucket.name()), chunk).await;
            }
            let record = json!({ "name": name, "nuid": nuid, "size": size, "chunks": 2, "options": options });
            place.plant(&bucket, name, &record).await;
        }
        let report = is_clean(&bucket).await;
        assert_eq!((report.objects, report.read_objects, report.undigested), (3, 3, 3));
    }
}
